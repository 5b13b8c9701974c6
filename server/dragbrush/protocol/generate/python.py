"""The Krita plugin's message module: the standard library alone, Python 3.8."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec.inspect as kinds
from msgspec.inspect import Field, StructType, Type

from dragbrush.protocol import limits
from dragbrush.protocol.generate.structs import (
    ROOTS,
    alias_of,
    aliases,
    default_of,
    doc_of,
    field_docs,
    root_structs,
    structs,
)
from dragbrush.protocol.pixels import CHANNELS, SAMPLE_BYTES

_TEMPLATE = Path(__file__).with_name("wire.py.txt")


def python_module() -> str:
    """The template with its `{{parts}}` put in."""
    parts = {
        "constants": _constants(),
        "types": "\n".join(f"{name} = {_written_type(kind)}" for name, kind in aliases().items()),
        "classes": "\n\n\n".join("\n".join(_class(kind)) for kind in structs()),
        "readers": "\n".join(f"{_reader_name(name)} = {_written_reader(kind)}" for name, kind in aliases().items()),
        "fields": "\n".join(line for kind in structs() for line in _field_readers(kind)),
        **{root: "\n".join(map(_tag, root_structs(root))) for root in ROOTS},
    }
    return re.sub(r"{{(\w+)}}", lambda found: parts[found[1]], _TEMPLATE.read_text("utf-8"))


def _constants() -> str:
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    values |= {"CHANNELS": CHANNELS, "SAMPLE_BYTES": SAMPLE_BYTES}
    return "\n".join(f"{name} = {_text(value)}" for name, value in values.items())


def _tag(kind: StructType) -> str:
    return f"    {_text(kind.tag)}: {kind.cls.__name__},"


def _class(kind: StructType) -> Iterator[str]:
    yield "@dataclass(frozen=True)"
    yield f"class {kind.cls.__name__}:"
    if doc := doc_of(kind.cls):
        yield f'    """{doc}"""'
        yield ""
    if kind.tag is not None:
        yield f"    {kind.tag_field}: ClassVar[str] = {_text(kind.tag)}"
    docs = field_docs(kind.cls)
    for field in kind.fields:
        yield f"    {field.name}: {_type(field.type)}{_default(field)}"
        if field.name in docs:
            yield f'    """{docs[field.name]}"""'


def _default(field: Field) -> str:
    if field.required:
        return ""
    match default_of(field):
        case []:
            return " = ()"
        case {}:
            return " = field(default_factory=dict)"
        case value:
            return f" = {_text(value)}"


def _type(kind: Type) -> str:
    return alias_of(kind) or _written_type(kind)


def _written_type(kind: Type) -> str:
    """The type itself, also where it has a name."""
    match kind:
        case kinds.StrType():
            return "str"
        case kinds.IntType():
            return "int"
        case kinds.FloatType():
            return "float"
        case kinds.BoolType():
            return "bool"
        case kinds.NoneType():
            return "None"
        case kinds.LiteralType(values=values):
            return f"Literal[{', '.join(map(_text, values))}]"
        case kinds.TupleType(item_types=items):
            return f"Tuple[{', '.join(map(_type, items))}]"
        case kinds.ListType(item_type=item):
            return f"Sequence[{_type(item)}]"
        case kinds.DictType(key_type=key, value_type=value):
            return f"Mapping[{_type(key)}, {_type(value)}]"
        case kinds.UnionType(types=(part, kinds.NoneType())):
            return f"Optional[{_type(part)}]"
        case kinds.UnionType(types=parts):
            return f"Union[{', '.join(map(_type, parts))}]"
        case StructType(cls=cls):
            return cls.__name__
    raise TypeError(f"No Python type is known for {kind}.")


def _field_readers(kind: StructType) -> Iterator[str]:
    yield f"    {kind.cls.__name__}: {{"
    yield from (f"        {_text(field.name)}: {_reader(field.type)}," for field in kind.fields)
    yield "    },"


def _reader_name(alias: str) -> str:
    return "_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", alias).lower()


def _reader(kind: Type) -> str:
    name = alias_of(kind)
    return _reader_name(name) if name else _written_reader(kind)


def _written_reader(kind: Type) -> str:
    """The call that makes the function which checks a JSON value against the type."""
    match kind:
        case kinds.StrType(min_length=least, max_length=most, pattern=pattern):
            return f"_string({_given(least=least, most=most, pattern=pattern)})"
        case kinds.IntType(ge=least, le=most):
            return f"_whole({_given(least=least, most=most)})"
        case kinds.FloatType(ge=least, le=most):
            return f"_number({_given(least=least, most=most)})"
        case kinds.BoolType():
            return "_boolean"
        case kinds.NoneType():
            return "_none"
        case kinds.LiteralType(values=values):
            return f"_one_of({', '.join(map(_text, values))})"
        case kinds.TupleType(item_types=items):
            return f"_tuple({', '.join(map(_reader, items))})"
        case kinds.ListType(item_type=item, min_length=least, max_length=most):
            return f"_list({', '.join(filter(None, (_reader(item), _given(least=least, most=most))))})"
        case kinds.DictType(key_type=key, value_type=value, max_length=most):
            return f"_object({', '.join(filter(None, (_reader(key), _reader(value), _given(most=most))))})"
        case kinds.UnionType(types=parts):
            return f"_either({', '.join(map(_reader, parts))})"
        case StructType(cls=cls):
            return f"_part({cls.__name__})"
    raise TypeError(f"No reader is known for {kind}.")


def _given(**limits: Any) -> str:
    return ", ".join(f"{name}={_text(value)}" for name, value in limits.items() if value is not None)


def _text(value: Any) -> str:
    """Python source of a constant, with the quotes that the formatter wants."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_text(key)}: {_text(item)}' for key, item in value.items())}}}"
    return json.dumps(value) if isinstance(value, str) else repr(value)

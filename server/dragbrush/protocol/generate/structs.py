"""The messages as the generators see them: structs, their fields, and the types that messages.py gives a name to."""

import ast
import functools
import inspect
from collections.abc import Iterator
from typing import Any

import msgspec
import msgspec.inspect as kinds
from msgspec.inspect import Field, StructType, Type, UnionType

from dragbrush.protocol import messages

ROOTS = {"Request": messages.Request, "FromServer": messages.FromServer}


def structs() -> list[StructType]:
    """Every struct of the roots, each after those that it holds."""
    found: dict[type, StructType] = {}

    def visit(kind: Type) -> None:
        for part in _parts(kind):
            visit(part)
        if isinstance(kind, StructType):
            found.setdefault(kind.cls, kind)

    for root in ROOTS.values():
        visit(kinds.type_info(root))
    return list(found.values())


def root_structs(root: str) -> list[StructType]:
    return [kind for kind in _parts(kinds.type_info(ROOTS[root])) if isinstance(kind, StructType)]


@functools.cache
def aliases() -> dict[str, Type]:
    """Named types, each after those that it holds; no structs and no unions of them."""
    targets = [target for node in _source().body if isinstance(node, ast.Assign) for target in node.targets]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    found = {name: kinds.type_info(getattr(messages, name)) for name in names}
    return {name: kind for name, kind in found.items() if StructType not in map(type, _parts(kind))}


def alias_of(kind: Type) -> str | None:
    return next((name for name, named in aliases().items() if named == kind), None)


def doc_of(cls: type) -> str | None:
    return cls.__dict__.get("__doc__")


def field_docs(cls: type) -> dict[str, str]:
    """The strings below the fields of a struct, its bases' among them."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        found |= _written_docs().get(base.__name__, {})
    return found


def default_of(field: Field) -> Any:
    """What an optional field is where it is left out."""
    return field.default_factory() if field.default is msgspec.NODEFAULT else field.default


def _parts(kind: Type) -> Iterator[Type]:
    match kind:
        case StructType(fields=fields):
            yield from (field.type for field in fields)
        case UnionType(types=parts) | kinds.TupleType(item_types=parts):
            yield from parts
        case kinds.ListType(item_type=part) | kinds.DictType(value_type=part):
            yield part


@functools.cache
def _source() -> ast.Module:
    return ast.parse(inspect.getsource(messages))


@functools.cache
def _written_docs() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for cls in (node for node in _source().body if isinstance(node, ast.ClassDef)):
        for field, below in zip(cls.body, cls.body[1:], strict=False):
            match field, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    found.setdefault(cls.name, {})[name] = text
    return found

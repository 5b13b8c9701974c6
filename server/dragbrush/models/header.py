"""The header of a safetensors file: names, shapes and places of its tensors, checked without reading the tensors.

Format: 8 bytes of header length, little endian; JSON; the tensors' bytes without gaps
(https://github.com/huggingface/safetensors#format).
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragbrush.errors import BadModel

MAX_HEADER_BYTES = 100_000_000
"""The limit of the safetensors library itself."""
_LENGTH_BYTES = 8
_METADATA = "__metadata__"
ITEM_BYTES = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip
PICKLE_SUFFIXES = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
_PICKLE_SIGNS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
"""How pickles begin, and the zip archives that torch puts them in."""
_OTHER_SIGNS = {
    b"version https://git-lfs": "it is a Git LFS pointer, not the file itself; download the file",
    b"<": "it is a web page, not a model; download the file itself",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one tensor lies in its file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    """First byte, counted from the start of the file."""
    end: int


def read_header(file: Path) -> dict[str, Place]:
    """The tensors of a safetensors file by name.

    Raises `BadModel` for pickles, for files cut short and for headers that contradict themselves.
    """
    entries, data_start, size = _read_entries(file)
    try:
        places = {name: _place(entries[name], data_start) for name in entries if name != _METADATA}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged_header(file) from error
    _check_coverage(file, places, data_start, size)
    return places


def read_metadata(file: Path) -> dict[str, Any]:
    """What the program that wrote a safetensors file noted in it; empty where that is nothing. Raises `BadModel`."""
    metadata = _read_entries(file)[0].get(_METADATA)
    return metadata if isinstance(metadata, dict) else {}


def _read_entries(file: Path) -> tuple[dict[str, Any], int, int]:
    """The header as it is written, where the tensors begin, and the size of the file."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            beginning = stream.read(_LENGTH_BYTES)
            _check_kind(file, beginning + stream.read(16))
            length = int.from_bytes(beginning, "little")
            if size < _LENGTH_BYTES or length > MAX_HEADER_BYTES or _LENGTH_BYTES + length > size:
                raise BadModel(f"'{file}' is cut short or no safetensors file; download it again.")
            stream.seek(_LENGTH_BYTES)
            text = stream.read(length)
    except OSError as error:
        raise BadModel(f"'{file}' cannot be read ({error.strerror}).") from error
    try:
        entries: dict[str, Any] = dict(json.loads(text).items())
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged_header(file) from error
    return entries, _LENGTH_BYTES + length, size


def _damaged_header(file: Path) -> BadModel:
    return BadModel(f"The header of '{file}' is damaged; download the file again.")


def refuse_pickle(file: Path) -> None:
    """Raises `BadModel` with the reason and the way out."""
    raise BadModel(
        f"'{file}' is a pickle file, which can run code when opened and is never loaded; get the model's "
        ".safetensors edition, or convert it with a program that you trust."
    )


def _check_kind(file: Path, beginning: bytes) -> None:
    if file.suffix.lower() in PICKLE_SUFFIXES:
        refuse_pickle(file)
    if beginning[_LENGTH_BYTES:].startswith(b"{"):
        return  # a header; its length may by chance look like the beginning of something else
    if beginning.startswith(_PICKLE_SIGNS):
        refuse_pickle(file)
    for sign, what in _OTHER_SIGNS.items():
        if beginning.startswith(sign):
            raise BadModel(f"'{file}' is no safetensors file: {what}.")


def _place(entry: dict[str, Any], data_start: int) -> Place:
    """Raises ValueError, TypeError or KeyError for what is no tensor."""
    shape = tuple(entry["shape"])
    start, end = entry["data_offsets"]
    numbers = [*shape, start, end]
    if any(type(number) is not int or number < 0 for number in numbers):
        raise ValueError("a size or a place is no whole number")
    if end - start != math.prod(shape) * ITEM_BYTES[entry["dtype"]]:
        raise ValueError("a tensor's bytes are not as many as its shape needs")
    return Place(entry["dtype"], shape, data_start + start, data_start + end)


def _check_coverage(file: Path, places: dict[str, Place], data_start: int, size: int) -> None:
    expected = data_start
    for place in sorted(places.values(), key=lambda place: (place.start, place.end)):
        if place.start != expected:
            raise BadModel(f"The header of '{file}' is damaged: its tensors overlap or leave gaps; download it again.")
        expected = place.end
    if expected > size:
        raise BadModel(
            f"'{file}' is cut short: {expected - size} of its {expected} bytes are missing; download it again."
        )
    if expected < size:
        raise BadModel(f"'{file}' is damaged: {size - expected} bytes follow its last tensor; download it again.")

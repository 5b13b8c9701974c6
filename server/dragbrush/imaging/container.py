"""What a file says about itself before a decoder sees it: its format by content, how many pictures."""

import struct
from dataclasses import dataclass
from typing import BinaryIO, Literal

from dragbrush.errors import BadImage

Format = Literal["PNG", "JPEG", "WebP", "TIFF"]

_SNIFF_BYTES = 16
_MOST_CHUNKS = 4096
"""PNG chunks looked at before the pixels; a real file has a handful."""
_MOST_PAGES = 64
_MOST_TAGS = 4096
_NEW_SUBFILE_TYPE = 254


@dataclass(frozen=True, slots=True)
class Container:
    format: Format
    pages: int = 1
    """Full pictures in a TIFF; 2 for an animated PNG or WebP, however long it is."""


def inspect(stream: BinaryIO, name: str) -> Container:
    """Read the container's structure from a seekable stream; no pixel is decoded.

    Raises `BadImage`, naming `name`, for anything but PNG, JPEG, WebP and TIFF, and for broken structure.
    """
    head = stream.read(_SNIFF_BYTES)
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return Container("PNG", pages=2 if _is_animated_png(stream) else 1)
        if head.startswith(b"\xff\xd8\xff"):
            return Container("JPEG")
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return Container("WebP", pages=2 if _is_animated_webp(stream) else 1)
        if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return _inspect_tiff(stream, head)
    except (struct.error, IndexError, OverflowError) as error:
        raise BadImage(f"{name} cannot be decoded; it is damaged or cut short.") from error
    raise BadImage(f"{name} is not a PNG, JPEG, WebP or TIFF picture; save it as one of these.")


def _is_animated_png(stream: BinaryIO) -> bool:
    position = 8
    for _ in range(_MOST_CHUNKS):
        stream.seek(position)
        length, kind = struct.unpack(">I4s", stream.read(8))
        if kind in (b"IDAT", b"acTL"):
            return kind == b"acTL"
        position += 12 + length
    return False


def _is_animated_webp(stream: BinaryIO) -> bool:
    stream.seek(12)
    head = stream.read(9)
    return head[:4] == b"VP8X" and bool(head[8] & 0x02)


def _inspect_tiff(stream: BinaryIO, head: bytes) -> Container:
    order = "<" if head[:2] == b"II" else ">"
    is_big = b"+" in head[:4]
    count_format, tag_format, next_format = ("Q", "HHQ8s", "Q") if is_big else ("H", "HHI4s", "I")
    offset = struct.unpack_from(order + next_format, head, 8 if is_big else 4)[0]
    pages, seen = 0, set[int]()
    while offset and offset not in seen and len(seen) < _MOST_PAGES:
        seen.add(offset)
        stream.seek(offset)
        count = _unpack(stream, order + count_format)[0]
        tags = [_unpack(stream, order + tag_format) for _ in range(min(count, _MOST_TAGS))]
        offset = _unpack(stream, order + next_format)[0]
        subfile = [value for tag, _, _, value in tags if tag == _NEW_SUBFILE_TYPE]
        if not any(struct.unpack_from(order + "I", value)[0] & 1 for value in subfile):
            pages += 1  # bit 0 would mark a smaller version of another page
    return Container("TIFF", pages=pages)


def _unpack(stream: BinaryIO, layout: str) -> tuple[int, int, int, bytes]:
    return struct.unpack(layout, stream.read(struct.calcsize(layout)))  # type: ignore[return-value]  # layouts differ

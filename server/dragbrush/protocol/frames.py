"""Binary frames: one chunk of a blob, which says itself of which blob and where in it.

Header of 48 bytes, little-endian: magic, header version, kind, flags (bit 0: the last chunk), four zero bytes, offset
(8 bytes), SHA-256 of the whole blob (32 bytes). The payload begins at a multiple of 16, so that typed arrays map it.
"""

import struct
from dataclasses import dataclass
from typing import Literal

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.limits import CHUNK_BYTES, MAX_BLOB_BYTES, MAX_CHUNK_BYTES

_HEADER = struct.Struct("<BBBBIQ32s")
HEADER_BYTES = _HEADER.size
MAGIC, HEADER_VERSION = 0xD7, 1
_LAST = 1

Kind = Literal["blob", "preview"]
_KINDS: dict[int, Kind] = {1: "blob", 2: "preview"}
_NUMBERS = {name: number for number, name in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Frame:
    kind: Kind
    blob: str
    """SHA-256 of the whole blob, 64 hexadecimal digits."""
    offset: int
    is_last: bool
    payload: bytes | memoryview

    @property
    def end(self) -> int:
        return self.offset + len(self.payload)


def pack_frame(frame: Frame) -> bytes:
    digest = bytes.fromhex(frame.blob)
    flags = _LAST if frame.is_last else 0
    return _HEADER.pack(MAGIC, HEADER_VERSION, _NUMBERS[frame.kind], flags, 0, frame.offset, digest) + frame.payload


def parse_frame(data: bytes | memoryview) -> Frame:
    """The frame of a binary message; its payload is a view, not a copy. Raises `ProtocolError`."""
    if len(data) < HEADER_BYTES:
        raise ProtocolError("bad_frame", f"The frame has {len(data)} bytes; its header alone takes {HEADER_BYTES}.")
    magic, version, kind, flags, reserved, offset, digest = _HEADER.unpack_from(data)
    if magic != MAGIC or version != HEADER_VERSION:
        raise ProtocolError("bad_frame", f"The frame begins with {magic}, {version}, not {MAGIC}, {HEADER_VERSION}.")
    if kind not in _KINDS or flags & ~_LAST or reserved:
        raise ProtocolError("bad_frame", f"Kind {kind}, flags {flags} or reserved {reserved} mean nothing.")
    payload = memoryview(data)[HEADER_BYTES:]
    if len(payload) > MAX_CHUNK_BYTES:
        raise ProtocolError("too_large", f"The chunk has {len(payload)} bytes; at most {MAX_CHUNK_BYTES} are taken.")
    if offset + len(payload) > MAX_BLOB_BYTES:
        raise ProtocolError(
            "too_large", f"The chunk ends at byte {offset + len(payload)}; at most {MAX_BLOB_BYTES} are taken."
        )
    if not payload and not flags & _LAST:
        raise ProtocolError("bad_frame", "The chunk is empty and not the last one.")
    return Frame(_KINDS[kind], digest.hex(), offset, bool(flags & _LAST), payload)


def chunks(kind: Kind, blob: str, data: bytes | memoryview, *, start: int = 0) -> "list[Frame]":
    """The frames that carry `data`, the blob's bytes from `start` on; views of it, not copies."""
    view = memoryview(data)
    ends = range(0, max(len(view), 1), CHUNK_BYTES)
    return [Frame(kind, blob, start + at, at + CHUNK_BYTES >= len(view), view[at : at + CHUNK_BYTES]) for at in ends]

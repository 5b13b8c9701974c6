"""What the serving process and its worker say to each other, as msgpack through a pipe. Never public.

Pixels do not go through the pipe: they lie in files that both map into memory, which is the same shared memory and
is kept anyway. Every task has exactly one last message, `Finished` or `Broke`.
"""

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct

from dragbrush.protocol.messages import XY, Drag, Pixels, Report, Transform, Value

Role = Literal["edit", "background", "object"]
"""Of a part of a result, as in `protocol.messages.Output`."""

Box = tuple[int, int, int, int]
"""left, top, width, height in pixels of the picture."""


class File(Struct, frozen=True):
    """Raw samples in a file of the server's naming."""

    path: str
    pixels: Pixels
    icc: str | None = None
    """Path of the profile."""


class Edit(Struct, frozen=True, kw_only=True):
    """What a job asks for; see `protocol.messages.Submit`."""

    image: File
    mask: File | None
    drags: list[Drag]
    transform: Transform | None
    at: XY | None
    reference: File | None
    reference_mask: File | None
    tool: str
    speed: str
    prompt: str
    seed: int
    params: dict[str, Value]


# To the worker


class Run(Struct, frozen=True, tag="run"):
    """Do an edit; write the part of each role to its file."""

    job: str
    edit: Edit
    outs: dict[Role, str]
    """The edit alone, or with it the layers of a move."""
    preview_px: int


class Prepare(Struct, frozen=True, tag="prepare"):
    """Do what of an edit depends on its picture alone."""

    job: str
    edit: Edit


class Warp(Struct, frozen=True, tag="warp"):
    """Show an instant edit, small. Done beside the other tasks, so that a hand is followed while they run."""

    job: str
    edit: Edit
    number: int
    preview_px: int


class Stop(Struct, frozen=True, tag="stop"):
    job: str


Task = Run | Prepare | Warp
ToWorker = Run | Prepare | Warp | Stop

# From the worker


class Ready(Struct, frozen=True, tag="ready"):
    """The engine is imported; models are loaded by the first job that needs one."""

    device: str


class Beat(Struct, frozen=True, tag="beat"):
    pass


class Stepped(Struct, frozen=True, tag="stepped"):
    job: str
    phase: str
    step: int
    of: int
    handles: list[tuple[float, float]]


class Previewed(Struct, frozen=True, tag="previewed"):
    job: str
    number: int
    blob: str
    """SHA-256 of `data`; taken here because the server's one thread has no time for it."""
    pixels: Pixels
    box: Box
    data: bytes


class Part(Struct, frozen=True):
    """What of the picture is in the file of a role."""

    role: Role
    pixels: Pixels
    box: Box


class Finished(Struct, frozen=True, tag="finished"):
    job: str
    parts: list[Part]
    """None where the job has no picture."""
    report: Report


class Broke(Struct, frozen=True, tag="broke"):
    job: str
    code: str
    message: str
    is_last: bool = False
    """The worker ends after this."""


FromWorker = Ready | Beat | Stepped | Previewed | Finished | Broke

_encoder = msgspec.msgpack.Encoder()
_to_worker = msgspec.msgpack.Decoder(ToWorker)
_from_worker = msgspec.msgpack.Decoder(FromWorker)


def previewed(job: str, number: int, pixels: Pixels, box: Box, data: bytes) -> Previewed:
    return Previewed(job, number, hashlib.sha256(data).hexdigest(), pixels, box, data)


def pack(message: Struct) -> bytes:
    return _encoder.encode(message)


def unpack_to_worker(data: bytes) -> ToWorker:
    """Raises `msgspec.DecodeError`."""
    return _to_worker.decode(data)


def unpack_from_worker(data: bytes) -> FromWorker:
    """Raises `msgspec.DecodeError`."""
    return _from_worker.decode(data)

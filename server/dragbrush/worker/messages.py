"""What the serving process and its worker say to each other, as msgpack through a pipe. Never public.

Pixels do not go through the pipe: they lie in files that both map into memory, which is the same shared memory and
is kept anyway. Every task has exactly one last message, `Finished` or `Broke`.
"""

import hashlib

import msgspec
from msgspec import Struct

from dragbrush.protocol.messages import Drag, Pixels, Report, Value

Box = tuple[int, int, int, int]
"""left, top, width, height in pixels of the picture."""


class File(Struct, frozen=True):
    """Raw samples in a file of the server's naming."""

    path: str
    pixels: Pixels


class Edit(Struct, frozen=True):
    """What a job asks for."""

    image: File
    mask: File | None
    icc: str | None
    """Path of the image's profile."""
    drags: list[Drag]
    tool: str
    speed: str
    prompt: str
    seed: int
    params: dict[str, Value]


# To the worker


class Run(Struct, frozen=True, tag="run"):
    """Do an edit; write the part that changed to `out`."""

    job: str
    edit: Edit
    out: str
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


class Finished(Struct, frozen=True, tag="finished"):
    job: str
    pixels: Pixels | None
    """Of the part of the picture that is in the job's `out`; None where the job has no picture."""
    box: Box | None
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

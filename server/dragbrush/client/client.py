"""The asynchronous client: pictures up, jobs with progress as an iterator, results down."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from dragbrush import __version__
from dragbrush.client.connection import PATIENCE_S, Connection, ServerAddress, find_server
from dragbrush.client.job import Job, JobEvent, PreviewImage, Result, Samples, wire_drags, wire_transform
from dragbrush.client.transfers import Transfers
from dragbrush.edit import Drag, Point, Transform
from dragbrush.errors import BadImage, DragbrushError
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame
from dragbrush.protocol.messages import Client as About
from dragbrush.protocol.messages import (
    Done,
    Error,
    Failed,
    Get,
    Jobs,
    Layout,
    Output,
    Picture,
    Pixels,
    Prepare,
    Preview,
    Progress,
    Report,
    State,
    Stored,
    Submit,
    Welcome,
)
from dragbrush.protocol.pixels import CHANNELS, byte_length
from dragbrush.protocol.uploads import Upload

__all__ = ["Client", "Job", "JobEvent", "PreviewImage", "Result", "Samples"]

_CHANNELS: dict[int, Any] = {count: name for name, count in CHANNELS.items()}
_DEPTHS: dict[str, Any] = {"uint8": "u8", "uint16": "u16"}
_TYPES: dict[str, Any] = {"u8": np.dtype("<u1"), "u16": np.dtype("<u2")}


class Client:
    """One session with a server; see `Client.connect`."""

    def __init__(self, find: Callable[[], ServerAddress], name: str, patience_s: float) -> None:
        self._connection = Connection(find, About(name, __version__), self, patience_s=patience_s)
        self._transfers = Transfers(self._connection)
        self._jobs: dict[str, Job] = {}
        """Those that are not over."""
        self._preview: tuple[Preview, Upload, bytearray] | None = None
        self._asking: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, address: ServerAddress | None = None, *, name: str = "python", patience_s: float = PATIENCE_S
    ) -> "AsyncIterator[Client]":
        """A session with the server at an address, or with this user's own. Raises `NoServer`.

        A server that is lost meanwhile is looked for `patience_s` seconds, and all goes on where it was.
        """
        client = cls(find_server if address is None else lambda: address, name, patience_s)
        try:
            await client._connection.open()
            yield client
        finally:
            for task in client._asking:
                task.cancel()
            await client._connection.close()

    @property
    def welcome(self) -> Welcome:
        """What the server can do."""
        assert self._connection.welcome is not None
        return self._connection.welcome

    async def submit(
        self,
        picture: Samples,
        drags: Sequence[Drag] = (),
        *,
        tool: str = "drag",
        mask: NDArray[np.uint8] | None = None,
        transform: Transform | None = None,
        at: Point | None = None,
        reference: Samples | None = None,
        reference_mask: NDArray[np.uint8] | None = None,
        in_layers: bool = False,
        speed: str = "quality",
        prompt: str = "",
        seed: int = 42,
        params: Mapping[str, Any] | None = None,
        icc: bytes | None = None,
        reference_icc: bytes | None = None,
        preview_px: int = 512,
        is_live: bool = False,
        on_disconnect: Any = "keep",
        job: str | None = None,
    ) -> Job:
        """An edit of `picture`, (height, width, channels) uint8 or uint16 with straight alpha; see `Editor.drag`,
        `move`, `appearance` and `paste` for what each tool takes, where `reference` is the other picture.

        Uploads what the server does not have yet. Raises `ProtocolError`.
        """
        id_ = job or uuid.uuid4().hex
        inputs = await self._inputs(picture, mask, reference, reference_mask, icc, reference_icc)
        inputs |= {"drags": wire_drags(drags), "transform": wire_transform(transform), "at": at, "tool": tool}
        return await self._take_on(
            Job(self, id_, picture),
            lambda number: Submit(
                id=number, job=id_, **inputs, speed=speed, prompt=prompt, seed=seed, params=dict(params or {}),
                preview_px=preview_px, is_live=is_live, on_disconnect=on_disconnect, in_layers=in_layers,
            ),
        )  # fmt: skip

    async def prepare(
        self,
        picture: Samples,
        drags: Sequence[Drag] = (),
        *,
        tool: str = "drag",
        mask: NDArray[np.uint8] | None = None,
        transform: Transform | None = None,
        at: Point | None = None,
        reference: Samples | None = None,
        reference_mask: NDArray[np.uint8] | None = None,
        speed: str = "quality",
        prompt: str = "",
        seed: int = 42,
        params: Mapping[str, Any] | None = None,
        icc: bytes | None = None,
        reference_icc: bytes | None = None,
    ) -> Job:
        """Does ahead what an edit of this picture needs. A later call replaces it."""
        id_ = uuid.uuid4().hex
        inputs = await self._inputs(picture, mask, reference, reference_mask, icc, reference_icc)
        inputs |= {"drags": wire_drags(drags), "transform": wire_transform(transform), "at": at, "tool": tool}
        return await self._take_on(
            Job(self, id_, None),
            lambda number: Prepare(
                id=number, job=id_, **inputs, speed=speed, prompt=prompt, seed=seed, params=dict(params or {})
            ),
        )

    async def _take_on(self, new: Job, make: Callable[[str], msgspec.Struct]) -> Job:
        # Known before it is sent: its first events may come before the answer.
        job = self._jobs.setdefault(new.id, new)
        try:
            accepted = await self.ask(make)
        except BaseException:
            if job is new:
                self._jobs.pop(new.id, None)
            raise
        if accepted.state in ("done", "failed"):  # sent earlier: of what is over, no event comes again
            await self._look_up(job)
        return job

    async def ask(self, make: Callable[[str], msgspec.Struct]) -> Any:
        """The answer to a request of the protocol. Raises `ProtocolError`, `NoServer`."""
        return await self._connection.ask(make)

    def drop(self) -> None:
        """Loses the socket, as a network would; the client comes back by itself."""
        self._connection.drop()

    async def upload(self, data: bytes) -> str:
        """The name of a blob, which the server then has. `submit` does this by itself. Raises `ProtocolError`."""
        return await self._transfers.upload(data)

    async def fetch(self, output: Output) -> Samples:
        """The samples of a part of a result."""
        data = await self._transfers.download(output.blob, byte_length(output.pixels))
        return _samples(data, output.pixels)

    async def _inputs(
        self,
        picture: Samples,
        mask: NDArray[np.uint8] | None,
        reference: Samples | None,
        reference_mask: NDArray[np.uint8] | None,
        icc: bytes | None,
        reference_icc: bytes | None,
    ) -> dict[str, Any]:
        """The pictures of a request, uploaded."""
        return {
            "image": await self._picture(picture, icc),
            "mask": None if mask is None else await self._picture(mask[:, :, None]),
            "reference": None if reference is None else await self._picture(reference, reference_icc),
            "reference_mask": None if reference_mask is None else await self._picture(reference_mask[:, :, None]),
        }

    async def _picture(self, samples: Samples, icc: bytes | None = None) -> Picture:
        if samples.ndim != 3 or samples.shape[2] not in _CHANNELS or samples.dtype.name not in _DEPTHS:
            raise BadImage(
                f"Samples of shape {samples.shape} and type {samples.dtype} are not sent; see Client.submit."
            )
        height, width, channels = samples.shape
        depth = _DEPTHS[samples.dtype.name]
        profile = None if icc is None else await self.upload(icc)
        blob = await self.upload(np.ascontiguousarray(samples, _TYPES[depth]).tobytes())
        return Picture(blob, Pixels(width, height, _CHANNELS[channels], depth, profile))

    # What the connection tells

    def hear(self, message: Any) -> None:
        match message:
            case Stored():
                self._transfers.hear(message)
            case Error():
                self._transfers.hear(ProtocolError(message.code, message.message))
            case Preview():
                self._preview = message, Upload(message.blob, byte_length(message.pixels)), bytearray()
            case State() | Progress() if message.job in self._jobs:
                self._jobs[message.job].tell(message)
            case Done() | Failed() if message.job in self._jobs:
                self._jobs.pop(message.job).end(message)

    def hear_frame(self, frame: Frame) -> None:
        if frame.kind == "blob":
            self._transfers.hear_frame(frame)
        elif self._preview is not None and self._preview[1].blob == frame.blob:
            preview, upload, data = self._preview
            data += upload.take(frame)
            if upload.is_whole:
                self._preview = None
                self._show(preview, bytes(data))

    def lost(self) -> None:
        self._preview = None
        self._transfers.lost()

    def back(self, is_resumed: bool) -> None:
        if is_resumed:
            return
        for job in self._jobs.values():
            task = asyncio.create_task(self._look_up(job))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    def ended(self, error: DragbrushError) -> None:
        while self._jobs:
            self._jobs.popitem()[1].end(error)

    def _show(self, preview: Preview, data: bytes) -> None:
        job, box = self._jobs.get(preview.job), preview.box
        if job is not None:
            shown = _samples(data, preview.pixels)
            job.tell(PreviewImage(shown, (box.x, box.y, box.width, box.height), preview.number))

    async def _look_up(self, job: Job) -> None:
        """How a job is of which events may have been missed."""
        try:
            jobs: Jobs = await self.ask(lambda number: Get(number, job.id))
        except DragbrushError as error:
            self._jobs.pop(job.id, None)
            is_forgotten = isinstance(error, ProtocolError) and error.code == "not_found"
            job.end(
                ProtocolError("interrupted", "The server does not know this job any more; submit it again.")
                if is_forgotten
                else error
            )
            return
        (info,) = jobs.jobs
        if info.state == "done":
            job.end(Done(0, job.id, info.outputs, Report()))
        elif info.failure is not None:
            job.end(Failed(0, job.id, info.failure.code, info.failure.message))
        else:
            return
        self._jobs.pop(job.id, None)


def _samples(data: bytes, pixels: Layout) -> Samples:
    samples: Samples = np.frombuffer(data, _TYPES[pixels.depth])
    return samples.reshape(pixels.height, pixels.width, CHANNELS[pixels.channels])

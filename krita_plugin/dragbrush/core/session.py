"""The jobs of one session, on the client's event loop: pixels up, events through, results down, again if it must be.

Runs in the client's thread; what it has to say it says through one callback.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from .. import wire
from .connection import Connection
from .events import Ended, Event, Finished, Patch, Sent, Shown, Status
from .orders import Aim, Kind, Order
from .peer import Peer
from .pixels import Raster, from_wire, shown, to_wire
from .runtime import ServerAddress
from .transfers import Incoming, Transfers

log = logging.getLogger(__name__)

_TIMES = 5
"""A job that the server lost so often is not sent again."""


@dataclass(eq=False)
class _Job:
    """One that is not over."""

    order: Order
    wire_id: str
    """As the server knows it: a live job that ended with its socket goes on under another one."""
    end: "asyncio.Future[wire.Done | wire.Failed | wire.WireError | None]"
    """None: the server does not know the job (any more)."""
    task: "asyncio.Task[None] | None" = None
    is_submitted: bool = False
    is_cancelled: bool = False
    pull: tuple[Aim, int] | None = None
    """The newest of a live job."""
    is_pulled: asyncio.Event = field(default_factory=asyncio.Event)


class Session:
    """Made and used on one event loop."""

    def __init__(
        self,
        find: Callable[[], ServerAddress | None],
        about: wire.Client,
        tell: Callable[[Event], None],
        resume: wire.Resume | None = None,
    ) -> None:
        self.peer = Peer(about, resume)
        self.connection = Connection(find, self.peer, self)
        self._transfers = Transfers(self.connection)
        self._tell = tell
        self._jobs: dict[str, _Job] = {}
        self._by_wire_id: dict[str, _Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._known: WeakKeyDictionary[Raster, wire.Picture] = WeakKeyDictionary()
        """What the server was sent, for an edit after its prepare and the next edit of the same layer."""
        self._preview: tuple[wire.Preview, Incoming] | None = None
        self._status = Status()

    # What the host asks for

    def start(self, order: Order) -> None:
        if order.job in self._jobs:
            return
        if order.kind in ("prepare", "live"):  # the server keeps one of a session
            for other in [job for job in self._jobs.values() if job.order.kind == order.kind]:
                self.cancel(other.order.job)
        job = _Job(order, order.job, asyncio.get_running_loop().create_future())
        self._jobs[order.job] = self._by_wire_id[order.job] = job
        job.task = self._spawn(self._do(job))

    def look_for(self, id_: str, kind: Kind = "edit") -> None:
        """A job that this session had in an earlier life of the host: its result, or how it ended."""
        if id_ in self._jobs:
            return
        nothing = Raster(0, 0, "gray", "u8", b"")
        job = _Job(Order(id_, kind, nothing, None), id_, asyncio.get_running_loop().create_future(), is_submitted=True)
        self._jobs[id_] = self._by_wire_id[id_] = job
        job.task = self._spawn(self._find_again(job))

    def pull(self, id_: str, aim: Aim, number: int) -> None:
        """Of a live job: what it shows next. Of several that wait the newest only is sent."""
        job = self._jobs.get(id_)
        if job is not None:
            job.pull = aim, number
            job.is_pulled.set()

    def cancel(self, id_: str) -> None:
        """The job ends soon; where no server is there, or when asked a second time, at once."""
        job = self._jobs.get(id_)
        if job is None:
            return
        if job.is_cancelled:
            self._over(job, Ended(id_, "cancelled", ""))
            return
        job.is_cancelled = True
        if job.is_submitted:
            self._spawn(self._cancel(job.wire_id))
        if not (job.is_submitted and self.connection.is_up):
            self._over(job, Ended(id_, "cancelled", ""))

    def release(self, id_: str) -> None:
        """The result is where it belongs; the server may forget it."""
        self._spawn(self._release(id_))

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await self.connection.keep()
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # One job

    async def _do(self, job: _Job) -> None:
        order = job.order
        try:
            for _ in range(_TIMES):
                end = await self._attempt(job)
                is_dropped = isinstance(end, wire.Failed) and end.code == "cancelled" and order.kind == "live"
                if job.is_cancelled or not (end is None or is_dropped):
                    break
                self._begin_again(job)
            else:
                end = wire.WireError("interrupted", "The server lost the job again and again.")
            await self._finish(job, end)
        except wire.WireError as error:
            self._over(job, Ended(order.job, error.code, str(error), error.path))
        except Exception:
            log.exception("a job failed")
            self._over(job, Ended(order.job, "plugin_fault", ""))

    async def _attempt(self, job: _Job) -> wire.Done | wire.Failed | wire.WireError | None:
        """Sends the job and waits for its end."""
        request = await self._request(job)
        job.is_submitted = True
        try:
            accepted: wire.Accepted = await self.connection.ask(request)
        except wire.WireError as error:
            if error.code == "not_found":  # a blob went meanwhile
                return None
            raise
        if accepted.state in ("done", "failed"):  # sent earlier: of what is over, no event comes again
            await self._look_up(job)
        pulling = self._spawn(self._send_pulls(job)) if job.order.kind == "live" else None
        try:
            return await job.end
        finally:
            if pulling is not None:
                pulling.cancel()

    async def _request(self, job: _Job) -> Callable[[str], Any]:
        order = job.order
        pictures = {
            "image": (order.image, order.icc),
            "mask": (order.mask, None),
            "reference": (order.reference, order.reference_icc),
            "reference_mask": (order.reference_mask, None),
        }
        weight = {part: len(raster.data) for part, (raster, _) in pictures.items() if raster is not None}
        done = dict.fromkeys(weight, 0.0)

        def on_sent(part: str) -> Callable[[float], None]:
            def note(fraction: float) -> None:
                done[part] = fraction
                share = sum(done[name] * weight[name] for name in weight) / max(1, sum(weight.values()))
                self._tell(Sent(order.job, share))

            return note

        said: dict[str, Any] = {
            part: await self._sent(raster, icc, on_sent(part))
            for part, (raster, icc) in pictures.items()
            if raster is not None
        }
        said |= {
            "job": job.wire_id,
            "drags": order.aim.drags,
            "transform": order.aim.transform,
            "at": order.aim.at,
            "tool": order.tool,
            "speed": order.speed,
            "prompt": order.prompt,
            "seed": order.seed,
            "params": dict(order.params),
        }
        if order.kind == "prepare":
            return lambda number: wire.Prepare(number, **said)
        said |= {"preview_px": order.preview_px, "is_live": order.kind == "live", "in_layers": order.in_layers}
        return lambda number: wire.Submit(number, **said)

    async def _sent_bytes(self, data: bytes) -> str:
        blob = await asyncio.to_thread(_name, data)
        await self._transfers.upload(blob, data)
        return blob

    async def _sent(self, raster: Raster, profile: bytes | None, on_sent: Callable[[float], None]) -> wire.Picture:
        icc = None if profile is None else await self._sent_bytes(profile)
        known = self._known.get(raster)
        if known is not None and known.pixels.icc == icc:
            size = wire.byte_length(known.pixels)
            answer = await self.connection.ask(lambda number: wire.Offer(number, known.blob, size))
            if isinstance(answer, wire.Have):
                on_sent(1.0)
                return known
        layout, data = await asyncio.to_thread(to_wire, raster, icc)
        blob = await asyncio.to_thread(_name, data)
        await self._transfers.upload(blob, data, on_sent)
        picture = self._known[raster] = wire.Picture(blob, layout)
        return picture

    async def _send_pulls(self, job: _Job) -> None:
        while not job.end.done():
            await job.is_pulled.wait()
            job.is_pulled.clear()
            if job.pull is None:
                continue
            aim, number = job.pull
            try:
                await self.connection.ask(
                    lambda id_, aim=aim, number=number: wire.Update(
                        id_, job.wire_id, aim.drags, aim.transform, aim.at, number
                    )
                )
            except wire.WireError as error:
                log.info("an update was refused (%s)", error.code)

    def _begin_again(self, job: _Job) -> None:
        """The server does not know it any more, or a live one ended with its socket."""
        loop = asyncio.get_running_loop()
        job.end, job.is_submitted = loop.create_future(), False
        if job.order.kind == "live":
            self._by_wire_id.pop(job.wire_id, None)
            stem, _, count = job.wire_id.partition("..")
            job.wire_id = f"{stem}..{int(count or 1) + 1}"
            self._by_wire_id[job.wire_id] = job
            if job.pull is not None:
                job.is_pulled.set()

    async def _finish(self, job: _Job, end: wire.Done | wire.Failed | wire.WireError | None) -> None:
        id_ = job.order.job
        match end:
            case wire.Done():
                patches = []
                for output in end.outputs:
                    data = await self._transfers.download(output.blob, wire.byte_length(output.pixels))
                    picture = await asyncio.to_thread(from_wire, output.pixels, data)
                    patches.append(Patch(output.box, picture, output.role))
                self._over(job, Finished(id_, tuple(patches), end.report))
            case wire.Failed():
                self._over(job, Ended(id_, end.code, end.message))
            case wire.WireError():
                self._over(job, Ended(id_, end.code, str(end), end.path))
            case None:
                self._over(job, Ended(id_, "cancelled" if job.is_cancelled else "interrupted", ""))
        if not (isinstance(end, wire.Done) and end.outputs):
            await self._release(job.wire_id)

    async def _find_again(self, job: _Job) -> None:
        try:
            await self._look_up(job)
            await self._finish(job, await job.end)
        except wire.WireError as error:
            self._over(job, Ended(job.order.job, error.code, str(error), error.path))

    async def _look_up(self, job: _Job) -> None:
        """How a job is of which events may have been missed."""
        try:
            jobs: wire.Jobs = await self.connection.ask(lambda number: wire.Get(number, job.wire_id))
        except wire.WireError as error:
            _settle(job, None if error.code == "not_found" else error)
            return
        (found,) = jobs.jobs
        if found.state == "done":
            _settle(job, wire.Done(0, job.wire_id, found.outputs, wire.Report()))
        elif found.failure is not None:
            _settle(job, wire.Failed(0, job.wire_id, found.failure.code, found.failure.message))
        elif found.state != "failed":
            self._tell(wire.State(0, job.order.job, found.state))

    async def _cancel(self, wire_id: str) -> None:
        try:
            await self.connection.ask(lambda number: wire.Cancel(number, wire_id))
        except wire.WireError as error:
            log.info("a cancel was refused (%s)", error.code)
            job = self._by_wire_id.get(wire_id)
            if job is not None:
                _settle(job, None)

    async def _release(self, wire_id: str) -> None:
        try:
            await self.connection.ask(lambda number: wire.Release(number, wire_id))
        except wire.WireError as error:
            log.info("a release was refused (%s)", error.code)

    def _over(self, job: _Job, last: Finished | Ended) -> None:
        if self._jobs.pop(job.order.job, None) is not job:
            return
        self._by_wire_id.pop(job.wire_id, None)
        self._tell(last)
        if job.task is not None and isinstance(last, Ended) and last.code == "cancelled" and not job.end.done():
            job.task.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # What the connection tells

    def status(self, line: Any, why: str) -> None:
        status = Status(line, why, self.connection.welcome)
        if status != self._status:
            self._status = status
            self._tell(status)

    def hear(self, message: Any) -> None:
        match message:
            case wire.Stored() | wire.Error():
                self._transfers.hear(message)
            case wire.Preview():
                try:
                    self._preview = message, Incoming(message.blob, wire.byte_length(message.pixels))
                except wire.WireError:
                    self._preview = None
            case wire.State() | wire.Progress() if message.job in self._by_wire_id:
                job = self._by_wire_id[message.job]
                self._tell(message if job.order.job == message.job else _renamed(message, job.order.job))
            case wire.Done() | wire.Failed() if message.job in self._by_wire_id:
                _settle(self._by_wire_id[message.job], message)
            case _:
                pass

    def hear_frame(self, frame: wire.Frame) -> None:
        if frame.kind == "blob":
            self._transfers.hear_frame(frame)
        elif self._preview is not None and self._preview[1].blob == frame.blob:
            preview, coming = self._preview
            coming.take(frame)
            if coming.is_whole:
                self._preview = None
                if (job := self._by_wire_id.get(preview.job)) is not None:
                    picture = shown(preview.pixels, coming.data)
                    self._tell(Shown(job.order.job, picture, preview.box, preview.number))

    def lost(self) -> None:
        self._preview = None
        self._transfers.lost()
        for job in list(self._jobs.values()):
            if job.is_cancelled:
                self._over(job, Ended(job.order.job, "cancelled", ""))

    def back(self, is_resumed: bool) -> None:
        if not is_resumed:
            for job in list(self._jobs.values()):
                if job.is_submitted and not job.end.done():
                    self._spawn(self._look_up(job))


def _settle(job: _Job, end: wire.Done | wire.Failed | wire.WireError | None) -> None:
    if not job.end.done():
        job.end.set_result(end)


def _renamed(message: wire.State | wire.Progress, job: str) -> wire.State | wire.Progress:
    return type(message)(**{**vars(message), "job": job})


def _name(data: bytes | bytearray) -> str:
    return hashlib.sha256(data).hexdigest()

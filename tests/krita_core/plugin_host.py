"""A host without Krita: passes the client's events from its thread to the test's, as Krita's queued signal does."""

import queue
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from krita_dragbrush.core.client import Client
from krita_dragbrush.core.crop import Rect
from krita_dragbrush.core.events import Status
from krita_dragbrush.core.inputs import Inputs
from krita_dragbrush.core.jobs import Job, Jobs, Source
from krita_dragbrush.core.pixels import Raster
from krita_dragbrush.core.points import Pair
from krita_dragbrush.core.runtime import ServerAddress, find_server

from krita_dragbrush import wire

WAIT_S = 30
PAIRS = (Pair((1, 1), (2, 2)),)
ROOM = Rect(0, 0, 10_000, 10_000)


def picture(seed: int, *, width: int = 40, height: int = 30, channels: Any = "rgba", depth: Any = "u8") -> Raster:
    size = width * height * wire.CHANNELS[channels] * wire.SAMPLE_BYTES[depth]
    return Raster(width, height, channels, depth, bytes((seed * 31 + at * at // 7) % 256 for at in range(size)))


def inverted(raster: Raster) -> bytes:
    """What an echoing server makes of it."""
    return bytes(255 - byte for byte in raster.data)


def source_of(
    image: Raster, mask: Raster | None = None, *, document: str = "doc", left: int = 0, top: int = 0
) -> Source:
    crop = Rect(left, top, image.width, image.height)
    return Source("doc", "node", crop, image, mask)


def inputs(prompt: str = "", pairs: Sequence[Pair] = PAIRS, **fields: Any) -> Inputs:
    return Inputs(tuple(pairs), prompt=prompt, **fields)


class Host:
    def __init__(
        self, find: Callable[[], ServerAddress | None] = find_server, *, resume: wire.Resume | None = None
    ) -> None:
        self._events: queue.Queue[Any] = queue.Queue()
        self.client = Client(find, wire.Client("krita", "1"), self._events.put, resume=resume)
        self.jobs = Jobs(self.client)
        self.status = Status()
        self.heard: list[Any] = []

    def __enter__(self) -> Self:
        self.client.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.client.stop(WAIT_S)

    def until(self, holds: Callable[[], Any], *, seconds: float = WAIT_S) -> Any:
        end = time.monotonic() + seconds
        while not (value := holds()):
            try:
                event = self._events.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"waited in vain; heard {self.heard[-20:]}") from None
            self.heard.append(event)
            if isinstance(event, Status):
                self.status = event
            self.jobs.hear(event)
        return value

    def is_on(self, line: str, why: str = "") -> Callable[[], bool]:
        return lambda: (self.status.line, self.status.why) == (line, why)

    def connected(self) -> Self:
        self.until(self.is_on("connected"))
        return self

    def run(self, image: Raster, prompt: str = "", *, source: Source | None = None, **fields: Any) -> Job:
        return self.jobs.run(source or source_of(image), inputs(prompt, **fields), "name")

    def end(self, job: Job) -> Job:
        self.until(lambda: job.is_over)
        return job

    def of(self, job: Job, kind: type) -> list[Any]:
        return [event for event in self.heard if isinstance(event, kind) and getattr(event, "job", "") == job.id]


def result_of(job: Job) -> bytes:
    assert job.state == "done", (job.state, job.code, job.message)
    (placed,) = job.result
    return placed.picture.data

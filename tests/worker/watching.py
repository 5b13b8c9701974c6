"""A supervisor with a real worker process, all that it says, and tasks for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from dragbrush.protocol.messages import Drag, Pixels
from dragbrush.worker.make import echo
from dragbrush.worker.messages import Broke, Edit, File, Finished, Prepare, Run, Warp
from dragbrush.worker.supervisor import Deadlines, State, Supervisor

SHORT_RESTS = Deadlines(first_rest=0.01, longest_rest=0.05, kill=1)
PIXELS = Pixels(3, 2, "rgb")
PICTURE = bytes(range(18))


class Watched:
    def __init__(self, make_work: Callable[[], Any], deadlines: Deadlines) -> None:
        self.messages: list[Any] = []
        self.deaths: list[str] = []
        self.states: list[tuple[State, float]] = []
        """With the seconds of the loop's clock."""
        self._news = asyncio.Event()
        self.supervisor = Supervisor(
            make_work, on_message=self._hear, on_death=self._bury, on_state=self._note, deadlines=deadlines
        )

    def _hear(self, message: Any) -> None:
        self.messages.append(message)
        self._news.set()

    def _bury(self, reason: str) -> None:
        self.deaths.append(reason)
        self._news.set()

    def _note(self, state: State) -> None:
        self.states.append((state, asyncio.get_running_loop().time()))
        self._news.set()

    async def until(self, holds: Callable[[], Any]) -> None:
        while not holds():
            self._news.clear()
            await self._news.wait()

    async def ready(self) -> None:
        await self.until(lambda: self.supervisor.state == "ready")

    async def last_of(self, job: str) -> Finished | Broke:
        """The last message of a task."""
        await self.until(lambda: self.lasts_of(job))
        return self.lasts_of(job)[0]

    def lasts_of(self, job: str) -> list[Finished | Broke]:
        return [message for message in self.messages if isinstance(message, Finished | Broke) and message.job == job]

    def of(self, job: str) -> list[Any]:
        return [message for message in self.messages if getattr(message, "job", None) == job]


@contextlib.asynccontextmanager
async def watched(make_work: Callable[[], Any] = echo, *, deadlines: Deadlines = SHORT_RESTS) -> AsyncIterator[Watched]:
    watch = Watched(make_work, deadlines)
    running = asyncio.create_task(watch.supervisor.run())
    try:
        yield watch
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def edit(folder: Path, orders: str = "") -> Edit:
    """Of a small picture; `orders` are the echo worker's."""
    file = folder / "picture"
    file.write_bytes(PICTURE)
    return Edit(
        image=File(str(file), PIXELS), mask=None, drags=[Drag((0, 0), (1, 1))], transform=None, at=None,
        reference=None, reference_mask=None, tool="drag", speed="quality", prompt=orders, seed=1, params={},
    )  # fmt: skip


def run_task(folder: Path, orders: str = "", *, job: str = "a/1") -> Run:
    return Run(job, edit(folder, orders), {"edit": str(folder / f"{job.replace('/', '-')}.out")}, 64)


def prepare_task(folder: Path, orders: str = "", *, job: str = "p/1") -> Prepare:
    return Prepare(job, edit(folder, orders))


def warp_task(folder: Path, orders: str = "", *, job: str = "w/1", number: int = 0) -> Warp:
    return Warp(job, edit(folder, orders), number, 64)

"""Keeps one worker process alive: starts it, hears it, ends it when it hangs, and starts it again."""

import asyncio
import logging
import multiprocessing
import multiprocessing.process
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Literal

from dragbrush.worker.child import Work, main
from dragbrush.worker.messages import Beat, FromWorker, Ready, Stop, Task, ToWorker, pack, unpack_from_worker

log = logging.getLogger(__name__)

State = Literal["starting", "ready", "resting", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds."""

    start: float = 120.0
    """For importing the engine."""
    silence: float = 10.0
    """Without a beat: the process is stuck in native code, or dead."""
    step: float = 600.0
    """Without a step of the task at work. Loading a model from a slow disk is one step."""
    cancel: float = 10.0
    """After a cancel that is not honoured."""
    kill: float = 3.0
    """Between asking a process to end and ending it."""
    first_rest: float = 0.5
    longest_rest: float = 30.0
    deaths: int = 5
    """In `deaths_within`: then it is given up until a new task asks for it."""
    deaths_within: float = 600.0


@dataclass(slots=True)
class _Child:
    process: multiprocessing.process.BaseProcess
    pipe: Connection
    heard: float
    stepped: float
    is_ready: bool = False


class Supervisor:
    """One worker at a time. All of it runs in one event loop; only reading the pipe has a thread.

    `on_message` hears what the worker says, `on_death` why a worker is gone, `on_state` how it stands.
    """

    def __init__(
        self,
        make_work: Callable[[], Work],
        *,
        on_message: Callable[[FromWorker], None],
        on_death: Callable[[str], None],
        on_state: Callable[[State], None],
        deadlines: Deadlines | None = None,
    ) -> None:
        self._make_work = make_work
        self._on_message, self._on_death, self._on_state = on_message, on_death, on_state
        self._deadlines = deadlines or Deadlines()
        self._child: _Child | None = None
        self._task: Task | None = None
        self._cancelled_at: float | None = None
        self._wanted = asyncio.Event()
        self.state: State = "stopped"

    @property
    def process_id(self) -> int | None:
        return self._child.process.pid if self._child else None

    async def run(self) -> None:
        """Until cancelled; then the worker is ended."""
        deaths: deque[float] = deque(maxlen=self._deadlines.deaths)
        rest = self._deadlines.first_rest
        try:
            while True:
                self._set("starting")
                self._child = await asyncio.to_thread(self._spawn)
                reason = await self._watch(self._child)
                was_ready = self._child.is_ready
                await self._end()
                log.warning("the worker ended: %s", reason)
                now = time.monotonic()
                deaths.append(now)
                rest = self._deadlines.first_rest if was_ready else min(2 * rest, self._deadlines.longest_rest)
                self._on_death(reason)
                if len(deaths) == deaths.maxlen and now - deaths[0] < self._deadlines.deaths_within:
                    self._set("failed")
                    deaths.clear()
                    self._wanted.clear()
                    await self._wanted.wait()
                else:
                    self._set("resting")
                    await asyncio.sleep(rest)
        finally:
            await asyncio.shield(self._end())
            self._set("stopped")

    def revive(self) -> None:
        """Starts a worker that was given up."""
        self._wanted.set()

    def start(self, task: Task) -> None:
        """Hands the worker its next task; it must be ready and idle."""
        assert self._child is not None
        self._task, self._cancelled_at = task, None
        self._child.stepped = time.monotonic()
        self.send(task)

    def cancel(self) -> None:
        """Asks the worker to stop its task."""
        if self._task is not None and self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self.send(Stop(self._task.job))

    def finished(self) -> None:
        """The worker's task has had its last message."""
        self._task = self._cancelled_at = None

    def send(self, message: ToWorker) -> None:
        """What a dying worker would have heard is dropped; `on_death` follows."""
        if self._child is not None:
            try:
                self._child.pipe.send_bytes(pack(message))
            except (OSError, ValueError):
                log.debug("the worker did not hear %s", type(message).__name__)

    def _spawn(self) -> _Child:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=main, args=(theirs, self._make_work), name="dragbrush-worker", daemon=True)
        process.start()
        theirs.close()
        now = time.monotonic()
        return _Child(process, ours, now, now)

    async def _watch(self, child: _Child) -> str:
        """Until the worker is gone or must go; why."""
        loop = asyncio.get_running_loop()
        is_closed = asyncio.Event()

        def read() -> None:
            try:
                while True:
                    message = unpack_from_worker(child.pipe.recv_bytes())
                    loop.call_soon_threadsafe(self._hear, child, message)
            except (EOFError, OSError):
                loop.call_soon_threadsafe(is_closed.set)

        threading.Thread(target=read, daemon=True).start()
        while True:
            try:
                await asyncio.wait_for(is_closed.wait(), timeout=0.25)
                await asyncio.to_thread(child.process.join, 1)
                return f"it exited with status {child.process.exitcode}"
            except TimeoutError:
                if (reason := self._overdue(child)) is not None:
                    return reason

    def _overdue(self, child: _Child) -> str | None:
        now, deadlines = time.monotonic(), self._deadlines
        if not child.is_ready:
            return f"it did not start in {deadlines.start:g} s" if now - child.heard > deadlines.start else None
        if now - child.heard > deadlines.silence:
            return f"it was silent for {deadlines.silence:g} s"
        if self._cancelled_at is not None and now - self._cancelled_at > deadlines.cancel:
            return f"it did not stop within {deadlines.cancel:g} s of a cancel"
        if self._task is not None and now - child.stepped > deadlines.step:
            return f"it took no step for {deadlines.step:g} s"
        return None

    def _hear(self, child: _Child, message: FromWorker) -> None:
        if child is not self._child:
            return
        child.heard = time.monotonic()
        if isinstance(message, Beat):
            return
        child.stepped = child.heard
        if isinstance(message, Ready):
            child.is_ready = True
            self._set("ready")
        self._on_message(message)

    async def _end(self) -> None:
        child, self._child = self._child, None
        self._task = self._cancelled_at = None
        if child is None:
            return
        child.process.terminate()
        await asyncio.to_thread(child.process.join, self._deadlines.kill)
        if child.process.is_alive():
            child.process.kill()
            await asyncio.to_thread(child.process.join)
        child.pipe.close()  # only now: the reading thread holds its number until the other end is gone

    def _set(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._on_state(state)

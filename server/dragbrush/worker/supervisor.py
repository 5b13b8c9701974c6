"""Keeps one worker process alive: starts it, watches it, ends it when it hangs, and starts it again."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from dragbrush.worker.child import Work
from dragbrush.worker.messages import Beat, Broke, Finished, FromWorker, Previewed, Ready, Stepped, Stop, Task
from dragbrush.worker.process import WorkerProcess

log = logging.getLogger(__name__)

State = Literal["starting", "ready", "resting", "failed", "stopped"]

_TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds."""

    start: float = 120.0
    """For importing the engine."""
    silence: float = 10.0
    """Without a beat: the process is stuck in native code, or stopped."""
    step: float = 600.0
    """Without a step of a task at work. Loading a model from a slow disk is one step."""
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
class _AtWork:
    stepped: float
    cancelled: float | None = None


@dataclass(frozen=True, slots=True)
class _Death:
    reason: str
    was_ready: bool
    is_ours: bool = False
    """Ended by us because of a cancel, which is no sign that it is broken."""


class Supervisor:
    """One worker at a time. All of it runs in one event loop.

    `on_message` hears what the worker says, `on_death` why a worker is gone, `on_state` how it stands. It takes tasks
    while its state is `ready`; the tasks of a dead worker are gone with it.
    """

    def __init__(
        self,
        make_work: Callable[[], Work],
        *,
        on_message: Callable[[Ready | Stepped | Previewed | Finished | Broke], None],
        on_death: Callable[[str], None],
        on_state: Callable[[State], None],
        deadlines: Deadlines | None = None,
    ) -> None:
        self._make_work = make_work
        self._on_message, self._on_death, self._on_state = on_message, on_death, on_state
        self._deadlines = deadlines or Deadlines()
        self._worker: WorkerProcess | None = None
        self._tasks: dict[str, _AtWork] = {}
        self._is_ready = False
        self._heard = 0.0
        self._clock = 0.0
        """Seconds in which this process ran: a machine that slept, or a server that did, is not the worker's fault."""
        self._wanted = asyncio.Event()
        self.state: State = "stopped"

    @property
    def process_id(self) -> int | None:
        return self._worker.id if self._worker else None

    async def run(self) -> None:
        """Until cancelled; then the worker is ended."""
        deaths: deque[float] = deque(maxlen=self._deadlines.deaths)
        rest = self._deadlines.first_rest
        try:
            while True:
                death = await self._live_and_die()
                log.warning("the worker ended: %s", death.reason)
                self._on_death(death.reason)
                rest = self._deadlines.first_rest if death.was_ready else min(2 * rest, self._deadlines.longest_rest)
                now = time.monotonic()
                if not death.is_ours:
                    deaths.append(now)
                if len(deaths) == deaths.maxlen and now - deaths[0] < self._deadlines.deaths_within:
                    deaths.clear()
                    self._wanted.clear()
                    self._set("failed")
                    await self._wanted.wait()
                else:
                    await asyncio.sleep(rest)
        finally:
            self._set("stopped")

    def revive(self) -> None:
        """Starts a worker that was given up."""
        self._wanted.set()

    def start(self, task: Task) -> None:
        """Hands the worker a task."""
        assert self._worker is not None
        assert self.state == "ready"
        self._tasks[task.job] = _AtWork(self._clock)
        self._worker.send(task)

    def cancel(self, job: str, *, at_leisure: bool = False) -> None:
        """Asks the worker to stop a task; its last message, or the worker's death, follows.

        It is ended when it does not stop in time, unless `at_leisure`.
        """
        at_work = self._tasks.get(job)
        if self._worker is not None and at_work is not None and at_work.cancelled is None:
            at_work.cancelled = None if at_leisure else self._clock
            self._worker.send(Stop(job))

    async def _live_and_die(self) -> _Death:
        self._set("starting")
        self._is_ready = False
        try:
            worker = self._worker = WorkerProcess(self._make_work, self._hear)
            await worker.start()
            return await self._watch(worker)
        except OSError as error:
            return _Death(f"it could not be started: {error.strerror or error}", was_ready=False)
        finally:
            self._set("resting")  # before it is ended: nobody may hand it a task any more
            worker, self._worker = self._worker, None
            self._tasks.clear()
            if worker is not None:
                await _to_its_end(worker.end(self._deadlines.kill))

    async def _watch(self, worker: WorkerProcess) -> _Death:
        """Until the worker is gone or must go."""
        began, ticked = self._clock, time.monotonic()
        while not worker.is_gone.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await worker.is_gone.wait()
            now = time.monotonic()
            self._clock += min(now - ticked, 2 * _TICK_S)
            ticked = now
            if not worker.is_gone.is_set() and (death := self._overdue(began)) is not None:
                return death
        status = await asyncio.to_thread(worker.exit_status)
        reason = "it closed its pipe" if status is None else f"it exited with status {status}"
        return _Death(reason, self._is_ready)

    def _overdue(self, began: float) -> _Death | None:
        now, deadlines = self._clock, self._deadlines
        if not self._is_ready:
            is_late = now - began > deadlines.start
            return _Death(f"it did not start in {deadlines.start:g} s", was_ready=False) if is_late else None
        if now - self._heard > deadlines.silence:
            return _Death(f"it was silent for {deadlines.silence:g} s", was_ready=True)
        for task in self._tasks.values():
            if task.cancelled is not None and now - task.cancelled > deadlines.cancel:
                return _Death(
                    f"it did not stop within {deadlines.cancel:g} s of a cancel", was_ready=True, is_ours=True
                )
            if now - task.stepped > deadlines.step:
                return _Death(f"it took no step for {deadlines.step:g} s", was_ready=True)
        return None

    def _hear(self, worker: WorkerProcess, message: FromWorker) -> None:
        if worker is not self._worker:
            return
        self._heard = self._clock
        match message:
            case Beat():
                return
            case Ready():
                self._is_ready = True
                self._set("ready")
            case Stepped() | Previewed():
                if (at_work := self._tasks.get(message.job)) is not None:
                    at_work.stepped = self._clock
            case Finished() | Broke():
                self._tasks.pop(message.job, None)
                if isinstance(message, Broke) and message.is_last:
                    self._set("resting")
        self._on_message(message)

    def _set(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._on_state(state)


async def _to_its_end(ending: Coroutine[Any, Any, None]) -> None:
    """Also when cancelled meanwhile: this program could not exit while the process lives."""
    task = asyncio.ensure_future(ending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise

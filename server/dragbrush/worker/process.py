"""A worker's process as the server holds it. Neither starting, telling nor hearing it holds up the event loop."""

import asyncio
import contextlib
import multiprocessing
import queue
import threading
from collections.abc import Callable

import msgspec

from dragbrush.worker.child import Work, main
from dragbrush.worker.messages import FromWorker, ToWorker, pack, unpack_from_worker


class WorkerProcess:
    """One process with its pipe, a thread that reads it and one that writes it."""

    def __init__(
        self, make_work: Callable[[], Work], on_message: Callable[["WorkerProcess", FromWorker], None]
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, self._its_pipe = context.Pipe()
        self._process = context.Process(
            target=main, args=(self._its_pipe, make_work), name="dragbrush-worker", daemon=True
        )
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._threads: list[threading.Thread] = []
        self.id: int | None = None
        self.is_gone = asyncio.Event()
        """It ended, or closed its pipe."""

    async def start(self) -> None:
        """Returns once the process exists. Raises `OSError`."""
        self._begin(self._start_and_write)
        await asyncio.shield(self._started)

    def send(self, message: ToWorker) -> None:
        """What a gone process would have heard is dropped."""
        self._outgoing.put(pack(message))

    async def end(self, within_s: float) -> None:
        """Asks it to end, and ends it when it has not after `within_s`."""
        with contextlib.suppress(OSError):
            await asyncio.shield(self._started)
        if self.id is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.join, within_s)
            if self._process.is_alive():
                self._process.kill()
                await asyncio.to_thread(self._process.join, within_s)
        self._outgoing.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join, within_s)
        if not any(thread.is_alive() for thread in self._threads):
            # Not before: a thread that still read would find another file under the descriptor's number.
            self._pipe.close()
        with contextlib.suppress(ValueError):  # not even the kernel could end it
            self._process.close()

    def exit_status(self) -> int | None:
        """Of a process that is gone; None where it only closed its pipe."""
        self._process.join(1)
        return self._process.exitcode

    def _begin(self, loop: Callable[[], None]) -> None:
        thread = threading.Thread(target=loop, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _start_and_write(self) -> None:
        # Both in one thread: Linux takes the end of the thread that made a process for the end of its parent.
        try:
            self._process.start()
        except Exception as error:  # the thread's root: whoever awaits the start gets it
            self._loop.call_soon_threadsafe(self._started.set_exception, error)
            return
        finally:
            self._its_pipe.close()
        self._loop.call_soon_threadsafe(self._note_start)
        with contextlib.suppress(OSError):
            while (data := self._outgoing.get()) is not None:
                self._pipe.send_bytes(data)

    def _note_start(self) -> None:
        self.id = self._process.pid
        self._started.set_result(None)
        self._begin(self._read)

    def _read(self) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            with contextlib.suppress(EOFError, OSError, msgspec.DecodeError):
                while True:
                    message = unpack_from_worker(self._pipe.recv_bytes())
                    self._loop.call_soon_threadsafe(self._on_message, self, message)
            self._loop.call_soon_threadsafe(self.is_gone.set)

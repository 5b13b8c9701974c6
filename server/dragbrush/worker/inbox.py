"""The worker's ear and mouth: a thread reads the pipe, so that a cancel is heard while the engine works."""

import queue
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection

from dragbrush.edit import CancelToken
from dragbrush.worker.messages import Beat, Broke, Finished, FromWorker, Stop, Task, Warp, pack, unpack_to_worker

BEAT_S = 1.0

_Tasks = queue.SimpleQueue[tuple[Task, CancelToken] | None]


class Inbox:
    """Tasks in the order they came, warps apart from the others, and the cancel of each."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._edits: _Tasks = queue.SimpleQueue()
        self._warps: _Tasks = queue.SimpleQueue()
        self._cancels: dict[str, CancelToken] = {}
        self._sending = threading.Lock()
        self._is_gone = threading.Event()
        """The server is: nobody hears the worker any more."""
        for loop in (self._read, self._beat):
            threading.Thread(target=loop, daemon=True).start()

    def edits(self) -> Iterator[tuple[Task, CancelToken]]:
        """All tasks but the warps, until the server is gone."""
        return self._tasks_in(self._edits)

    def warps(self) -> Iterator[tuple[Task, CancelToken]]:
        return self._tasks_in(self._warps)

    def send(self, message: FromWorker) -> None:
        """From any thread. What a gone server would have heard is dropped."""
        if isinstance(message, Finished | Broke):
            self._cancels.pop(message.job, None)  # before the server hears it: it may ask for the same again
        try:
            with self._sending:
                self._pipe.send_bytes(pack(message))
        except OSError:
            self._leave()

    def _tasks_in(self, tasks: _Tasks) -> Iterator[tuple[Task, CancelToken]]:
        while (task := tasks.get()) is not None and not self._is_gone.is_set():
            yield task

    def _read(self) -> None:
        try:
            while True:
                message = unpack_to_worker(self._pipe.recv_bytes())
                if isinstance(message, Stop):
                    if (cancel := self._cancels.get(message.job)) is not None:
                        cancel.cancel()
                else:
                    cancel = self._cancels[message.job] = CancelToken()
                    (self._warps if isinstance(message, Warp) else self._edits).put((message, cancel))
        except (EOFError, OSError):
            self._leave()

    def _leave(self) -> None:
        self._is_gone.set()
        for cancel in list(self._cancels.values()):
            cancel.cancel()
        self._edits.put(None)
        self._warps.put(None)

    def _beat(self) -> None:
        while not self._is_gone.wait(BEAT_S):
            self.send(Beat())

"""The worker's ear: a thread that reads the pipe, so that a cancel is heard while the engine works."""

import queue
import threading
from multiprocessing.connection import Connection

from dragbrush.edit import CancelToken
from dragbrush.worker.messages import Beat, FromWorker, Redraw, Stop, Task, pack, unpack_to_worker

BEAT_S = 1.0


class Inbox:
    """Tasks in order, and for the task at work: whether it is cancelled, and its newest redraw."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._lock = threading.Condition()
        self._job: str | None = None
        self._stopped: set[str] = set()
        self._redraw: Redraw | None = None
        self.cancel = CancelToken()
        for loop in (self._read, self._beat):
            threading.Thread(target=loop, daemon=True).start()

    def next_task(self) -> Task | None:
        """Waits for a task; None when the server is gone."""
        task = self._tasks.get()
        if task is not None:
            with self._lock:
                self._job, self._redraw, self.cancel = task.job, None, CancelToken()
                if task.job in self._stopped:
                    self._stopped.discard(task.job)
                    self.cancel.cancel()
        return task

    def next_redraw(self) -> Redraw | None:
        """Waits for the newest redraw of the task at work; None once it is cancelled."""
        with self._lock:
            self._lock.wait_for(lambda: self._redraw is not None or self.cancel.is_cancelled)
            redraw, self._redraw = self._redraw, None
            return None if self.cancel.is_cancelled else redraw

    def send(self, message: FromWorker) -> None:
        """From any thread. What a gone server would have heard is dropped; `next_task` says so."""
        try:
            with self._sending:
                self._pipe.send_bytes(pack(message))
        except (OSError, ValueError):
            self._tasks.put(None)

    def _read(self) -> None:
        while True:
            try:
                message = unpack_to_worker(self._pipe.recv_bytes())
            except (EOFError, OSError):
                with self._lock:
                    self.cancel.cancel()
                    self._lock.notify_all()
                self._tasks.put(None)
                return
            match message:
                case Stop():
                    with self._lock:
                        if message.job == self._job:
                            self.cancel.cancel()
                        else:
                            self._stopped.add(message.job)
                        self._lock.notify_all()
                case Redraw():
                    with self._lock:
                        if message.job == self._job:
                            self._redraw = message
                            self._lock.notify_all()
                case _:
                    self._tasks.put(message)

    def _beat(self) -> None:
        while True:
            threading.Event().wait(BEAT_S)
            self.send(Beat())

"""The worker process: takes one task after the other until the server is gone."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Protocol

from dragbrush.errors import Cancelled, DragbrushError
from dragbrush.worker.inbox import Inbox
from dragbrush.worker.messages import Broke, Finished, Ready, Task

log = logging.getLogger(__name__)


class Work(Protocol):
    """What a worker can do."""

    device: str

    def do(self, task: Task, inbox: Inbox) -> Finished:
        """Raises `DragbrushError`."""
        ...


def main(pipe: Connection, make_work: Callable[[], Work]) -> None:
    """Runs in the spawned process."""
    # Ctrl-C in the terminal is for the server, which ends its workers by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_the_server()
    inbox = Inbox(pipe)
    work = make_work()
    inbox.send(Ready(work.device))
    while (task := inbox.next_task()) is not None:
        with _told(task, inbox):
            inbox.cancel.raise_if_cancelled()
            inbox.send(work.do(task, inbox))


@contextmanager
def _told(task: Task, inbox: Inbox) -> Iterator[None]:
    """Turns what goes wrong into the task's one last message."""
    try:
        yield
    except Cancelled:
        inbox.send(Broke(task.job, "cancelled", "The job was cancelled."))
    except DragbrushError as error:
        inbox.send(Broke(task.job, error.code, str(error)))
    except Exception as error:
        log.exception("a job failed")
        inbox.send(
            Broke(
                task.job,
                "internal",
                f"The edit failed by a fault of the program ({type(error).__name__}); the server's log says more.",
            )
        )


def _die_with_the_server() -> None:
    """Linux: the kernel ends the worker when the server is killed; elsewhere the closed pipe does, after its step."""
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)

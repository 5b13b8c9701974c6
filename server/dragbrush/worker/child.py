"""The worker process: takes one task after the other until the server is gone."""

import contextlib
import logging
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from dragbrush.edit import CancelToken
from dragbrush.errors import Cancelled, DragbrushError, StorageFailed
from dragbrush.worker.inbox import Inbox
from dragbrush.worker.messages import Broke, Finished, FromWorker, Ready, Task, Warp

log = logging.getLogger(__name__)

Tell = Callable[[FromWorker], None]

FAULTY = 3
"""Exit status after a fault of the program or of the device."""

_FOLDERS = re.compile(r"(?<=')(?:/|[A-Za-z]:\\)[^']*[/\\](?=[^'/\\])")


class Work(Protocol):
    """What a worker can do. A `Warp` may be asked for while another task is done, from another thread."""

    device: str

    def do(self, task: Task, tell: Tell, cancel: CancelToken) -> Finished:
        """Raises `DragbrushError`; `Cancelled` at the next step after `cancel.cancel()`."""
        ...


def main(pipe: Connection, make_work: Callable[[], Work]) -> None:
    """Runs in the spawned process."""
    # Ctrl-C in the terminal is for the server, which ends its worker itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        _arrange_with_the_kernel()
    inbox = Inbox(pipe)
    work = make_work()
    threading.Thread(target=_serve, args=(work, inbox.warps(), inbox.send), daemon=True).start()
    inbox.send(Ready(work.device))
    if not _serve(work, inbox.edits(), inbox.send):
        sys.exit(FAULTY)


def _serve(work: Work, tasks: Iterator[tuple[Task, CancelToken]], tell: Tell) -> bool:
    """Whether the process is still sound at the end of the tasks."""
    for task, cancel in tasks:
        last = outcome(work, task, tell, cancel)
        tell(last)
        if isinstance(last, Broke) and last.is_last:
            return False
    return True


def outcome(work: Work, task: Task, tell: Tell, cancel: CancelToken) -> Finished | Broke:
    """Does a task; its last message, whatever goes wrong."""
    try:
        cancel.raise_if_cancelled()
        return work.do(task, tell, cancel)
    except Cancelled:
        return Broke(task.job, "cancelled", "The job was cancelled.")
    except DragbrushError as error:
        # It goes to a client, who need not know this machine's folders.
        return Broke(task.job, error.code, _FOLDERS.sub("", str(error)))
    except MemoryError:
        return Broke(task.job, "out_of_memory", "There is too little memory for this edit; close other programs.")
    except Exception as error:
        log.exception("a job failed")
        return Broke(
            task.job,
            "internal",
            f"The edit failed by a fault of the program ({type(error).__name__}); the server's log says more.",
            # A device that failed once may fail at all that follows, as CUDA does; only a new process is sound.
            is_last=not isinstance(task, Warp),
        )


def keep_result(out: str, samples: bytes | memoryview) -> None:
    """Raises `StorageFailed`."""
    try:
        Path(out).write_bytes(samples)
    except OSError as error:
        raise StorageFailed(f"The result could not be kept: {error.strerror or error}.") from error


def _arrange_with_the_kernel() -> None:
    """The worker ends when the server is killed (elsewhere: after its step), and is the first to go without memory."""
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")

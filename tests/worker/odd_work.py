"""Workers that do not come to work. Made in the worker's process, so they need a module of their own."""

import time
from pathlib import Path

from dragbrush.worker.child import Work
from dragbrush.worker.make import echo


def never_ready() -> Work:
    time.sleep(3600)
    raise AssertionError


def broken() -> Work:
    raise SystemExit(7)


class BrokenUntil:
    """Ends at once until a file is there."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> Work:
        if not self._file.exists():
            raise SystemExit(7)
        return echo()

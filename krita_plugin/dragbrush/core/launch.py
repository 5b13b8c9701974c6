"""Starts a server for the person who pressed the button, and keeps what it prints for the one who asks why it ended."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_TAIL_BYTES = 64 * 1024
# An AppImage of the host sets these for itself; with them, another Python or its libraries would not start.
_OF_THE_HOST = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "LD_PRELOAD", "QT_PLUGIN_PATH")


class Launched:
    """A process that outlives the host, so that other programs keep their server."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process, self.log = process, log

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def last_lines(self, count: int = 40) -> str:
        """Of what it printed."""
        return last_lines(self.log, count)


def launch(command: Sequence[str], log: Path, *, folder: Path | None = None) -> Launched:
    """Runs the command apart from this process, its output in `log`. `folder`: where the server keeps what is its own.

    Raises: OSError where it cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = clean_environment(os.environ)
    if folder is not None:
        environment["DRAGBRUSH_HOME"] = str(folder)
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    with log.open("wb") as file:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=environment,
            creationflags=flags,
            start_new_session=sys.platform != "win32",
        )
    return Launched(process, log)


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what the host set for its own libraries."""
    return {name: value for name, value in environment.items() if name not in _OF_THE_HOST}


def last_lines(log: Path, count: int = 40) -> str:
    """Empty where there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-count:])
    except OSError:
        return ""

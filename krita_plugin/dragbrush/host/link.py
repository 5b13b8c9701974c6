"""The one connection to the server, on Krita's thread: events of the client's thread arrive here by a queued signal."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from .. import __version__, wire
from ..core import diagnostics, later, launch, words
from ..core.client import Client
from ..core.events import Event, Finished, Status
from ..core.jobs import Jobs
from ..core.runtime import find_server
from .guard import guarded
from .preferences import Preferences
from .qt import Qt, QtCore

START_POLL_MS = 500
START_GIVEN_UP_S = 120


class Link(QtCore.QObject):
    """Jobs of all documents are here, whatever window shows them."""

    changed = QtCore.pyqtSignal()
    _heard = QtCore.pyqtSignal(object)

    def __init__(self, preferences: Preferences, host: str) -> None:
        super().__init__()
        self._preferences = preferences
        self._launched: launch.Launched | None = None
        self._start_problem = ""
        self.status = Status("connecting")
        left = later.take_up(later.left_file(preferences.now.folder))
        self._client = Client(
            lambda: find_server(preferences.now.folder),
            wire.Client("krita", __version__, host),
            self._heard.emit,
            resume=None if left is None else left.resume,
        )
        self.jobs = Jobs(self._client)
        queued = Qt.ConnectionType.QueuedConnection
        self._heard.connect(self._hear, type=queued)  # pyright: ignore[reportCallIssue]  # not in the stubs
        self._watch = QtCore.QTimer(self)
        self._watch.setInterval(START_POLL_MS)
        self._watch.timeout.connect(self._look_at_launched)
        self._left = left

    def start(self) -> None:
        """Connects, and takes up what an earlier Krita left behind."""
        self._client.start()
        for job in () if self._left is None else self._left.jobs:
            self.jobs.adopt(job)
        self._left = None

    def stop(self) -> None:
        """Leaves what is not finished to the next Krita."""
        later.leave(later.left_file(self._preferences.now.folder), self._client.resume, self.jobs.left())
        self._client.stop()

    @property
    def is_up(self) -> bool:
        return self.status.line == "connected"

    @property
    def is_starting(self) -> bool:
        """A server was started here and does not answer yet."""
        return self._watch.isActive()

    @property
    def line(self) -> words.Said:
        """About the connection, with what its one button does."""
        if self.is_up:
            return words.status(self.status)
        if self.is_starting:
            return words.Said("The server is starting; its model takes some seconds to load.")
        if self._start_problem:
            return words.Said(self._start_problem, "start")
        return words.status(self.status)

    def retry(self) -> None:
        self._start_problem = ""
        self._client.retry()
        self.changed.emit()

    def start_server(self) -> None:
        """Runs the command of the settings."""
        settings = self._preferences.now
        command = found_command(settings.server_arguments)
        self._start_problem = ""
        try:
            if not command:
                raise FileNotFoundError
            self._launched = launch.launch(command, self.log, folder=settings.folder)
        except OSError:
            self._start_problem = words.START_FAILED
        else:
            self._watch.start()
            QtCore.QTimer.singleShot(START_GIVEN_UP_S * 1000, self._watch.stop)
        self.changed.emit()

    @property
    def log(self) -> Path:
        """Of the server that was started here."""
        return self._preferences.now.folder / "logs" / "krita-server.log"

    def report(self, versions: dict[str, str]) -> str:
        """For a person who reports a fault."""
        return diagnostics.report(versions, self.status, self.jobs.all, launch.last_lines(self.log))

    @guarded()
    def _hear(self, event: Event) -> None:
        if isinstance(event, Status):
            # Without another word the client has found no server yet: what was published stays for the form.
            known = self.status.welcome
            self.status = event if event.welcome is not None else replace(event, welcome=known)
            if self.is_up:
                self._watch.stop()
                self._start_problem = ""
        elif isinstance(event, Finished) and event.report.device:
            self._device_is_known(event.report.device)
        self.jobs.hear(event)
        self.changed.emit()

    def _device_is_known(self, device: str) -> None:
        """A server that was just started says it with its first result."""
        welcome = self.status.welcome
        if welcome is not None and welcome.device != device:
            self.status = replace(self.status, welcome=replace(welcome, device=device))

    @guarded()
    def _look_at_launched(self) -> None:
        if self._launched is not None and self._launched.has_ended:
            self._watch.stop()
            if not self.is_up:
                self._start_problem = words.START_ENDED
        self.changed.emit()


def found_command(arguments: list[str]) -> list[str]:
    """The command with its program's whole path; a program beside no path is also looked for where pip puts it."""
    if not arguments:
        return []
    program = arguments[0]
    beside = [str(Path.home() / ".local" / "bin")] if sys.platform != "win32" else []
    found = shutil.which(program) or shutil.which(program, path=":".join(beside) or None)
    return [found or program, *arguments[1:]]

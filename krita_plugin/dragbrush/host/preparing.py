"""Has the server begin before Run: when the tool is in hand and places, layer and selection have settled."""

from collections.abc import Callable
from dataclasses import replace

from ..core.form import rows, speed_of, tool_of, usable
from ..core.settings import Origin
from .desk import Picture, Refused
from .guard import guarded
from .link import Link
from .qt import QtCore
from .work import Work

SETTLED_MS = 900


class Preparing(QtCore.QObject):
    """`current` gives what is worked on while the tool is in hand and preparing is wanted, or None."""

    def __init__(
        self, link: Link, current: Callable[[], tuple[Work, Picture] | None], origin: Callable[[], Origin]
    ) -> None:
        super().__init__()
        self._link, self._current, self._origin = link, current, origin
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLED_MS)
        self._timer.timeout.connect(self._settled)

    def disturb(self) -> None:
        """Something changed: waits anew for all to settle."""
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    @guarded()
    def _settled(self) -> None:
        found, welcome = self._current(), self._link.status.welcome
        if found is None or welcome is None or not self._link.is_up:
            return
        work, picture = found
        tool = tool_of(welcome, work.choice.tool)
        speed = None if tool is None else speed_of(tool, work.choice.speed)
        if tool is None or speed is None or not speed.has_prepare or self._link.jobs.running(work.id) is not None:
            return
        if work.points.is_pulling:
            self._timer.start()
            return
        inputs = replace(work.inputs, tool=tool.id, speed=speed.id, params=usable(rows(speed), work.choice.params))
        try:
            source = picture.source(work.id, inputs, self._origin(), purpose="prepare", marked=work.marked)
        except Refused:
            return
        self._link.jobs.prepare(source, inputs)

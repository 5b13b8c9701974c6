"""The warp that follows the hand: a live job is opened at a pull, and told where the points are whenever they move."""

from collections.abc import Callable
from dataclasses import replace

from ..core.form import live_speed, tool_of
from ..core.jobs import Preview
from ..core.settings import Origin
from .desk import Picture, Refused
from .link import Link
from .tool import Pull
from .work import Work


class Following:
    """`show` is given the document's id and each picture of the warp, and None when there is none any more."""

    def __init__(self, link: Link, show: Callable[[str, Preview | None], None], origin: Callable[[], Origin]) -> None:
        self._link, self._show_of, self._origin = link, show, origin
        self._job = ""
        self._number = 0
        self._oldest = 0
        """Answers to earlier pulls show points that are no longer."""
        self._stop_listening: Callable[[], None] = lambda: None
        self._work: Work | None = None
        self._picture: Picture | None = None
        self._is_refused = False
        link.jobs.listen(lambda job: self._hear(job.id))

    def pulled(self, work: Work, picture: Picture, pull: Pull) -> None:
        """A hand moved an end, or let go of it."""
        if work is not self._work:
            self.end()
        if pull == "moving" and not self._job and not self._is_refused:
            self._begin(work, picture)
        if pull != "moving":
            self._is_refused = False

    def end(self) -> None:
        """Takes the warp away; the next pull begins anew."""
        self._stop_listening()
        self._stop_listening = lambda: None
        if self._job:
            self._link.jobs.cancel(self._job)
        self._show(None)
        self._job, self._work, self._picture, self._is_refused = "", None, None, False

    def _begin(self, work: Work, picture: Picture) -> None:
        welcome = self._link.status.welcome
        tool = None if welcome is None else tool_of(welcome, work.choice.tool)
        speed = None if tool is None else live_speed(tool)
        if tool is None or speed is None or not self._link.is_up:
            return
        try:
            source = picture.source(work.id, work.points.pairs, self._origin(), purpose="live")
        except Refused:  # Run will say why; not at each movement of the hand
            self._is_refused = True
            return
        inputs = replace(work.inputs, tool=tool.id, speed=speed.id, params={})
        self._job = self._link.jobs.follow(source, inputs).id
        self._oldest = self._number + 1
        self._work, self._picture = work, picture
        self._stop_listening()
        self._stop_listening = work.points.listen(self._points_moved)

    def _points_moved(self) -> None:
        work, picture = self._work, self._picture
        if work is None or picture is None:
            return
        pairs = work.points.pairs
        if not any(pair.handle != pair.target for pair in pairs):
            self._oldest = self._number + 1
            self._show(None)
            return
        self._number += 1
        if self._link.jobs.pull(self._job, pairs, self._number):
            return
        # A point has left the part that was sent, or the job is over.
        self._job = ""
        self._begin(work, picture)

    def _show(self, preview: Preview | None) -> None:
        if self._work is not None:
            self._show_of(self._work.id, preview)

    def _hear(self, id_: str) -> None:
        job = self._link.jobs.get(id_)
        if not self._job or id_ != self._job or job is None:
            return
        if job.is_over:
            self._job = ""
        elif job.preview is not None and job.preview.number >= self._oldest:
            self._show(job.preview)

"""The picture that follows the hand: a live job is opened at a pull, and told where things are whenever they move."""

from collections.abc import Callable
from dataclasses import replace

from ..core.crop import Rect
from ..core.form import live_speed, tool_of
from ..core.inputs import Inputs
from ..core.jobs import Preview
from ..core.settings import Origin
from ..core.transform import UNCHANGED
from .desk import Picture, Refused
from .link import Link
from .tool import Pull
from .work import Work


class Following:
    """`show` is given the document's id and each picture, and None when there is none any more."""

    def __init__(self, link: Link, show: Callable[[str, Preview | None], None], origin: Callable[[], Origin]) -> None:
        self._link, self._show_of, self._origin = link, show, origin
        self._job = ""
        self._number = 0
        self._oldest = 0
        """Answers to earlier pulls show what is no longer so."""
        self._stop_listening: Callable[[], None] = lambda: None
        self._work: Work | None = None
        self._picture: Picture | None = None
        self._is_refused = False
        link.jobs.listen(lambda job: self._hear(job.id))

    def pulled(self, work: Work, picture: Picture, pull: Pull) -> None:
        """A hand moved something, or let go of it."""
        if work is not self._work:
            self.end()
        if pull == "moving" and not self._job and not self._is_refused:
            self._begin(work, picture)
        if pull != "moving":
            self._is_refused = False

    def end(self) -> None:
        """Takes the picture away; the next pull begins anew."""
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
        inputs = replace(work.inputs, tool=tool.id, speed=speed.id, params={})
        try:
            source = picture.source(work.id, inputs, self._origin(), purpose="live", marked=work.marked)
        except Refused:  # Run will say why; not at each movement of the hand
            self._is_refused = True
            return
        self._job = self._link.jobs.follow(source, inputs).id
        self._oldest = self._number + 1
        self._work, self._picture = work, picture
        self._stop_listening()
        moves = work.points if tool.id == "drag" else work.moved
        self._stop_listening = moves.listen(lambda: self._moved(tool.id))

    def _moved(self, tool: str) -> None:
        work, picture = self._work, self._picture
        if work is None or picture is None:
            return
        inputs = replace(work.inputs, tool=tool)
        if _is_still(inputs):
            self._oldest = self._number + 1
            self._show(None)
            return
        self._number += 1
        if self._link.jobs.pull(self._job, inputs, Rect(0, 0, *picture.size), self._number):
            return
        # It has left the part that was sent, or the job is over.
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


def _is_still(inputs: Inputs) -> bool:
    """Whether all is where it was before the hand came."""
    match inputs.tool:
        case "drag":
            return all(pair.handle == pair.target for pair in inputs.pairs)
        case "move":
            return inputs.transform == UNCHANGED
        case _:  # what is pasted is another picture wherever it lies
            return False

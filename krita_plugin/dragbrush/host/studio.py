"""All that a person does with Dragbrush, whichever widget, key or menu it comes from. Knows nothing of Krita."""

from typing import Any

from ..core import words
from ..core.jobs import Job, Preview
from ..core.pixels import Raster
from ..core.settings import Settings
from .choosing import Choosing
from .desk import Desk, Picture, Refused, Tint
from .following import Following
from .guard import guarded
from .link import Link
from .overlay import Overlay
from .pictures import image_of
from .placement import Box
from .points_tool import PointsTool
from .preferences import Preferences
from .preparing import Preparing
from .qt import QtCore
from .results import Results
from .showing import Showing
from .tool import Pull
from .translate import tr
from .watching import Watching
from .work import Work
from .works import Works

TELL_MS = 30
"""Changes within this time are told together."""


class Studio(QtCore.QObject):
    changed = QtCore.pyqtSignal()

    def __init__(self, desk: Desk, link: Link, preferences: Preferences) -> None:
        super().__init__()
        self.desk, self.link, self._preferences = desk, link, preferences
        self._is_on = False
        self._notes: dict[str, str] = {}
        """What was said about a document, by its id; without one, about all."""
        self._are_points_last = self._is_tint_away = False
        self.choosing = Choosing(link, preferences, lambda: self.work, self._chosen)
        self.works = Works(desk, self.choosing.fresh, self._closed)
        self.showing = Showing(desk, self.works)
        self.results = Results(desk, link, self.works, self.showing, lambda: self.settings, self.say)
        self._following = Following(link, self._show_warp, lambda: self.settings.origin)
        self._preparing = Preparing(link, self._to_prepare, lambda: self.settings.origin)
        self._telling = QtCore.QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(TELL_MS)
        self._telling.timeout.connect(self.changed.emit)
        self._watching = Watching(desk, self.works, self._show_tint)
        self._watching.turned.connect(self._turned)
        self._watching.moved.connect(self._moved)
        self.works.changed.connect(self._tell)
        self.works.opened.connect(self._opened)
        link.changed.connect(self._tell)
        link.jobs.listen(self._job_changed)
        preferences.listen(self._preferences_changed)

    def start(self) -> None:
        self.works.sync()
        self._watching.start()

    def stop(self) -> None:
        """Krita ends."""
        self._watching.stop()
        self._preparing.stop()
        self.works.save()
        self.link.stop()

    # What there is

    @property
    def settings(self) -> Settings:
        return self._preferences.now

    @property
    def picture(self) -> Picture | None:
        """The active document."""
        return self._watching.picture

    @property
    def work(self) -> Work | None:
        picture = self.picture
        return None if picture is None else self.works.of(picture)

    @property
    def job(self) -> Job | None:
        """The active document's edit that is not over."""
        return None if self.work is None else self.link.jobs.running(self.work.id)

    @property
    def can_run(self) -> bool:
        """What else may be wrong is said when Run is pressed."""
        return self.work is not None and self.link.is_up

    @property
    def is_on(self) -> bool:
        """The tool is in hand."""
        return self._is_on

    @property
    def line(self) -> str:
        """One sentence for now: of the edit, of what went wrong, or what to do next."""
        if self.job is not None:
            return tr(words.progress(self.job))
        return self._notes.get(self._id) or self._notes.get("") or self._watching.hint

    @property
    def _id(self) -> str:
        return "" if self.work is None else self.work.id

    @property
    def owns_undo(self) -> bool:
        return self._are_points_last

    # What a person does

    @guarded()
    def set_on(self, is_on: bool) -> None:
        """Takes the tool in hand, or puts it away."""
        if is_on == self._is_on:
            return
        self._is_on = is_on
        if not is_on:
            self._following.end()
            self._preparing.stop()
        for picture, work in self.works.all():
            if not is_on:
                self.showing.tint(work.id, None)
            for overlay in self.desk.overlays(picture):
                overlay.use(self._new_tool(work) if is_on else None)
        self._watching.refresh()
        self._preparing.disturb()
        self._tell()

    @guarded()
    def run(self) -> None:
        """Starts the edit, or says why it cannot be."""
        work, picture = self.work, self.picture
        if work is None or picture is None:
            self.say(tr(words.LAYERS["no_document"]))
            return
        if not self.link.is_up:
            self.say(tr(self.link.line.text))
            return
        try:
            source = picture.source(work.id, work.points.pairs, self.settings.origin, purpose="edit")
        except Refused as error:
            self.say(str(error))
            return
        self.results.show(work, None)
        self._hush(work)
        self._preparing.stop()
        inputs = self.choosing.inputs(work)
        self.results.began(self.link.jobs.run(source, inputs, self.choosing.layer_name(inputs)), source)
        if not self.settings.is_seed_locked:
            self.choosing.next_seed()

    @guarded()
    def run_again(self) -> None:
        """With another seed."""
        self.choosing.next_seed()
        self.run()

    @guarded()
    def cancel(self) -> None:
        """Of the active document's edit."""
        if self.job is not None:
            self.link.jobs.cancel(self.job.id)

    @guarded()
    def set(self, **fields: Any) -> None:
        """Of what holds for all documents."""
        self._preferences.set(**fields)

    @guarded()
    def say(self, text: str, id_: str | None = None) -> None:
        """About the active document, or the one of that id; stays until the next edit or change of the points."""
        about = self._id if id_ is None else id_
        self._notes[about if self.works.work(about) else ""] = text
        self._tell()

    @guarded()
    def restore(self, id_: str) -> None:
        """Points, settings and seed of a result."""
        entry = None if self.work is None else self.work.history.get(id_)
        if self.work is not None and entry is not None:
            self._following.end()
            self.work.restore(entry)

    @guarded()
    def delete(self, id_: str) -> None:
        """A result from the history; its layer stays."""
        if self.work is not None:
            shown = self.results.shown(self.work)
            if shown is not None and shown[0] == id_:
                self.results.show(self.work, None)
            self.work.history.delete(id_)

    # What happens by itself

    @guarded()
    def sync(self) -> None:
        """Documents or views came or went."""
        self.works.sync()
        if self._is_on:
            for picture, _ in self.works.all():
                self.desk.overlays(picture)
        self.look()

    def look(self) -> None:
        """Something may be active that was not."""
        self._watching.look()

    def dress(self, overlay: Overlay, picture: Picture) -> None:
        """Of a canvas that is new."""
        work = self.works.of(picture)
        self.showing.dress(overlay, work.id)
        overlay.use(self._new_tool(work) if self._is_on else None)

    @guarded()
    def _turned(self) -> None:
        """Another document is active."""
        self._following.end()
        self._tell()

    @guarded()
    def _moved(self) -> None:
        """Another layer or selection is."""
        self._following.end()
        if self._is_on:
            self._preparing.disturb()
        self._tell()

    def _show_tint(self, picture: Picture, tint: Tint | None) -> None:
        self._is_tint_away = False
        is_wanted = self._is_on and self.settings.has_tint
        self.showing.tint(self.works.of(picture).id, tint if is_wanted else None)

    def _hush(self, work: Work) -> None:
        self._notes.pop(work.id, None)
        self._notes.pop("", None)

    @guarded()
    def _chosen(self) -> None:
        self._preparing.disturb()
        self._tell()

    def _new_tool(self, work: Work) -> PointsTool:
        return PointsTool(
            work.points,
            on_pull=lambda pull: self._pulled(work, pull),
            on_full=lambda: self.say(tr(words.POINTS_FULL)),
        )

    @guarded()
    def _pulled(self, work: Work, pull: Pull) -> None:
        picture = self.works.picture(work.id)
        if picture is not None and self.settings.has_live:
            self.results.show(work, None)
            self._following.pulled(work, picture, pull)

    @guarded()
    def _show_warp(self, id_: str, preview: Preview | None) -> None:
        self.showing.put(id_, "warp", None if preview is None else _shown(preview.picture, preview))

    def _to_prepare(self) -> tuple[Work, Picture] | None:
        work, picture = self.work, self.picture
        if not self._is_on or not self.settings.has_prepare or work is None or picture is None:
            return None
        return work, picture

    @guarded()
    def _preferences_changed(self) -> None:
        if not self.settings.has_live:
            self._following.end()
        self._watching.refresh()
        self._tell()

    @guarded()
    def _opened(self, work: Work) -> None:
        work.points.listen(lambda: self._points_changed(work))
        if work.is_newer:
            self.say(tr(words.NEWER_FILE), work.id)

    @guarded()
    def _points_changed(self, work: Work) -> None:
        self._hush(work)
        if work is self.work:
            self._are_points_last = True
            if self._is_tint_away:
                self._watching.refresh()
            if self._is_on:
                self._preparing.disturb()

    @guarded()
    def _job_changed(self, job: Job) -> None:
        if job.kind == "edit":
            if job.state == "done" and job.result:
                self._are_points_last = False  # the layer is undone first
                self._is_tint_away = True  # what came of it is looked at
                self.showing.tint(job.document, None)
            self.results.hear(job)
            self._tell()

    def _closed(self, work: Work, can_come_back: bool) -> None:
        self._following.end()
        for job in () if can_come_back else self.link.jobs.of(work.id):
            self.link.jobs.cancel(job.id)
        self.link.jobs.close(work.id)
        self.showing.forget(work.id)
        self._notes.pop(work.id, None)
        self.results.forget(work)

    def _tell(self) -> None:
        if not self._telling.isActive():
            self._telling.start()


def _shown(picture: Raster, preview: Preview) -> Any:
    rect = preview.rect
    return image_of(picture), Box(rect.left, rect.top, rect.width, rect.height)

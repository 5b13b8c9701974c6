"""All that a person does with Dragbrush, whichever widget, key or menu it comes from. Knows nothing of Krita."""

from typing import Any

from ..core import words
from ..core.jobs import Job
from ..core.settings import Settings
from .choosing import Choosing
from .desk import Desk, Picture, Refused
from .guard import guarded
from .hand import Hand
from .link import Link
from .marking import Marking
from .notes import Notes
from .overlay import Overlay
from .preferences import Preferences
from .qt import QtCore
from .results import Results
from .showing import Showing
from .translate import tr
from .work import Work
from .works import Works

TELL_MS = 30
"""Changes within this time are told together."""


class Studio(QtCore.QObject):
    changed = QtCore.pyqtSignal()

    def __init__(self, desk: Desk, link: Link, preferences: Preferences) -> None:
        super().__init__()
        self.desk, self.link, self._preferences = desk, link, preferences
        self._notes = Notes()
        self._are_places_last = False
        self.choosing = Choosing(link, preferences, lambda: self.work, self._chosen)
        self.works = Works(desk, self.choosing.fresh, self._closed)
        self.showing = Showing(desk, self.works)
        self.results = Results(desk, link, self.works, self.showing, lambda: self.settings, self.say)
        self.hand = Hand(
            desk,
            link,
            self.works,
            self.showing,
            self.choosing,
            lambda: self.settings,
            self.say,
            lambda work: self.results.show(work, None),
        )
        self.marking = Marking(lambda: self.picture, lambda: self.work, self.choosing)
        self._telling = QtCore.QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(TELL_MS)
        self._telling.timeout.connect(self.changed.emit)
        self.hand.watching.turned.connect(self._turned)
        self.hand.watching.moved.connect(self._moved)
        self.hand.watching.looked.connect(self._looked)
        self.works.changed.connect(self._tell)
        self.works.opened.connect(self._opened)
        link.changed.connect(self._tell)
        link.jobs.listen(self._job_changed)
        preferences.listen(self._preferences_changed)

    def start(self) -> None:
        self.works.sync()
        self.hand.watching.start()

    def stop(self) -> None:
        """Krita ends."""
        self.hand.watching.stop()
        self.hand.rest()
        self.works.save()
        self.link.stop()

    # What there is

    @property
    def settings(self) -> Settings:
        return self._preferences.now

    @property
    def picture(self) -> Picture | None:
        """The active document."""
        return self.hand.watching.picture

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
        return self.hand.is_on

    @property
    def line(self) -> str:
        """One sentence for now: of the edit, of what went wrong, or what to do next."""
        if self.job is not None:
            return tr(words.progress(self.job))
        return self._notes.of(self._id) or self.hand.trouble or tr(self._hint)

    @property
    def _hint(self) -> str:
        if self.work is None:
            return words.LAYERS["no_document"]
        has_box = self.is_on and self.work.moved.box is not None
        return words.hint(self.choosing.tool_id, self.hand.watching.selected, has_box=has_box)

    @property
    def _id(self) -> str:
        return "" if self.work is None else self.work.id

    @property
    def owns_undo(self) -> bool:
        return self._are_places_last

    # What a person does

    @guarded()
    def set_on(self, is_on: bool) -> None:
        """Takes the tool in hand, or puts it away."""
        self.hand.set_on(is_on)
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
        inputs = self.choosing.inputs(work)
        try:
            source = picture.source(work.id, inputs, self.settings.origin, purpose="edit", marked=work.marked)
        except Refused as error:
            self.say(str(error))
            return
        self.results.show(work, None)
        self._notes.hush(work.id)
        self.hand.stop_preparing()
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
        """About the active document, or the one of that id; stays until the next edit or change of the places."""
        about = self._id if id_ is None else id_
        self._notes.say(text, about if self.works.work(about) else "")
        self._tell()

    @guarded()
    def restore(self, id_: str) -> None:
        """Tool, places, settings and seed of a result."""
        entry = None if self.work is None else self.work.history.get(id_)
        if self.work is not None and entry is not None:
            self.hand.end_preview()
            self.work.restore(entry)
            self.hand.chosen()

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
        if self.is_on:
            for picture, _ in self.works.all():
                self.desk.overlays(picture)
        self.look()

    def look(self) -> None:
        """Something may be active that was not."""
        self.hand.watching.look()

    def dress(self, overlay: Overlay, picture: Picture) -> None:
        """Of a canvas that is new."""
        work = self.works.of(picture)
        self.showing.dress(overlay, work.id)
        self.hand.give(overlay, work)

    @guarded()
    def _turned(self) -> None:
        """Another document is active."""
        self.hand.end_preview()
        self._tell()

    @guarded()
    def _moved(self) -> None:
        """Another layer or selection is."""
        self.hand.moved()
        self._tell()

    @guarded()
    def _looked(self) -> None:
        if self.marking.look():
            self._tell()

    @guarded()
    def _chosen(self) -> None:
        self.hand.chosen()
        self.marking.look()
        self._tell()

    @guarded()
    def _preferences_changed(self) -> None:
        if not self.settings.has_live:
            self.hand.end_preview()
        self.hand.watching.refresh()
        self._tell()

    @guarded()
    def _opened(self, work: Work) -> None:
        work.points.listen(lambda: self._places_changed(work))
        work.moved.listen(lambda: self._places_changed(work))
        if work.is_newer:
            self.say(tr(words.NEWER_FILE), work.id)

    @guarded()
    def _places_changed(self, work: Work) -> None:
        self._notes.hush(work.id)
        if work is self.work:
            self._are_places_last = True
            self.hand.changed(work)

    @guarded()
    def _job_changed(self, job: Job) -> None:
        if job.kind == "edit":
            if job.state == "done" and job.result:
                self._are_places_last = False  # the layer is undone first
                self.hand.show_result(job.document)
            self.results.hear(job)
            self._tell()

    def _closed(self, work: Work, can_come_back: bool) -> None:
        self.hand.end_preview()
        for job in () if can_come_back else self.link.jobs.of(work.id):
            self.link.jobs.cancel(job.id)
        self.link.jobs.close(work.id)
        self.showing.forget(work.id)
        self._notes.hush(work.id)
        self.results.forget(work)

    def _tell(self) -> None:
        if not self._telling.isActive():
            self._telling.start()

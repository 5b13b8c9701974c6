"""Which `Work` belongs to which open document, and what of it the document's file keeps."""

import uuid
from collections.abc import Callable

from ..core import saved
from ..core.inputs import Inputs
from ..core.saved import Saved
from .desk import Desk, Picture
from .guard import guarded
from .qt import QtCore
from .work import Work

SAVE_MS = 250


class Works(QtCore.QObject):
    """`fresh` gives what a document without anything of the plugin begins with; `closed` hears of each that is gone.

    It is told whether the document can come back, as the one that it is.
    """

    changed = QtCore.pyqtSignal()
    opened = QtCore.pyqtSignal(object)

    def __init__(self, desk: Desk, fresh: Callable[[], Inputs], closed: Callable[[Work, bool], None]) -> None:
        super().__init__()
        self._desk, self._fresh, self._closed = desk, fresh, closed
        self._open: list[tuple[Picture, Work]] = []
        self._unsaved: set[str] = set()
        self._kept: set[str] = set()
        """Documents with a file that keeps their ids: a closed one says nothing any more."""
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MS)
        self._timer.timeout.connect(self.save)

    def sync(self) -> None:
        """Looks which documents are open."""
        for picture, work in self._open:
            if not picture.is_open:
                self._unsaved.discard(work.id)
                self._closed(work, work.id in self._kept)
        self._open = [entry for entry in self._open if entry[0].is_open]
        for picture in self._desk.pictures():
            work = self.of(picture)
            if picture.is_kept:
                self._kept.add(work.id)

    def all(self) -> list[tuple[Picture, Work]]:
        return [entry for entry in self._open if entry[0].is_open]

    @property
    def has_closed(self) -> bool:
        """Whether a document has gone since `sync`."""
        return any(not picture.is_open for picture, _ in self._open)

    def of(self, picture: Picture) -> Work:
        for known, work in self._open:
            if known == picture:
                return work
        work = self._read(picture)
        self._open.append((picture, work))
        work.listen(lambda: self._touched(work.id))
        self.opened.emit(work)
        return work

    def picture(self, id_: str) -> Picture | None:
        """The open document of that id."""
        return next((picture for picture, work in self._open if work.id == id_ and picture.is_open), None)

    def work(self, id_: str) -> Work | None:
        return next((work for _, work in self._open if work.id == id_), None)

    @guarded()
    def save(self) -> None:
        """Gives each document what its file is to keep; the next saving of the file does it."""
        for picture, work in self.all():
            if work.id in self._unsaved and not work.is_newer:
                picture.keep(saved.write(work.saved))
        self._unsaved.clear()

    def _read(self, picture: Picture) -> Work:
        data = picture.load()
        if not data:
            return Work(Saved(inputs=self._fresh()), uuid.uuid4().hex)
        found = saved.read(data)
        is_copy = any(work.id == found.document for _, work in self.all())
        return Work(found, uuid.uuid4().hex if is_copy or not found.document else found.document)

    def _touched(self, id_: str) -> None:
        self._unsaved.add(id_)
        if not self._timer.isActive():
            self._timer.start()
        self.changed.emit()

"""Which document is active, and whether its layer or selection are others than before: Krita tells of neither."""

from collections.abc import Callable

from ..core.crop import Size
from ..core.pixels import Selection
from .desk import Desk, Picture
from .guard import guarded
from .qt import QtCore
from .works import Works

LOOK_MS = 400


class Watching(QtCore.QObject):
    """`turned` is emitted when another document is active, `moved` when its layer or selection is another one.

    `looked` is emitted each time that it looked.
    """

    turned = QtCore.pyqtSignal()
    moved = QtCore.pyqtSignal()
    looked = QtCore.pyqtSignal()

    def __init__(self, desk: Desk, works: Works, show_tint: Callable[[Picture, Selection | None], None]) -> None:
        super().__init__()
        self._desk, self._works, self._show_tint = desk, works, show_tint
        self._active: Picture | None = None
        self._seen: object = None
        self.selected: Size | None = None
        """Of the box of what is selected."""
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        self._timer.start()
        self.look()

    def stop(self) -> None:
        self._timer.stop()

    @property
    def picture(self) -> Picture | None:
        """The active one."""
        return self._active if self._active is not None and self._active.is_open else None

    @guarded()
    def look(self) -> None:
        active = self._desk.active()
        if active != self._active:
            self._active, self._seen = active, None
            self.turned.emit()
        if self._works.has_closed:
            self._works.sync()
        picture = self.picture
        seen = None if picture is None else picture.signature()
        if picture is not None and seen != self._seen:
            self._seen = seen
            self.refresh()
            self.moved.emit()
        self.looked.emit()

    def refresh(self) -> None:
        """Reads the selection anew."""
        picture = self.picture
        if picture is None:
            return
        selection = picture.selection()
        self.selected = None if selection is None else selection.rect.size
        self._show_tint(picture, selection)

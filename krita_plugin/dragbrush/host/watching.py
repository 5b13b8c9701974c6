"""Which document is active, and whether its layer or selection are others than before: Krita tells of neither."""

from collections.abc import Callable

from .desk import Desk, Picture, Tint
from .guard import guarded
from .qt import QtCore
from .translate import tr
from .works import Works

LOOK_MS = 400


class Watching(QtCore.QObject):
    """`turned` is emitted when another document is active, `moved` when its layer or selection is another one."""

    turned = QtCore.pyqtSignal()
    moved = QtCore.pyqtSignal()

    def __init__(self, desk: Desk, works: Works, show_tint: Callable[[Picture, Tint | None], None]) -> None:
        super().__init__()
        self._desk, self._works, self._show_tint = desk, works, show_tint
        self._active: Picture | None = None
        self._seen: object = None
        self.hint = ""
        """About the selection."""
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
        if picture is None:
            self.hint = tr("Open a picture to edit.")
        elif seen != self._seen:
            self._seen = seen
            self.refresh()
            self.moved.emit()

    def refresh(self) -> None:
        """Reads the selection anew."""
        picture = self.picture
        if picture is None:
            return
        tint = picture.tint()
        self._show_tint(picture, tint)
        if tint is None:
            self.hint = tr("Nothing is selected: the points decide what may change.")
        else:
            self.hint = tr(
                "{width} x {height} px are selected; only they change.", width=tint.rect.width, height=tint.rect.height
            )

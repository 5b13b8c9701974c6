"""The transparent widget on one canvas: it hands events to the tool or on to Krita, and asks what to draw.

It never has the focus, as Krita finds its active view by the focus of the canvas. Keys are therefore read by a filter
on the canvas, in front of Krita's own.
"""
# pyright: reportIncompatibleMethodOverride=false
# Qt calls these by position, and PyQt's stubs name the parameter a0.

from collections.abc import Callable
from typing import Any

from .guard import guarded
from .keyboard import Key, answer
from .placement import Placement
from .pointer import Device, Pointer
from .qt import Qt, QtCore, QtGui, QtWidgets, button_of, is_alive, is_shift_down, position_of
from .tool import Cursor

POLL_MS = 33  # Krita has no signal for zoom, pan and rotation
FAR_AWAY = QtCore.QPointF(-100_000, -100_000)

CURSORS: dict[Cursor, Qt.CursorShape] = {
    "cross": Qt.CursorShape.CrossCursor,
    "hand": Qt.CursorShape.OpenHandCursor,
    "fist": Qt.CursorShape.ClosedHandCursor,
    "falling": Qt.CursorShape.SizeFDiagCursor,
    "rising": Qt.CursorShape.SizeBDiagCursor,
    "turn": Qt.CursorShape.SizeAllCursor,
    "arrow": Qt.CursorShape.ArrowCursor,
}


class Surface(QtWidgets.QWidget):
    """`place` tells where the picture lies, `draw` draws, `owns_undo` says whether undo is the tool's."""

    def __init__(
        self,
        canvas: QtWidgets.QWidget,
        *,
        place: Callable[[], Placement | None],
        draw: Callable[[QtGui.QPainter, Placement], None],
        owns_undo: Callable[[], bool],
    ) -> None:
        super().__init__(canvas)
        self.pointer = Pointer(self.update)
        self._canvas = canvas
        self._place = place
        self._draw = draw
        self._owns_undo = owns_undo
        self._placement: Placement | None = None
        self._is_outline_away = False
        self.setObjectName("dragbrush_surface")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setGeometry(canvas.rect())
        self.lower()  # below the buttons that Krita 5.3 puts on its canvas
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def canvas(self) -> QtWidgets.QWidget:
        return self._canvas

    def listen_to_input(self, is_listening: bool) -> None:
        """Takes the pointer and the keys, or leaves all to Krita."""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not is_listening)
        if is_listening:
            self._canvas.installEventFilter(self)
        else:
            self._canvas.removeEventFilter(self)
        self.pointer.is_space_down = False
        self._is_outline_away = False
        self._put_outline_away(is_listening)
        self._show_cursor()

    def show_up(self, is_wanted: bool) -> None:
        """Appears, or goes; to be called again does no harm."""
        if is_wanted == self.isHidden():
            self.setVisible(is_wanted)
            if is_wanted:
                self._timer.start()
            else:
                self._timer.stop()
        self.update()

    def look(self) -> Placement | None:
        """Where the picture lies now; what is drawn follows if it moved."""
        placement = self._place()
        if self.geometry() != self._canvas.rect():
            self.setGeometry(self._canvas.rect())
        if placement != self._placement:
            self._placement = placement
            self.update()
            if placement is not None:
                self.pointer.follow(placement)
        return placement

    # What Qt calls

    @guarded()
    def _poll(self) -> None:
        if not is_alive(self._canvas) or not self.isVisible():
            return
        self.look()
        if self.pointer.tool is not None:
            self._canvas.installEventFilter(self)  # Krita puts its own in front at times; this moves ours there again

    @guarded()
    def paintEvent(self, event: Any) -> None:
        placement = self._place()  # not `look`, which may move a pull and so tell the caller
        if placement is None:
            return
        painter = QtGui.QPainter(self)
        try:
            self._draw(painter, placement)
        finally:
            painter.end()

    def mousePressEvent(self, event: Any) -> None:
        self._press(event, "mouse")

    def mouseDoubleClickEvent(self, event: Any) -> None:
        self._press(event, "mouse")

    def mouseMoveEvent(self, event: Any) -> None:
        self._move(event, "mouse")

    def mouseReleaseEvent(self, event: Any) -> None:
        self._release(event, "mouse")

    def tabletEvent(self, event: Any) -> None:
        kind = event.type()
        if kind == QtCore.QEvent.Type.TabletPress:
            self._press(event, "pen")
        elif kind == QtCore.QEvent.Type.TabletMove:
            self._move(event, "pen")
        elif kind == QtCore.QEvent.Type.TabletRelease:
            self._release(event, "pen")
        else:
            event.ignore()

    @guarded()
    def leaveEvent(self, event: Any) -> None:
        self._is_outline_away = False
        self.pointer.leave(self._placement)

    @guarded(otherwise=False)
    def eventFilter(self, watched: Any, event: Any) -> bool:
        kind = event.type()
        if kind in (QtCore.QEvent.Type.ShortcutOverride, QtCore.QEvent.Type.KeyPress):
            return self._key_down(event)
        if kind == QtCore.QEvent.Type.KeyRelease:
            if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
                self._hold_space(False)
        elif kind == QtCore.QEvent.Type.FocusOut:  # the release will go elsewhere
            self._hold_space(False)
        elif kind == QtCore.QEvent.Type.Resize:
            self.setGeometry(self._canvas.rect())
        return False

    @guarded()
    def _press(self, event: Any, device: Device) -> None:
        event.accept()  # after an error Krita is not to paint
        if self.pointer.tool is not None and not self._canvas.hasFocus():
            self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)  # as a press on the canvas itself does
        is_taken = self.pointer.press(button_of(event), position_of(event), self.look(), device)
        event.setAccepted(is_taken)
        self._show_cursor()
        self.update()

    @guarded()
    def _move(self, event: Any, device: Device) -> None:
        event.accept()
        is_taken = self.pointer.move(
            position_of(event),
            self.look(),
            device,
            is_down=event.buttons() != Qt.MouseButton.NoButton,
            is_straight=is_shift_down(event),
        )
        event.setAccepted(is_taken)
        self._put_outline_away(is_taken)
        self._show_cursor()

    @guarded()
    def _release(self, event: Any, device: Device) -> None:
        event.accept()
        is_down = event.buttons() != Qt.MouseButton.NoButton
        event.setAccepted(self.pointer.release(device, is_down=is_down))
        self._show_cursor()
        self.update()

    def _key_down(self, event: Any) -> bool:
        """Qt asks with a ShortcutOverride who has a key before Krita's actions get it."""
        if event.key() == Qt.Key.Key_Space:
            self._hold_space(True)
            return False
        key = _key_of(event)
        act = None if key is None else answer(key, self.pointer.tool, self._owns_undo())
        if act is None:
            return False
        event.accept()
        if event.type() == QtCore.QEvent.Type.KeyPress:
            act()
            self._show_cursor()
            self.update()
        return True

    def _put_outline_away(self, is_taken: bool) -> None:
        """Krita draws its brush's outline where it saw the pointer last, which would stay there."""
        if is_taken and not self._is_outline_away and is_alive(self._canvas):
            none = Qt.MouseButton.NoButton
            there = QtGui.QMouseEvent(
                QtCore.QEvent.Type.MouseMove, FAR_AWAY, FAR_AWAY, none, none, Qt.KeyboardModifier.NoModifier
            )
            QtWidgets.QApplication.sendEvent(self._canvas, there)
        self._is_outline_away = is_taken

    def _hold_space(self, is_down: bool) -> None:
        self.pointer.is_space_down = is_down
        self._show_cursor()

    def _show_cursor(self) -> None:
        tool = self.pointer.tool
        if tool is None or self.pointer.is_krita_working:
            self.unsetCursor()  # that of the canvas below
        elif self.cursor().shape() != CURSORS[tool.cursor] or not self.testAttribute(Qt.WidgetAttribute.WA_SetCursor):
            self.setCursor(CURSORS[tool.cursor])


def _key_of(event: Any) -> Key | None:
    if event.matches(QtGui.QKeySequence.StandardKey.Undo):
        return "undo"
    if event.matches(QtGui.QKeySequence.StandardKey.Redo):
        return "redo"
    if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return None
    if event.key() == Qt.Key.Key_Escape:
        return "escape"
    if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        return "delete"
    return "swap" if event.key() == Qt.Key.Key_X else None

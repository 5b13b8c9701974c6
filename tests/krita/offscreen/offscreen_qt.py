"""Chooses the binding of Qt that the plugin gets, and stands in for a canvas of Krita's."""

import os
import sys
import time

WANTED = os.environ["DRAGBRUSH_TEST_QT"]  # "PyQt5" or "PyQt6"
sys.modules["PyQt6" if WANTED == "PyQt5" else "PyQt5"] = None  # pyright: ignore[reportArgumentType] # as if missing

from dragbrush.host.placement import Placement  # noqa: E402  after the choice
from dragbrush.host.qt import QT_MAJOR, Qt, QtCore, QtGui, QtWidgets  # noqa: E402

app = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["offscreen"])

PLAIN = Placement(1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 400, 300)
NONE, LEFT, MIDDLE = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
UNMODIFIED = Qt.KeyboardModifier.NoModifier
Type = QtCore.QEvent.Type
PEN = {"press": Type.TabletPress, "move": Type.TabletMove, "release": Type.TabletRelease}
MOUSE = {"press": Type.MouseButtonPress, "move": Type.MouseMove, "release": Type.MouseButtonRelease}


class KisQPainterCanvas(QtWidgets.QWidget):
    """Has the name of Krita's, takes what reaches it as Krita's does, and remembers it."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.seen = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.resize(400, 300)

    def event(self, event):
        names = {
            Type.MouseButtonPress: "press",
            Type.MouseMove: "move",
            Type.MouseButtonRelease: "release",
            Type.TabletPress: "pen press",
            Type.Wheel: "wheel",
            Type.KeyPress: "key",
        }
        if event.type() in names:
            far = event.type() == Type.MouseMove and position(event).x() < -1000
            self.seen.append("away" if far else names[event.type()])
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event):
        painter = QtGui.QPainter(self)
        painter.fillRect(self.rect(), QtGui.QColor(255, 255, 255))
        painter.end()


def position(event):
    return event.position() if hasattr(event, "position") else event.localPos()


def mouse(widget, kind, at, button=LEFT, buttons=None, modifiers=UNMODIFIED):
    """Sends one mouse event as the window system's would come; `buttons` are those that are down after it."""
    if buttons is None:
        buttons = NONE if kind == "release" else button
    place = QtCore.QPointF(*at)
    event = QtGui.QMouseEvent(MOUSE[kind], place, place, NONE if kind == "move" else button, buttons, modifiers)
    app.sendEvent(widget, event)
    return event.isAccepted()


def pen(widget, kind, at, button=LEFT):
    place = QtCore.QPointF(*at)
    is_down = kind != "release"
    pressed = button if is_down else NONE
    changed = NONE if kind == "move" else button
    if QT_MAJOR == 6:
        device = QtGui.QPointingDevice.primaryPointingDevice()
        event = QtGui.QTabletEvent(PEN[kind], device, place, place, 0.5, 0, 0, 0, 0, 0, UNMODIFIED, changed, pressed)
    else:
        device, tip = QtGui.QTabletEvent.TabletDevice.Stylus, QtGui.QTabletEvent.PointerType.Pen
        event = QtGui.QTabletEvent(
            PEN[kind], place, place, device, tip, 0.5, 0, 0, 0, 0, 0, UNMODIFIED, 1, changed, pressed
        )
    event.ignore()
    app.sendEvent(widget, event)
    return event.isAccepted()


def key(canvas, code, modifiers=UNMODIFIED, kind=Type.KeyPress):
    """Sends one key event to the canvas; says whether a ShortcutOverride was claimed."""
    event = QtGui.QKeyEvent(kind, code, modifiers)
    event.ignore()
    app.sendEvent(canvas, event)
    return event.isAccepted()


def wait_until(is_true, seconds=5.0):
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "waited in vain"
        app.processEvents(QtCore.QEventLoop.ProcessEventsFlag.AllEvents, 20)


def pause(milliseconds):
    end = time.monotonic() + milliseconds / 1000
    wait_until(lambda: time.monotonic() > end)


def colour_at(widget, at):
    colour = QtGui.QColor(widget.grab().toImage().pixel(int(at[0]), int(at[1])))
    return (colour.red(), colour.green(), colour.blue())

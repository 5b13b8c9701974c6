"""Qt 5 or Qt 6, whichever Krita has, under one name. No other file imports a binding of Qt.

Krita 5 has PyQt5 and Krita 6 has PyQt6; each refuses the other's. Enums are written in full (`Qt.Key.Key_Space`),
which both understand.
"""

from typing import TYPE_CHECKING, Any

from .pointer import Button


def _major() -> int:
    try:
        import pykrita  # pyright: ignore[reportMissingImports] # built into Krita
    except ImportError:  # outside Krita: what is installed
        try:
            import PyQt6  # noqa: F401
        except ImportError:
            return 5
        return 6
    return pykrita.qt_major_version() if hasattr(pykrita, "qt_major_version") else 5


QT_MAJOR = _major()

if TYPE_CHECKING or QT_MAJOR == 6:
    from PyQt6 import QtCore, QtGui, QtWidgets, sip

    Action = QtGui.QAction
else:
    from PyQt5 import QtCore, QtGui, QtWidgets, sip

    Action = QtWidgets.QAction

Qt = QtCore.Qt

__all__ = [
    "QT_MAJOR",
    "Action",
    "Qt",
    "QtCore",
    "QtGui",
    "QtWidgets",
    "button_of",
    "is_alive",
    "is_shift_down",
    "position_of",
    "sip",
]


def is_alive(thing: Any) -> bool:
    """Whether the C++ half of a Qt object is still there."""
    return thing is not None and not sip.isdeleted(thing)


def position_of(event: Any) -> tuple[float, float]:
    """Where a mouse or tablet event happened, in px of its widget, with the fraction that a pen has."""
    if hasattr(event, "position"):
        point = event.position()
    elif hasattr(event, "posF"):  # a tablet event of Qt 5
        point = event.posF()
    else:  # a mouse event of Qt 5
        point = event.localPos()
    return (point.x(), point.y())


def button_of(event: Any) -> Button:
    button = event.button()
    if button == Qt.MouseButton.LeftButton:
        return "left"
    if button == Qt.MouseButton.MiddleButton:
        return "middle"
    return "right" if button == Qt.MouseButton.RightButton else "other"


def is_shift_down(event: Any) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)

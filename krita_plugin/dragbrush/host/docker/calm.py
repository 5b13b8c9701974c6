"""The wheel scrolls the docker; it changes a value only where the person has put the focus."""

from typing import Any

from ..guard import guarded
from ..qt import Qt, QtCore, QtWidgets


class _Calm(QtCore.QObject):
    @guarded(otherwise=False)
    def eventFilter(self, watched: Any, event: Any) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        if event.type() == QtCore.QEvent.Type.Wheel and not watched.hasFocus():
            event.ignore()  # the panel scrolls then
            return True
        return False


def calm(widget: QtWidgets.QWidget) -> None:
    """For spin boxes and lists to choose from."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # by a click or by Tab, not by the wheel itself
    widget.installEventFilter(_Calm(widget))

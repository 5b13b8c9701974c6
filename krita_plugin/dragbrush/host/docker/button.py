"""Buttons as Krita's dockers have them."""

from collections.abc import Callable
from typing import Any

from ..guard import guarded
from ..qt import Qt, QtWidgets


def tool_button(icon: Any, text: str, do: Callable[[], None], *, is_checkable: bool = False) -> QtWidgets.QToolButton:
    """A flat one with an icon; where there is no such icon, with its text."""
    button = QtWidgets.QToolButton()
    button.setToolTip(text)
    button.setAccessibleName(text)
    button.setAutoRaise(True)
    button.setCheckable(is_checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if icon is None or icon.isNull():
        button.setText(text)
    else:
        button.setIcon(icon)
    button.clicked.connect(guarded()(lambda *_: do()))
    return button


def wrapped_label(text: str = "") -> QtWidgets.QLabel:
    """Of a sentence that may need several lines, and never makes the docker wider."""
    label = QtWidgets.QLabel(text)
    label.setWordWrap(True)
    label.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Minimum)
    return label

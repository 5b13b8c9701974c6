"""Puts Dragbrush away when the person picks up one of Krita's own tools."""

from collections.abc import Callable, Iterable
from typing import Any

from .guard import guarded
from .qt import QtWidgets

_KNOWN = "dragbrush_known"


def listen_to_tools(windows: Iterable[Any], put_away: Callable[[], None]) -> None:
    """`put_away` is called when a button of a toolbox is pressed, by pointer or by its key."""
    for window in windows:
        for box in window.qwindow().findChildren(QtWidgets.QWidget):
            if _class(box) != "KoToolBoxButton" or box.property(_KNOWN):
                continue
            box.setProperty(_KNOWN, True)
            box.clicked.connect(guarded()(lambda *_: put_away()))
            box.toggled.connect(guarded()(lambda is_on, *_: put_away() if is_on else None))


def _class(widget: QtWidgets.QWidget) -> str:
    meta = widget.metaObject()
    return "" if meta is None else meta.className() or ""

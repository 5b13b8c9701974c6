"""Finds the canvas of each of Krita's views, and where the picture lies in it.

Krita tells scripts neither; what is read here was the same in 5.1, 5.2 and 5.3, and each step that a version may lack
is asked for first.
"""

import re
from dataclasses import dataclass
from typing import Any

from .placement import POINTS_PER_INCH, Placement, scrolled
from .qt import QtWidgets, is_alive

CANVAS_CLASSES = ("KisOpenGLCanvas2", "KisQPainterCanvas")


@dataclass(frozen=True)
class CanvasView:
    """A view of Krita's and the widget its picture is painted on."""

    view: Any
    canvas: QtWidgets.QWidget


def canvas_views(window: Any) -> list[CanvasView]:
    """All views of a Krita window whose canvas was found.

    Krita's scripts number views in the order in which they were made, and so do the names of the views' widgets.
    The order of the tabs is no help, as the person may move them.
    """
    views = list(window.views())
    widgets = sorted((w for w in _subwindow_widgets(window.qwindow()) if _number(w) >= 0), key=_number)
    if len(views) == len(widgets):
        pairs = list(zip(views, widgets, strict=True))
    else:  # one is about to come or go: only the one in front is known for certain
        front = _front_widget(window.qwindow())
        pairs = [] if front is None else [(window.activeView(), front)]
    found = [(view, canvas_in(widget)) for view, widget in pairs]
    return [CanvasView(view, canvas) for view, canvas in found if canvas is not None]


def canvas_in(widget: QtWidgets.QWidget) -> QtWidgets.QWidget | None:
    """The canvas somewhere inside a view's widget."""
    return next((w for w in widget.findChildren(QtWidgets.QWidget) if _class(w) in CANVAS_CLASSES), None)


def placement_of(view: Any, canvas: QtWidgets.QWidget) -> Placement | None:
    """Where the picture lies in its canvas, or None when there is no picture (any more)."""
    if not is_alive(canvas):
        return None
    document = view.document()
    if document is None or document.width() < 1 or document.height() < 1:
        return None
    size_px = (document.width(), document.height())
    if hasattr(view, "flakeToImageTransform"):
        return _told(view, size_px)
    resolution = document.resolution()
    scroll = _scroll(canvas)
    if scroll is None or resolution < 1:
        return None
    shown = view.canvas()
    return scrolled(
        size_px,
        scale=shown.zoomLevel() * POINTS_PER_INCH / resolution,
        degrees=shown.rotation(),
        is_mirrored=shown.mirror(),
        scroll=scroll,
    )


def _told(view: Any, size_px: tuple[int, int]) -> Placement | None:
    from_image, is_invertible = view.flakeToImageTransform().inverted()
    if not is_invertible:
        return None
    map_ = from_image * view.flakeToCanvasTransform()
    if map_.determinant() == 0:
        return None
    return Placement(map_.m11(), map_.m12(), map_.m21(), map_.m22(), map_.dx(), map_.dy(), *size_px)


def _area(main: QtWidgets.QWidget) -> QtWidgets.QMdiArea | None:
    area = main.findChild(QtWidgets.QMdiArea)
    if area is not None:
        return area
    for window in QtWidgets.QApplication.topLevelWidgets():  # a detached canvas has a window of its own
        area = window.findChild(QtWidgets.QMdiArea)
        if area is not None:
            return area
    return None


def _subwindow_widgets(main: QtWidgets.QWidget) -> list[QtWidgets.QWidget]:
    area = _area(main)
    widgets = [] if area is None else [sub.widget() for sub in area.subWindowList()]
    return [widget for widget in widgets if widget is not None]


def _front_widget(main: QtWidgets.QWidget) -> QtWidgets.QWidget | None:
    area = _area(main)
    front = None if area is None else area.activeSubWindow()
    return None if front is None else front.widget()


def _class(widget: QtWidgets.QWidget) -> str | None:
    """The name of its C++ class."""
    meta = widget.metaObject()
    return None if meta is None else meta.className()


def _number(widget: QtWidgets.QWidget) -> int:
    """N of a widget named `view_N`, or -1."""
    match = re.fullmatch(r"view_(\d+)", widget.objectName())
    return int(match[1]) if match else -1


def _scroll(canvas: QtWidgets.QWidget) -> tuple[float, float] | None:
    """Where the scroll bars around a canvas stand."""
    parent = canvas.parentWidget()
    while parent is not None and not isinstance(parent, QtWidgets.QAbstractScrollArea):
        parent = parent.parentWidget()
    if parent is None:
        return None
    across, down = parent.horizontalScrollBar(), parent.verticalScrollBar()
    return None if across is None or down is None else (across.value(), down.value())

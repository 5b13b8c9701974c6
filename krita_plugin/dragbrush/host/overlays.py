"""One overlay for each view there is: made when a canvas appears, forgotten when it is gone."""

from collections.abc import Callable
from typing import Any

from .canvas import canvas_views, placement_of
from .overlay import Overlay
from .qt import QtWidgets


class Overlays:
    """`sync` is to be called when Krita has made, closed or activated a view, and before a tool is put in hand.

    `dress` is called once for each new overlay with its view, to give it the tool and the pictures of its document.
    """

    def __init__(self, dress: Callable[[Overlay, Any], None], *, owns_undo: Callable[[], bool] = lambda: True) -> None:
        self._dress = dress
        self._owns_undo = owns_undo
        self._made: list[tuple[Overlay, QtWidgets.QWidget, Any]] = []

    def sync(self, windows: list[Any]) -> None:
        for overlay, _, _ in self._made:
            if not overlay.is_alive:
                overlay.close()
        self._made = [entry for entry in self._made if entry[0].is_alive]
        known = [canvas for _, canvas, _ in self._made]
        for window in windows:
            for found in canvas_views(window):
                if found.canvas not in known:
                    self._add(found.view, found.canvas)

    def all(self) -> list[tuple[Overlay, Any]]:
        """The living overlays and their views."""
        return [(overlay, view) for overlay, _, view in self._made if overlay.is_alive]

    def of(self, document: Any) -> list[Overlay]:
        """Those of a document's views."""
        return [overlay for overlay, view in self.all() if view.document() == document]

    def close(self) -> None:
        for overlay, _, _ in self._made:
            overlay.close()
        self._made = []

    def _add(self, view: Any, canvas: QtWidgets.QWidget) -> None:
        overlay = Overlay(canvas, lambda: placement_of(view, canvas), owns_undo=self._owns_undo)
        self._made.append((overlay, canvas, view))
        self._dress(overlay, view)

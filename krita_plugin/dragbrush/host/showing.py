"""What lies over the canvas of each document: the tint of the selection, and one picture.

Of the pictures there may be, the first is seen: a result that was chosen in the history, what an edit has so far, the
warp of a pull.
"""

from collections.abc import Callable
from typing import Literal

from ..core.pixels import Selection
from .desk import Desk
from .overlay import Overlay
from .pictures import mask_image
from .placement import Box
from .qt import QtGui
from .works import Works

Kind = Literal["result", "preview", "warp"]
_ORDER: tuple[Kind, ...] = ("result", "preview", "warp")
Shown = tuple[QtGui.QImage, Box]


class Showing:
    def __init__(self, desk: Desk, works: Works) -> None:
        self._desk, self._works = desk, works
        self._pictures: dict[tuple[str, Kind], Shown] = {}
        self._tints: dict[str, tuple[QtGui.QImage, Box]] = {}

    def put(self, id_: str, kind: Kind, picture: Shown | None) -> None:
        """Lays a picture over a document's canvases, or takes that kind of picture away."""
        if picture is None:
            if self._pictures.pop((id_, kind), None) is None:
                return
        else:
            self._pictures[id_, kind] = picture
        self._on_overlays(id_, lambda overlay: self._show_picture(overlay, id_))

    def tint(self, id_: str, tint: Selection | None) -> None:
        if tint is None:
            if self._tints.pop(id_, None) is None:
                return
        else:
            rect = tint.rect
            self._tints[id_] = (mask_image(tint.mask), Box(rect.left, rect.top, rect.width, rect.height))
        self._on_overlays(id_, lambda overlay: self._show_tint(overlay, id_))

    def dress(self, overlay: Overlay, id_: str) -> None:
        """Of a canvas that is new."""
        self._show_picture(overlay, id_)
        self._show_tint(overlay, id_)

    def forget(self, id_: str) -> None:
        """The document is closed."""
        self._tints.pop(id_, None)
        self._pictures = {key: picture for key, picture in self._pictures.items() if key[0] != id_}

    def _show_picture(self, overlay: Overlay, id_: str) -> None:
        found = next((self._pictures[id_, kind] for kind in _ORDER if (id_, kind) in self._pictures), None)
        if found is None:
            overlay.show_picture(None)
        else:
            overlay.show_picture(*found)

    def _show_tint(self, overlay: Overlay, id_: str) -> None:
        found = self._tints.get(id_)
        if found is None:
            overlay.show_tint(None)
        else:
            overlay.show_tint(*found)

    def _on_overlays(self, id_: str, do: Callable[[Overlay], None]) -> None:
        picture = self._works.picture(id_)
        for overlay in [] if picture is None else self._desk.overlays(picture):
            do(overlay)

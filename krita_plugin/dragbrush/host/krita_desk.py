"""Krita's documents, canvases, notices and icons."""

import platform
import sys
from collections.abc import Callable
from typing import Any

from krita import Krita  # pyright: ignore[reportMissingImports]  # inside Krita alone

from .. import __version__
from .guard import guarded
from .krita_picture import KritaPicture
from .overlay import Overlay
from .overlays import Overlays
from .qt import QtCore, QtGui

NOTICE_MS = 4000
_LOW_PRIORITY = 3


class KritaDesk:
    """`on_canvas` is told of each new canvas; see `Overlays`."""

    def __init__(self) -> None:
        self.on_canvas: Callable[[Overlay, Any], None] = lambda overlay, picture: None
        self.owns_undo: Callable[[], bool] = lambda: True
        self._overlays = Overlays(self._dress, owns_undo=lambda: self.owns_undo())

    def pictures(self) -> list[KritaPicture]:
        found = [self._picture(document) for document in Krita.instance().documents()]
        return [picture for picture in found if picture.is_open]

    def active(self) -> KritaPicture | None:
        document = Krita.instance().activeDocument()
        picture = None if document is None else self._picture(document)
        return picture if picture is not None and picture.is_open else None

    def overlays(self, picture: Any) -> list[Overlay]:
        self._overlays.sync(list(Krita.instance().windows()))
        return self._overlays.of(picture.document)

    def tell(self, text: str) -> None:
        window = Krita.instance().activeWindow()
        view = None if window is None else window.activeView()
        if view is not None:
            view.showFloatingMessage(text, QtGui.QIcon(), NOTICE_MS, _LOW_PRIORITY)

    def later(self, milliseconds: int, do: Callable[[], None]) -> None:
        QtCore.QTimer.singleShot(milliseconds, guarded()(do))

    def icon(self, name: str) -> Any:
        return Krita.instance().icon(name)

    def versions(self) -> dict[str, str]:
        return {
            "Dragbrush": __version__,
            "Krita": Krita.instance().version(),
            "Qt": QtCore.qVersion() or "",
            "Python": platform.python_version(),
            "System": f"{platform.system()} {platform.release()} {platform.machine()} ({sys.platform})",
        }

    def close(self) -> None:
        self._overlays.close()

    def _picture(self, document: Any) -> KritaPicture:
        return KritaPicture(document, self.later)

    @guarded()
    def _dress(self, overlay: Overlay, view: Any) -> None:
        self.on_canvas(overlay, self._picture(view.document()))

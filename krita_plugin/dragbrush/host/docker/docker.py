"""The docker as Krita makes it, one for each window."""

from typing import Any

from krita import DockWidget  # pyright: ignore[reportMissingImports]  # inside Krita alone

from ..guard import guarded
from ..studio import Studio
from .panel import Panel


def dock_widget(studio: Studio) -> type:
    """The class that Krita makes its dockers of."""

    class DragbrushDocker(DockWidget):
        def __init__(self) -> None:
            super().__init__()
            self.setWindowTitle("Dragbrush")
            self.setWidget(Panel(studio))

        @guarded()
        def canvasChanged(self, canvas: Any) -> None:
            studio.look()

    return DragbrushDocker

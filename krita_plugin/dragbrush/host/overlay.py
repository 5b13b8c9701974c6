"""What Dragbrush shows on one canvas, and the tool in hand there.

The widget below it dies with its canvas when a view closes; this object does not, and then does nothing.
"""

from collections.abc import Callable

from .move_tool import MoveTool
from .paint_arrows import paint_pairs
from .paint_box import paint_box
from .paint_picture import TINT_OPACITY, paint_picture, tinted
from .placement import Box, Placement
from .points_tool import PointsTool
from .qt import QtGui, QtWidgets, is_alive
from .surface import Surface


class Overlay:
    """`place` tells where the picture lies in the canvas, or None while there is none.

    `owns_undo` says whether Ctrl+Z means the tool's last step, not the document's; by default it always does, as
    long as there is one.
    """

    def __init__(
        self,
        canvas: QtWidgets.QWidget,
        place: Callable[[], Placement | None],
        *,
        owns_undo: Callable[[], bool] = lambda: True,
    ) -> None:
        self._surface = Surface(canvas, place=place, draw=self._paint, owns_undo=owns_undo)
        self._surface.hide()
        self._stop_listening: Callable[[], None] = lambda: None
        self._tool: PointsTool | MoveTool | None = None
        self._tint: tuple[QtGui.QImage, Box] | None = None
        self._picture: tuple[QtGui.QImage, Box] | None = None
        self._is_before = False

    @property
    def is_alive(self) -> bool:
        return is_alive(self._surface) and is_alive(self._surface.canvas)

    @property
    def tool(self) -> PointsTool | MoveTool | None:
        return self._tool

    def use(self, tool: PointsTool | MoveTool | None) -> None:
        """Puts a tool in hand, or gives the canvas back to Krita. A pull of the last tool is cancelled."""
        self._stop_listening()
        self._stop_listening = lambda: None
        self._tool = tool
        self._surface.pointer.use(tool)
        if not self.is_alive:
            return
        self._surface.listen_to_input(tool is not None)
        if tool is not None:
            self._stop_listening = tool.listen(self.refresh)
        self.refresh()

    def show_tint(self, mask: QtGui.QImage | None, box: Box | None = None) -> None:
        """Tints what may change: the mask, white where it is selected, lies over the box. None takes it away."""
        self._tint = None if mask is None or box is None else (tinted(mask), box)
        self.refresh()

    def show_picture(self, image: QtGui.QImage | None, box: Box | None = None) -> None:
        """Lays a preview over the box. The image must own its pixels. None takes it away."""
        self._picture = None if image is None or box is None else (image, box)
        self.refresh()

    def show_before(self, is_before: bool) -> None:
        """Hides the preview for comparison, or shows it again."""
        self._is_before = is_before
        self.refresh()

    def refresh(self) -> None:
        """Draws anew. Costs nothing when called often."""
        if not self.is_alive:
            self._stop_listening()
            return
        is_wanted = self._tool is not None or self._tint is not None or self._picture is not None
        self._surface.show_up(is_wanted)

    def close(self) -> None:
        """Takes all away. A pull is cancelled, also where the canvas is gone already."""
        self.use(None)
        if is_alive(self._surface):
            self._surface.show_up(False)
            self._surface.setParent(None)
            self._surface.deleteLater()

    def _paint(self, painter: QtGui.QPainter, placement: Placement) -> None:
        if self._tint is not None:
            paint_picture(painter, *self._tint, placement, opacity=TINT_OPACITY)
        if self._picture is not None and not self._is_before:
            paint_picture(painter, *self._picture, placement)
        match self._tool:
            case PointsTool() as tool if tool.points.is_visible:
                points = tool.points
                paint_pairs(painter, points.pairs, placement.to_view, selected=points.selected, hovered=tool.hovered)
            case MoveTool() as tool:
                paint_box(painter, tool, placement)
            case _:
                pass

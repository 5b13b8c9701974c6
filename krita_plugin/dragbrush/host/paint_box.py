"""Draws the box of the Move tool: its outline, the corners that scale it and the knob that turns it."""

from ..core.points import XY
from .move_box import CORNERS, corners, knob
from .move_tool import MoveTool
from .placement import Placement
from .qt import Qt, QtCore, QtGui

EDGE_COLOUR = (36, 150, 255)
CORNER_PX = 5.0
LARGE_CORNER_PX = 7.0  # under the pointer


def paint_box(painter: QtGui.QPainter, tool: MoveTool, placement: Placement) -> None:
    box, transform = tool.moved.box, tool.moved.transform
    if box is None:
        return
    outline = [placement.to_view(corner) for corner in corners(box, transform)]
    middle, knob_at = knob(box, transform, placement.to_view)
    painter.save()
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    polygon = QtGui.QPolygonF([QtCore.QPointF(*place) for place in outline])
    for colour, width in (((0, 0, 0, 140), 5.0), ((255, 255, 255, 235), 3.0), ((*EDGE_COLOUR, 255), 1.6)):
        painter.setPen(QtGui.QPen(QtGui.QColor(*colour), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(polygon)
        painter.drawLine(QtCore.QPointF(*middle), QtCore.QPointF(*knob_at))
    for part, place in (*zip(CORNERS, outline, strict=True), ("turn", knob_at)):
        _paint_knob(painter, place, is_round=part == "turn", is_large=part == tool.hovered)
    painter.restore()


def _paint_knob(painter: QtGui.QPainter, at: XY, *, is_round: bool, is_large: bool) -> None:
    half = LARGE_CORNER_PX if is_large else CORNER_PX
    shape = QtCore.QRectF(at[0] - half, at[1] - half, 2 * half, 2 * half)
    rim = shape.adjusted(-1.5, -1.5, 1.5, 1.5)
    draw = painter.drawEllipse if is_round else painter.drawRect
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QtGui.QColor(0, 0, 0, 140))
    draw(rim)
    painter.setPen(QtGui.QPen(QtGui.QColor(*EDGE_COLOUR), 1.6))
    painter.setBrush(QtGui.QColor(255, 255, 255))
    draw(shape)

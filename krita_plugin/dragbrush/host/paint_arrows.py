"""Draws the pairs: a ring around the handle, a numbered badge behind it, and an arrow whose tip is the target.

Sizes are px of the screen, whatever the zoom. Each shape has a light rim and a dark one around that, so that it is
seen on any picture. The middle of the ring stays open: there lies the pixel that is meant.
"""

import math
from collections.abc import Callable, Sequence

from ..core.points import XY, End, Pair
from .qt import Qt, QtCore, QtGui

HANDLE_COLOUR = (255, 92, 64)
TARGET_COLOUR = (36, 150, 255)
MIDDLE_COLOUR = (178, 88, 222)  # on the way from one to the other, which else would turn grey
RING_PX = 6.0  # to the middle of its line
RING_LINE_PX = 2.4
HOLE_PX = 2.6  # radius of what the ring leaves free
HOLE_RIM_PX = 0.8
BADGE_PX = 8.5
BADGE_AWAY_PX = 19.0
HEAD_LENGTH_PX = 19.0
HEAD_HALF_PX = 8.5
MIN_HEAD_HALF_PX = 5.5
HEAD_NOTCH_PX = 5.0
SHAFT_START_PX, SHAFT_END_PX = 1.5, 3.0  # half its width at the handle and at the head
LIGHT_RIM_PX, DARK_RIM_PX = 1.6, 1.6
SELECTED_RIM_PX = 2.6
GLOW_PX = 13.0
DOT_PX = 2.6  # a target so near that no arrow fits


def paint_pairs(
    painter: QtGui.QPainter,
    pairs: Sequence[Pair],
    to_view: Callable[[XY], XY],
    *,
    selected: int | None,
    hovered: tuple[int, End] | None,
) -> None:
    painter.save()
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    order = sorted(range(len(pairs)), key=lambda index: index == selected)  # the selected one on top
    for index in order:
        handle, target = to_view(pairs[index].handle), to_view(pairs[index].target)
        if hovered is not None and hovered[0] == index:
            _paint_glow(painter, handle if hovered[1] == "handle" else target, hovered[1])
        _paint_pair(painter, handle, target, str(index + 1), index == selected)
    painter.restore()


def arrow(handle: XY, target: XY) -> list[XY]:
    """The outline of an arrow from the ring around the handle to the target; nothing where they nearly touch."""
    dx, dy = target[0] - handle[0], target[1] - handle[1]
    distance = math.hypot(dx, dy)
    length = distance - RING_PX - RING_LINE_PX / 2
    if length < 4:
        return []
    ux, uy = dx / distance, dy / distance
    head = min(HEAD_LENGTH_PX, 0.85 * length)
    wide = max(MIN_HEAD_HALF_PX, HEAD_HALF_PX * head / HEAD_LENGTH_PX)
    notch = HEAD_NOTCH_PX * head / HEAD_LENGTH_PX

    def place(back: float, aside: float) -> XY:
        return (target[0] - ux * back - uy * aside, target[1] - uy * back + ux * aside)

    neck = head - notch
    return [
        place(0, 0),
        place(head, wide),
        place(neck, SHAFT_END_PX),
        place(length, SHAFT_START_PX),
        place(length, -SHAFT_START_PX),
        place(neck, -SHAFT_END_PX),
        place(head, -wide),
    ]


def badge_place(handle: XY, target: XY) -> XY:
    """Behind the handle, seen from the target, where it hides neither the handle nor the arrow."""
    dx, dy = target[0] - handle[0], target[1] - handle[1]
    distance = math.hypot(dx, dy)
    ux, uy = (dx / distance, dy / distance) if distance > 1 else (math.sqrt(0.5), math.sqrt(0.5))
    return (handle[0] - ux * BADGE_AWAY_PX, handle[1] - uy * BADGE_AWAY_PX)


def _paint_pair(painter: QtGui.QPainter, handle: XY, target: XY, number: str, is_selected: bool) -> None:
    centre = QtCore.QPointF(*handle)
    outline = arrow(handle, target)
    body = QtGui.QPainterPath()
    if outline:
        body.moveTo(*outline[0])
        for place in outline[1:]:
            body.lineTo(*place)
        body.closeSubpath()
    badge = QtGui.QPainterPath()
    badge_at = QtCore.QPointF(*badge_place(handle, target))
    badge.addEllipse(badge_at, BADGE_PX, BADGE_PX)

    light = SELECTED_RIM_PX if is_selected else LIGHT_RIM_PX
    light_colour = QtGui.QColor(255, 255, 255) if is_selected else QtGui.QColor(255, 255, 255, 235)
    rims = ((QtGui.QColor(0, 0, 0, 140), light + DARK_RIM_PX, 0.0), (light_colour, light, HOLE_RIM_PX))
    for colour, rim, inside in rims:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen(colour, 2 * rim))
        painter.drawPath(body)
        painter.drawPath(badge)
        painter.fillPath(_ring(centre, HOLE_PX + inside, RING_PX + RING_LINE_PX / 2 + rim), colour)

    gradient = QtGui.QLinearGradient(centre, QtCore.QPointF(*target))
    gradient.setColorAt(0.0, QtGui.QColor(*HANDLE_COLOUR))
    gradient.setColorAt(0.5, QtGui.QColor(*MIDDLE_COLOUR))
    gradient.setColorAt(1.0, QtGui.QColor(*TARGET_COLOUR))
    painter.fillPath(body, gradient)
    ring = _ring(centre, RING_PX - RING_LINE_PX / 2, RING_PX + RING_LINE_PX / 2)
    painter.fillPath(ring, QtGui.QColor(*HANDLE_COLOUR))
    painter.fillPath(badge, QtGui.QColor(*HANDLE_COLOUR))
    _paint_number(painter, badge_at, number)
    if not outline and math.dist(handle, target) > 1:
        _paint_dot(painter, target)


def _paint_dot(painter: QtGui.QPainter, target: XY) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for colour, radius in (((255, 255, 255), DOT_PX + LIGHT_RIM_PX), (TARGET_COLOUR, DOT_PX)):
        painter.setBrush(QtGui.QColor(*colour))
        painter.drawEllipse(QtCore.QPointF(*target), radius, radius)


def _ring(centre: QtCore.QPointF, inner_px: float, outer_px: float) -> QtGui.QPainterPath:
    ring = QtGui.QPainterPath()  # filled by the odd-even rule, which leaves the hole
    ring.addEllipse(centre, outer_px, outer_px)
    ring.addEllipse(centre, inner_px, inner_px)
    return ring


def _paint_number(painter: QtGui.QPainter, at: QtCore.QPointF, number: str) -> None:
    font = QtGui.QFont(painter.font())
    font.setPixelSize(11)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QtGui.QColor(255, 255, 255))
    box = QtCore.QRectF(at.x() - BADGE_PX, at.y() - BADGE_PX, 2 * BADGE_PX, 2 * BADGE_PX)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), number)


def _paint_glow(painter: QtGui.QPainter, at: XY, end: End) -> None:
    colour = QtGui.QColor(*(HANDLE_COLOUR if end == "handle" else TARGET_COLOUR))
    painter.setBrush(QtGui.QColor(255, 255, 255, 110))
    painter.setPen(_pen(QtGui.QColor(0, 0, 0, 110), 3.6))
    painter.drawEllipse(QtCore.QPointF(*at), GLOW_PX, GLOW_PX)
    painter.setPen(_pen(colour, 2.0))
    painter.drawEllipse(QtCore.QPointF(*at), GLOW_PX, GLOW_PX)


def _pen(colour: QtGui.QColor, width: float) -> QtGui.QPen:
    pen = QtGui.QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen

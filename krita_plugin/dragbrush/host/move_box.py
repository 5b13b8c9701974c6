"""The box around an object that is moved or pasted, and what pulling its parts does to it. Knows neither Qt nor Krita.

Points are px of the picture as in `core.points`, unless they say view.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from ..core.crop import Rect
from ..core.points import XY, constrained
from ..core.transform import applied, middle
from ..wire import MAX_SCALE, MIN_SCALE, Transform
from .placement import HALF_PX

Corner = Literal["top left", "top right", "bottom right", "bottom left"]
Part = Literal["inside", "turn"] | Corner
CORNERS: tuple[Corner, ...] = ("top left", "top right", "bottom right", "bottom left")

KNOB_PX = 30.0  # view px from the box's upper edge to the knob that turns it
SNAP_DEGREES = 15.0
_INWARD = 0.25
"""How far handles reach into the box at most, as a share of its shorter side."""


def corners(box: Rect, transform: Transform) -> tuple[XY, XY, XY, XY]:
    """The changed box's outer corners, in the order of `CORNERS`; mirroring the object leaves them where they are."""
    transform = replace(transform, mirror=False)
    left, top = box.left - HALF_PX, box.top - HALF_PX
    right, bottom = left + box.width, top + box.height
    top_left, top_right, bottom_right, bottom_left = (
        applied(transform, corner, middle(box))
        for corner in ((left, top), (right, top), (right, bottom), (left, bottom))
    )
    return (top_left, top_right, bottom_right, bottom_left)


def knob(box: Rect, transform: Transform, to_view: Callable[[XY], XY]) -> tuple[XY, XY]:
    """The middle of the upper edge and the knob outside of it, both in the view."""
    top_left, top_right, _, _ = corners(box, transform)
    edge = to_view(((top_left[0] + top_right[0]) / 2, (top_left[1] + top_right[1]) / 2))
    centre = to_view(applied(transform, middle(box), middle(box)))
    dx, dy = edge[0] - centre[0], edge[1] - centre[1]
    length = math.hypot(dx, dy) or 1.0
    return edge, (edge[0] + dx / length * KNOB_PX, edge[1] + dy / length * KNOB_PX)


def part_at(box: Rect, transform: Transform, at: XY, to_view: Callable[[XY], XY], reach: float) -> Part | None:
    """What a press takes; `at` and `reach` are px of the view. Of the handles the nearest, before the inside.

    Within a small box the handles reach less far, so that there is an inside to take.
    """
    outline = [to_view(corner) for corner in corners(box, transform)]
    handles: list[tuple[Part, XY]] = [("turn", knob(box, transform, to_view)[1]), *zip(CORNERS, outline, strict=True)]
    part, place = min(handles, key=lambda handle: math.dist(handle[1], at))
    is_within = _is_within(at, outline)
    if is_within:
        reach = min(reach, _INWARD * min(math.dist(outline[0], outline[1]), math.dist(outline[1], outline[2])))
    if math.dist(place, at) <= reach:
        return part
    return "inside" if is_within else None


def pulled(box: Rect, start: Transform, part: Part, begin: XY, to: XY, *, is_straight: bool = False) -> Transform:
    """The transform after a part was pulled from `begin` to `to`.

    Straight shifts go along the eight directions, straight turns come to rest at each 15 degrees.
    """
    centre = applied(start, middle(box), middle(box))
    if part == "inside":
        if is_straight:
            to = constrained(begin, to)
        return replace(start, dx=start.dx + to[0] - begin[0], dy=start.dy + to[1] - begin[1])
    from_centre = (begin[0] - centre[0], begin[1] - centre[1])
    to_centre = (to[0] - centre[0], to[1] - centre[1])
    if part == "turn":
        degrees = start.degrees + math.degrees(
            math.atan2(to_centre[1], to_centre[0]) - math.atan2(from_centre[1], from_centre[0])
        )
        if is_straight:
            degrees = round(degrees / SNAP_DEGREES) * SNAP_DEGREES
        return replace(start, degrees=math.remainder(degrees, 360.0))
    reached = math.hypot(*from_centre)
    if reached == 0:
        return start
    along = (to_centre[0] * from_centre[0] + to_centre[1] * from_centre[1]) / reached
    return replace(start, scale=min(max(start.scale * along / reached, MIN_SCALE), MAX_SCALE))


def _is_within(at: XY, outline: list[XY]) -> bool:
    """Whether a place is inside a convex outline, whichever way round it runs: a mirrored view turns it."""
    sides = [
        (b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0])
        for a, b in zip(outline, outline[1:] + outline[:1], strict=True)
    ]
    return all(side >= 0 for side in sides) or all(side <= 0 for side in sides)

"""What becomes of an object that is shifted, resized, turned or mirrored, all about the middle of the box round it."""

import math
from dataclasses import dataclass

from ..wire import Transform
from .crop import Rect
from .pixels import Raster, object_box, selected
from .points import XY

UNCHANGED = Transform()


@dataclass(frozen=True)
class Cutout:
    """Where an object is before anything becomes of it."""

    box: Rect
    """Round what is selected of it by half or more."""
    whole: Rect
    """Round all that is selected at all."""

    @property
    def middle(self) -> XY:
        return middle(self.box)


def cutout_of(mask: Raster, place: Rect) -> Cutout | None:
    """The object that a mask, which lies at a place, shows; None where it shows nothing."""
    box, whole = object_box(mask), selected(mask)
    return None if box is None or whole is None else Cutout(box.moved(*place.corner), whole.moved(*place.corner))


def middle(box: Rect) -> XY:
    """Of whole pixels, whose centres have whole numbers."""
    return (box.left + (box.width - 1) / 2, box.top + (box.height - 1) / 2)


def applied(transform: Transform, point: XY, centre: XY) -> XY:
    """Where a point of the object goes."""
    x, y = (point[0] - centre[0]) * transform.scale, (point[1] - centre[1]) * transform.scale
    if transform.mirror:
        x = -x
    cos, sin = math.cos(math.radians(transform.degrees)), math.sin(math.radians(transform.degrees))
    return (centre[0] + x * cos - y * sin + transform.dx, centre[1] + x * sin + y * cos + transform.dy)


def placed(cutout: Cutout, transform: Transform) -> Rect:
    """What the object comes to cover, with the mixed pixels along its border, as the server has it."""
    left, top, right, bottom = cutout.whole.left - 1, cutout.whole.top - 1, cutout.whole.right, cutout.whole.bottom
    corners = [(x, y) for x in (left, right) for y in (top, bottom)]
    xs, ys = zip(*(applied(transform, corner, cutout.middle) for corner in corners), strict=True)
    return Rect.of_edges(math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)) + 1, math.ceil(max(ys)) + 1)

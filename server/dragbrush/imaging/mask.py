"""What may change: the person's selection, or a soft one round the drags; and checks of both."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from dragbrush.edit import MAX_DRAGS, Drag, Point
from dragbrush.errors import BadRequest
from dragbrush.imaging.colour import Box
from dragbrush.imaging.fit import Fit
from dragbrush.imaging.resample import downscale_rows

Mask = NDArray[np.uint8]
"""(height, width), 255 where the picture may change, 0 where it must not, between them a feather."""

_RADIUS_PER_LENGTH = 0.5
"""Of the automatic selection: what is dragged is taken to be about as wide as the way it goes."""
_RADIUS_MIN, _RADIUS_MAX = 0.06, 0.25
"""Bounds of that radius, as shares of the picture's short side."""
_FEATHER = 0.35
"""Share of the radius over which the automatic selection fades out."""


def check_drags(drags: Sequence[Drag], size: tuple[int, int]) -> None:
    """Raise `BadRequest`, naming the point, unless every drag is a move within `size` (width, height)."""
    if not drags:
        raise BadRequest("There is no drag; give at least one handle and its target.")
    if len(drags) > MAX_DRAGS:
        raise BadRequest(f"There are {len(drags)} drags; at most {MAX_DRAGS} are taken at once.")
    for drag in drags:
        for name, (x, y) in (("handle", drag.handle), ("target", drag.target)):
            if not (math.isfinite(x) and math.isfinite(y)):
                raise BadRequest(f"The {name} ({x}, {y}) is not a place; give two numbers.")
            if not (-0.5 <= x < size[0] - 0.5 and -0.5 <= y < size[1] - 0.5):
                raise BadRequest(
                    f"The {name} {_shown((x, y))} is outside the picture of {size[0]} x {size[1]} pixels; "
                    "points are counted from its top left corner."
                )
        if drag.handle == drag.target:
            raise BadRequest(f"The handle {_shown(drag.handle)} is its own target; pull it somewhere.")


def check_object_mask(mask: Mask, size: tuple[int, int], *, whole: str) -> None:
    """Raise `BadRequest` for what `check_mask` refuses, and with the text `whole` for one that selects everything."""
    check_mask(mask, size)
    if (mask == 255).all():
        raise BadRequest(whole)


def selection_for(mask: Mask | None, size: tuple[int, int], drags: Sequence[Drag]) -> Mask:
    """The selection of an edit: `mask` as it is once checked, or a soft one round the drags when it is None.

    Raises `BadRequest` for drags that `check_drags` refuses, a mask that `check_mask` refuses, or one that leaves a
    handle out.
    """
    check_drags(drags, size)
    if mask is None:
        return _capsules(size, drags)
    check_mask(mask, size)
    for drag in drags:
        column, row = (min(math.floor(v + 0.5), side - 1) for v, side in zip(drag.handle, size, strict=True))
        if mask[row, column] == 0:
            raise BadRequest(f"The handle {_shown(drag.handle)} is outside the selection; select what it should move.")
    return mask


def check_mask(mask: Mask, size: tuple[int, int]) -> None:
    """Raise `BadRequest` for a mask of another size or type, or an empty one."""
    if mask.dtype != np.uint8 or mask.ndim != 2:
        raise BadRequest(f"The mask is {mask.dtype} of shape {mask.shape}; give uint8 of (height, width).")
    if mask.shape != (size[1], size[0]):
        raise BadRequest(
            f"The mask is {mask.shape[1]} x {mask.shape[0]} pixels and the picture {size[0]} x {size[1]}; "
            "give a mask of the picture's size."
        )
    if not mask.any():
        raise BadRequest("The mask selects nothing; paint white where the picture may change.")


def mask_box(mask: Mask) -> Box:
    """(left, top, width, height) of what is selected; all 0 when nothing is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return 0, 0, 0, 0
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def widened(mask: Mask, reach_px: float) -> Mask:
    """All that a mask selects, in full, and a feather round it that ends `reach_px` further out."""
    whole = Image.fromarray(np.where(mask > 0, 255, 0).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
    blurred = np.asarray(whole.filter(ImageFilter.BoxBlur(max(reach_px - 1, 1))), np.uint16)
    # A straight edge is at half of the blur's height: so it is full up to half of the reach.
    return np.where(mask > 0, 255, np.minimum(4 * blurred, 255)).astype(np.uint8)


def mask_on_canvas(mask: Mask, fit: Fit) -> NDArray[np.float32]:
    """The selection at canvas resolution, (canvas height, canvas width) in [0, 1]; 0 past the layer."""
    height, width = mask.shape
    inner_left, inner_right = max(fit.left, 0), min(fit.left + fit.width, width)

    def read_rows(start: int, stop: int) -> NDArray[np.float32]:
        strip = np.zeros((stop - start, fit.width, 1), np.float32)
        first, last = max(fit.top + start, 0), min(fit.top + stop, height)
        if first < last:
            inside = mask[first:last, inner_left:inner_right]
            strip[first - fit.top - start :, inner_left - fit.left :, 0][: last - first, : inside.shape[1]] = inside
        return strip

    canvas = downscale_rows(read_rows, fit.crop_size, fit.canvas_size)[:, :, 0]
    return np.clip(canvas / np.float32(255), np.float32(0), np.float32(1))


def _capsules(size: tuple[int, int], drags: Sequence[Drag]) -> Mask:
    width, height = size
    short = min(size)
    mask = np.zeros((height, width), np.uint8)
    for drag in drags:
        (x0, y0), (x1, y1) = drag.handle, drag.target
        dx, dy = x1 - x0, y1 - y0
        length = math.hypot(dx, dy)
        ux, uy = dx / length, dy / length
        radius = min(max(_RADIUS_PER_LENGTH * length, _RADIUS_MIN * short), _RADIUS_MAX * short)
        radius = max(radius, 1.5)  # a handle's own pixel and its neighbours, on the smallest pictures
        left, right = (
            max(0, math.floor(min(x0, x1) - radius)),
            min(width, math.ceil(max(x0, x1) + radius) + 1),
        )
        top, bottom = (
            max(0, math.floor(min(y0, y1) - radius)),
            min(height, math.ceil(max(y0, y1) + radius) + 1),
        )
        x = np.arange(left, right, dtype=np.float32) - np.float32(x0)
        for row in range(top, bottom):  # row by row: the box of a long drag can be most of the picture
            y = np.float32(row - y0)
            along = np.clip(x * ux + y * uy, 0, length)
            distance = np.hypot(x - along * ux, y - along * uy)
            inward = np.clip((radius - distance) / (_FEATHER * radius), 0, 1)
            soft = np.rint(255 * inward * inward * (3 - 2 * inward)).astype(np.uint8)
            np.maximum(mask[row, left:right], soft, out=mask[row, left:right])
    return mask


def _shown(point: Point) -> str:
    return f"({point[0]:g}, {point[1]:g})"

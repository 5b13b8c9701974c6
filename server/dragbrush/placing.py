"""An object cut out of a layer and laid over one, at the layer's own resolution.

Colours are premultiplied by alpha while they are moved and laid (Porter & Duff 1984), and straight in pictures.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dragbrush.compose import Rows
from dragbrush.edit import Point, Transform
from dragbrush.engine.carry import carried_rows
from dragbrush.engine.transform import similarity
from dragbrush.errors import BadRequest
from dragbrush.imaging import Box, Fit, Mask, Picture, crop_with_alpha, mask_box, paste, space_of, spread, strip_rows

Matrix = NDArray[np.float64]
"""(2, 3): takes pixels (x, y) of an object's picture to where they go."""

_SOLID = 0.98
"""Share of a pixel from which its colour is the object's alone."""
_SEEN = np.float32(1 / 512)
"""Alpha below which nothing is laid: less than half a step of 8 bits."""
_ONE = 65535
_ALL = slice(0, 4)
_MARGIN_PX = 16


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """An object's own pixels, and where they were.

    They are kept as whole numbers: an object may be as large as its layer, and they take half of what floats would.
    """

    samples: NDArray[np.uint16]
    """(h, w, 4) premultiplied sRGB and alpha, 65535 for 1."""
    left: int
    top: int

    @classmethod
    def of(cls, values: Rows) -> "Cutout":
        """Of a whole canvas (h, w, 4), premultiplied."""
        return cls(np.rint(np.clip(values, 0, 1) * _ONE).astype(np.uint16), 0, 0)

    @property
    def box(self) -> Box:
        return self.left, self.top, self.samples.shape[1], self.samples.shape[0]

    def part(self, edges: tuple[int, int, int, int], channels: slice) -> Tensor:
        """(c, rows, columns) in [0, 1] between (top, bottom, left, right)."""
        top, bottom, left, right = edges
        values = self.samples[top:bottom, left:right, channels].astype(np.float32) / np.float32(_ONE)
        return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))


def middle_of(mask: Mask) -> Point:
    """The middle (x, y) of the box round what a mask selects by half or more of its highest value."""
    left, top, width, height = mask_box(np.where(mask >= mask.max() / 2, mask, 0).astype(np.uint8))
    return left + (width - 1) / 2, top + (height - 1) / 2


def object_mask(picture: Picture, mask: Mask | None) -> Mask:
    """The mask of an object, which without one is its picture's alpha."""
    if mask is not None:
        return mask
    return np.rint(picture.samples[:, :, -1] / np.float32(picture.maximum // 255)).astype(np.uint8)


def joined(boxes: Sequence[Box | None]) -> Box | None:
    """The smallest box round all of them."""
    known = [box for box in boxes if box is not None]
    if not known:
        return None
    left, top = (min(box[side] for box in known) for side in (0, 1))
    right, bottom = (max(box[side] + box[side + 2] for box in known) for side in (0, 1))
    return left, top, right - left, bottom - top


def matrix_of(transform: Transform, middle: Point, at: Point | None = None) -> Matrix:
    """What a transform does to the pixels of an object with this middle, which goes to `at` first."""
    at = middle if at is None else at
    by_px = (at[0] - middle[0] + transform.dx, at[1] - middle[1] + transform.dy)
    return similarity(
        middle, by_px=by_px, scale=transform.scale, degrees=transform.degrees, mirror=transform.mirror
    ).numpy()


def canvas_matrix(fit: Fit) -> Matrix:
    """Takes pixels of a fit's canvas to pixels of its layer."""
    across, down = fit.width / fit.canvas_width, fit.height / fit.canvas_height
    return np.array([[across, 0, (across - 1) / 2 + fit.left], [0, down, (down - 1) / 2 + fit.top]], np.float64)


def onto_canvas(matrix: Matrix, fit: Fit) -> Matrix:
    """A matrix onto a layer as one onto a canvas that shows the layer."""
    square = np.vstack([canvas_matrix(fit), [0, 0, 1]])
    return (np.linalg.inv(square) @ np.vstack([matrix, [0, 0, 1]]))[:2]


def between_canvases(matrix: Matrix, of: Fit, onto: Fit) -> Matrix:
    """What a matrix between layers does between canvases that show them."""
    return onto_canvas(matrix, onto) @ np.vstack([canvas_matrix(of), [0, 0, 1]])


def lift(picture: Picture, mask: Mask, background: Picture) -> Cutout:
    """The object that a mask selects, without what of the background its mixed pixels show.

    Laid back over the background where it was, it gives the picture again. Raises `BadRequest` where there is nothing.
    """

    def own(box: Box, share: Rows) -> Rows:
        values = _premultiplied(picture, box) - (1 - share) * _premultiplied(background, box)
        alpha = np.clip(values[:, :, 3:], 0, share)
        return np.dstack((np.clip(values[:, :, :3], 0, alpha), alpha)).astype(np.float32, copy=False)

    return _cutout(picture, mask, own)


def cut_out(picture: Picture, mask: Mask | None) -> Cutout:
    """The object that a mask selects, or without one what the alpha shows.

    Mixed pixels along the mask's outline get the colours of the object beside them, as what they showed of
    its surroundings does not belong to it. Raises `BadRequest` where there is nothing.
    """

    def own(box: Box, share: Rows) -> Rows:
        values = _premultiplied(picture, box)
        if mask is None:
            return values
        is_solid = (share * values[:, :, 3:] > _SOLID).astype(np.float32)[:, :, 0]
        if is_solid.any():
            straight = values[:, :, :3] / np.maximum(values[:, :, 3:], _SEEN)
            values[:, :, :3] = spread(straight.astype(np.float32), is_solid) * values[:, :, 3:]
        return values * share

    return _cutout(picture, object_mask(picture, mask), own)


def box_after(box: Box, matrix: Matrix, size: tuple[int, int]) -> Box | None:
    """The box of the picture of `size` that holds what was in a box, mixed pixels along its border included."""
    left, top, width, height = box
    corners = [(x, y) for x in (left - 1, left + width) for y in (top - 1, top + height)]
    x, y = (matrix[:, :2] @ np.array(corners, np.float64).T + matrix[:, 2:]).tolist()
    first = max(math.floor(min(x)), 0), max(math.floor(min(y)), 0)
    end = min(math.ceil(max(x)) + 1, size[0]), min(math.ceil(max(y)) + 1, size[1])
    if first[0] >= end[0] or first[1] >= end[1]:
        return None
    return first[0], first[1], end[0] - first[0], end[1] - first[1]


@dataclass(frozen=True, slots=True)
class Laid:
    """A cutout at its place in a picture of `size`."""

    cutout: Cutout
    matrix: Matrix
    size: tuple[int, int]

    @property
    def box(self) -> Box | None:
        """What it covers; None where it misses the picture."""
        return box_after(self.cutout.box, self.matrix, self.size)

    def covered(self) -> Mask:
        """(height, width): 255 where anything of the object lies."""
        mask = np.zeros(self.size[::-1], np.uint8)
        if self.box is not None:
            left, top, width, height = self.box
            step = strip_rows(width)
            for start in range(0, height, step):
                stop = min(start + step, height)
                seen = self._rows(start, stop, slice(3, 4))[:, :, 0] > _SEEN
                mask[top + start : top + stop, left : left + width] = np.where(seen, 255, 0)
        return mask

    def over(self, picture: Picture, covered: Mask) -> Picture:
        """The picture with the object laid over it."""
        if self.box is None:
            return picture
        left, top, width, _ = self.box

        def rows(start: int, stop: int) -> Rows:
            own = self._rows(start, stop)
            behind: Rows = _premultiplied(picture, (left, top + start, width, stop - start))
            laid = own + (1 - own[:, :, 3:]) * behind
            return _straight(laid.astype(np.float32, copy=False), picture.has_alpha)

        return paste(picture, Fit(*self.box, 1, 1), rows, covered)

    def alone(self, picture: Picture, covered: Mask) -> Picture:
        """The object alone, with alpha, at its place in an otherwise transparent picture of the given one's kind."""
        samples = np.zeros((*covered.shape, picture.colour_channels + 1), picture.samples.dtype)
        blank = replace(picture, samples=samples)
        if self.box is None:
            return blank
        return paste(blank, Fit(*self.box, 1, 1), lambda start, stop: _straight(self._rows(start, stop), True), covered)

    def _rows(self, start: int, stop: int, channels: slice = _ALL) -> Rows:
        """Rows of `box`, (stop - start, width, c)."""
        assert self.box is not None
        left, top, width, _ = self.box
        inward = self.matrix[:, :2] @ [self.cutout.left, self.cutout.top] + self.matrix[:, 2] - [left, top]
        matrix = torch.from_numpy(np.column_stack([self.matrix[:, :2], inward]))
        _, _, own_width, own_height = self.cutout.box
        rows = carried_rows(
            lambda *part: self.cutout.part(part, channels),
            (own_height, own_width),
            len(range(4)[channels]),
            matrix,
            width,
            start,
            stop,
        )
        # Beside an edge a cubic may leave colour where it leaves no alpha.
        return torch.minimum(rows, rows[-1:]).permute(1, 2, 0).numpy()


def _cutout(picture: Picture, mask: Mask, own: Callable[[Box, Rows], Rows]) -> Cutout:
    """`own` gives the premultiplied colours and alpha of a box, of which the mask selects the given shares."""
    left, top, width, height = mask_box(mask)
    samples = np.zeros((height, width, 4), np.uint16)
    step = strip_rows(width)
    for start in range(0, height, step):
        stop = min(start + step, height)
        # With what is above and below, from where colours are continued.
        first, last = max(start - _MARGIN_PX, 0), min(stop + _MARGIN_PX, height)
        box = (left, top + first, width, last - first)
        values = own(box, _shares(mask, box))[start - first : stop - first]
        samples[start:stop] = np.rint(values * np.float32(_ONE))
    if not (samples[:, :, 3] > _SEEN * _ONE).any():
        raise BadRequest("There are only transparent pixels where the object is selected; select something visible.")
    return Cutout(samples, left, top)


def _shares(mask: Mask, box: Box) -> Rows:
    left, top, width, height = box
    return (mask[top : top + height, left : left + width, None] / np.float32(255)).astype(np.float32)


def _premultiplied(picture: Picture, box: Box) -> Rows:
    """(height, width, 4)."""
    rgb, alpha = crop_with_alpha(picture, box, space=space_of(picture))
    if alpha is None:
        return np.dstack((rgb, np.ones(rgb.shape[:2], np.float32)))
    return np.dstack((rgb * alpha[:, :, None], alpha)).astype(np.float32, copy=False)


def _straight(values: Rows, has_alpha: bool) -> Rows:
    """(rows, columns, 3 or 4) of premultiplied (rows, columns, 4)."""
    if not has_alpha:
        return values[:, :, :3]
    alpha = values[:, :, 3:]
    return np.dstack((values[:, :, :3] / np.maximum(alpha, _SEEN), alpha)).astype(np.float32, copy=False)

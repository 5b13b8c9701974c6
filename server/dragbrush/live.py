"""Edits under a moving hand: prepared once for a picture and what is held of it, then shown wherever the hand is."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dragbrush.compose import WarpedLayer, warp_canvas
from dragbrush.edit import Drag, Point, Transform
from dragbrush.engine.field import Pull
from dragbrush.imaging import Box, Fit, Mask, Picture, fit_edit, mask_box, mask_on_canvas, paste, read_canvas
from dragbrush.placing import (
    Cutout,
    Laid,
    Matrix,
    box_after,
    cut_out,
    joined,
    lift,
    matrix_of,
    middle_of,
    object_mask,
)
from dragbrush.vacated import vacate

FIELD_SIDE = 160
"""Cells along the field's longer side: about 3 px each in a crop of 512 px, and fast enough to follow a hand."""
FIELD_MULTIPLE = 16
"""The field's grid takes any size; this only keeps the number of shapes to choose from small."""


class LiveWarp:
    """What the handles hold of one crop of a picture."""

    def __init__(self, picture: Picture, handles: Sequence[Point], selection: Mask, fit: Fit) -> None:
        """`handles`: picture pixels (x, y). `selection`: (height, width) uint8. `fit`: the crop that is warped."""
        self.picture, self.selection, self.fit = picture, selection, fit
        scale = FIELD_SIDE / max(fit.canvas_size)
        width, height = (max(1, round(side * scale)) for side in fit.canvas_size)
        self._grid = replace(fit, canvas_width=width, canvas_height=height)
        colours, alpha = read_canvas(picture, self._grid)
        # What is opaque and what is not belong apart, whatever their colours.
        self._guide = colours if alpha is None else np.dstack((colours, alpha))
        self._pull = Pull(self._guide, mask_on_canvas(selection, self._grid), self._on_grid(handles))

    def to(self, targets: Sequence[Point]) -> WarpedLayer:
        """The layer with the handles pulled to `targets`, one for each, in picture pixels."""
        field = self._pull.to(self._on_grid(targets))
        return WarpedLayer(self.picture, self.fit, field, warp_canvas(self._guide, field))

    def region(self, targets: Sequence[Point]) -> tuple[tuple[int, int], Picture]:
        """The part of the picture inside the crop, edited, and where its top left pixel belongs.

        The rest of a large layer is neither read nor copied, so that the answer keeps up with a hand.
        """
        left, top = max(self.fit.left, 0), max(self.fit.top, 0)
        right = min(self.fit.left + self.fit.width, self.picture.width)
        bottom = min(self.fit.top + self.fit.height, self.picture.height)
        part = replace(self.picture, samples=self.picture.samples[top:bottom, left:right])
        fit = replace(self.fit, left=self.fit.left - left, top=self.fit.top - top)
        warped = replace(self.to(targets), picture=part, fit=fit)
        return (left, top), paste(part, fit, warped, self.selection[top:bottom, left:right])

    def _on_grid(self, points: Sequence[Point]) -> NDArray[np.float64]:
        return np.array([self._grid.to_canvas(point) for point in points], dtype=np.float64)


class LiveMove:
    """An object held of a picture, whose place behind it is closed."""

    def __init__(self, picture: Picture, mask: Mask) -> None:
        """`mask`: (height, width) uint8, the object. Raises `BadRequest` where nothing visible is selected."""
        place = vacate(picture, mask)
        self._background, self._left = place.closed(), mask_box(place.selection)
        self._cutout, self._middle = lift(picture, mask, self._background), middle_of(mask)

    def region(self, transform: Transform) -> tuple[tuple[int, int], Picture]:
        """The part of the picture that the move changes, and where its top left pixel belongs."""
        return _laid_part(self._background, self._cutout, matrix_of(transform, self._middle), self._left)


class LivePaste:
    """An object held of another picture."""

    def __init__(self, picture: Picture, reference: Picture, mask: Mask | None) -> None:
        """`mask`: the object in `reference`; None: what its alpha shows. Raises `BadRequest` where there is nothing."""
        self._picture, self._cutout = picture, cut_out(reference, mask)
        self._middle = middle_of(object_mask(reference, mask))

    def region(self, at: Point, transform: Transform) -> tuple[tuple[int, int], Picture]:
        """The part of the picture that the paste changes, and where its top left pixel belongs."""
        return _laid_part(self._picture, self._cutout, matrix_of(transform, self._middle, at), None)


def _laid_part(
    background: Picture, cutout: Cutout, matrix: Matrix, left: Box | None
) -> tuple[tuple[int, int], Picture]:
    """The object laid over the background, no more of it than the object covers and has left."""
    x, y, width, height = joined([left, box_after(cutout.box, matrix, background.size)]) or (0, 0, 1, 1)
    part = replace(background, samples=background.samples[y : y + height, x : x + width])
    matrix = matrix - [[0, 0, x], [0, 0, y]]
    laid = Laid(cutout, matrix, part.size)
    return (x, y), laid.over(part, laid.covered())


def fit_for_warp(picture: Picture, selection: Mask, drags: Sequence[Drag]) -> Fit:
    """The crop of an edit that no model limits."""
    return fit_drags(picture, selection, drags, side=FIELD_SIDE, multiple=FIELD_MULTIPLE)


def fit_drags(picture: Picture, selection: Mask, drags: Sequence[Drag], *, side: int, multiple: int) -> Fit:
    """The crop that holds the selection, handles, targets and context, for a canvas of about `side` squared."""
    points = [point for drag in drags for point in (drag.handle, drag.target)]
    return fit_edit(picture.size, mask_box(selection), points, canvas_area_side=side, multiple=multiple)

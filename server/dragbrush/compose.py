"""Full-resolution rows of an edit: what the field moves, what fills the holes, what the model drew.

Joins the engine's field with the imaging of layers. Nothing here holds a float copy of a whole layer.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dragbrush.engine.field import Field
from dragbrush.engine.methods.warp import enlarged_rows, warp_rows
from dragbrush.imaging import Fit, Picture, crop_to_srgb, crop_with_alpha, space_of, spread, upscale_rows

Rows = NDArray[np.float32]

AGREEMENT = 0.1
"""Difference of colour, of 1, at which the model's drawing and the moved picture share a detail no longer."""
STILL = 0.3
"""Up to this share of pulled content a place counts as surroundings, which holes are filled from."""


def warp_canvas(canvas: Rows, field: Field) -> Rows:
    """A whole canvas (h, w, c) moved along the field, holes filled smoothly from what rests round them."""
    height, width = canvas.shape[:2]
    source = torch.from_numpy(np.ascontiguousarray(canvas.transpose(2, 0, 1)))
    moved = warp_rows(
        lambda top, bottom, left, right: source[:, top:bottom, left:right], (height, width), field, 0, height
    )
    warped = moved.permute(1, 2, 0).numpy()
    hole = field.resized(height, width).hole.numpy()
    if not hole.any():
        return warped
    resting = ~hole & (field.resized(height, width).moved.numpy() < STILL)
    filled = spread(warped, resting.astype(np.float32))
    warped[hole] = filled[hole]
    return warped


@dataclass(frozen=True, slots=True)
class WarpedLayer:
    """The crop of a layer moved along the field, as rows for `imaging.paste`: the instant edit."""

    picture: Picture
    fit: Fit
    field: Field
    filled: Rows
    """The warped crop at the field's resolution, holes filled: (h, w, 3 or 4)."""

    def __call__(self, start: int, stop: int) -> Rows:
        """(stop - start, crop width, 3 or 4) sRGB in [0, 1], and alpha where the layer has it."""
        size = (self.fit.height, self.fit.width)
        rows = warp_rows(self._fetch, size, self.field, start, stop).permute(1, 2, 0).numpy()
        if not self.field.hole.any():
            return rows
        hole = self.field.hole.float()[None]
        filled = torch.from_numpy(self.filled).permute(2, 0, 1)
        laid = enlarged_rows(torch.cat([filled, hole]), size, start, stop).permute(1, 2, 0).numpy()
        rows += laid[..., -1:] * (laid[..., :-1] - rows)
        return rows

    def _fetch(self, top: int, bottom: int, left: int, right: int) -> torch.Tensor:
        box = (self.fit.left + left, self.fit.top + top, right - left, bottom - top)
        space = space_of(self.picture)
        rgb = crop_to_srgb(self.picture, box, space=space)
        # Reading the box again for its alpha is worth nothing where there is none.
        alpha = crop_with_alpha(self.picture, box, space=space)[1] if self.picture.has_alpha else None
        values = rgb if alpha is None else np.dstack((rgb, alpha))
        return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))


@dataclass(frozen=True, slots=True)
class DrawnLayer:
    """The model's canvas brought to the layer, with the detail that the canvas cannot hold.

    What the layer has beyond the model's own picture of it (fine detail, the autoencoder's losses) is carried
    along the field and added wherever the model drew what the field moved there.
    """

    warped: WarpedLayer
    edited: Rows
    """The model's canvas, (H, W, 3)."""
    known: Rows
    """The model's own picture of the source moved along the field, (H, W, 3)."""
    agreement: Rows
    """How far the two agree, (H, W, 1) in [0, 1]."""

    def __call__(self, start: int, stop: int) -> Rows:
        crop = self.warped.fit.crop_size
        drawn = upscale_rows(self.edited, crop, (start, stop))
        moved = self.warped(start, stop)
        share = np.clip(upscale_rows(self.agreement, crop, (start, stop)), 0, 1)
        detail = moved[..., :3] - upscale_rows(self.known, crop, (start, stop))
        return np.dstack((drawn + share * detail, moved[..., 3:])).astype(np.float32, copy=False)


def drawn_layer(warped: WarpedLayer, edited: Rows, source: Rows, *, offset: Rows, carry_detail: bool) -> DrawnLayer:
    """The layer of an edited canvas.

    `edited` and `source` (H, W, 3): the model's edit and its own picture of the unedited canvas. `offset`
    (H, W, 3) takes back the model's colour cast, where carried detail does not do so already.
    """
    known = warp_canvas(source, warped.field)
    difference = np.linalg.norm(edited - known, axis=2, keepdims=True)
    agreement = np.exp(-((difference / AGREEMENT) ** 2)) * carry_detail
    agreement[warped.field.resized(*edited.shape[:2]).hole.numpy()] = 0
    agreement = agreement.astype(np.float32)
    return DrawnLayer(warped, edited + (1 - agreement) * offset, known, agreement)

"""Full-resolution rows of an edit: what the field moves, what fills the holes, what the model drew.

Joins the engine's field with the imaging of layers. Nothing here holds a float copy of a whole layer.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dragbrush.engine.field import Field
from dragbrush.engine.methods.warp import enlarged_rows, warp_rows
from dragbrush.imaging import (
    Fit,
    Mask,
    Picture,
    ReadRows,
    crop_to_srgb,
    crop_with_alpha,
    mask_on_canvas,
    space_of,
    spread,
    upscale_rows,
)

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

    What a rough edit of the layer has beyond the model's own picture of it (fine detail, the autoencoder's losses)
    is added wherever the model drew the same.
    """

    rough: ReadRows
    """Rows of the rough edit at the layer's resolution: (n, crop width, 3 or 4)."""
    crop_size: tuple[int, int]
    edited: Rows
    """The model's canvas, (H, W, 3)."""
    known: Rows
    """The model's own picture of the rough edit, (H, W, 3)."""
    agreement: Rows
    """How far the two agree, (H, W, 1) in [0, 1]."""

    def __call__(self, start: int, stop: int) -> Rows:
        drawn = upscale_rows(self.edited, self.crop_size, (start, stop))
        rough = self.rough(start, stop)
        share = np.clip(upscale_rows(self.agreement, self.crop_size, (start, stop)), 0, 1)
        detail = rough[..., :3] - upscale_rows(self.known, self.crop_size, (start, stop))
        return np.dstack((drawn + share * detail, rough[..., 3:])).astype(np.float32, copy=False)


def drawn_layer(
    rough: ReadRows, fit: Fit, edited: Rows, known: Rows, *, offset: Rows, carry_detail: bool, hole: Rows | None = None
) -> DrawnLayer:
    """The layer of an edited canvas.

    `edited` and `known` (H, W, 3): the model's edit, and its own picture of the rough edit. `offset` (H, W, 3) takes
    back the model's colour cast, where carried detail does not do so already. `hole` (H, W) bool: where the rough edit
    is only a filling.
    """
    difference = np.linalg.norm(edited - known, axis=2, keepdims=True)
    agreement = np.exp(-((difference / AGREEMENT) ** 2)) * carry_detail
    if hole is not None:
        agreement[hole] = 0
    agreement = agreement.astype(np.float32)
    return DrawnLayer(rough, fit.crop_size, edited + (1 - agreement) * offset, known, agreement)


def drawn_along(warped: WarpedLayer, edited: Rows, source: Rows, *, offset: Rows, carry_detail: bool) -> DrawnLayer:
    """The same of an edit along a field. `source` (H, W, 3): the model's own picture of the unedited canvas."""
    hole = warped.field.resized(*edited.shape[:2]).hole.numpy()
    known = warp_canvas(source, warped.field)
    return drawn_layer(warped, warped.fit, edited, known, offset=offset, carry_detail=carry_detail, hole=hole)


def picture_rows(picture: Picture, fit: Fit) -> ReadRows:
    """Rows of the fit's crop of a picture: (n, crop width, 3), and alpha where the picture has it."""
    space = space_of(picture)

    def rows(start: int, stop: int) -> Rows:
        box = (fit.left, fit.top + start, fit.width, stop - start)
        rgb = crop_to_srgb(picture, box, space=space)
        alpha = crop_with_alpha(picture, box, space=space)[1] if picture.has_alpha else None
        return rgb if alpha is None else np.dstack((rgb, alpha))

    return rows


def as_tensor(rows: Rows) -> torch.Tensor:
    """(h, w, c) to (1, c, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(rows.transpose(2, 0, 1)))[None]


def as_array(tensor: torch.Tensor) -> Rows:
    """(1, c, h, w) on any device to (h, w, c) float32."""
    return tensor[0].permute(1, 2, 0).float().cpu().numpy()


def free_cells(selection: Mask, fit: Fit, latent: torch.Tensor) -> torch.Tensor:
    """(1, 1, h, w): 1 for the cells of a latent that show anything of what a selection lets change."""
    mask = as_tensor(mask_on_canvas(selection, fit)[..., None])
    return (torch.nn.functional.adaptive_max_pool2d(mask, latent.shape[-2:]) > 0).float()

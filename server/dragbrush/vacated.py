"""The place that an object leaves: what of the layer closes it, smoothly here, and by the model elsewhere."""

from dataclasses import dataclass, replace

import torch

from dragbrush.compose import WarpedLayer, warp_canvas
from dragbrush.engine.transform import background_field
from dragbrush.imaging import Fit, Mask, Picture, fit_edit, mask_box, mask_on_canvas, paste, read_canvas, widened

GRID_SIDE, GRID_MULTIPLE = 160, 16
"""Cells along the longer side of the grid that holes are found and filled on."""
_REACH_CELLS, _REACH_MIN_PX = 4, 2
"""Of the feather round an object: the mixed pixels along its outline, and the cells that they lie in."""


@dataclass(frozen=True, slots=True)
class Vacated:
    """A layer without one of its objects."""

    picture: Picture
    selection: Mask
    """(height, width): the object and a feather round it; only there the layer without it differs."""
    filled: WarpedLayer
    """The crop without the object, its place filled from what is round it."""

    @property
    def fit(self) -> Fit:
        return self.filled.fit

    def closed(self) -> Picture:
        """The picture without the object, its place filled smoothly."""
        return paste(self.picture, self.fit, self.filled, self.selection)


def vacate(picture: Picture, mask: Mask, fit: Fit | None = None) -> Vacated:
    """The picture without the object of a mask. `fit`: the crop to fill it in; None: the smallest with context."""
    if fit is None:
        fit = fit_edit(picture.size, mask_box(mask), (), canvas_area_side=GRID_SIDE, multiple=GRID_MULTIPLE)
    cell_px = max(fit.crop_size) / GRID_SIDE
    selection = widened(mask, max(_REACH_CELLS * cell_px, _REACH_MIN_PX))
    scale = GRID_SIDE / max(fit.canvas_size)
    width, height = (max(1, round(side * scale)) for side in fit.canvas_size)
    grid = replace(fit, canvas_width=width, canvas_height=height)
    guide, alpha = read_canvas(picture, grid)
    if alpha is not None:
        guide = torch.cat([torch.from_numpy(guide), torch.from_numpy(alpha)[..., None]], dim=-1).numpy()
    field = background_field(torch.from_numpy(mask_on_canvas(mask, grid)), height, width)
    return Vacated(picture, selection, WarpedLayer(picture, fit, field, warp_canvas(guide, field)))

"""The look of an object on another, brought from a small canvas to the layer's own resolution."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dragbrush.compose import Rows
from dragbrush.engine.look import BRIGHTNESS, painted, worn
from dragbrush.imaging import ReadRows, spread, upscale_rows

_SOLID = 0.98
"""Share of a pixel from which its colour is the object's alone."""
_BRIGHTNESS = np.array(BRIGHTNESS, np.float32)[:, None]


@dataclass(frozen=True, slots=True)
class Worn:
    """Rows of a layer whose object has another look; all that is round the object changes with it, to be masked.

    What the canvas resolves is changed by as much as it is there; finer light and shade get the new colour.
    """

    rows: ReadRows
    crop_size: tuple[int, int]
    canvas: Rows
    """(h, w, 3): the crop as the look was found on it."""
    change: Rows
    """(h, w, 3), continued past the object's outline."""
    colour: Rows
    """(h, w, 3): the new colour for each unit of brightness."""
    solid: Rows
    """(h, w, 1): 1 where there is nothing but the object."""

    def __call__(self, start: int, stop: int) -> Rows:
        values = self.rows(start, stop)
        rgb = values[..., :3]
        known, change, colour, solid = (
            upscale_rows(plane, self.crop_size, (start, stop))
            for plane in (self.canvas, self.change, self.colour, self.solid)
        )
        fine = rgb - known
        rgb = rgb + change + np.clip(solid, 0, 1) * (colour * (fine @ _BRIGHTNESS) - fine)
        return np.dstack((np.clip(rgb, 0, 1), values[..., 3:])).astype(np.float32, copy=False)


def worn_rows(
    rows: ReadRows,
    crop_size: tuple[int, int],
    canvas: Rows,
    mask: NDArray[np.float32],
    reference: Rows,
    reference_mask: NDArray[np.float32],
) -> Worn:
    """The rows of a crop, shown by `canvas` (h, w, 3) with the object of `mask` (h, w), in the look of another object.

    `reference` (h0, w0, 3) and `reference_mask` show that one; both masks select something.
    """
    is_object = mask >= mask.max() / 2
    own, other = (
        painted(torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))), torch.from_numpy(where))
        for picture, where in ((canvas, is_object), (reference, reference_mask >= reference_mask.max() / 2))
    )
    new = canvas.copy()
    new[is_object] = worn(own, other).numpy()
    solid = mask >= _SOLID if (mask >= _SOLID).any() else is_object
    known = solid.astype(np.float32)
    colour = (new / np.maximum(new @ _BRIGHTNESS, 1 / 255)).astype(np.float32)
    return Worn(rows, crop_size, canvas, spread(new - canvas, known), spread(colour, known), known[:, :, None])

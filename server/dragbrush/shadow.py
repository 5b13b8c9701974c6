"""A shadow on a canvas brought to the layer's own resolution."""

from dataclasses import dataclass

import numpy as np

from dragbrush.compose import Rows
from dragbrush.imaging import Fit, Mask, ReadRows, strip_rows, upscale_rows

_SEEN = 1 / 255
"""Share of light whose loss is seen."""


@dataclass(frozen=True, slots=True)
class Shaded:
    """Rows of a layer that lose some light."""

    rows: ReadRows
    crop_size: tuple[int, int]
    shadow: Rows
    """(h, w, 1): the share of light that is lost on the canvas."""

    def __call__(self, start: int, stop: int) -> Rows:
        values = self.rows(start, stop)
        lost = np.clip(upscale_rows(self.shadow, self.crop_size, (start, stop)), 0, 1)
        return np.dstack((values[..., :3] * (1 - lost), values[..., 3:])).astype(np.float32, copy=False)


def shaded_mask(shadow: Rows, fit: Fit, size: tuple[int, int]) -> Mask:
    """(height, width): 255 where a shadow on a canvas (h, w, 1) takes light from the picture of `size`."""
    mask = np.zeros(size[::-1], np.uint8)
    left, right = max(fit.left, 0), min(fit.left + fit.width, size[0])
    top, bottom, step = max(fit.top, 0), min(fit.top + fit.height, size[1]), strip_rows(fit.width)
    for start in range(top, bottom, step):
        stop = min(start + step, bottom)
        lost = upscale_rows(shadow, fit.crop_size, (start - fit.top, stop - fit.top))[:, :, 0]
        mask[start:stop, left:right] = np.where(lost[:, left - fit.left : right - fit.left] > _SEEN, 255, 0)
    return mask

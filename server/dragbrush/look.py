"""The look of an object as plain statistics of its colours, and an object that wears another's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dragbrush.compose import Rows
from dragbrush.imaging import ReadRows

_LEAST_DEVIATION = 1 / 255


@dataclass(frozen=True, slots=True)
class Look:
    """Mean and deviation of each colour channel, (3,) sRGB."""

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]


def look_of(rgb: Rows, mask: NDArray[np.float32]) -> Look:
    """Of what a mask (h, w) selects of (h, w, 3)."""
    weights = (mask / mask.sum())[:, :, None]
    mean = (weights * rgb).sum(axis=(0, 1))
    return Look(mean, np.sqrt((weights * (rgb - mean) ** 2).sum(axis=(0, 1))))


@dataclass(frozen=True, slots=True)
class Recoloured:
    """Rows whose colours have another look (Reinhard et al. 2001, of sRGB channels)."""

    rows: ReadRows
    own: Look
    worn: Look

    def __call__(self, start: int, stop: int) -> Rows:
        values = self.rows(start, stop)
        gain = self.worn.deviation / np.maximum(self.own.deviation, _LEAST_DEVIATION)
        rgb = (values[..., :3] - self.own.mean) * gain + self.worn.mean
        return np.dstack((np.clip(rgb, 0, 1), values[..., 3:])).astype(np.float32, copy=False)

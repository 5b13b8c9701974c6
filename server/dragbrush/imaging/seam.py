"""The colour cast of an edit, seen where nothing should have changed and taken back inside the selection."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dragbrush.imaging.resample import upscale_rows
from dragbrush.imaging.spread import spread

_CELLS = 24
"""Cells along the canvas's short side: finer would carry texture, coarser miss a gradient of light."""
_CELL_MIN_PX = 4
_OUTLIER = 0.05
"""A difference this far from the common one is content that moved, not a cast; about 13 of 255."""
_KNOWN_SHARE = 0.25
"""Share of unselected pixels from which a cell is believed fully."""


def seam_offset(
    source: NDArray[np.float32], edited: NDArray[np.float32], mask: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The smooth correction (h, w, 3) that, added to `edited`, meets `source` at the selection's edge.

    `source` and `edited` are canvases (h, w, 3), `mask` (h, w) in [0, 1]. Differences are taken where the
    mask is 0, content that moved counting little, and carried smoothly inward. Zero when the two agree there,
    and when everything is selected, for then nothing tells a cast from the edit.
    """
    height, width = mask.shape
    is_outside = mask <= 0
    if not is_outside.any():
        return np.zeros_like(source)
    difference = source - edited
    common = np.median(difference[is_outside], axis=0)
    distance = np.abs(difference - common).max(axis=2) / _OUTLIER
    weight = is_outside / (1 + distance**4)
    cell = max(_CELL_MIN_PX, min(height, width) // _CELLS)
    cells = (max(1, round(width / cell)), max(1, round(height / cell)))
    sums = _reduced(weight, cells)
    coarse = np.empty((cells[1], cells[0], 3), np.float32)
    for channel in range(3):
        weighed = _reduced(weight * difference[:, :, channel], cells)
        coarse[:, :, channel] = weighed / np.maximum(sums, 1e-6)
    known = np.clip(sums / _KNOWN_SHARE, 0, 1)
    filled = spread(coarse, known.astype(np.float32))
    return upscale_rows(filled, (width, height), (0, height))


def _reduced(plane: NDArray[np.float32], cells: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(plane.astype(np.float32)).resize(cells, Image.Resampling.BOX))

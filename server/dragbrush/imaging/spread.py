"""Colours known in some places carried smoothly into all others."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NOTHING_KNOWN = 0.5
"""Mid grey, where no colour is known at all."""


def spread(values: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """`values` (h, w, c) where `weights` (h, w) in [0, 1] are 1, and a smooth continuation where they are 0.

    Push and pull over a pyramid (Gortler et al., The Lumigraph, 1996, section 3.4): one pass, linear cost.
    """
    height, width = weights.shape
    if weights.min() >= 1:
        return values
    if height == width == 1:
        return values if weights[0, 0] > 0 else np.full_like(values, NOTHING_KNOWN)
    padding = ((0, height % 2), (0, width % 2))
    cells = (-(-height // 2), 2, -(-width // 2), 2)
    weighed = np.pad(values * weights[:, :, None], (*padding, (0, 0))).reshape(*cells, -1).sum(axis=(1, 3))
    sums = np.pad(weights, padding).reshape(cells).sum(axis=(1, 3))
    coarse = spread(weighed / np.maximum(sums, 1e-12)[:, :, None], np.minimum(sums, 1))
    finer = np.empty_like(values)
    for channel in range(values.shape[2]):
        plane = Image.fromarray(coarse[:, :, channel])
        doubled = plane.resize((2 * plane.width, 2 * plane.height), Image.Resampling.BILINEAR)
        finer[:, :, channel] = np.asarray(doubled)[:height, :width]
    known = weights[:, :, None]
    return (values * known + finer * (1 - known)).astype(np.float32, copy=False)

"""The small picture that a client is shown while an edit runs."""

import numpy as np
from numpy.typing import NDArray

from dragbrush.imaging import Picture, crop_with_alpha, downscale


def preview_samples(picture: Picture, longest_px: int) -> NDArray[np.uint8]:
    """(height, width, 3 or 4) sRGB of 8 bits, straight alpha, its longer side at most `longest_px`."""
    size = picture.width, picture.height
    scale = min(1.0, longest_px / max(size))
    if scale == 1 and picture.icc is None and picture.samples.dtype == np.uint8 and picture.channels >= 3:
        return np.ascontiguousarray(picture.samples, np.uint8)
    rgb, alpha = crop_with_alpha(picture, (0, 0, *size))
    planes = rgb if alpha is None else np.dstack((rgb, alpha))
    if scale < 1:
        planes = downscale(planes, (max(1, round(size[0] * scale)), max(1, round(size[1] * scale))))
    return np.rint(np.clip(planes, 0, 1) * 255).astype(np.uint8)

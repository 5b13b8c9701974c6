"""The small picture that a client is shown while an edit runs."""

import math

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


def inside(
    samples: NDArray[np.uint8], box: tuple[int, int, int, int], size: tuple[int, int]
) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]]:
    """Of a picture of `box`, which may reach past the layer of `size` (width, height), the part on the layer.

    Samples are left whole: what is given is as near to the layer's border as they allow, and never past it.
    """
    (columns, left, width) = _inside(samples.shape[1], box[0], box[2], size[0])
    (rows, top, height) = _inside(samples.shape[0], box[1], box[3], size[1])
    return np.ascontiguousarray(samples[rows, columns]), (left, top, width, height)


def _inside(count: int, start: int, length: int, end: int) -> tuple[slice, int, int]:
    """`count` samples that span [start, start + length): those of them in [0, end), and what they span, rounded."""
    if start >= 0 and start + length <= end:
        return slice(0, count), start, length
    per_px = count / length
    first = min(math.ceil(max(0, -start) * per_px), count - 1)
    last = max(math.floor((end - start) * per_px), first + 1) if start + length > end else count
    low = min(max(0, start + round(first / per_px)), end - 1)
    high = min(end, start + round(last / per_px))
    return slice(first, last), low, max(1, high - low)

"""Crop to canvas and back by separable filters, in strips of rows, on the pixel-centre convention.

Sample i of n covers [i, i + 1) of n, so sizes map edge to edge and centre (i + 0.5) / n to centre.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ReadRows = Callable[[int, int], NDArray[np.float32]]
"""(start, stop) to (stop - start, width, channels)."""

STRIP_PIXELS = 2**17
"""Pixels of a strip: about 2 MB for each float RGBA array that is alive, with little overhead a strip."""


def strip_rows(width: int) -> int:
    """How many rows of this width make a strip."""
    return max(1, STRIP_PIXELS // width)


def downscale(array: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w, c) to (height, width, c) for `size` (width, height), by Lanczos with three lobes.

    Also enlarges, for layers smaller than the canvas. Values may overshoot a little; clip where it matters.
    """
    return downscale_rows(lambda start, stop: array[start:stop], (array.shape[1], array.shape[0]), size)


def downscale_rows(read_rows: ReadRows, crop_size: tuple[int, int], size: tuple[int, int]) -> NDArray[np.float32]:
    """As `downscale` for a crop that is read strip by strip; equal to it whatever the strips."""
    crop_width, crop_height = crop_size
    narrow: NDArray[np.float32] | None = None
    step = strip_rows(crop_width)
    for start in range(0, crop_height, step):
        strip = read_rows(start, min(start + step, crop_height))
        if narrow is None:
            narrow = np.empty((crop_height, size[0], strip.shape[2]), np.float32)
        narrow[start : start + len(strip)] = _resized(strip, (size[0], len(strip)))
    assert narrow is not None  # a crop has rows
    return _resized(narrow, size)


def _resized(array: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    if (array.shape[1], array.shape[0]) == size:
        return array
    result = np.empty((size[1], size[0], array.shape[2]), np.float32)
    for channel in range(array.shape[2]):
        plane = Image.fromarray(np.ascontiguousarray(array[:, :, channel], np.float32))
        result[:, :, channel] = np.asarray(plane.resize(size, Image.Resampling.LANCZOS))
    return result


def upscale_rows(canvas: NDArray[np.float32], crop_size: tuple[int, int], rows: tuple[int, int]) -> NDArray[np.float32]:
    """Rows [start, stop), (n, width, c), of `canvas` (h, w, c) brought to `crop_size` (width, height).

    Catmull-Rom (Keys 1981, a = -0.5), widened where the crop is smaller than the canvas. The same rows come
    out bit for bit however a crop is cut into strips.
    """
    crop_width, crop_height = crop_size
    across, across_weights = _taps(canvas.shape[1], crop_width, 0, crop_width)
    down, down_weights = _taps(canvas.shape[0], crop_height, *rows)
    first = int(down.min())
    band = _weighted(canvas[first : int(down.max()) + 1].swapaxes(0, 1), across, across_weights).swapaxes(0, 1)
    return _weighted(band, down - first, down_weights)


def _weighted(array: NDArray[np.float32], taps: NDArray[np.intp], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    # one tap after the other, not a matrix product: its order of sums would depend on the strip's shape
    result = array[taps[:, 0]] * weights[:, 0, None, None]
    for tap in range(1, taps.shape[1]):
        result += array[taps[:, tap]] * weights[:, tap, None, None]
    return result


def _taps(source: int, target: int, start: int, stop: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each target sample in [start, stop), the source samples it sums (n, taps) and their weights."""
    scale = source / target
    stretch = max(1.0, scale)
    centre = (np.arange(start, stop) + 0.5) * scale - 0.5
    count = 2 * int(np.ceil(2 * stretch)) + 1  # the kernel reaches 2 samples to each side
    index = np.rint(centre).astype(np.intp)[:, None] + np.arange(count) - count // 2
    distance = np.abs(index - centre[:, None]) / stretch
    weights = np.where(
        distance < 1,
        (1.5 * distance - 2.5) * distance**2 + 1,
        np.where(distance < 2, ((-0.5 * distance + 2.5) * distance - 4) * distance + 2, 0),
    )
    weights[(index < 0) | (index >= source)] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    return np.clip(index, 0, source - 1), weights.astype(np.float32)

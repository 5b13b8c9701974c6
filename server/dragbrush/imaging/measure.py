"""Where dragged content ended, measured on the pictures alone; what a method believes plays no part."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dragbrush.edit import Point
from dragbrush.imaging.colour import crop_to_srgb
from dragbrush.imaging.picture import Picture

_PATCH_MIN_PX, _PATCH_MAX_PX = 9, 33
_PATCH_PER_LENGTH = 0.25
"""Measured on moved discs: at 0.35 one in fifty was missed, at 0.25 none of 600."""
_REACH_PER_LENGTH, _REACH_MIN_PX = 0.35, 6
"""Radius of the discs that are searched round handle, target and the way between."""
_SEARCH_LENGTH_PX = 64
"""Longer drags are searched on a picture made smaller by a whole factor, then refined."""
_REFINE_PX = 4
_FLAT = 0.02
"""Standard deviation below which a patch has nothing to recognise; it is then made larger, twice at most."""
_TEXTURE_FLOOR = 1e-4
"""Added to variances, a 100th squared: keeps flat windows from dividing by 0."""


def where_it_went(
    source: Picture, result: Picture, handle: Point, target: Point, *, radius: float | None = None
) -> tuple[Point, float]:
    """Where in `result` the content is that `source` has at `handle`, and how well it matches, at most 1.

    Searches discs round handle, target and the line between them for the best normalised cross-correlation of
    the colour patch round the handle (half-width `radius` pixels, else from the drag's length); another mean
    colour lowers the score. Exact to about a pixel; a patch without texture is found only roughly.
    """
    length = math.hypot(target[0] - handle[0], target[1] - handle[1])
    factor = max(1, math.ceil(length / _SEARCH_LENGTH_PX))
    small_length = length / factor
    if radius is None:
        half = min(max(_PATCH_PER_LENGTH * small_length, _PATCH_MIN_PX), _PATCH_MAX_PX) / 2
    else:
        factor = max(factor, math.ceil(2 * radius / _PATCH_MAX_PX))
        half = radius / factor
    half = max(2, math.floor(half))
    for larger in (half, half * 3 // 2, half * 2):
        half = larger
        patch = _patch(source, handle, half, factor)
        if radius is not None or patch.pixels.std(axis=(0, 1)).max() >= _FLAT:
            break
    reach = max(_REACH_MIN_PX, _REACH_PER_LENGTH * length / factor)
    place, score = _search(result, patch, [handle, target], reach)
    while factor > 1:
        half = min(2 * half, 2 * _PATCH_MAX_PX) if factor > 2 else half
        factor = max(1, factor // 2)
        patch = _patch(source, handle, half, factor)
        place, score = _search(result, patch, [place], 2 * _REFINE_PX)
    return place, score


@dataclass(frozen=True, slots=True)
class _Patch:
    pixels: NDArray[np.float32]
    """(h, w, 3) sRGB at 1 / factor of the picture's size."""
    corner: Point
    """The handle less the place of the patch's top left cell, in picture pixels."""
    factor: int


def _patch(source: Picture, handle: Point, half: int, factor: int) -> _Patch:
    """The cells round the handle; at the picture's edge the patch is cut, never invented."""
    reach = half * factor + factor // 2
    left, width = _span(handle[0], reach, source.width, factor)
    top, height = _span(handle[1], reach, source.height, factor)
    pixels = _reduced(source, left, top, width, height, factor)
    return _Patch(pixels, (handle[0] - left, handle[1] - top), factor)


def _span(centre: float, reach: float, size: int, factor: int) -> tuple[int, int]:
    start = min(max(0, math.floor(centre + 0.5 - reach)), max(0, size - factor))
    stop = min(size, math.ceil(centre + 0.5 + reach))
    return start, max(factor, (stop - start) // factor * factor)


def _reduced(picture: Picture, left: int, top: int, width: int, height: int, factor: int) -> NDArray[np.float32]:
    pixels = crop_to_srgb(picture, (left, top, width, height))
    if factor == 1:
        return pixels
    # plain means of whole blocks: unlike a wider filter they do not know where the crop ends
    return pixels.reshape(height // factor, factor, width // factor, factor, 3).mean(axis=(1, 3))


def _search(result: Picture, patch: _Patch, along: list[Point], reach: float) -> tuple[Point, float]:
    """The best place of the handle, at most `reach` cells from the points or the line between them."""
    factor = patch.factor
    high, wide = patch.pixels.shape[:2]
    first_x, first_y = along[0][0] - patch.corner[0], along[0][1] - patch.corner[1]
    # the grid of cells goes through the first point's own place, so that unmoved content matches exactly
    left, width = _grid(round(first_x), [p[0] - patch.corner[0] for p in along], wide, reach, result.width, factor)
    top, height = _grid(round(first_y), [p[1] - patch.corner[1] for p in along], high, reach, result.height, factor)
    scores = _correlation(_reduced(result, left, top, width, height, factor), patch.pixels)
    y, x = np.mgrid[: scores.shape[0], : scores.shape[1]]
    places_x, places_y = left + x * factor + patch.corner[0], top + y * factor + patch.corner[1]
    is_near = _distance(places_x, places_y, along[0], along[-1]) <= (reach + 1) * factor
    scores = np.where(is_near, scores, -np.inf)
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    best = float(scores[row, column])
    if not math.isfinite(best):
        return along[0], 0.0
    step_x = _peak(scores[row, max(0, column - 1) : column + 2], int(min(column, 1)))
    step_y = _peak(scores[max(0, row - 1) : row + 2, column], int(min(row, 1)))
    place = (float(places_x[row, column]) + step_x * factor, float(places_y[row, column]) + step_y * factor)
    return place, min(best, 1.0)


def _grid(origin: int, starts: list[float], cells: int, reach: float, size: int, factor: int) -> tuple[int, int]:
    """Start and length, in pixels, of the cells to read: whole steps from `origin`, inside the picture."""
    before = max(0, math.ceil((origin - min(starts)) / factor + reach))
    after = max(0, math.ceil((max(starts) - origin) / factor + reach))
    origin = min(max(origin, 0), max(0, size - cells * factor))
    start = origin - min(before, origin // factor) * factor
    count = min(after + cells + (origin - start) // factor, (size - start) // factor)
    return start, max(count, cells) * factor


def _correlation(region: NDArray[np.float32], patch: NDArray[np.float32]) -> NDArray[np.float64]:
    """Correlation at every place of the patch in the region, both less the patch's mean colour."""
    mean = patch.mean(axis=(0, 1), dtype=np.float64)
    centred, region64 = patch - mean, region - mean
    shape = region.shape[:2]
    spectrum = np.fft.rfft2(region64, shape, axes=(0, 1)) * np.conj(np.fft.rfft2(centred, shape, axes=(0, 1)))
    high, wide = shape[0] - patch.shape[0] + 1, shape[1] - patch.shape[1] + 1
    product = np.fft.irfft2(spectrum.sum(axis=2), shape)[:high, :wide]
    sums = np.pad((region64**2).sum(axis=2).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    down, right = patch.shape[:2]
    energy = sums[down:, right:] - sums[:-down, right:] - sums[down:, :-right] + sums[:-down, :-right]
    floor = _TEXTURE_FLOOR * patch.size / 3
    norm = np.sqrt(((centred**2).sum() + floor) * (np.maximum(energy, 0) + floor))
    return (product + floor) / norm


def _distance(x: NDArray[np.float64], y: NDArray[np.float64], start: Point, end: Point) -> NDArray[np.float64]:
    dx, dy = end[0] - start[0], end[1] - start[1]
    squared = dx * dx + dy * dy
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / squared, 0, 1) if squared else 0
    return np.hypot(x - start[0] - along * dx, y - start[1] - along * dy)


def _peak(scores: NDArray[np.float64], centre: int) -> float:
    """Offset of the parabola's top through three neighbours; 0 at an edge or where a match is perfect."""
    if scores.shape != (3,) or centre != 1 or not np.isfinite(scores).all() or scores[1] > 1 - 1e-6:
        return 0.0
    bend = scores[0] - 2 * scores[1] + scores[2]
    return float(np.clip((scores[0] - scores[2]) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0

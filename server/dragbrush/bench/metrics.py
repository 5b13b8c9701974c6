"""How near an edit came to the truth, measured on pictures; what a method believes plays no part."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dragbrush.bench.cases import Case, Picture

NEAR_PX = 2.0
"""Arrived: at most this far from the target, in pixels of a picture of 64."""
_SEARCH_PX = 6


@dataclass(frozen=True, slots=True)
class Score:
    """One row's result on one case."""

    row: str
    case: int
    name: str
    is_whole: bool
    remaining_px: float
    """From where the thing is to where it should be: the nearest of the scene drawn again at many places."""
    remaining_per_64: float
    template_px: float | None
    """The same for whole objects by the best match of the object's true pixels."""
    inside_db: float
    """PSNR against the truth inside the mask."""
    outside_db: float
    """PSNR against the source outside the mask; infinite where not one bit changed."""
    seconds: float


def score(case: Case, result: Picture, *, row: str, index: int, seconds: float) -> Score:
    side = min(case.source.shape[:2])
    remaining = remaining_px(case, result)
    inside = case.mask > 0
    return Score(
        row=row,
        case=index,
        name=case.name,
        is_whole=case.is_whole,
        remaining_px=remaining,
        remaining_per_64=remaining * 64 / side,
        template_px=template_px(case, result) if case.is_whole else None,
        inside_db=psnr(result, case.truth, inside),
        outside_db=psnr(result, case.source, ~inside),
        seconds=seconds,
    )


def psnr(first: Picture, second: Picture, where: NDArray[np.bool_]) -> float:
    """Peak signal to noise in dB over the chosen pixels."""
    error = np.square(first[where].astype(np.float64) - second[where]).mean() if where.any() else 0.0
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def remaining_px(case: Case, result: Picture) -> float:
    """Distance from the truth of the family's member that is nearest to the result inside the mask."""
    inside = case.mask > 0
    members = case.family.pictures[:, inside].astype(np.float32)
    errors = np.square(members - result[inside].astype(np.float32)).sum((1, 2))
    return float(np.hypot(*case.family.offsets_px[int(errors.argmin())]))


def template_px(case: Case, result: Picture) -> float:
    """Distance from its true place of the best match of the moved thing's own true pixels."""
    rows, columns = (case.arrives > 0.5).nonzero()
    wanted = case.truth[rows, columns].astype(np.float32)
    height, width = case.mask.shape
    reach = math.ceil(case.length_px) + _SEARCH_PX
    best, place = math.inf, (0, 0)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            y, x = rows + dy, columns + dx
            seen = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            if seen.mean() < 0.7:
                continue
            error = float(np.square(result[y[seen], x[seen]].astype(np.float32) - wanted[seen]).mean())
            if error < best:
                best, place = error, (dx, dy)
    return math.hypot(*place)

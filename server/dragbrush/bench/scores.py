"""How near a result is to the true one. Judges pictures alone: what a method believes plays no part. No torch."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragbrush.bench.cases import SCENE_SIDE_PX, Case

SOLID = 0.5
"""Coverage from which a pixel belongs to the thing that is searched for."""
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one result. PSNR is in dB and infinite where pictures are equal."""

    remaining_px: float
    """From where the redrawn scene that is most like the result has the thing, to where the truth has it."""
    remaining_per_64: float
    """The same for a picture of 64 pixels."""
    match_px: float | None
    """Whole objects: from where the thing's own pixels fit best, to the truth. None for parts, which bend."""
    psnr_inside: float
    """Against the truth, where the picture may change."""
    psnr_outside: float
    """Against the source, everywhere else."""


def score(case: Case, result: NDArray[np.uint8]) -> Scores:
    """Compares a result (h, w, 3) with the case's truth and source."""
    inside = case.mask > 0
    remaining = true_remaining_px(case, result)
    return Scores(
        remaining_px=remaining,
        remaining_per_64=remaining * SCENE_SIDE_PX / min(case.mask.shape),
        match_px=template_remaining_px(case, result) if case.moves == "object" else None,
        psnr_inside=psnr(result, case.truth, inside),
        psnr_outside=psnr(result, case.source, ~inside),
    )


def psnr(picture: NDArray[np.uint8], other: NDArray[np.uint8], where: NDArray[np.bool_]) -> float:
    """In dB over the pixels of `where` (h, w); infinite where there is no difference or no pixel."""
    difference = picture[where].astype(np.float64) - other[where]
    error = float((difference**2).mean()) if difference.size else 0.0
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def true_remaining_px(case: Case, result: NDArray[np.uint8]) -> float:
    """The distance to the truth of the family's member nearest to the result, within the mask."""
    inside = case.mask > 0
    members = case.family.pictures[:, inside].astype(np.float64)
    errors = ((members - result[inside]) ** 2).sum(axis=(1, 2))
    x, y = case.family.displacements[int(errors.argmin())]
    return math.hypot(x - case.motion[0], y - case.motion[1])


def template_remaining_px(case: Case, result: NDArray[np.uint8]) -> float:
    """The distance to the truth of the whole-pixel shift at which the thing's source pixels fit the result best."""
    height, width = case.mask.shape
    rows, columns = np.nonzero(case.part_alpha > SOLID)
    colours = case.source[rows, columns].astype(np.float32)
    weights = case.part_alpha[rows, columns].astype(np.float32)
    y, x = np.mgrid[-rows.min() : height - rows.max(), -columns.min() : width - columns.max()]
    shifts = np.stack([x.ravel(), y.ravel()], 1)
    errors = []
    for start in range(0, len(shifts), _CHUNK):
        part = shifts[start : start + _CHUNK]
        found = result[rows + part[:, 1:], columns + part[:, :1]].astype(np.float32)
        errors.append((((found - colours) ** 2).sum(axis=2) * weights).sum(axis=1))
    best: Any = shifts[int(np.concatenate(errors).argmin())]
    return math.hypot(best[0] - case.motion[0], best[1] - case.motion[1])

"""How near a result is to the true one. Judges pictures alone: what a method believes plays no part. No torch."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragbrush.bench.case import FRACTIONS, SCENE_SIDE_PX, Case, Pixels

SOLID = 0.5
"""Coverage from which a pixel belongs to the thing."""
TOLD_APART_LEVELS = 24
"""Source and truth must differ by this much where a pixel is to tell whether the thing was left behind."""
LEFT_PIXELS_MIN = 8
ONE_LEVEL_DB = 20 * math.log10(255)
SSIM_SIDE = 7
POSE_TIE = 1.02
"""An error this near to the least one tells nothing: a plain ball looks the same however it is turned."""
POSE_UNITS = (1.0, 20.0, 0.25)
"""How wrong a pixel of distance, a logarithm of size and a degree are beside each other: as far as an outline goes."""
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one result. PSNR is in dB and infinite where pictures are equal."""

    remaining_per_64: float | None
    """How far the handles' content is from where the truth has it, in the redrawn scene most like the result; in
    pixels of a picture of 64. None where there are no handles."""
    match_per_64: float | None
    """Whole objects: how far from its true place the truth's thing fits the result best. None for parts, and for
    a thing that stays."""
    psnr_inside: float
    """Against the truth, where the picture may change."""
    ssim_inside: float
    """The same by Wang et al. 2004, of brightness, over windows of SSIM_SIDE."""
    left_over: float | None
    """Share of the uncovered place that still looks more like the source than like the truth."""
    psnr_outside: float
    """Against the source, everywhere else."""
    centre_per_64: float | None = None
    """Of an object that the Move tool can move: how far its middle is from the truth's, in the redrawn scene most
    like the result."""
    size_error: float | None = None
    """By how much it is too large or too small there, as a share."""
    degrees_error: float | None = None
    """By how much it is turned wrongly there."""
    vacated_gain: float | None = None
    """PSNR to the truth of the place that it left, above that of the source there, dB."""
    colour_error: float | None = None
    """Of an object with a new look: the distance of its mean colour from the truth's, of the source's distance."""


def score(case: Case, result: Pixels) -> Scores:
    """Compares a result (h, w, 3) with the case's truth and source."""
    inside = case.mask > 0
    per_64 = SCENE_SIDE_PX / min(case.mask.shape)
    remaining, match, pose = remaining_px(case, result), match_px(case, result), pose_errors(case, result)
    return Scores(
        remaining_per_64=None if remaining is None else remaining * per_64,
        match_per_64=None if match is None else match * per_64,
        psnr_inside=psnr(result, case.truth, inside),
        ssim_inside=ssim(result, case.truth, inside),
        left_over=left_over(case, result),
        psnr_outside=psnr(result, case.source, ~inside),
        centre_per_64=None if pose is None else pose[0] * per_64,
        size_error=None if pose is None else pose[1],
        degrees_error=None if pose is None else pose[2],
        vacated_gain=vacated_gain(case, result),
        colour_error=colour_error(case, result),
    )


def psnr(picture: Pixels, other: Pixels, where: NDArray[np.bool_]) -> float:
    """In dB over the pixels of `where` (h, w); infinite where there is no difference or no pixel."""
    difference = picture[where].astype(np.float64) - other[where]
    error = float((difference**2).mean()) if difference.size else 0.0
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def ssim(picture: Pixels, other: Pixels, where: NDArray[np.bool_]) -> float:
    """Mean structural similarity of brightness over the windows whose middle is in `where` (h, w)."""
    x, y = (p.astype(np.float64) @ [0.299, 0.587, 0.114] for p in (picture, other))
    mean_x, mean_y = _blurred(x), _blurred(y)
    var_x, var_y = _blurred(x * x) - mean_x**2, _blurred(y * y) - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    similarity /= (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    return float(similarity[where].mean()) if where.any() else 1.0


def _blurred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the window around every pixel, the border mirrored."""
    padded = np.pad(values, SSIM_SIDE // 2, mode="reflect")
    return np.lib.stride_tricks.sliding_window_view(padded, (SSIM_SIDE, SSIM_SIDE)).mean(axis=(2, 3))


def remaining_px(case: Case, result: Pixels) -> float | None:
    """Mean distance of the handles' content to the truth, in the family's member nearest to the result in the mask."""
    if case.family is None:
        return None
    reached = case.family.places[int(_errors(case, case.family.pictures, result).argmin())]
    wanted = case.family.places[FRACTIONS.index(1.0)]
    return float(np.linalg.norm(reached - wanted, axis=1).mean())


def _errors(case: Case, members: Pixels, result: Pixels) -> NDArray[np.float64]:
    """(members,) summed squared differences of pictures (members, h, w, 3) to the result, in the mask."""
    inside = case.mask > 0
    return ((members[:, inside].astype(np.float64) - result[inside]) ** 2).sum(axis=(1, 2))


def pose_errors(case: Case, result: Pixels) -> tuple[float, float, float] | None:
    """Distance of the object's middle in pixels, share of its size, and degrees, by which its pose is wrong."""
    if case.poses is None:
        return None
    errors = _errors(case, case.poses.pictures, result)
    likely = np.abs(case.poses.offsets[errors <= POSE_TIE * errors.min()])
    distance, size, degrees = likely[(likely * POSE_UNITS).sum(axis=1).argmin()].tolist()
    return distance, math.expm1(size), degrees


def match_px(case: Case, result: Pixels) -> float | None:
    """Length of the whole-pixel shift where the truth's thing fits the result best; None of parts and of what stays."""
    if case.suite in ("drag-part", "appearance"):
        return None
    height, width = case.mask.shape
    rows, columns = np.nonzero(case.truth_alpha > SOLID)
    colours = case.truth[rows, columns].astype(np.float32)
    weights = case.truth_alpha[rows, columns].astype(np.float32)
    y, x = np.mgrid[-rows.min() : height - rows.max(), -columns.min() : width - columns.max()]
    shifts = np.stack([x.ravel(), y.ravel()], 1)
    errors = []
    for start in range(0, len(shifts), _CHUNK):
        part = shifts[start : start + _CHUNK]
        found = result[rows + part[:, 1:], columns + part[:, :1]].astype(np.float32)
        errors.append((((found - colours) ** 2).sum(axis=2) * weights).sum(axis=1))
    best: Any = shifts[int(np.concatenate(errors).argmin())]
    return math.hypot(*best)


def left_over(case: Case, result: Pixels) -> float | None:
    """None where the thing uncovers too little, or nothing that looks different."""
    source, truth = case.source.astype(np.float64), case.truth.astype(np.float64)
    is_uncovered = (case.source_alpha > SOLID) & (case.truth_alpha < 1 - SOLID)
    is_uncovered &= np.abs(source - truth).max(axis=2) >= TOLD_APART_LEVELS
    if is_uncovered.sum() < LEFT_PIXELS_MIN:
        return None
    to_truth, to_source = (np.linalg.norm(result - p, axis=2)[is_uncovered] for p in (truth, source))
    return float((to_truth > to_source).mean())


def vacated_gain(case: Case, result: Pixels) -> float | None:
    """None where nothing is left behind, or too little."""
    is_vacated = (case.source_alpha > SOLID) & (case.truth_alpha < SOLID)
    if is_vacated.sum() < LEFT_PIXELS_MIN:
        return None
    # A perfect place is worth no more than one level of 8 bits off.
    gained = [min(psnr(picture, case.truth, is_vacated), ONE_LEVEL_DB) for picture in (result, case.source)]
    return gained[0] - gained[1]


def colour_error(case: Case, result: Pixels) -> float | None:
    """None for objects that keep their look."""
    if case.suite != "appearance":
        return None
    is_object = case.truth_alpha > SOLID
    reached, wanted, before = (p[is_object].mean(axis=0) for p in (result, case.truth, case.source))
    return float(np.linalg.norm(reached - wanted) / np.linalg.norm(before - wanted))

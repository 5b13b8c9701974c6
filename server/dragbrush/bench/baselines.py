"""Edits without any method, to compare with: what a picture is worth untouched, or cut out and pasted."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dragbrush.bench.case import Case, Pixels
from dragbrush.imaging import spread

_SOLID = 0.5
_EDGE = 0.02
"""Coverage above which a pixel shows something of the thing and is filled anew."""


def do_nothing(case: Case) -> Pixels:
    """The source."""
    return case.source.copy()


def cut_and_paste(case: Case) -> Pixels:
    """The thing, cut out by its exact mask and moved by its exact transform; its old place filled from round it.

    Privileged: no person's selection is that exact.
    """
    source = (case.source / np.float32(255)).astype(np.float32)
    alpha = case.source_alpha[:, :, None]
    left_over = (case.source_alpha <= _EDGE).astype(np.float32)
    filled = spread(source, left_over)
    # The thing's own colours, continued past its mixed edge.
    own = spread(source, (case.source_alpha > 1 - _EDGE).astype(np.float32))
    moved = _transformed(np.concatenate([own * alpha, alpha], 2), case.transform)
    pasted = filled * (1 - moved[:, :, 3:]) + moved[:, :, :3]
    result = np.rint(np.clip(pasted, 0, 1) * 255).astype(np.uint8)
    return np.where(case.mask[:, :, None] > 0, result, case.source)


def plain_pixels(case: Case) -> Pixels:
    """The reference's object, cut out by its exact mask, laid over the picture by its exact transform."""
    assert case.reference is not None
    picture = (case.reference.picture / np.float32(255)).astype(np.float32)
    alpha = case.reference.alpha[:, :, None]
    own = spread(picture, (case.reference.alpha > 1 - _EDGE).astype(np.float32))
    laid = _transformed(np.concatenate([own * alpha, alpha], 2), case.transform, Image.Resampling.BICUBIC)
    result = case.source / 255 * (1 - laid[:, :, 3:]) + laid[:, :, :3]
    return np.where(case.mask[:, :, None] > 0, np.rint(np.clip(result, 0, 1) * 255).astype(np.uint8), case.source)


def colour_statistics(case: Case) -> Pixels:
    """The object with mean and deviation of each channel of the reference's object (Reinhard et al. 2001, of sRGB)."""
    assert case.reference is not None
    own = case.source[case.source_alpha > _SOLID].astype(np.float32)
    worn = case.reference.picture[case.reference.alpha > _SOLID].astype(np.float32)
    gain = worn.std(axis=0) / np.maximum(own.std(axis=0), 1)
    recoloured = np.clip((case.source - own.mean(axis=0)) * gain + worn.mean(axis=0), 0, 255)
    alpha = case.source_alpha[:, :, None]
    return np.rint(case.source + alpha * (recoloured - case.source)).astype(np.uint8)


def _transformed(
    values: NDArray[np.float32],
    matrix: NDArray[np.float64],
    resampling: Image.Resampling = Image.Resampling.BILINEAR,
) -> NDArray[np.float32]:
    """(h, w, c) with every pixel taken along (2, 3), 0 where nothing comes from."""
    back = np.linalg.inv(matrix[:, :2])
    # Pillow counts from the corner of the first pixel, our points from its middle.
    offset = 0.5 + back @ (-0.5 - matrix[:, 2])
    coefficients = (*back[0], offset[0], *back[1], offset[1])
    height, width = values.shape[:2]
    planes = [
        Image.fromarray(values[:, :, c]).transform((width, height), Image.Transform.AFFINE, coefficients, resampling)
        for c in range(values.shape[2])
    ]
    return np.stack([np.asarray(plane) for plane in planes], 2)

"""What a case of the benchmark is: an edit's inputs as pictures, its true result, and pictures to judge results by."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from dragbrush.edit import Drag

Pixels = NDArray[np.uint8]

SCENE_SIDE_PX = 64
"""Lengths in pixels below are for pictures of this side and grow with it."""
CHANGED_LEVELS = 3
DILATION_PX, CLOSING_PX = 2, 2
_TOUCHED = 0.02
"""Coverage above which a pixel shows something of the thing."""

FRACTIONS = tuple(i / 8 for i in range(-2, 13))
"""Of the edit; the family holds the scene after each, and beside some of them."""


@dataclass(frozen=True, slots=True)
class Family:
    """The scene drawn along the edit and beside it."""

    pictures: Pixels
    """(members, h, w, 3)"""
    places: NDArray[np.float64]
    """(members, handles, 2) where each member has what the source has at the handles, pixels."""


@dataclass(frozen=True, slots=True)
class Poses:
    """The scene drawn with the object in poses round the true one, and on its way there. The first is the truth."""

    pictures: Pixels
    """(members, h, w, 3)"""
    offsets: NDArray[np.float64]
    """(members, 3): how far the object's middle is from its true place in pixels, the logarithm of its size as a
    share of the true one, and by how many degrees it is turned from the truth."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The other picture of an edit of two."""

    picture: Pixels
    alpha: NDArray[np.float32]
    """(h, w) in [0, 1], the visible object that is pasted or whose look is wanted; its shadow not."""


@dataclass(frozen=True, slots=True)
class Case:
    """One edit with its true result. Pictures are uint8, (h, w, 3); points and lengths are picture pixels."""

    name: str
    suite: str
    caption: str
    """Of the source; where there is a reference, of the truth: what the edit is to make."""
    thing: str
    is_busy: bool
    """The uncovered background is not flat, or another object hides a part of the thing."""
    source: Pixels
    truth: Pixels
    mask: Pixels
    """(h, w), 255 where the picture may change: all that the thing and its shadow leave, sweep over and reach."""
    drags: tuple[Drag, ...]
    transform: NDArray[np.float64]
    """(2, 3) takes source pixels of the thing to the truth's; of a part, which bends, by its mean drag. Of a pasted
    thing, the reference's pixels."""
    source_alpha: NDArray[np.float32]
    """(h, w) in [0, 1], what of the source is the visible thing, its shadow not; a thing to be pasted is not there."""
    truth_alpha: NDArray[np.float32]
    """The same of the truth."""
    family: Family | None = None
    """Of cases with drags."""
    poses: Poses | None = None
    """Of cases that the Move tool can do."""
    reference: Reference | None = None


def change_mask(source: Pixels, truth: Pixels, swept: NDArray[np.float32], *, reach_px: float = DILATION_PX) -> Pixels:
    """(h, w), 255 on what differs and on what the thing sweeps over (h, w), larger by the reach, without holes."""
    changed = np.abs(source.astype(np.int16) - truth).max(axis=2) > CHANGED_LEVELS
    reach, closing = (round(px) for px in (reach_px, reach_px / DILATION_PX * CLOSING_PX))
    wide = grown(torch.from_numpy(changed | (swept > _TOUCHED)).float()[None], reach + closing)
    wide = -grown(-wide, closing)[0]
    outside = Image.fromarray(np.pad(wide.numpy().astype(np.uint8) * 255, 1)).copy()
    ImageDraw.floodfill(outside, (0, 0), 128)
    return np.where(np.asarray(outside)[1:-1, 1:-1] == 128, 0, 255).astype(np.uint8)


def grown(values: Tensor, radius: int) -> Tensor:
    """(1, h, w) with the highest value within a square of the radius at every place."""
    return torch.nn.functional.max_pool2d(values, 2 * radius + 1, stride=1, padding=radius)


def as_pixels(pictures: Tensor) -> Pixels:
    """(n, 3, h, w) in [0, 1] to (n, h, w, 3) uint8."""
    return (pictures * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()

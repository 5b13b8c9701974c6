"""A part of a picture as the float sRGB of models, and colours back in the picture's own space and depth."""

import numpy as np
from numpy.typing import NDArray

from dragbrush.imaging.picture import Picture, Samples
from dragbrush.imaging.profile import ColourSpace, colour_space
from dragbrush.imaging.spread import spread

Box = tuple[int, int, int, int]
"""(left, top, width, height) in picture pixels; may reach past the picture."""

_TRUSTED_ALPHA = 1 / 16
"""From this alpha on a straight colour is believed; below, 8-bit sources hold little but rounding."""


def space_of(picture: Picture) -> ColourSpace:
    """The colour space of the picture's samples; make it once for many strips."""
    return colour_space(picture.icc, picture.colour_channels)


def crop_to_srgb(
    picture: Picture, box: Box, *, under: NDArray[np.float32] | None = None, space: ColourSpace | None = None
) -> NDArray[np.float32]:
    """The box as sRGB (height, width, 3) in [0, 1], mirrored where it reaches past the picture.

    Colours under (nearly) no alpha are garbage in most files; there `under` (height, width, 3) shows, or,
    without it, the colours of the visible surroundings carried inward.
    """
    rgb, alpha = crop_with_alpha(picture, box, space=space)
    if alpha is None:
        return rgb
    weight = trust(alpha)
    if under is None:
        return spread(rgb, weight)
    return (rgb * weight[:, :, None] + under * (1 - weight[:, :, None])).astype(np.float32, copy=False)


def crop_with_alpha(
    picture: Picture, box: Box, *, space: ColourSpace | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """As `crop_to_srgb`, with straight colours as stored, and alpha (height, width) or None."""
    left, top, width, height = box
    rows = picture.samples[_mirrored(top, height, picture.height)]
    crop = rows[:, _mirrored(left, width, picture.width)].astype(np.float32)
    crop /= picture.maximum
    rgb = (space or space_of(picture)).to_srgb(crop[:, :, : picture.colour_channels])
    return rgb, (crop[:, :, -1] if picture.has_alpha else None)


def trust(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far a straight colour of this alpha is believed, in [0, 1]."""
    return np.minimum(alpha / np.float32(_TRUSTED_ALPHA), np.float32(1))


def srgb_to_samples(rgb: NDArray[np.float32], picture: Picture, *, space: ColourSpace | None = None) -> Samples:
    """sRGB (height, width, 3) as colour samples (height, width, 1 or 3) of the picture's space and depth."""
    own = (space or space_of(picture)).from_srgb(np.clip(rgb, 0, 1))
    return to_samples(own, picture)


def to_samples(values: NDArray[np.floating], picture: Picture) -> Samples:
    """Values in [0, 1] as samples of the picture's depth, rounded to nearest."""
    scaled = np.clip(values, 0, 1) * np.float32(picture.maximum)
    return np.rint(scaled, out=scaled).astype(np.uint8 if picture.bits == 8 else np.uint16)


def _mirrored(start: int, length: int, size: int) -> slice | NDArray[np.intp]:
    """Indices from `start` on, reflected at the edges (the edge sample twice); a slice where none is."""
    if start >= 0 and start + length <= size:
        return slice(start, start + length)
    position = np.arange(start, start + length) % (2 * size)
    return np.minimum(position, 2 * size - 1 - position)

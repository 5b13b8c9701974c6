"""Bringing an edited crop back into its layer: nothing unselected changes, and memory stays bounded."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dragbrush.errors import BadRequest, DragbrushError
from dragbrush.imaging.colour import space_of, to_samples
from dragbrush.imaging.fit import Fit
from dragbrush.imaging.mask import Mask, mask_box
from dragbrush.imaging.picture import Picture, Samples
from dragbrush.imaging.profile import ColourSpace
from dragbrush.imaging.resample import ReadRows, strip_rows

_TINY = np.finfo(np.float32).tiny


def paste(picture: Picture, fit: Fit, edited_rows: ReadRows, mask: Mask) -> Picture:
    """A new picture: `picture` where `mask` (layer height, layer width) is 0, else blended towards the edit.

    `edited_rows(start, stop)` gives rows of the crop as sRGB (stop - start, crop width, 3) in [0, 1], at
    layer resolution; a fourth channel is the edited straight alpha, for layers that have one. It is called
    once for each strip with something selected, in order. Without a fourth channel alpha stays as it is and
    so does every pixel under alpha 0. Costs one layer and a few strips of memory.
    Raises `BadRequest` when the mask is of another size or selects something outside the crop, and
    `DragbrushError` when the edit holds values that are not numbers.
    """
    if mask.dtype != np.uint8 or mask.shape != (picture.height, picture.width):
        raise BadRequest(f"The mask is {mask.dtype} of shape {mask.shape}; give uint8 of the picture's size.")
    left, top, width, height = mask_box(mask)
    right, bottom = left + width, top + height
    if width and not (
        fit.left <= left and fit.top <= top and right <= fit.left + fit.width and bottom <= fit.top + fit.height
    ):
        raise BadRequest("The mask selects something outside the edited crop; fit the crop to the mask.")
    space = space_of(picture)
    samples = picture.samples.copy()
    step = strip_rows(fit.width)
    for start in range(top, bottom, step):
        stop = min(start + step, bottom)
        strip_mask = mask[start:stop, left:right]
        is_selected = strip_mask > 0
        if not is_selected.any():
            continue
        edited = edited_rows(start - fit.top, stop - fit.top)
        if edited.shape[:2] != (stop - start, fit.width) or edited.shape[2] not in (3, 4):
            raise BadRequest(f"An edited strip has shape {edited.shape}, not {(stop - start, fit.width)} and 3 or 4.")
        edited = edited[:, left - fit.left : right - fit.left][is_selected]
        if not np.isfinite(edited).all():
            raise DragbrushError("The model returned values that are not numbers; the layer was not changed.")
        strip = samples[start:stop, left:right]
        strip[is_selected] = _blended(picture, space, strip[is_selected], edited, strip_mask[is_selected])
    return replace(picture, samples=samples)


def _blended(picture: Picture, space: ColourSpace, source: Samples, edited: NDArray[np.float32], mask: Mask) -> Samples:
    """Selected pixels (n, channels) moved towards the edit (n, 3 or 4) by mask / 255."""
    share = (mask.astype(np.float32) / np.float32(255))[:, None]
    values = source.astype(np.float32) / np.float32(picture.maximum)
    edited = np.clip(edited, 0, 1).astype(np.float32, copy=False)
    own = space.from_srgb(edited[:, :3])
    if not picture.has_alpha:
        return to_samples(values + share * (own - values), picture)
    colour, alpha = values[:, :-1], values[:, -1:]
    edited_alpha = edited[:, 3:] if edited.shape[1] == 4 else alpha
    # "over" weights: each colour counts by its share and its own alpha
    weight, edited_weight = alpha * (1 - share), edited_alpha * share
    sums = weight + edited_weight
    toward = edited_weight / np.maximum(sums, _TINY)
    blended = np.hstack((colour + toward * (own - colour), sums), dtype=np.float32)
    result = to_samples(blended, picture)
    if edited.shape[1] == 3:
        result[:, -1] = source[:, -1]
    is_hidden = result[:, -1] == 0
    result[is_hidden, :-1] = source[is_hidden, :-1]
    return result

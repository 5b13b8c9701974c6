"""What a model is shown: the crop of a `Fit` at the size of its canvas, read from the layer in strips."""

import numpy as np
from numpy.typing import NDArray

from dragbrush.imaging.colour import crop_with_alpha, space_of, trust
from dragbrush.imaging.fit import Fit
from dragbrush.imaging.picture import Picture
from dragbrush.imaging.resample import downscale_rows
from dragbrush.imaging.spread import spread

_LEAST_WEIGHT = 0.05
"""Below this share of visible pixels a canvas pixel's colour is taken from its surroundings."""


def read_canvas(picture: Picture, fit: Fit) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """sRGB (canvas height, canvas width, 3) in [0, 1], and alpha (canvas height, canvas width) or None.

    Parts past the layer mirror it. Transparent parts show the colours round them, so that a model is never
    shown what a file happens to hold under alpha 0; visible colours are averaged by visibility.
    """
    space = space_of(picture)

    def read_rows(start: int, stop: int) -> NDArray[np.float32]:
        rgb, alpha = crop_with_alpha(picture, (fit.left, fit.top + start, fit.width, stop - start), space=space)
        if alpha is None:
            return rgb
        weight = trust(alpha)
        return np.dstack((rgb * weight[:, :, None], weight, alpha))

    canvas = downscale_rows(read_rows, fit.crop_size, fit.canvas_size)
    if canvas.shape[2] == 3:
        return np.clip(canvas, 0, 1), None
    weight = canvas[:, :, 3]
    rgb = np.clip(canvas[:, :, :3] / np.maximum(weight, _LEAST_WEIGHT)[:, :, None], 0, 1)
    known = np.clip((weight - _LEAST_WEIGHT) / (1 - _LEAST_WEIGHT), 0, 1).astype(np.float32)
    return np.clip(spread(rgb.astype(np.float32, copy=False), known), 0, 1), np.clip(canvas[:, :, 4], 0, 1)

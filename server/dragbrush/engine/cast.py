"""The shadow of a pasted object: its outline laid on the ground, where the model expects the ground to be darker.

Maps are (h, w) on a canvas. Asked alone, the model draws such a shadow too soft and eats into what is beside it; what
it expects is enough to tell how the outline falls.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

SLOPES = (-1.1, -0.8, -0.5, -0.25, 0.0, 0.25, 0.5, 0.8, 1.1)
"""How far to the left a point of the outline falls for its height above the foot."""
DEPTHS = (-0.08, 0.08, 0.2, 0.35)
"""How far up the picture it falls for that height: ground is seen flat, from the front or from behind the light."""
SOFTNESS = 0.05
"""Deviation of the blur, of the object's width."""
SOFTNESS_MIN_PX = 0.8
EXPECTED_SHARE = 2.0
"""How much darker than expected a shadow is drawn: expectation mixes places that have one with places that do not."""
DARKNESS = (0.2, 0.35)
"""Least and most light that a shadow takes; measured on drawn scenes, where truth is 0.25 to 0.5."""
SEEN = 0.01
"""Share of light from which the model is taken to expect a shadow at all."""


def laid_outline(alpha: Tensor, slope: float, depth: float) -> Tensor:
    """The shadow of an object's alpha on flat ground through the lowest row that it covers by half, 0 to 1."""
    height, width = alpha.shape
    rows, cols = (alpha >= 0.5).nonzero(as_tuple=True)
    foot = float(rows.max()) + 0.5
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    up = (foot - y) / depth
    at = torch.stack([(x + slope * up + 0.5) / width, (foot - up + 0.5) / height], dim=-1) * 2 - 1
    fallen = F.grid_sample(alpha[None, None], at[None].to(alpha), align_corners=False)
    return _blurred(fallen, max(SOFTNESS_MIN_PX, SOFTNESS * float(cols.max() - cols.min() + 1)))[0, 0]


def fitted_shadow(light: Tensor, alpha: Tensor) -> Tensor:
    """How much light each place loses to the object: the laid outline that explains best where `light` is below 1.

    `light`: what the model expects with the object, as a share of without it. Least squares beside the object.
    """
    beside = (1 - alpha) ** 2
    taken = 1 - light.clamp(0.3, 1.5)
    best, explained, darkness = torch.zeros_like(alpha), 0.0, 0.0
    if not (alpha >= 0.5).any():
        return best
    for slope in SLOPES:
        for depth in DEPTHS:
            outline = laid_outline(alpha, slope, depth)
            energy = float((beside * outline**2).sum()) + 1e-6
            share = float((beside * outline * taken).sum()) / energy
            if share > 0 and share**2 * energy > explained:
                best, explained, darkness = outline, share**2 * energy, share
    if darkness < SEEN:
        return torch.zeros_like(alpha)
    return best * min(max(EXPECTED_SHARE * darkness, DARKNESS[0]), DARKNESS[1]) * (1 - alpha)


def _blurred(values: Tensor, deviation: float) -> Tensor:
    """(1, 1, h, w) blurred by a Gaussian of a deviation in pixels."""
    reach = round(4 * deviation)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / deviation) ** 2).to(values)
    kernel = kernel / kernel.sum()
    across = F.conv2d(F.pad(values, (reach, reach, 0, 0), mode="replicate"), kernel.view(1, 1, 1, -1))
    return F.conv2d(F.pad(across, (0, 0, reach, reach), mode="replicate"), kernel.view(1, 1, -1, 1))

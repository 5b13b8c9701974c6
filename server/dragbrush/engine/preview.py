"""A small picture of a latent without decoding it: the best linear map from latent to colour for this picture."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


class LatentPreview:
    """Fits four latent channels to three colours on the source, whose picture and latent are both known."""

    def __init__(self, latent: Tensor, canvas: Tensor) -> None:
        """`latent`: (1, 4, h, w); `canvas`: (1, 3, H, W) in [0, 1]."""
        colours = F.interpolate(canvas, size=latent.shape[-2:], mode="area").to(latent)
        # On the CPU in double: least squares of a few thousand rows, and some devices lack the solver.
        self._map = torch.linalg.lstsq(_with_one(latent), colours[0].flatten(1).T.double().cpu()).solution

    def __call__(self, latent: Tensor) -> np.ndarray:
        """(h, w, 3) uint8, one pixel a latent cell."""
        colours = (_with_one(latent) @ self._map).clamp(0, 1)
        return (colours * 255).round().to(torch.uint8).reshape(*latent.shape[-2:], 3).numpy()


def _with_one(latent: Tensor) -> Tensor:
    flat = latent[0].flatten(1).T.double().cpu()
    return torch.cat([flat, torch.ones_like(flat[:, :1])], dim=1)

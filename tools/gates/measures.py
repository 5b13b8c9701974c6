"""Measures of tensors."""

import math

import torch.nn.functional as F
from torch import Tensor


def psnr(a: Tensor, b: Tensor, where: Tensor | None = None) -> float:
    """In dB, of pictures (..., h, w) in [0, 1], over the pixels of `where` (h, w) bool; infinite if they are equal."""
    if where is not None:
        a, b = a[..., where], b[..., where]
    error = F.mse_loss(a.float(), b.float()).item()
    return math.inf if error == 0 else -10 * math.log10(error)


def mean_psnr(a: Tensor, b: Tensor) -> float:
    """The mean over a batch of each picture's own PSNR."""
    return mean([psnr(x, y) for x, y in zip(a, b, strict=True)])


def kurtosis(x: Tensor) -> float:
    """The fourth standardised moment of all values: 3 for a normal distribution."""
    x = x.cpu().double()  # not every device has doubles
    centred = x - x.mean()
    return float(centred.pow(4).mean() / centred.square().mean() ** 2)


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan

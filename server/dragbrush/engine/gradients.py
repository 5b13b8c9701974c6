"""Gradients through a denoiser that may compute in half precision."""

from collections.abc import Sequence

import torch
from torch import Tensor

_SCALES = (2.0**14, 2.0**8, 2.0**2)


def gradients(
    loss: Tensor, inputs: Sequence[Tensor], *, network: torch.dtype, keep_graph: bool = False
) -> tuple[Tensor, ...]:
    """The gradients of `loss` with respect to `inputs`, whose numbers are at least single.

    `network`: the denoiser's number format. In float16 what flows back would fall below its smallest number, a loss
    being a mean over 10^5 cells; it flows back enlarged, less so where that would pass its largest (loss scaling,
    Micikevicius et al. 2018, section 3.2).
    """
    if network != torch.float16:
        return torch.autograd.grad(loss, inputs, retain_graph=keep_graph)
    for scale in _SCALES:
        found = torch.autograd.grad(loss * scale, inputs, retain_graph=True)
        if all(bool(g.isfinite().all()) for g in found):
            return tuple(g / scale for g in found)
    return tuple(torch.zeros_like(x) for x in inputs)  # no direction to be had: nothing moves in this step

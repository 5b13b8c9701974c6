"""Motion supervision: the losses that pull features from handles to targets."""

import torch
import torch.nn.functional as F
from torch import Tensor


def sample(features: Tensor, cells: Tensor) -> Tensor:
    """Bilinear samples (c, ...) of a map (1, c, h, w) at (row, column) cells (..., 2); past the border, the border."""
    height, width = features.shape[-2:]
    scale = torch.tensor([max(width - 1, 1), max(height - 1, 1)], device=cells.device, dtype=features.dtype)
    grid = cells.flip(-1).to(features.dtype) / scale * 2 - 1
    sampled = F.grid_sample(
        features, grid.reshape(1, 1, -1, 2), mode="bilinear", padding_mode="border", align_corners=True
    )
    return sampled.reshape(features.shape[1], *cells.shape[:-1])


def patch_loss(features: Tensor, handles: Tensor, targets: Tensor, *, radius: int, reached: float) -> Tensor:
    """DragDiffusion equation 3: each handle's patch, as it is now, is wanted one cell nearer to the target.

    `features` (1, c, h, w) with gradient; `handles`, `targets` (n, 2) cells (row, column). The channel mean
    of the L1 difference is summed over a patch of 2 radius + 1 cells a side and over the handles that are
    at least `reached` cells from their targets.
    """
    way = targets - handles
    distance = way.norm(dim=1, keepdim=True)
    unit = way / distance.clamp_min(1e-6)
    side = torch.arange(-radius, radius + 1, device=features.device, dtype=features.dtype)
    offsets = torch.stack(torch.meshgrid(side, side, indexing="ij"), dim=-1).reshape(1, -1, 2)
    patch = handles[:, None] + offsets
    taught = sample(features.detach(), patch)
    moved = sample(features, patch + unit[:, None])
    per_handle = (taught - moved).abs().mean(0).sum(1)
    return (per_handle * (distance[:, 0] >= reached)).sum()


def region_loss(features: Tensor, taught: Tensor, region: Tensor) -> Tensor:
    """The picture's first features, carried along the displacement field, are wanted over the whole region.

    `features`, `taught`: (1, c, h, w); `region`: (h, w) weights. Returns the mean L1 difference.
    """
    difference = (features - taught).abs().mean(1)[0]
    return (difference * region).sum() / region.sum().clamp_min(1e-6)


def background_loss(previous: Tensor, first_previous: Tensor, mask: Tensor) -> Tensor:
    """DragDiffusion equation 3, second term: the previous step's latent outside the mask, summed L1."""
    return ((previous - first_previous) * (1 - mask)).abs().sum()

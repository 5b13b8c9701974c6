"""Point tracking: where a handle's first feature is found now (DragDiffusion section 3.2, equation 5)."""

import torch
from torch import Tensor


def track(first: Tensor, now: Tensor, origins: Tensor, handles: Tensor, *, radius: int) -> Tensor:
    """The cell round each handle whose feature is nearest, in L1, to the feature the handle began with.

    `first`, `now`: feature maps (1, c, h, w). `origins`, `handles`: (n, 2) whole cells (row, column).
    Returns (n, 2). The window has 2 radius + 1 cells a side and is cut at the border. All on the device.
    """
    height, width = now.shape[-2:]
    offsets = torch.arange(-radius, radius + 1, device=now.device)
    rows = (handles[:, 0, None] + offsets).clamp(0, height - 1)[:, :, None]
    cols = (handles[:, 1, None] + offsets).clamp(0, width - 1)[:, None, :]
    window = now[0][:, rows, cols]
    taught = first[0][:, origins[:, 0], origins[:, 1]][:, :, None, None]
    # Half precision is too coarse to tell neighbouring cells apart.
    distance = (window - taught).to(torch.promote_types(now.dtype, torch.float32)).abs().sum(0)
    best = distance.flatten(1).argmin(1)
    side = len(offsets)
    picked = torch.arange(len(handles), device=now.device)
    return torch.stack([rows[picked, best // side, 0], cols[picked, 0, best % side]], dim=1)

"""The instant method: pixels moved along the field. No model; holes are left to whoever fills them."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.engine.field import TEAR, Field

Fetch = Callable[[int, int, int, int], Tensor]
"""(top, bottom, left, right) -> that part of the source as float (c, rows, columns)."""


def warp_rows(fetch: Fetch, size: tuple[int, int], field: Field, start: int, stop: int) -> Tensor:
    """Rows `start` to `stop` of a picture of `size` (height, width) moved along the field: (c, rows, width).

    Only the part of the source that these rows need is fetched. Where the field tears, the colours that its
    neighbouring cells bring are mixed, not the displacements, so that outlines stay clean.
    """
    height, width = size
    grid_h, grid_w = field.hole.shape
    scale = torch.tensor([width / grid_w, height / grid_h])[:, None, None]
    moves = field.displacement * scale
    u, v = _cells((grid_h, grid_w), size, start, stop)
    at = torch.stack(torch.meshgrid(torch.arange(width), torch.arange(start, stop), indexing="xy")).float()
    origin_of = at - enlarged_rows(moves, size, start, stop)

    low_v, low_u = (x.floor().long() for x in (v, u))
    rows = [(low_v + d).clamp(0, grid_h - 1) for d in (0, 1)]
    cols = [(low_u + d).clamp(0, grid_w - 1) for d in (0, 1)]
    torn = _torn(field)[rows[0][:, None], cols[0]].nonzero(as_tuple=True)

    reach = moves[:, rows[0].min() : rows[1].max() + 1].abs().amax((1, 2))
    left, right = _span(origin_of[0], reach[0] if len(torn[0]) else 0, width)
    top, bottom = _span(origin_of[1], reach[1] if len(torn[0]) else 0, height)
    source = fetch(top, bottom, left, right)[None]
    origin = torch.tensor([left, top], dtype=torch.float32)[:, None, None]
    result = _sample(source, origin_of - origin)
    if len(torn[0]):
        places = at[:, torn[0], torn[1]] - origin[:, :, 0]
        part_v, part_u = (v - low_v)[torn[0]], (u - low_u)[torn[1]]
        mixed = torch.zeros_like(result[:, torn[0], torn[1]])
        for dv, du in ((0, 0), (0, 1), (1, 0), (1, 1)):
            move = moves[:, rows[dv][torn[0]], cols[du][torn[1]]]
            weight = (part_v if dv else 1 - part_v) * (part_u if du else 1 - part_u)
            mixed += weight * _sample(source, (places - move)[:, None])[:, 0]
        result[:, torn[0], torn[1]] = mixed
    return result


def enlarged_rows(grid: Tensor, size: tuple[int, int], start: int, stop: int) -> Tensor:
    """Rows `start` to `stop`, (c, rows, width), of a grid (c, h, w) brought to `size`, bilinear."""
    u, v = _cells(grid.shape[-2:], size, start, stop)
    return _sample(grid[None], torch.stack(torch.meshgrid(u, v, indexing="xy")))


def _cells(grid: tuple[int, ...], size: tuple[int, int], start: int, stop: int) -> tuple[Tensor, Tensor]:
    """Where the columns, and the rows `start` to `stop`, of a picture of `size` lie on a grid over it."""
    v = (torch.arange(start, stop) + 0.5) * grid[0] / size[0] - 0.5
    u = (torch.arange(size[1]) + 0.5) * grid[1] / size[1] - 0.5
    return u, v


def _torn(field: Field) -> Tensor:
    """(h, w) bool: the square of cells that begins at this one brings content from far apart places."""
    padded = F.pad(field.displacement[None], (0, 1, 0, 1), mode="replicate")
    highest = F.max_pool2d(padded, 2, stride=1)
    lowest = -F.max_pool2d(-padded, 2, stride=1)
    return ((highest - lowest)[0] > TEAR).any(0)


def _span(positions: Tensor, reach: float | Tensor, size: int) -> tuple[int, int]:
    """The range of whole pixels, inside `size`, that samples at these positions and within reach need."""
    first = max(int(positions.min() - reach) - 1, 0)
    last = min(int(positions.max() + reach) + 2, size)
    first = min(first, size - 1)
    return first, max(last, first + 1)


def _sample(source: Tensor, at: Tensor) -> Tensor:
    """Bilinear samples (c, rows, columns) of (1, c, h, w) at pixel positions (2, rows, columns) given as (x, y)."""
    height, width = source.shape[-2:]
    size = torch.tensor([width, height], dtype=torch.float32)[:, None, None]
    grid = ((at + 0.5) / size * 2 - 1).permute(1, 2, 0)[None]
    return F.grid_sample(source, grid, mode="bilinear", padding_mode="border", align_corners=False)[0]

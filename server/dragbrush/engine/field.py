"""The displacement field: where every pixel of the selection should go, from a few handles and targets.

One field serves all speeds: the instant warp moves pixels by it, the latent is carried along it, and it says
which feature of the source each place of the result should have.

Handles pull what belongs to them (near, without crossing an outline: `geodesic`), the unselected surroundings
hold what belongs to them, and the rest gives way in between. Several handles turn their content rigidly, by
moving least squares (Schaefer et al. 2006, section 2.3). Points and displacements are (x, y), in grid cells.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.engine.geodesic import geodesic_distances

SLACK = 0.3
"""Part of the way from a handle to the surroundings that goes whole with it, and as much that stays whole."""
MIXING = 2
"""Power of the inverse distance among handles; smooth in between, exact at each."""
SMOOTHING = 1.5
"""Deviation in cells of the smoothing that takes grain out of the field, and of the picture it is drawn from."""
TURN_RADIUS = 0.03
"""Share of the grid's side within which a handle turns nothing, so that separate things do not turn each other."""
TEAR = 2.0
"""Difference of displacement between neighbours, in cells, from which content tears instead of stretching."""
SAMPLES = 3
"""Samples along a cell's side that carry its content to the target; they cover a stretch as long as it holds."""
FRONT = 20.0
"""How strongly moved content covers resting content where both arrive."""
NEARER = 0.3
"""How strongly, for each cell of the way, content from near covers content from far."""
GAP = 8
"""Cells within which moved content on every side closes a gap: it is one thing, pulled wide."""


@dataclass(frozen=True, slots=True)
class Field:
    """The field seen from the result: each place of the result is `displacement` away from its source."""

    displacement: Tensor
    """(2, h, w): the content of cell y came from y - displacement[:, y]."""
    moved: Tensor
    """(h, w), 0 to 1: how much of what is there was pulled there by the handles."""
    hole: Tensor
    """(h, w) bool: nothing arrives here; the content is to be made up."""

    def resized(self, height: int, width: int) -> "Field":
        """The field on another grid over the same area. Cells are picked, not mixed: mixing would smear tears."""
        h, w = self.hole.shape
        rows = ((torch.arange(height) + 0.5) * h / height).long()[:, None]
        cols = ((torch.arange(width) + 0.5) * w / width).long()[None]
        scale = torch.tensor([width / w, height / h])[:, None, None]
        return Field(self.displacement[:, rows, cols] * scale, self.moved[rows, cols], self.hole[rows, cols])

    def source_cells(self) -> Tensor:
        """(h, w, 2): the (row, column) each cell's content comes from."""
        h, w = self.hole.shape
        rows, cols = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        return torch.stack([rows - self.displacement[1], cols - self.displacement[0]], dim=-1)


class Pull:
    """What the handles hold of one picture; ready to be pulled to any targets, as often as a hand moves."""

    def __init__(self, guide: np.ndarray, mask: np.ndarray, handles: np.ndarray) -> None:
        """`guide`: (h, w, 3) float in [0, 1]; `mask`: (h, w) in [0, 1]; `handles`: (n, 2) cells (x, y)."""
        height, width = mask.shape
        side = max(height, width)
        rows, cols = np.mgrid[:height, :width]
        near = np.hypot(cols - handles[:, 0, None, None], rows - handles[:, 1, None, None])
        grip = np.maximum(near.min(axis=(1, 2)), 0.012 * side)
        held = mask <= 0.02
        if not held.any():
            held[[0, -1], :] = held[:, [0, -1]] = True
        seeds = np.concatenate([near <= grip[:, None, None], held[None]])
        distances = geodesic_distances(_smooth(guide.transpose(2, 0, 1)).transpose(1, 2, 0), seeds)
        closeness = 1 / np.maximum(distances, 0.5 / side).astype(np.float64)
        pulled = closeness[:-1].sum(0)
        share = np.clip((pulled / (pulled + closeness[-1]) - SLACK) / (1 - 2 * SLACK), 0, 1)
        near_smoothly = np.maximum(_smooth(np.minimum(distances[:-1], 1e3)), 0.5 / side)
        self._weights = torch.from_numpy(near_smoothly.astype(np.float64) ** -MIXING)
        self.share = torch.from_numpy(np.where(held, 0, _smooth(share[None])[0])).float()
        """(h, w), 0 to 1: how firmly the handles, against the surroundings, hold each cell."""
        self._handles = torch.from_numpy(handles.astype(np.float64))
        self._held = torch.from_numpy(held)

    def to(self, targets: np.ndarray) -> Field:
        """The field that brings the handles to `targets`, (n, 2) cells (x, y)."""
        rigid = self._rigid(torch.from_numpy(targets.astype(np.float64)))
        # Where giving way would stretch beyond tearing, and a little round it, content goes whole or stays;
        # the cells along the cut on the resting side, part object and part surroundings, do neither.
        torn = _steepness(self.share) * torch.hypot(*rigid) > TEAR
        cut = (torch.from_numpy(_smooth(torn[None].numpy())[0]) * 3).clamp(max=1)
        share = torch.lerp(self.share, (self.share > 0.5).float(), cut)
        lost = (cut > 0.5) & (self.share < 0.5) & (self.share > 0.02)
        return _seen_from_result(rigid * share, share, lost=lost, held=self._held)

    def _rigid(self, targets: Tensor) -> Tensor:
        """(2, h, w): how far each cell would go if the handles held it alone."""
        height, width = self.share.shape
        rows, cols = torch.meshgrid(
            torch.arange(height, dtype=torch.float64), torch.arange(width, dtype=torch.float64), indexing="ij"
        )
        at = torch.stack([cols, rows])
        if len(targets) == 1:
            shift = (targets - self._handles)[0]
            return shift[:, None, None].expand_as(at).float()
        w = self._weights / self._weights.sum(0)
        p_mean, q_mean = (torch.einsum("nhw,nc->chw", w, points) for points in (self._handles, targets))
        p_off = self._handles[:, :, None, None] - p_mean
        q_off = targets[:, :, None, None] - q_mean
        rest = (TURN_RADIUS * max(height, width)) ** 2
        cos = (w * (p_off * q_off).sum(1)).sum(0) + rest
        sin = (w * (p_off[:, 0] * q_off[:, 1] - p_off[:, 1] * q_off[:, 0])).sum(0)
        norm = torch.hypot(cos, sin).clamp_min(1e-12)
        cos, sin = cos / norm, sin / norm
        x, y = at - p_mean
        turned = torch.stack([cos * x - sin * y, sin * x + cos * y])
        return (turned + q_mean - at).float()


def _smooth(values: np.ndarray) -> np.ndarray:
    """Gaussian smoothing of (c, h, w), held at the border."""
    reach = int(3 * SMOOTHING)
    kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / SMOOTHING) ** 2)
    kernel = (kernel / kernel.sum()).to(torch.float32)
    x = torch.from_numpy(np.ascontiguousarray(values, np.float32))[:, None]
    x = F.conv2d(F.pad(x, (reach, reach, 0, 0), mode="replicate"), kernel[None, None, None])
    x = F.conv2d(F.pad(x, (0, 0, reach, reach), mode="replicate"), kernel[None, None, :, None])
    return x[:, 0].numpy()


def _seen_from_result(forward: Tensor, share: Tensor, *, lost: Tensor, held: Tensor) -> Field:
    """Carries every cell forward and notes, where it arrives, from how far it came.

    Moved content covers resting content; `lost` cells are carried nowhere.
    """
    height, width = share.shape
    moving = (torch.hypot(*forward) > 0.05) & ~lost
    resting = ~moving & ~lost
    every = SAMPLES**2
    # Rows: displacement x and y and share, weighted by front; front; number of samples.
    arrived = torch.zeros(5, height, width)
    arrived[3:, resting] = torch.tensor([[1.0], [1.0]]) * every

    row, col = moving.nonzero(as_tuple=True)
    offset = (torch.arange(SAMPLES) + 0.5) / SAMPLES - 0.5
    down, right = (o.reshape(-1, 1) for o in torch.meshgrid(offset, offset, indexing="ij"))
    values = torch.cat([forward, share[None]])
    slope_down, slope_right = (_slope(values, dim)[:, None, row, col] for dim in (1, 2))
    carried = values[:, None, row, col] + slope_down * down + slope_right * right
    to_col = (col + right + carried[0]).round().long()
    to_row = (row + down + carried[1]).round().long()
    inside = (to_col >= 0) & (to_col < width) & (to_row >= 0) & (to_row < height)
    carried, cell = carried[:, inside], (to_row * width + to_col)[inside]
    front = torch.exp(FRONT * carried[2] - NEARER * torch.hypot(*carried[:2]))
    ones = torch.ones_like(front)
    arrived = arrived.flatten(1).index_add(1, cell, torch.stack([*(carried * front), front, ones]))
    arrived = arrived.reshape(5, height, width)

    # A cell that a stretch has passed over takes its neighbours' mean; a cell among empty ones is a hole.
    around = F.avg_pool2d(arrived[None], 3, stride=1, padding=1, count_include_pad=False)[0]
    empty = arrived[4] == 0
    known = torch.where(empty, around, arrived)
    brought = known[:3] / known[3].clamp_min(1e-30)
    hole = empty & (around[4] < 0.3 * every) & ~held
    gap = hole & _enclosed(~hole & (brought[2] > 0.5))
    brought = _closed(brought, hole)
    hole = hole & ~gap
    still = held | hole
    brought = _without_specks(brought)
    moved = brought[2].clamp(0, 1)
    return Field(brought[:2].masked_fill(still, 0), moved.masked_fill(still, 0), hole)


def _enclosed(content: Tensor) -> Tensor:
    """(h, w) bool: content lies within GAP cells in each of the eight directions."""
    height, width = content.shape
    padded = F.pad(content, (GAP,) * 4)
    enclosed = torch.ones_like(content)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1), (0, -1), (-1, 0), (-1, -1), (-1, 1)):
        met = torch.zeros_like(content)
        for step in range(1, GAP + 1):
            top, left = GAP + step * down, GAP + step * right
            met |= padded[top : top + height, left : left + width]
        enclosed &= met
    return enclosed


def _closed(values: Tensor, hole: Tensor) -> Tensor:
    """(c, h, w) with cells of holes set to the mean of what surrounds them, GAP cells inwards from the rim."""
    known = (~hole).float()
    for _ in range(GAP):
        if known.all():
            break
        sums = F.avg_pool2d(torch.cat([values * known, known[None]])[None], 3, stride=1, padding=1)[0]
        values = torch.where(known.bool(), values, sums[:-1] / sums[-1].clamp_min(1e-6))
        known = torch.where(known.bool(), known, (sums[-1] > 0).float())
    return values


def _without_specks(values: Tensor) -> Tensor:
    """The median of every cell and its eight neighbours, (c, h, w)."""
    padded = F.pad(values[None], (1, 1, 1, 1), mode="replicate")
    return F.unfold(padded.transpose(0, 1), 3).median(dim=1).values.reshape(values.shape)


def _slope(values: Tensor, dim: int) -> Tensor:
    """Central differences per cell of (c, h, w) along a dimension; zero where a neighbour is torn away."""
    forth = torch.diff(values, dim=dim, append=values.narrow(dim, -1, 1))
    back = torch.diff(values, dim=dim, prepend=values.narrow(dim, 0, 1))
    smooth = torch.maximum(forth[:2].abs().amax(0), back[:2].abs().amax(0)) < SAMPLES
    return (forth + back) / 2 * smooth


def _steepness(share: Tensor) -> Tensor:
    """(h, w): the largest difference between a cell and its four neighbours."""
    steep = torch.zeros_like(share)
    for dim in (0, 1):
        step = share.diff(dim=dim).abs()
        near, far = (share.narrow(dim, at, 1) * 0 for at in (0, share.shape[dim] - 1))
        steep = torch.maximum(steep, torch.maximum(torch.cat([near, step], dim), torch.cat([step, far], dim)))
    return steep

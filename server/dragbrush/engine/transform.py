"""A rigid change of one object: which place of the result has the content of which place of the source.

Pixels are (x, y) of a canvas, cells (row, column) of a grid that lies over it; grids may be of any size. Rows
and columns never share a scale, so pictures need not be square.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.edit import Point
from dragbrush.engine.carry import carried_rows, origins
from dragbrush.engine.field import Field

PRESENT = 0.02
"""Share of an object in a cell from which the cell shows something of it."""


def similarity(
    centre: Point, *, by_px: Point = (0.0, 0.0), scale: float = 1.0, degrees: float = 0.0, mirror: bool = False
) -> Tensor:
    """(2, 3) float64 that takes pixels (x, y) to where they go; the centre is shifted only.

    Mirrored left to right first, then resized, then turned clockwise (y points down), then shifted.
    """
    cos, sin = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    linear = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    if mirror:
        linear = linear * torch.tensor([-1.0, 1.0], dtype=torch.float64)
    middle = torch.tensor(centre, dtype=torch.float64)
    shift = middle + torch.tensor(by_px, dtype=torch.float64) - linear @ middle
    return torch.cat([linear, shift[:, None]], dim=1)


def cells_of(mask: Tensor, height: int, width: int) -> Tensor:
    """(height, width) bool: the cells that an object's mask (H, W) fills by half; the fullest where none is."""
    share = share_of(mask, height, width)
    return (share > 0) & (share >= 0.5 * share.max())


def share_of(mask: Tensor, height: int, width: int) -> Tensor:
    """(height, width): how much of each cell a mask (H, W) covers."""
    return F.adaptive_avg_pool2d(mask[None, None], (height, width))[0, 0]


@dataclass(frozen=True, slots=True)
class Placement:
    """An object of one canvas and the place it gets on another, which may be the same one."""

    mask: Tensor
    """(H0, W0) in [0, 1]: the object on its own canvas."""
    matrix: Tensor
    """(2, 3): takes pixels (x, y) of its canvas to pixels of the edited one."""
    size: tuple[int, int]
    """(H, W) of the edited canvas."""

    def gone(self) -> "Placement":
        """The object taken out of the picture, so that only what it leaves is to be drawn."""
        away = torch.eye(2, 3, dtype=torch.float64)
        away[0, 2] = 2.0 * (self.mask.shape[1] + self.size[1])
        return Placement(self.mask, away, self.size)

    def placed(self) -> Tensor:
        """(H, W) in [0, 1]: the object's mask where it is to be; empty when that is outside the canvas."""
        return self.carry(self.mask[None])[0]

    def carry(self, values: Tensor) -> Tensor:
        """(c, H, W): what lies on the object's canvas (c, H0, W0) where it is to be; 0 from outside that canvas."""
        return carried_rows(
            lambda top, bottom, left, right: values[:, top:bottom, left:right],
            (values.shape[1], values.shape[2]),
            values.shape[0],
            self.matrix,
            self.size[1],
            0,
            self.size[0],
        )

    def sources(self, grid: tuple[int, int], of: tuple[int, int]) -> Tensor:
        """(h, w, 2): for each cell of a `grid` over the edited canvas the (row, column) its content comes from.

        `of`: the size of the grid over the object's own canvas that these cells count in.
        """
        origins = self._origins(*grid)
        scale = torch.tensor([of[1] / self.mask.shape[1], of[0] / self.mask.shape[0]], dtype=torch.float64)
        return ((origins + 0.5) * scale - 0.5).flip(-1).float()

    def _origins(self, height: int, width: int) -> Tensor:
        """(h, w, 2): the pixel (x, y) of the object's canvas that comes to each cell's middle."""
        rows, cols = (
            (torch.arange(cells, dtype=torch.float64) + 0.5) * side / cells - 0.5
            for cells, side in zip((height, width), self.size, strict=True)
        )
        return origins(self.matrix, cols, rows)


def vacated(mask: Tensor, height: int, width: int) -> Tensor:
    """(height, width) bool: cells that show something of an object, and their neighbours, mixed along its outline."""
    shown = (share_of(mask, height, width) > PRESENT).float()[None, None]
    return F.max_pool2d(shown, 3, stride=1, padding=1)[0, 0] > 0


def background_field(mask: Tensor, height: int, width: int) -> Field:
    """The field of a picture that its object has left: nothing moves, and where the object was is a hole."""
    still = torch.zeros(height, width)
    return Field(torch.zeros(2, height, width), still, vacated(mask, height, width))

"""Which keys and values an edit looks up: DragonDiffusion's visual cross-attention, and lookups by object.

Every function gives the rule of one timestep. Tokens are the cells of a layer's grid, row by row; regions are
(H, W) masks of a canvas, brought to each layer's grid.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.engine.attention import KeyValueBank, Rule
from dragbrush.engine.transform import cells_of


def appended(bank: KeyValueBank, t: int) -> Rule:
    """The source's tokens after the edit's own."""

    def rule(layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        both = zip((keys, values), bank.at(t, layer), strict=True)
        joined_keys, joined_values = (torch.cat([own, kept.expand(len(own), -1, -1)], dim=1) for own, kept in both)
        return joined_keys, joined_values

    return rule


def gathered(parts: Sequence[tuple[KeyValueBank, Tensor]], t: int) -> Rule:
    """The tokens of several pictures, of each those inside its region (H, W) bool, instead of the edit's own."""

    def rule(layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        picked = [
            [tensor[:, tokens_of(region, tensor.shape[1])] for tensor in bank.at(t, layer)] for bank, region in parts
        ]
        all_keys, all_values = (torch.cat(tensors, dim=1) for tensors in zip(*picked, strict=True))
        return all_keys.expand(len(keys), -1, -1), all_values.expand(len(values), -1, -1)

    return rule


def by_object(base: KeyValueBank, reference: KeyValueBank, t: int, *, org: Tensor, cur: Tensor, left: Tensor) -> Rule:
    """Places of the object look it up where it came from; all others look up the picture without it.

    Masks: `org` (H0, W0), the object in the reference; `cur` (H, W), its place; `left` (H, W), where it was in
    the base, which nothing looks up.
    """

    def rule(layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        base_keys, base_values = base.at(t, layer)
        object_keys, object_values = reference.at(t, layer)
        from_object, here, gone = (
            cells_of(mask, *grid_of(tokens, mask.shape)).flatten()
            for mask, tokens in ((org, object_keys.shape[1]), (cur, keys.shape[1]), (left, keys.shape[1]))
        )
        kept = ~gone
        all_keys = torch.cat([base_keys[:, kept], object_keys[:, from_object]], dim=1)
        all_values = torch.cat([base_values[:, kept], object_values[:, from_object]], dim=1)
        of_object = torch.arange(all_keys.shape[1], device=here.device) >= int(kept.sum())
        seen = here[:, None] == of_object
        seen |= ~seen.any(dim=1, keepdim=True)  # where the object is all there is
        return all_keys.expand(len(keys), -1, -1), all_values.expand(len(values), -1, -1), seen

    return rule


def tokens_of(region: Tensor, tokens: int) -> Tensor:
    """(tokens,) bool: the cells of a layer of so many tokens that a region (H, W) of the canvas takes, nearest."""
    size = grid_of(tokens, region.shape[-2:])
    return F.interpolate(region[None, None].float(), size=size)[0, 0].flatten() > 0


def grid_of(tokens: int, size: Sequence[int]) -> tuple[int, int]:
    """The rows and columns of a layer's tokens over a canvas of `size` (height, width)."""
    aspect = math.log(size[0] / size[1])
    rows = [n for n in range(1, tokens + 1) if tokens % n == 0]
    best = min(rows, key=lambda n: abs(math.log(n * n / tokens) - aspect))
    return best, tokens // best

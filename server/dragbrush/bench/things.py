"""What the benchmark edits in a scene: an object or a part of it, how much of it is seen, and how it got elsewhere."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dragbrush.bench.edits import only
from dragbrush.bench.kinds import KIND_NAMES, KINDS
from dragbrush.bench.paint import to_pixels, visible_alpha
from dragbrush.bench.primitives import BODY, PART, SECOND_PART
from dragbrush.bench.world import Scene, draw_scenes

WHOLE = 0
"""In place of a part's group: all of the object."""
OBJECTS = tuple((name, WHOLE) for name in KIND_NAMES)
VISIBLE_SHARE_MIN = 0.6
"""Of the thing's own area: other objects may hide the rest, at the start and at the end."""
GROUND_MARGIN = 0.08
"""Scene units between the horizon and where an object stands."""
BUSY_LEVELS = 14.0
"""Deviation of colour in the background that a simple fill cannot restore."""
SCENES_MAX = 20_000
"""Scenes in a row that one seed of a suite looks through before it goes on further away."""
BLOCK_STRIDE = 100_000_000
"""From one such row to the next: beyond those of other suites and seeds."""
_BORDER_PX = 1


@dataclass(frozen=True, slots=True)
class Thing:
    """What is edited in a scene: an object, or a part of it."""

    slot: int
    group: int
    kind: str

    @property
    def groups(self) -> tuple[int, ...]:
        return (self.group,) if self.group else (BODY, PART, SECOND_PART)

    @property
    def name(self) -> str:
        return f"{self.kind}'s {KINDS[KIND_NAMES.index(self.kind)].parts[self.group]}" if self.group else self.kind

    def alpha(self, scene: Scene, side: int) -> Tensor:
        """(n, side, side) coverage by what is visible of the thing."""
        return visible_alpha(scene, side, side, self.slot, self.groups)


def scenes_from(seed: int) -> Iterator[tuple[Scene, np.random.Generator]]:
    """Scenes one by one, without end, each with its own random numbers."""
    for first in count(seed, BLOCK_STRIDE):
        for number in range(first, first + SCENES_MAX):
            yield draw_scenes(1, torch.Generator().manual_seed(number)), np.random.default_rng(number)


def visible_share(scene: Scene, thing: Thing, side: int) -> float:
    """How much of the thing no other object hides."""
    return float(thing.alpha(scene, side).sum() / thing.alpha(only(scene, thing.slot), side).sum())


def is_inside(alpha: Tensor) -> Tensor:
    """(n,) bool: whether things of coverage (n, side, side) stay clear of the picture's border."""
    inner = alpha[:, _BORDER_PX:-_BORDER_PX, _BORDER_PX:-_BORDER_PX]
    return alpha.sum((1, 2)) - inner.sum((1, 2)) < 1e-3


def similarity(scene: Scene, slot: int, after: Scene, slot_after: int, side: int) -> NDArray[np.float64]:
    """(2, 3) that takes pixels of an object to where they are after a shift, a turn and a change of size."""
    frames = []
    for s, i in ((scene, slot), (after, slot_after)):
        size, turn = float(s.size[0, i]), float(s.turn[0, i])
        cos, sin = size * math.cos(turn), size * math.sin(turn)
        middle = to_pixels(s.xy[0, i] - torch.tensor([0.0, size]), side, side).double().numpy()
        frames.append((np.array([[cos, -sin], [sin, cos]]), middle))
    (old, old_middle), (new, new_middle) = frames
    linear = new @ np.linalg.inv(old)
    return np.concatenate([linear, (new_middle - linear @ old_middle)[:, None]], 1)

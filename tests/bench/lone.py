"""Scenes of one thing, for tests of how things are drawn and edited."""

from dataclasses import replace

import torch
from torch import Tensor

from dragbrush.bench.kinds import KIND_NAMES
from dragbrush.bench.world import EMPTY, SLOTS, WALL, Scene, draw_scenes

EVERY_GROUP = (1, 2, 3)


def scenes(count: int, *, seed: int = 3, aspect: float = 1.0) -> Scene:
    return draw_scenes(count, torch.Generator().manual_seed(seed), aspect=aspect)


def lone(name: str, *, facing: float = 1.0, turn: float = 0.0, style: Tensor | None = None, slot: int = 0) -> Scene:
    """A batch of one scene: a thing in the middle, upright and at rest unless told, on even ground without horizon."""
    scene, is_its = scenes(1), torch.arange(SLOTS)[None] == slot
    return replace(
        scene,
        kind=torch.where(is_its, KIND_NAMES.index(name), EMPTY),
        xy=torch.tensor([0.0, 0.25]).expand(1, SLOTS, 2).clone(),
        size=torch.full((1, SLOTS), 0.25),
        facing=torch.full((1, SLOTS), facing),
        turn=torch.full((1, SLOTS), turn),
        pose=torch.zeros(1, SLOTS, 4),
        style=torch.full((1, SLOTS, 3), 0.5) if style is None else style.expand(1, SLOTS, 3).clone(),
        texture=torch.zeros(1, SLOTS, dtype=torch.long),
        look=torch.zeros(1, dtype=torch.long),
        tint=torch.ones(1, 3),
        material=torch.zeros(1, dtype=torch.long),
        horizon=torch.full((1,), WALL),
    )

"""Edits of a scene whose true result is the scene drawn again: one for each tool of the program.

Every edit takes a batch of scenes and gives a new one; values are numbers or tensors of one value per scene.
"""

from dataclasses import fields, replace

import torch
from torch import Tensor

from dragbrush.bench.primitives import PART
from dragbrush.bench.world import Scene

_OF_AN_OBJECT = ("kind", "xy", "size", "facing", "turn", "pose", "style", "texture", "colour", "rgb")


def repeated(scene: Scene, count: int) -> Scene:
    """A batch of one scene, `count` times."""
    return scene[torch.zeros(count, dtype=torch.long)]


def moved(scene: Scene, slot: int, by_xy: Tensor) -> Scene:
    """One object shifted by (2,) or (batch, 2) scene units."""
    return _changed(scene, slot, xy=scene.xy[:, slot] + by_xy)


def part_moved(scene: Scene, slot: int, group: int, by_xy: Tensor) -> Scene:
    """The tip of one part shifted by (2,) or (batch, 2) scene units."""
    cos, sin = scene.turn[:, slot].cos(), scene.turn[:, slot].sin()
    x, y = by_xy[..., 0], by_xy[..., 1]
    along = torch.stack([(x * cos + y * sin) * scene.facing[:, slot], y * cos - x * sin], -1)
    pose = scene.pose[:, slot].clone()
    first = 0 if group == PART else 2
    pose[:, first : first + 2] += along / scene.size[:, slot, None]
    return _changed(scene, slot, pose=pose)


def resized(scene: Scene, slot: int, factor: Tensor) -> Scene:
    """One object `factor` times as large, its foot where it was."""
    return _changed(scene, slot, size=scene.size[:, slot] * factor)


def turned(scene: Scene, slot: int, by: Tensor) -> Scene:
    """One object turned clockwise by radians about its middle."""
    return _changed(scene, slot, turn=scene.turn[:, slot] + by)


def recoloured(scene: Scene, slot: int, other: Scene, other_slot: int) -> Scene:
    """One object with the colours and the texture of another."""
    worn = {name: getattr(other, name)[:, other_slot] for name in ("rgb", "colour", "texture")}
    return _changed(scene, slot, **worn)


def pasted(scene: Scene, slot: int, other: Scene, other_slot: int, xy: Tensor, size: Tensor) -> Scene:
    """The object of another scene, put into a slot at a place (2,) or (batch, 2) and of a size, in this one's light."""
    taken = {name: getattr(other, name)[:, other_slot] for name in _OF_AN_OBJECT}
    return _changed(scene, slot, **(taken | {"xy": xy.expand(len(scene), 2), "size": size.expand(len(scene))}))


def only(scene: Scene, slot: int) -> Scene:
    """The scene with one object, all others gone."""
    is_kept = torch.arange(scene.kind.shape[1], device=scene.kind.device) == slot
    return replace(scene, kind=torch.where(is_kept, scene.kind, -1))


def _changed(scene: Scene, slot: int, **values: Tensor) -> Scene:
    changed = {}
    for f in fields(scene):
        if f.name in values:
            changed[f.name] = getattr(scene, f.name).clone()
            changed[f.name][:, slot] = values[f.name]
    return replace(scene, **changed)

"""What is behind the objects: sky, horizon, and a ground of one tone, fractal noise, dead leaves or tiles."""

import torch
from torch import Tensor

from dragbrush.bench.world import MATERIALS, Scene


def backdrop(scene: Scene, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    """(batch, 3, height, width) in the light's own colour; x (1, 1, width) and y (1, height, 1) in scene units."""
    hills = scene.hills[:, :, None, None]
    line = scene.horizon[:, None, None] + hills[:, 0] * torch.sin(hills[:, 1] * x + hills[:, 2])
    below = ((y - line) / (1.5 * pixel) + 0.5).clamp(0, 1)[:, None]
    high = ((line - y) / 0.6).clamp(0, 1)[:, None]
    near = ((y - line.clamp_min(-0.5)) / 0.7).clamp(0, 1)[:, None]
    sky = torch.lerp(scene.sky[:, 1, :, None, None], scene.sky[:, 0, :, None, None], high)
    ground = torch.lerp(scene.ground[:, 1, :, None, None], scene.ground[:, 0, :, None, None], near)
    ground = torch.lerp(ground, scene.ground[:, 2, :, None, None], _tone(scene, x, y, pixel)[:, None])
    return torch.lerp(sky, ground, below)


def _tone(scene: Scene, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    """(batch, height, width) in 0..1: how much of the material's other tone the ground shows."""
    tone = torch.zeros(len(scene), y.shape[1], x.shape[2], device=x.device)
    for name, draw in (("ground", _slow_waves), ("rock", _fractal), ("leaves", _dead_leaves), ("tiles", _tiles)):
        rows = (scene.material == MATERIALS.index(name)).nonzero()[:, 0]
        if len(rows):
            tone[rows] = draw(scene[rows], x, y, pixel)
    return tone


def _fractal(scene: Scene, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    waves = scene.waves[:, :, :, None, None]
    phase = waves[:, :, 1] * x[:, None] + waves[:, :, 2] * y[:, None] + waves[:, :, 3]
    return (0.5 + (waves[:, :, 0] * phase.sin()).sum(1)).clamp(0, 1)


def _slow_waves(scene: Scene, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    """A smooth ground is not quite even."""
    waves = scene.waves[:, :3, :, None, None]
    phase = 4 * waves[:, :, 1:2].sign()[:, :, 0] * x[:, None] + waves[:, :, 2] * 0.3 * y[:, None] + waves[:, :, 3]
    return (0.12 + 0.06 * phase.sin().sum(1)).clamp(0, 1)


def _dead_leaves(scene: Scene, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    tone = torch.zeros(len(scene), y.shape[1], x.shape[2], device=x.device)
    for leaf in scene.leaves.unbind(1):
        cx, cy, a, b, angle, shade = (value[:, None, None] for value in leaf.unbind(1))
        u = (x - cx) * angle.cos() + (y - cy) * angle.sin()
        v = (y - cy) * angle.cos() - (x - cx) * angle.sin()
        distance = torch.hypot(u / a, v / b)
        alpha = (0.5 - (distance - 1) * b / pixel).clamp(0, 1)
        edge = 0.25 * distance.clamp(0, 1) ** 4  # each leaf is a little darker at its rim
        tone = torch.lerp(tone, (shade + edge).clamp(0, 1), alpha)
    return tone


def _tiles(scene: Scene, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    angle, width, height, offset = (value[:, None, None] for value in scene.tiles.unbind(1))
    u, v = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    row = (v / height).floor()
    along = u / width + offset * row
    column = along.floor()
    # Multiples of irrational numbers, cut to their fractions: uneven, and the same on every device.
    tone = 0.55 * torch.frac(row * 0.7548777 + column * 0.5698403 + 64.0).abs()
    to_side = (0.5 - (along - column - 0.5).abs()) * width
    to_row = (0.5 - (v / height - row - 0.5).abs()) * height
    joint = (1 - torch.minimum(to_side, to_row) / 0.012).clamp(0, 1)
    return torch.maximum(tone, joint)

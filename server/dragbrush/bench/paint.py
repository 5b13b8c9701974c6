"""Drawing of a batch of toy scenes: analytic primitives over a soft background, anti-aliased at any size."""

import torch
from torch import Tensor

from dragbrush.bench.shapes import FIELD, PUPIL
from dragbrush.bench.world import Scene, primitive_table

LIGHT = (-0.5, -0.62, 0.6)
"""Direction to the light: from the left, above, in front."""


def scene_grid(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor, float]:
    """x and y of every pixel centre in scene units (the shorter side is 1, the middle is 0), and a pixel's size."""
    pixel = 1.0 / min(height, width)
    ys = (torch.arange(height, device=device) + 0.5 - height / 2) * pixel
    xs = (torch.arange(width, device=device) + 0.5 - width / 2) * pixel
    return xs[None, None, :], ys[None, :, None], pixel


def to_pixels(xy: Tensor, height: int, width: int) -> Tensor:
    """Scene points (..., 2) as (x, y) pixels, the centre of the top left pixel at (0, 0)."""
    middle = xy.new_tensor([width / 2 - 0.5, height / 2 - 0.5])
    return xy * min(height, width) + middle


def render(scene: Scene, height: int, width: int) -> Tensor:
    """The pictures of a batch of scenes, (batch, 3, height, width) in 0..1."""
    x, y, pixel = scene_grid(height, width, scene.xy.device)
    picture = _background(scene, x, y, pixel)
    table = primitive_table(scene)
    for row in _back_to_front(table):
        alpha, colour = _paint(row, x, y, pixel)
        picture = torch.lerp(picture, colour, alpha[:, None])
    return picture.clamp(0, 1)


def visible_alpha(scene: Scene, height: int, width: int, slot: int, groups: tuple[int, ...]) -> Tensor:
    """How much of each pixel shows the given groups of one object, (batch, height, width) in 0..1."""
    x, y, pixel = scene_grid(height, width, scene.xy.device)
    table = primitive_table(scene)
    per_slot = table.shape[1] // scene.kind.shape[1]
    chosen = torch.zeros(table.shape[:2], device=table.device)
    for group in groups:
        chosen[:, slot * per_slot : (slot + 1) * per_slot] += (
            table[:, slot * per_slot : (slot + 1) * per_slot, FIELD["group"]] == group
        )
    shown = torch.zeros(len(scene), height, width, device=table.device)
    for i in range(table.shape[1]):
        row = table[:, i]
        if bool((row[:, FIELD["opacity"]] > 0).any()):
            alpha = _coverage(row, *_local(row, x, y), pixel)[0]
            # A soft shadow darkens what is behind it and hides nothing.
            alpha = alpha * ((row[:, FIELD["soft"]] == 0) | (chosen[:, i] > 0))[:, None, None]
            shown = shown + (chosen[:, i, None, None] - shown) * alpha
    return shown


def _back_to_front(table: Tensor) -> list[Tensor]:
    """The drawn primitives of each scene moved together, so that a batch takes few passes: list of (batch, fields)."""
    empty = table[:, :, FIELD["opacity"]] <= 0
    order = empty.to(torch.int8).argsort(dim=1, stable=True)
    packed = table.gather(1, order[:, :, None].expand_as(table))
    longest = int((~empty).sum(1).max())
    return [packed[:, i] for i in range(longest)]


def _field(row: Tensor, name: str) -> Tensor:
    return row[:, FIELD[name], None, None]


def _local(row: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Coordinates along and across each primitive in scene units, and the cosine and sine of its angle."""
    dx, dy = x - _field(row, "x"), y - _field(row, "y")
    cos, sin = torch.cos(_field(row, "angle")), torch.sin(_field(row, "angle"))
    return dx * cos + dy * sin, dy * cos - dx * sin, cos, sin


def _coverage(
    row: Tensor, u: Tensor, v: Tensor, cos: Tensor, sin: Tensor, pixel: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Alpha (batch, height, width) of a superellipse with petals and bend, and its normalised coordinates.

    The edge is anti-aliased by the first-order distance (value - 1) / |gradient|.
    """
    a, b, power = _field(row, "half_width"), _field(row, "half_height"), _field(row, "power")
    un = u / a
    vn = v / b + _field(row, "bend") * a / b * (1 - un * un)
    ua, va = un.abs().clamp_min(1e-4), vn.abs().clamp_min(1e-4)
    up, vp = ua**power, va**power
    total = up + vp
    value = total ** (1 / power)
    gradient = value / total * torch.hypot(up / ua / a, vp / va / b)
    if bool((row[:, FIELD["petal_depth"]] > 0).any()):
        wave = torch.cos(_field(row, "petals") * torch.atan2(vn, un) + _field(row, "petal_phase"))
        value = value / (1 - _field(row, "petal_depth") * (0.5 - 0.5 * wave))
    soft = _field(row, "soft")
    hard_alpha = (0.5 - (value - 1) / (gradient * pixel)).clamp(0, 1)
    soft_alpha = (1 - value).clamp(0, 1)
    soft_alpha = soft_alpha * soft_alpha * (3 - 2 * soft_alpha)
    alpha = torch.where(soft > 0, soft_alpha, hard_alpha) * _field(row, "opacity")
    return alpha, un, vn


def _paint(row: Tensor, x: Tensor, y: Tensor, pixel: float) -> tuple[Tensor, Tensor]:
    """Alpha (batch, height, width) and shaded colour (batch, 3, height, width) of one primitive per scene."""
    u, v, cos, sin = _local(row, x, y)
    alpha, un, vn = _coverage(row, u, v, cos, sin, pixel)

    texture, frequency = _field(row, "texture"), _field(row, "frequency") / _field(row, "half_width")
    wave_u, wave_v = torch.sin(frequency * u), torch.sin(frequency * v)
    pattern = torch.where(texture == 1, wave_u, wave_u * wave_v)
    pattern = torch.where(texture == 3, wave_u * wave_v.abs() * wave_u.sign() - 0.35, pattern)
    sharp = 0.9 / (frequency * pixel).clamp_min(1e-3)
    mix = (pattern * sharp + 0.5).clamp(0, 1) * ((texture > 0) & (texture < PUPIL))
    pupil = 1 - torch.hypot(un - _field(row, "look_u"), vn - _field(row, "look_v")) / 0.55
    pupil = (pupil * 0.55 * _field(row, "half_width") / pixel + 0.5).clamp(0, 1)
    mix = torch.where(texture == PUPIL, pupil, mix)[:, None]
    first, second = row[:, -6:-3, None, None], row[:, -3:, None, None]
    colour = first + (second - first) * mix

    normal_z = (1 - un * un - vn * vn).clamp_min(0).sqrt()
    across, down = (un * cos - vn * sin).clamp(-1, 1), (un * sin + vn * cos).clamp(-1, 1)
    lit = across * LIGHT[0] + down * LIGHT[1] + normal_z * LIGHT[2]
    shade = 1 + _field(row, "round") * (0.62 * lit - 0.34)
    return alpha, colour * shade[:, None]


def _background(scene: Scene, x: Tensor, y: Tensor, pixel: float) -> Tensor:
    hills = scene.hills[:, :, None, None]
    line = scene.horizon[:, None, None] + hills[:, 0] * torch.sin(hills[:, 1] * x + hills[:, 2])
    below = ((y - line) / (1.5 * pixel) + 0.5).clamp(0, 1)[:, None]
    high = ((line - y) / 0.6).clamp(0, 1)[:, None]
    near = ((y - line) / 0.7).clamp(0, 1)[:, None]
    sky = torch.lerp(scene.sky[:, 1, :, None, None], scene.sky[:, 0, :, None, None], high)
    ground = torch.lerp(scene.ground[:, 1, :, None, None], scene.ground[:, 0, :, None, None], near)
    waves = scene.waves[:, :, :, None, None]
    phase = waves[:, :, 1] * x[:, None] + waves[:, :, 2] * y[:, None] + waves[:, :, 3]
    swell = (waves[:, :, 0] * torch.sin(phase)).sum(1)
    return torch.lerp(sky, ground, below) + swell[:, None]

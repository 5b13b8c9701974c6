"""Drawing of a batch of toy scenes: shadows and analytic primitives over a backdrop, anti-aliased at any size."""

import torch
from torch import Tensor

from dragbrush.bench.backdrop import backdrop
from dragbrush.bench.objects import primitive_table
from dragbrush.bench.primitives import FIELD, MAX_PRIMITIVES, PUPIL
from dragbrush.bench.world import LOOKS, Scene

OUTLINE = 0.016
"""Scene units, of the outlined look: a pixel of 64."""
INK = 0.1
FORESHORTENING = 0.4
"""How flat the ground is seen: a step away from the viewer is this much of a step to the side."""
DEPTH = 0.35
"""A thing's depth, for its shadow, as a share of its width."""
SHADOW_EDGE = 0.45
"""Width of a shadow's soft edge, as a share of its half width."""


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
    """The pictures of a batch of scenes, (batch, 3, height, width) in 0..1, on the scenes' device."""
    x, y, pixel = scene_grid(height, width, scene.xy.device)
    picture = backdrop(scene, x, y, pixel)
    picture = picture * (1 + _is(scene, "painted") * 0.05 * _strokes(x, y))[:, None]
    table = primitive_table(scene)
    for slot in range(scene.kind.shape[1]):
        mine = _packed(table[:, slot * MAX_PRIMITIVES : (slot + 1) * MAX_PRIMITIVES])
        picture = picture * (1 - scene.shadow[:, None, None] * _shadow(scene, slot, mine, x, y))[:, None]
        for row in mine:
            alpha, colour = _paint(scene, row, x, y, pixel)
            picture = torch.lerp(picture, colour, alpha[:, None])
    return (picture * scene.tint[:, :, None, None]).clamp(0, 1)


def visible_alpha(scene: Scene, height: int, width: int, slot: int, groups: tuple[int, ...]) -> Tensor:
    """How much of each pixel shows the given groups of one object, (batch, height, width) in 0..1."""
    x, y, pixel = scene_grid(height, width, scene.xy.device)
    shown = torch.zeros(len(scene), height, width, device=x.device)
    table = primitive_table(scene)
    for i in range(table.shape[1]):
        row = table[:, i]
        if not bool((row[:, FIELD["opacity"]] > 0).any()):
            continue
        # What shines through hides nothing.
        alpha = _coverage(row, *_local(row, x, y), pixel)[0] * (_field(row, "opacity") == 1)
        is_chosen = torch.isin(row[:, FIELD["group"]], torch.tensor(groups, device=x.device, dtype=row.dtype))
        is_chosen &= torch.tensor(i // MAX_PRIMITIVES == slot, device=x.device)
        shown = torch.lerp(shown, is_chosen.float()[:, None, None].expand_as(shown), alpha)
    return shown


def _packed(table: Tensor) -> list[Tensor]:
    """The primitives that any scene draws at a place of the order, list of (batch, fields)."""
    drawn = int((table[:, :, FIELD["opacity"]] > 0).any(0).sum())
    return [table[:, i] for i in range(drawn)]


def _field(row: Tensor, name: str) -> Tensor:
    return row[:, FIELD[name], None, None]


def _is(scene: Scene, look: str) -> Tensor:
    return (scene.look == LOOKS.index(look)).float()[:, None, None]


def _local(row: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Coordinates along and across each primitive in scene units, and the cosine and sine of its angle."""
    dx, dy = x - _field(row, "x"), y - _field(row, "y")
    cos, sin = torch.cos(_field(row, "angle")), torch.sin(_field(row, "angle"))
    return dx * cos + dy * sin, dy * cos - dx * sin, cos, sin


def _coverage(
    row: Tensor, u: Tensor, v: Tensor, cos: Tensor, sin: Tensor, pixel: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Alpha (batch, height, width) of a superellipse with petals and bend, depth under its edge, normalised places.

    The depth is in scene units, of first order: (1 - value) / |gradient|.
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
    depth = (1 - value) / gradient
    return (0.5 + depth / pixel).clamp(0, 1) * _field(row, "opacity"), depth, un, vn


def _paint(scene: Scene, row: Tensor, x: Tensor, y: Tensor, pixel: float) -> tuple[Tensor, Tensor]:
    """Alpha (batch, height, width) and shaded colour (batch, 3, height, width) of one primitive per scene."""
    u, v, cos, sin = _local(row, x, y)
    alpha, depth, un, vn = _coverage(row, u, v, cos, sin, pixel)
    first, second = row[:, -6:-3, None, None], row[:, -3:, None, None]
    colour = first + (second - first) * _pattern(row, u, v, un, vn, pixel)[:, None]

    light = scene.light[:, :, None, None]
    normal_z = (1 - un * un - vn * vn).clamp_min(0).sqrt()
    across, down = (un * cos - vn * sin).clamp(-1, 1), (un * sin + vn * cos).clamp(-1, 1)
    lit = across * light[:, 0] + down * light[:, 1] + normal_z * (light[:, 2].abs() + 0.3)
    lit = torch.lerp(lit, (3 * lit).round() / 3, _is(scene, "painted"))
    shade = 1 + _field(row, "round") * (0.62 * lit - 0.34) * (1 - _is(scene, "flat"))
    shade = shade + _is(scene, "painted") * 0.08 * _strokes(u, v)
    inked = (0.5 + (OUTLINE - depth) / pixel).clamp(0, 1) * _is(scene, "outlined") * (1 - INK)
    return alpha, colour * (shade * (1 - inked))[:, None]


def _pattern(row: Tensor, u: Tensor, v: Tensor, un: Tensor, vn: Tensor, pixel: float) -> Tensor:
    """Share of the second colour: the texture, or an eye's pupil."""
    texture, frequency = _field(row, "texture"), _field(row, "frequency") / _field(row, "half_width")
    wave_u, wave_v = torch.sin(frequency * u), torch.sin(frequency * v)
    pattern = torch.where(texture == 1, wave_u, wave_u * wave_v)
    pattern = torch.where(texture == 3, wave_u * wave_v.abs() * wave_u.sign() - 0.35, pattern)
    sharp = 0.9 / (frequency * pixel).clamp_min(1e-3)
    mix = (pattern * sharp + 0.5).clamp(0, 1) * ((texture > 0) & (texture < PUPIL))
    pupil = 1 - torch.hypot(un - _field(row, "look_u"), vn - _field(row, "look_v")) / 0.55
    pupil = (pupil * 0.55 * _field(row, "half_width") / pixel + 0.5).clamp(0, 1)
    return torch.where(texture == PUPIL, pupil, mix)


def _strokes(u: Tensor, v: Tensor) -> Tensor:
    """Brush strokes in -1..1, fixed to what they are painted on."""
    return torch.sin(38 * u + 3 * torch.sin(21 * v)) * torch.sin(27 * v + 2 * torch.sin(17 * u))


def _shadow(scene: Scene, slot: int, rows: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
    """How much of its light an object takes from the ground, (batch, height, width) in 0..1.

    Each primitive casts the shadow of its ellipse, which is an ellipse: a point at height h falls h times a
    slope to the side, so that the ellipse's covariance R diag(a^2, b^2) R^T is carried along by the same shear.
    """
    foot = scene.xy[:, slot, 1]
    light = scene.light
    slope = torch.stack([light[:, 0], FORESHORTENING * light[:, 2]], 1) / light[:, 1:2].abs()
    darkest = torch.zeros(len(scene), y.shape[1], x.shape[2], device=x.device)
    for row in rows:
        height = foot - row[:, FIELD["y"]]
        cx, cy = row[:, FIELD["x"]] - slope[:, 0] * height, foot - slope[:, 1] * height
        a2, b2, angle = row[:, FIELD["half_width"]] ** 2, row[:, FIELD["half_height"]] ** 2, row[:, FIELD["angle"]]
        cos, sin = angle.cos(), angle.sin()
        xx, yy, xy = a2 * cos**2 + b2 * sin**2, a2 * sin**2 + b2 * cos**2, (a2 - b2) * cos * sin
        # (dx, dy) goes to (dx + sx dy, sy dy); depth widens the shadow up and down.
        sxx = xx + 2 * slope[:, 0] * xy + slope[:, 0] ** 2 * yy
        sxy = slope[:, 1] * (xy + slope[:, 0] * yy)
        syy = slope[:, 1] ** 2 * yy + (FORESHORTENING * DEPTH) ** 2 * xx
        dx, dy = x - cx[:, None, None], y - cy[:, None, None]
        inverse = torch.stack([syy, -sxy, sxx], 1) / (sxx * syy - sxy**2).clamp_min(1e-9)[:, None]
        p, q, r = (value[:, None, None] for value in inverse.unbind(1))
        distance = (p * dx * dx + 2 * q * dx * dy + r * dy * dy).clamp_min(1e-9).sqrt()
        taken = ((1 - distance) / SHADOW_EDGE + 0.5).clamp(0, 1)
        taken = taken * taken * (3 - 2 * taken) * (_field(row, "opacity") == 1)
        darkest = torch.maximum(darkest, taken)
    return darkest

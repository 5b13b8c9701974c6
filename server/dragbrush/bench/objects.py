"""From a scene's values to the primitives that are painted, and to the points where a hand would take a part."""

import torch
from torch import Tensor

from dragbrush.bench.kinds import KINDS
from dragbrush.bench.primitives import FIELD, FIELDS, MAX_MARKS, MAX_PRIMITIVES, PART, SECOND_PART, Sketch
from dragbrush.bench.world import Scene


def primitive_table(scene: Scene) -> Tensor:
    """All primitives in scene units, back to front, (batch, slots * MAX_PRIMITIVES, fields); absent: opacity 0."""
    table, _ = _sketched(scene)
    slots = scene.kind.shape[1]
    size, side = scene.size.flatten()[:, None], scene.facing.flatten()[:, None]
    turn = scene.turn.flatten()[:, None]
    points = _placed(scene, torch.stack([table[:, :, FIELD["x"]], table[:, :, FIELD["y"]]], 2))
    table[:, :, FIELD["x"]], table[:, :, FIELD["y"]] = points.unbind(2)
    angle = table[:, :, FIELD["angle"]]
    table[:, :, FIELD["angle"]] = torch.where(side > 0, angle, torch.pi - angle) + turn
    # Turning by pi - angle mirrors x and also turns the primitive's own "across" upside down.
    for name in ("look_v", "bend", "petal_phase"):
        table[:, :, FIELD[name]] *= side
    drawn = table[:, :, FIELD["opacity"]] > 0
    for name in ("half_width", "half_height"):
        table[:, :, FIELD[name]] = torch.where(drawn, table[:, :, FIELD[name]] * size, 1.0)
    return table.reshape(len(scene), slots * MAX_PRIMITIVES, len(FIELDS))


def anchors(scene: Scene, slot: int, group: int) -> Tensor:
    """Points fixed to a part, (points, 2) in scene units, of a batch of one scene."""
    _, marks = _sketched(scene)
    placed = _placed(scene, marks[group])[slot]
    return placed[placed.isfinite().all(1)]


def _placed(scene: Scene, points: Tensor) -> Tensor:
    """Points (batch * slots, n, 2) of the objects, from sizes above their foot to scene units."""
    size, side = scene.size.flatten()[:, None], scene.facing.flatten()[:, None]
    cos, sin = scene.turn.flatten()[:, None].cos(), scene.turn.flatten()[:, None].sin()
    x, y = points[..., 0] * side, points[..., 1] + 1  # from the middle, about which the object turns
    turned = torch.stack([x * cos - y * sin, x * sin + y * cos - 1], 2)
    return scene.xy.flatten(0, 1)[:, None] + turned * size[..., None]


def _sketched(scene: Scene) -> tuple[Tensor, dict[int, Tensor]]:
    """The objects at the origin: primitives (batch * slots, n, fields), and by group marks (batch * slots, m, 2)."""
    count = scene.kind.numel()
    table = torch.zeros(count, MAX_PRIMITIVES, len(FIELDS), device=scene.xy.device)
    table[:, :, FIELD["half_width"]] = table[:, :, FIELD["half_height"]] = 1.0
    table[:, :, FIELD["power"]] = 2.0
    marks = {g: torch.full((count, MAX_MARKS, 2), torch.nan, device=scene.xy.device) for g in (PART, SECOND_PART)}
    flat = {name: getattr(scene, name).flatten(0, 1) for name in ("pose", "style", "rgb", "texture")}
    kinds = scene.kind.flatten()
    for number, kind in enumerate(KINDS):
        rows = (kinds == number).nonzero()[:, 0]
        if not len(rows):
            continue
        style, main, second = flat["style"][rows], flat["rgb"][rows, 0], flat["rgb"][rows, 1]
        sketch = Sketch(main, second, flat["texture"][rows].float(), 5.0 + 2.5 * style[:, 2])
        px, py, qx, qy = flat["pose"][rows].unbind(1)
        kind.draw(sketch, px, py, qx, qy, style[:, 0], style[:, 1])
        table[rows, : len(sketch.rows)] = torch.stack(sketch.rows, 1)
        for group, points in sketch.marks.items():
            marks[group][rows, : len(points)] = torch.stack(points, 1)
    return table, marks

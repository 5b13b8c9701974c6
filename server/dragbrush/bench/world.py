"""The toy world: scenes as plain values. An edit changes a value, and the true result is the scene drawn again.

Scene units: the picture's shorter side is 1, its middle is (0, 0), x to the right, y down.
"""

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from dragbrush.bench.shapes import (
    FIELD,
    FIELDS,
    KINDS,
    MAX_PRIMITIVES,
    PART,
    PARTS,
    POSE_RANGE,
    TEXTURES,
    primitives,
)

SLOTS = 3
COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.86, 0.18, 0.16), "orange": (0.96, 0.55, 0.14), "yellow": (0.97, 0.84, 0.22),
    "green": (0.26, 0.66, 0.28), "blue": (0.18, 0.38, 0.84), "purple": (0.54, 0.27, 0.72),
    "pink": (0.96, 0.52, 0.68), "white": (0.95, 0.95, 0.93), "brown": (0.55, 0.34, 0.19),
}  # fmt: skip
GROUNDS: dict[str, tuple[float, float, float]] = {
    "green": (0.40, 0.62, 0.32), "brown": (0.58, 0.44, 0.31), "grey": (0.60, 0.60, 0.62),
    "yellow": (0.86, 0.76, 0.50), "blue": (0.36, 0.54, 0.70),
}  # fmt: skip
SKIES = ((0.40, 0.64, 0.92), (0.58, 0.72, 0.86), (0.93, 0.68, 0.56), (0.66, 0.60, 0.82), (0.55, 0.80, 0.80))
EMPTY = -1


@dataclass(frozen=True, slots=True)
class Scene:
    """A batch of scenes. Slots hold the objects, back to front; `kind` is EMPTY where there is none."""

    kind: Tensor
    """(batch, slots) number of KINDS or EMPTY"""
    xy: Tensor
    """(batch, slots, 2) where the object meets the ground, scene units"""
    size: Tensor
    """(batch, slots) scene units; an object is about two sizes tall"""
    facing: Tensor
    """(batch, slots) 1 looks to the right, -1 is mirrored"""
    pose: Tensor
    """(batch, slots, 4) offsets of the two movable parts, in sizes, before mirroring"""
    style: Tensor
    """(batch, slots, 3) shape variation in 0..1"""
    texture: Tensor
    """(batch, slots) number of TEXTURES"""
    colour: Tensor
    """(batch, slots) number of COLOURS"""
    rgb: Tensor
    """(batch, slots, 2, 3) first and second colour"""
    ground_colour: Tensor
    """(batch,) number of GROUNDS"""
    ground: Tensor
    """(batch, 2, 3) near and far"""
    sky: Tensor
    """(batch, 2, 3) high and low"""
    horizon: Tensor
    """(batch,) scene units"""
    hills: Tensor
    """(batch, 3) height, frequency and phase of the horizon line"""
    waves: Tensor
    """(batch, 3, 4) slow brightness waves: height, x and y frequency, phase"""

    def __len__(self) -> int:
        return self.kind.shape[0]

    def __getitem__(self, index: slice | Tensor) -> "Scene":
        return Scene(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


def draw_scenes(count: int, generator: torch.Generator, *, aspect: float = 1.0) -> Scene:
    """`count` random scenes for pictures of the given aspect (width / height)."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *shape, generator=generator)

    def choice(options: int, *shape: int) -> Tensor:
        return torch.randint(options, (count, *shape), generator=generator)

    half_width, half_height = max(aspect, 1.0) / 2, max(1 / aspect, 1.0) / 2
    many = uniform(0, 1)
    number = 1 + (many > 0.5).long() + (many > 0.88).long()
    kind = torch.where(torch.arange(SLOTS) < number[:, None], choice(len(KINDS), SLOTS), EMPTY)

    largest = torch.tensor([0.27, 0.2, 0.15])[number - 1][:, None]
    size = largest * uniform(0.72, 1.0, SLOTS)
    lane = 2 * half_width / number[:, None]
    lanes = torch.rand(count, SLOTS, generator=generator) + 9.0 * (kind == EMPTY)
    middle = -half_width + lane * (lanes.argsort(1).argsort(1) + 0.5)
    room = (lane / 2 - 0.95 * size).clamp_min(0.03)
    x = middle + room * uniform(-1, 1, SLOTS)
    horizon = uniform(-0.2, 0.12)
    low = (horizon + 0.1)[:, None].maximum(-half_height + 2.0 * size)
    high = torch.full_like(low, half_height - 0.07)
    y = low + (high - low).clamp_min(0) * uniform(0, 1, SLOTS)
    order = torch.where(kind == EMPTY, 9.0, y).argsort(1)

    pose_range = torch.tensor([POSE_RANGE[name] for name in KINDS])[kind.clamp_min(0)]
    pose = pose_range[..., 0] + (pose_range[..., 1] - pose_range[..., 0]) * uniform(0, 1, SLOTS, 4)
    palette = torch.tensor(list(COLOURS.values()))
    colour = choice(len(COLOURS), SLOTS)
    second = (colour + 1 + choice(len(COLOURS) - 1, SLOTS)) % len(COLOURS)
    rgb = palette[torch.stack([colour, second], 2)] + uniform(-0.05, 0.05, SLOTS, 2, 3)

    ground_colour = choice(len(GROUNDS))
    ground = torch.tensor(list(GROUNDS.values()))[ground_colour] + uniform(-0.04, 0.04, 3)
    sky = torch.tensor(SKIES)[choice(len(SKIES))] + uniform(-0.04, 0.04, 3)
    waves = torch.cat([uniform(0, 0.018, 3, 1), uniform(-7, 7, 3, 2), uniform(0, 6.28, 3, 1)], 2)
    hills = torch.cat([uniform(0, 0.03, 1), uniform(2, 6, 1), uniform(0, 6.28, 1)], 1)

    def sorted_by_depth(value: Tensor) -> Tensor:
        index = order.reshape(order.shape + (1,) * (value.ndim - 2)).expand_as(value)
        return value.gather(1, index)

    return Scene(
        kind=sorted_by_depth(kind),
        xy=sorted_by_depth(torch.stack([x, y], 2)),
        size=sorted_by_depth(size),
        facing=sorted_by_depth(choice(2, SLOTS) * 2.0 - 1),
        pose=sorted_by_depth(pose),
        style=sorted_by_depth(uniform(0, 1, SLOTS, 3)),
        texture=sorted_by_depth((choice(len(TEXTURES) + 2, SLOTS) - 2).clamp_min(0)),
        colour=sorted_by_depth(colour),
        rgb=sorted_by_depth(rgb.clamp(0, 1)),
        ground_colour=ground_colour,
        ground=torch.stack([ground * 0.82, ground * 1.06 + 0.04], 1).clamp(0, 1),
        sky=torch.stack([sky, sky * 0.55 + 0.44], 1).clamp(0, 1),
        horizon=horizon,
        hills=hills,
        waves=waves,
    )


def primitive_table(scene: Scene) -> Tensor:
    """All primitives in scene units, back to front, (batch, slots * MAX_PRIMITIVES, fields); absent: opacity 0."""
    count, slots = scene.kind.shape
    table = torch.zeros(count * slots, MAX_PRIMITIVES, len(FIELDS), device=scene.xy.device)
    table[:, :, FIELD["half_width"]] = table[:, :, FIELD["half_height"]] = 1.0
    table[:, :, FIELD["power"]] = 2.0
    flat = {name: getattr(scene, name).flatten(0, 1) for name in ("pose", "style", "rgb", "texture", "xy", "size")}
    kinds, facing = scene.kind.flatten(), scene.facing.flatten()
    for number, kind in enumerate(KINDS):
        rows = (kinds == number).nonzero()[:, 0]
        if len(rows):
            drawn = primitives(
                kind,
                pose=flat["pose"][rows],
                style=flat["style"][rows],
                main=flat["rgb"][rows, 0],
                second=flat["rgb"][rows, 1],
                texture=flat["texture"][rows].float(),
            )
            table[rows, : drawn.shape[1]] = drawn

    size, mirror = flat["size"][:, None], facing[:, None]
    drawn = table[:, :, FIELD["opacity"]] > 0
    # A mirrored shape is the same shape with its angle, bend and gaze mirrored; the shadow keeps its side.
    side = torch.where(table[:, :, FIELD["group"]] == 0, torch.ones_like(mirror), mirror)
    table[:, :, FIELD["x"]] = flat["xy"][:, None, 0] + table[:, :, FIELD["x"]] * side * size
    table[:, :, FIELD["y"]] = flat["xy"][:, None, 1] + table[:, :, FIELD["y"]] * size
    angle = table[:, :, FIELD["angle"]]
    table[:, :, FIELD["angle"]] = torch.where(side > 0, angle, torch.pi - angle)
    flips = torch.where(side > 0, 1.0, -1.0)
    # Turning by pi - angle mirrors x and also turns the primitive's own "across" upside down.
    for name in ("look_v", "bend"):
        table[:, :, FIELD[name]] *= flips
    table[:, :, FIELD["petal_phase"]] *= flips
    for name in ("half_width", "half_height"):
        table[:, :, FIELD[name]] = torch.where(drawn, table[:, :, FIELD[name]] * size, 1.0)
    return table.reshape(count, slots * MAX_PRIMITIVES, len(FIELDS))


def anchors(scene: Scene, slot: int, group: int) -> Tensor:
    """Points fixed to a part, (points, 2) in scene units, of a batch of one scene."""
    kind = KINDS[int(scene.kind[0, slot])]
    table = primitive_table(scene)[0, slot * MAX_PRIMITIVES : (slot + 1) * MAX_PRIMITIVES]
    points = []
    for index, u, v in PARTS[kind][group][1]:
        row = dict(zip(FIELDS, table[index].tolist(), strict=True))
        along, across = torch.tensor(u * row["half_width"]), torch.tensor(v * row["half_height"])
        cos, sin = torch.cos(torch.tensor(row["angle"])), torch.sin(torch.tensor(row["angle"]))
        points.append(torch.stack([row["x"] + along * cos - across * sin, row["y"] + along * sin + across * cos]))
    return torch.stack(points)


def moved(scene: Scene, slot: int, by_xy: Tensor) -> Scene:
    """The scene with one object shifted by (2,) or (batch, 2) scene units."""
    xy = scene.xy.clone()
    xy[:, slot] += by_xy
    return replace(scene, xy=xy)


def part_moved(scene: Scene, slot: int, group: int, by_xy: Tensor) -> Scene:
    """The scene with the tip of one part shifted by (2,) or (batch, 2) scene units."""
    pose = scene.pose.clone()
    by = by_xy / scene.size[:, slot, None]
    first = 0 if group == PART else 2
    pose[:, slot, first] += by[..., 0] * scene.facing[:, slot]
    pose[:, slot, first + 1] += by[..., 1]
    return replace(scene, pose=pose)


def captions(scene: Scene) -> list[str]:
    """One sentence per scene, objects from left to right: 'a red checked ball and a blue fish on a brown ground'."""
    colour_names, ground_names = list(COLOURS), list(GROUNDS)
    texts = []
    for i in range(len(scene)):
        things = []
        for slot in scene.xy[i, :, 0].argsort().tolist():
            number = int(scene.kind[i, slot])
            if number != EMPTY:
                texture = TEXTURES[int(scene.texture[i, slot])]
                shown = "" if texture == "plain" or KINDS[number] in ("flower", "face") else f" {texture}"
                name = colour_names[int(scene.colour[i, slot])]
                things.append(f"{'an' if name == 'orange' else 'a'} {name}{shown} {KINDS[number]}")
        listed = " and ".join(filter(None, [", ".join(things[:-1]), things[-1]]))
        texts.append(f"{listed} on a {ground_names[int(scene.ground_colour[i])]} ground")
    return texts


def vocabulary() -> list[str]:
    """Every word that a caption can hold."""
    words = {"a", "an", "and", "on", "ground", ","}
    return sorted(words | set(COLOURS) | set(GROUNDS) | set(KINDS) | set(TEXTURES))

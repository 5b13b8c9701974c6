"""The toy world: scenes as plain values. An edit changes a value, and the true result is the scene drawn again.

Scene units: the picture's shorter side is 1, its middle is (0, 0), x to the right, y down.
"""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from dragbrush.bench.kinds import KINDS
from dragbrush.bench.primitives import TEXTURES

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
MATERIALS = ("ground", "rock", "leaves", "tiles")
"""What the ground is of: one smooth tone, fractal noise, dead leaves (overlapping discs), repeated tiles."""
LOOKS = ("shaded", "flat", "outlined", "painted")
EMPTY = -1
WAVES, LEAVES = 10, 28
WALL = -9.0
"""A horizon so high that all of the picture is ground."""


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
    turn: Tensor
    """(batch, slots) radians, clockwise about the object's middle, one size above its foot"""
    pose: Tensor
    """(batch, slots, 4) offsets of the two movable parts, in sizes, before mirroring and turning"""
    style: Tensor
    """(batch, slots, 3) shape variation in 0..1"""
    texture: Tensor
    """(batch, slots) number of TEXTURES"""
    colour: Tensor
    """(batch, slots) number of COLOURS"""
    rgb: Tensor
    """(batch, slots, 2, 3) first and second colour"""
    look: Tensor
    """(batch,) number of LOOKS: how all of the picture is drawn"""
    light: Tensor
    """(batch, 3) unit vector to the light: right, down, towards the viewer"""
    tint: Tensor
    """(batch, 3) colour of the light"""
    shadow: Tensor
    """(batch,) how much of the light a shadow takes"""
    material: Tensor
    """(batch,) number of MATERIALS"""
    ground_colour: Tensor
    """(batch,) number of GROUNDS"""
    ground: Tensor
    """(batch, 3, 3) near, far, and the material's other tone"""
    sky: Tensor
    """(batch, 2, 3) high and low"""
    horizon: Tensor
    """(batch,) scene units; WALL where there is none"""
    hills: Tensor
    """(batch, 3) height, frequency and phase of the horizon line"""
    waves: Tensor
    """(batch, WAVES, 4) height, x and y frequency, phase: together a fractal noise"""
    leaves: Tensor
    """(batch, LEAVES, 6) x, y, half width, half height, angle, tone in 0..1"""
    tiles: Tensor
    """(batch, 4) angle, width, height, offset of each row in tiles"""

    def __len__(self) -> int:
        return self.kind.shape[0]

    def __getitem__(self, index: slice | Tensor) -> "Scene":
        return Scene(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def to(self, device: torch.device) -> "Scene":
        return Scene(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})


def draw_scenes(count: int, generator: torch.Generator, *, aspect: float = 1.0) -> Scene:
    """`count` random scenes for pictures of the given aspect (width / height). Drawn on the CPU."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *shape, generator=generator)

    def choice(options: int, *shape: int) -> Tensor:
        return torch.randint(options, (count, *shape), generator=generator)

    half_width, half_height = max(aspect, 1.0) / 2, max(1 / aspect, 1.0) / 2
    horizon = torch.where(uniform(0, 1) < 0.6, uniform(-0.2, 0.12), WALL)
    many = uniform(0, 1)
    number = 1 + (many > 0.5).long() + (many > 0.85).long()
    kind = torch.where(torch.arange(SLOTS) < number[:, None], choice(len(KINDS), SLOTS), EMPTY)

    largest = torch.tensor([0.27, 0.22, 0.18])[number - 1][:, None]
    size = largest * uniform(0.7, 1.0, SLOTS)
    lane = 2 * half_width / number[:, None]
    lanes = torch.rand(count, SLOTS, generator=generator) + 9.0 * (kind == EMPTY)
    middle = -half_width + lane * (lanes.argsort(1).argsort(1) + 0.5)
    # In half of the scenes the lanes are left, so that one object may hide a part of another.
    crowd = torch.where(uniform(0, 1, 1) < 0.5, 0.4 * size, 0.0) * (number > 1)[:, None]
    room = (lane / 2 - 0.95 * size).clamp_min(0.03) + crowd
    x = (middle + room * uniform(-1, 1, SLOTS)).clamp(-half_width + size, half_width - size)
    low = (horizon + 0.1)[:, None].maximum(-half_height + 2.0 * size)
    high = torch.full_like(low, half_height - 0.07)
    y = low + (high - low).clamp_min(0) * uniform(0, 1, SLOTS)
    order = torch.where(kind == EMPTY, 9.0, y).argsort(1)
    turn = torch.where(uniform(0, 1, SLOTS) < 0.3, uniform(-0.5, 0.5, SLOTS), 0.0)

    pose_range = torch.tensor([kind.pose for kind in KINDS])[kind.clamp_min(0)]
    pose = pose_range[..., 0] + (pose_range[..., 1] - pose_range[..., 0]) * uniform(0, 1, SLOTS, 4)
    palette = torch.tensor(list(COLOURS.values()))
    colour = choice(len(COLOURS), SLOTS)
    second = (colour + 1 + choice(len(COLOURS) - 1, SLOTS)) % len(COLOURS)
    rgb = palette[torch.stack([colour, second], 2)] + uniform(-0.05, 0.05, SLOTS, 2, 3)

    def sorted_by_depth(value: Tensor) -> Tensor:
        index = order.reshape(order.shape + (1,) * (value.ndim - 2)).expand_as(value)
        return value.gather(1, index)

    light = torch.stack([uniform(-0.7, 0.7), uniform(-0.9, -0.6), uniform(-0.2, 0.7)], 1)
    ground_colour = choice(len(GROUNDS))
    ground = torch.tensor(list(GROUNDS.values()))[ground_colour] + uniform(-0.04, 0.04, 3)
    other = torch.tensor(list(GROUNDS.values()))[choice(len(GROUNDS))]
    sky = torch.tensor(SKIES)[choice(len(SKIES))] + uniform(-0.04, 0.04, 3)
    return Scene(
        kind=sorted_by_depth(kind),
        xy=sorted_by_depth(torch.stack([x, y], 2)),
        size=sorted_by_depth(size),
        facing=sorted_by_depth(choice(2, SLOTS) * 2.0 - 1),
        turn=sorted_by_depth(turn),
        pose=sorted_by_depth(pose),
        style=sorted_by_depth(uniform(0, 1, SLOTS, 3)),
        texture=sorted_by_depth((choice(len(TEXTURES) + 2, SLOTS) - 2).clamp_min(0)),
        colour=sorted_by_depth(colour),
        rgb=sorted_by_depth(rgb.clamp(0, 1)),
        look=(choice(len(LOOKS) + 2) - 2).clamp_min(0),
        light=torch.nn.functional.normalize(light, dim=1),
        tint=1 + uniform(-0.05, 0.08, 1) * torch.tensor([1.0, 0.1, -1.2]),
        shadow=uniform(0.25, 0.5),
        material=(choice(len(MATERIALS) + 1) - 1).clamp_min(0),
        ground_colour=ground_colour,
        ground=torch.stack([ground * 0.82, ground * 1.06 + 0.04, 0.6 * other + 0.4 * ground * 0.6], 1).clamp(0, 1),
        sky=torch.stack([sky, sky * 0.55 + 0.44], 1).clamp(0, 1),
        horizon=horizon,
        hills=torch.cat([uniform(0, 0.03, 1), uniform(2, 6, 1), uniform(0, 6.28, 1)], 1),
        waves=_waves(uniform),
        leaves=_leaves(uniform, half_width, half_height),
        tiles=torch.stack(
            [uniform(-0.6, 0.6), uniform(0.12, 0.35), uniform(0.1, 0.2), choice(3).float() / 4], 1
        ),
    )  # fmt: skip


def _waves(uniform) -> Tensor:
    """Heights fall with the frequency, as in natural pictures (Field 1987): energy 1/f^2 or so."""
    cycles = torch.exp(uniform(0.0, 2.6, WAVES))
    angle = uniform(0, 6.28, WAVES)
    height = uniform(0.4, 0.8, 1) / cycles**0.8
    frequency = 6.28 * cycles
    return torch.stack([height, frequency * angle.cos(), frequency * angle.sin(), uniform(0, 6.28, WAVES)], 2)


def _leaves(uniform, half_width: float, half_height: float) -> Tensor:
    """Radii follow a power law, large ones first, so that small leaves lie on large ones."""
    radius = (0.06 / uniform(0.04, 1.0, LEAVES).sqrt()).sort(dim=1, descending=True).values
    x = half_width * uniform(-1.1, 1.1, LEAVES)
    y = half_height * uniform(-1.1, 1.1, LEAVES)
    return torch.stack(
        [x, y, radius, radius * uniform(0.5, 1, LEAVES), uniform(0, 3.14, LEAVES), uniform(0, 1, LEAVES)], 2
    )

"""Drags in drawn scenes whose true result is known, as the scene is drawn again after them."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from dragbrush.bench.paint import render, to_pixels, visible_alpha
from dragbrush.bench.shapes import BODY, KINDS, PART, PARTS, POSE_RANGE, SECOND_PART, SHADOW
from dragbrush.bench.world import EMPTY, Scene, anchors, captions, draw_scenes, moved, part_moved
from dragbrush.edit import Drag, Point

Pixels = NDArray[np.uint8]

FIRST_SEED = 900_000_000
"""Scenes of the benchmark are seeded from here on; those of the training lie far below."""
SCENE_SIDE_PX = 64
"""Lengths in pixels below are for pictures of this side and grow with it."""
PART_LENGTHS_PX, OBJECT_LENGTHS_PX = (5.0, 14.0), (8.0, 18.0)
POSE_SLACK = 0.05
"""Object sizes by which a part may leave the poses of the training."""
THING_PIXELS_MIN = 20
VISIBLE_SHARE_MIN = 0.75
"""Of the thing's own area: other objects may hide the rest, at the start and at the end."""
GROUND_MARGIN = 0.08
"""Scene units between the horizon and where an object stands."""
BUSY_LEVELS = 14.0
"""Deviation of colour in the uncovered background that a simple fill cannot restore."""
CHANGED_LEVELS = 3
DILATION_PX, CLOSING_PX = 2, 2
_TRIES = 12
_SCENES_MAX = 4000
_BORDER_PX = 1
_TOUCHED = 0.02
"""Coverage above which a pixel shows something of the thing."""
_PARTS = tuple((kind, group) for kind, groups in PARTS.items() for group in groups)
_OBJECTS = tuple((kind, SHADOW) for kind in KINDS)

FRACTIONS = tuple(i / 8 for i in range(-2, 13))
"""Of the motion; the family holds the scene after each, and to both sides of every second from 0 to 1."""
SIDEWAYS_PX = (-3.0, -1.5, 1.5, 3.0)


@dataclass(frozen=True, slots=True)
class Family:
    """The scene drawn along the motion and beside it."""

    pictures: Pixels
    """(members, h, w, 3)"""
    displacements: NDArray[np.float64]
    """(members, 2) pixels from the thing's place in the source."""


@dataclass(frozen=True, slots=True)
class Case:
    """One drag with its true result. Pictures are uint8, (h, w, 3); points and lengths are picture pixels."""

    name: str
    caption: str
    moves: Literal["part", "object"]
    thing: str
    source: Pixels
    truth: Pixels
    mask: Pixels
    """(h, w), 255 where the picture may change."""
    drags: tuple[Drag, ...]
    motion: Point
    """The thing's displacement from source to truth."""
    part_alpha: NDArray[np.float32]
    """(h, w) in [0, 1], what of the source is the visible thing, its shadow not."""
    family: Family


@dataclass(frozen=True, slots=True)
class _Thing:
    """What moves in a scene: an object (group 0) or a part of it."""

    slot: int
    group: int
    kind: str

    @property
    def moves(self) -> Literal["part", "object"]:
        return "part" if self.group else "object"

    @property
    def groups(self) -> tuple[int, ...]:
        return (self.group,) if self.group else (BODY, PART, SECOND_PART)

    @property
    def name(self) -> str:
        return f"{self.kind}'s {PARTS[self.kind][self.group][0]}" if self.group else self.kind

    def moved(self, scene: Scene, by_xy: Tensor) -> Scene:
        """The scene once for each displacement (n, 2) in scene units."""
        many = scene[torch.zeros(len(by_xy), dtype=torch.long)]
        if self.group:
            return part_moved(many, self.slot, self.group, by_xy)
        return moved(many, self.slot, by_xy)

    def alpha(self, scene: Scene, side: int, *, alone: bool = False) -> Tensor:
        """(n, side, side) coverage by the thing, of what is visible or, `alone`, of all of it."""
        if alone:
            scene = Scene(**{f.name: getattr(scene, f.name) for f in fields(scene)})
            scene.kind[:] = torch.where(torch.arange(scene.kind.shape[1]) == self.slot, scene.kind, EMPTY)
        return visible_alpha(scene, side, side, self.slot, self.groups)


def drag_cases(count: int = 40, *, seed: int = 0, side: int = SCENE_SIDE_PX) -> list[Case]:
    """`count` cases of pictures of `side` pixels, by turns a part and a whole object; the same for the same seed.

    Every second of each kind uncovers a background that is not flat.
    """
    cases: list[Case] = []
    scenes = _scenes(FIRST_SEED + seed * _SCENES_MAX * 10)
    while len(cases) < count:
        number = len(cases)
        scene, rng = next(scenes)
        turn, wants_object = divmod(number, 2)
        things = _OBJECTS if wants_object else _PARTS
        # a round of the things each asks for the other background than the round before it
        is_busy = (turn + turn // len(things)) % 2 == 1
        case = _case(scene, rng, number, side=side, wanted=things[turn % len(things)], wants_busy=is_busy)
        if case is not None:
            cases.append(case)
    return cases


def _scenes(seed: int) -> Iterator[tuple[Scene, np.random.Generator]]:
    for number in range(seed, seed + _SCENES_MAX):
        yield draw_scenes(1, torch.Generator().manual_seed(number)), np.random.default_rng(number)
    raise AssertionError("the scenes of one benchmark seed are used up")


def _case(
    scene: Scene, rng: np.random.Generator, number: int, *, side: int, wanted: tuple[str, int], wants_busy: bool
) -> Case | None:
    """A case in the scene, None where no good one is found."""
    thing = _chosen(scene, rng, wanted)
    motion = None if thing is None else _motion(scene, thing, rng, side)
    if thing is None or motion is None:
        return None
    way = thing.moved(scene, torch.tensor(np.linspace(0, 1, 9)[:, None] * motion / side, dtype=torch.float32))
    shown = thing.alpha(way, side).numpy()
    source, truth = as_pixels(render(way[:: len(way) - 1], side, side))
    uncovered = (shown[0] > 0.5) & (shown[-1] < 0.5)
    if wants_busy and (not uncovered.any() or truth[uncovered].std(axis=0).mean() < BUSY_LEVELS):
        return None
    mask = change_mask(source, truth, shown.max(axis=0), reach_px=DILATION_PX * side / SCENE_SIDE_PX)
    drags = _drags(way, thing, shown[0], motion, side, rng)
    if not drags or not all(_is_inside(d.handle, mask) and _is_inside(d.target, mask) for d in drags):
        return None
    family = _family(scene, thing, motion, side)
    start, end = FRACTIONS.index(0.0), FRACTIONS.index(1.0)
    return Case(
        name=f"{number:03d}-{thing.name.replace(chr(39) + 's', '').replace(' ', '-')}",
        caption=captions(scene)[0],
        moves=thing.moves,
        thing=thing.name,
        source=family.pictures[start],
        truth=family.pictures[end],
        mask=mask,
        drags=drags,
        motion=(float(motion[0]), float(motion[1])),
        part_alpha=shown[0].astype(np.float32),
        family=family,
    )


def _chosen(scene: Scene, rng: np.random.Generator, wanted: tuple[str, int]) -> _Thing | None:
    kind, group = wanted
    slots = (scene.kind[0] == KINDS.index(kind)).nonzero()[:, 0].tolist()
    return _Thing(int(rng.choice(slots)), group, kind) if slots else None


def _motion(scene: Scene, thing: _Thing, rng: np.random.Generator, side: int) -> NDArray[np.float64] | None:
    """A displacement in pixels that leaves the thing whole, visible and where its kind may be."""
    scale = side / SCENE_SIDE_PX
    tries = [_pose_change(scene, thing, rng) * side if thing.group else _shift(rng, scale) for _ in range(_TRIES)]
    shortest, longest = PART_LENGTHS_PX if thing.group else OBJECT_LENGTHS_PX
    tries = [by_px for by_px in tries if shortest * scale <= np.hypot(*by_px) <= longest * scale]
    if not thing.group:
        room = (float(scene.xy[0, thing.slot, 1]) - float(scene.horizon[0]) - GROUND_MARGIN) * side
        tries = [by_px for by_px in tries if by_px[1] > -room]
    if not tries:
        return None
    ends = thing.moved(scene, torch.tensor(np.array([[0.0, 0.0], *tries]) / side, dtype=torch.float32))
    whole, shown = thing.alpha(ends, side, alone=True), thing.alpha(ends, side)
    inner = whole[:, _BORDER_PX:-_BORDER_PX, _BORDER_PX:-_BORDER_PX]
    area = shown.sum((1, 2))
    is_good = (whole.sum((1, 2)) - inner.sum((1, 2)) < 1e-3) & (area >= THING_PIXELS_MIN * scale**2)
    is_good &= area > VISIBLE_SHARE_MIN * whole.sum((1, 2))
    good = is_good.nonzero()[:, 0].tolist()
    if len(good) < 2 or good[0] != 0:
        return None
    return tries[good[1] - 1]


def _pose_change(scene: Scene, thing: _Thing, rng: np.random.Generator) -> NDArray[np.float64]:
    """To a random pose of the part, in scene units."""
    first = 0 if thing.group == PART else 2
    ranges = np.array(POSE_RANGE[thing.kind][first : first + 2])
    wanted = rng.uniform(ranges[:, 0] - POSE_SLACK, ranges[:, 1] + POSE_SLACK)
    now = scene.pose[0, thing.slot, first : first + 2].double().numpy()
    change = (wanted - now) * float(scene.size[0, thing.slot])
    change[0] *= float(scene.facing[0, thing.slot])
    return change


def _shift(rng: np.random.Generator, scale: float) -> NDArray[np.float64]:
    angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(*OBJECT_LENGTHS_PX) * scale
    return np.array([np.cos(angle), 0.6 * np.sin(angle)]) * length


def _family(scene: Scene, thing: _Thing, motion: NDArray[np.float64], side: int) -> Family:
    across = np.array([-motion[1], motion[0]]) / np.hypot(*motion) * side / SCENE_SIDE_PX
    by_px = [fraction * motion for fraction in FRACTIONS]
    by_px += [f * motion + offset * across for f in (0.0, 0.25, 0.5, 0.75, 1.0) for offset in SIDEWAYS_PX]
    displacements = np.array(by_px)
    drawn = thing.moved(scene, torch.tensor(displacements / side, dtype=torch.float32))
    return Family(as_pixels(render(drawn, side, side)), displacements)


def change_mask(source: Pixels, truth: Pixels, swept: NDArray[np.float32], *, reach_px: float = DILATION_PX) -> Pixels:
    """(h, w), 255 on what differs and on what the thing sweeps over (h, w), larger by the reach, without holes."""
    changed = np.abs(source.astype(np.int16) - truth).max(axis=2) > CHANGED_LEVELS
    reach, closing = (round(px) for px in (reach_px, reach_px / DILATION_PX * CLOSING_PX))
    wide = _grown(torch.from_numpy(changed | (swept > _TOUCHED)).float()[None], reach + closing)
    wide = -_grown(-wide, closing)[0]
    outside = Image.fromarray(np.pad(wide.numpy().astype(np.uint8) * 255, 1)).copy()
    ImageDraw.floodfill(outside, (0, 0), 128)
    return np.where(np.asarray(outside)[1:-1, 1:-1] == 128, 0, 255).astype(np.uint8)


def _grown(values: Tensor, radius: int) -> Tensor:
    return torch.nn.functional.max_pool2d(values, 2 * radius + 1, stride=1, padding=radius)


def _drags(
    way: Scene,
    thing: _Thing,
    shown: NDArray[np.float32],
    motion: NDArray[np.float64],
    side: int,
    rng: np.random.Generator,
) -> tuple[Drag, ...]:
    """Handles on the visible thing, rounded to tenths of a pixel as by a hand."""
    if thing.group:
        ends = (way[:1], way[-1:])
        starts, stops = (to_pixels(anchors(s, thing.slot, thing.group), side, side).tolist() for s in ends)
        pairs = [(p, q) for p, q in zip(starts, stops, strict=True) if shown[round(p[1]), round(p[0])] > 0.5]
    else:
        places = _inner_points(shown, 2 + int(rng.integers(2)))
        pairs = [((x, y), (x + motion[0], y + motion[1])) for x, y in places]
    return tuple(Drag((round(p[0], 1), round(p[1], 1)), (round(q[0], 1), round(q[1], 1))) for p, q in pairs)


def _inner_points(shown: NDArray[np.float32], count: int) -> list[Point]:
    """`count` pixels well inside the thing and far from each other, the first in its middle."""
    solid = torch.from_numpy((shown > 0.9).astype(np.float32))[None]
    for radius in (3, 2, 1, 0):
        inner = -_grown(-solid, radius)[0]
        rows, columns = np.nonzero(inner.numpy() > 0)
        if len(rows) >= 4 * count:
            break
    else:
        return []
    places = np.stack([columns, rows], 1).astype(np.float64)
    chosen = [places[np.hypot(*(places - places.mean(axis=0)).T).argmin()]]
    while len(chosen) < count:
        nearest = np.min([np.hypot(*(places - point).T) for point in chosen], axis=0)
        chosen.append(places[nearest.argmax()])
    return [(float(x), float(y)) for x, y in chosen]


def _is_inside(point: Point, mask: Pixels) -> bool:
    column, row = (int(np.floor(v + 0.5)) for v in point)
    return 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] and mask[row, column] > 0


def as_pixels(pictures: Tensor) -> Pixels:
    """(n, 3, h, w) in [0, 1] to (n, h, w, 3) uint8."""
    return (pictures * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()

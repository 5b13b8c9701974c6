"""Edits of drawn scenes whose true result is known, as the scene is drawn again after them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dragbrush.bench.case import (
    DILATION_PX,
    FRACTIONS,
    SCENE_SIDE_PX,
    Family,
    Pixels,
    Poses,
    change_mask,
    grown,
)
from dragbrush.bench.case import (
    Case as Case,
)
from dragbrush.bench.case import (
    as_pixels as as_pixels,
)
from dragbrush.bench.edits import moved, only, part_moved, repeated, resized, turned
from dragbrush.bench.kinds import KIND_NAMES, KINDS
from dragbrush.bench.objects import anchors
from dragbrush.bench.paint import render, to_pixels
from dragbrush.bench.pairs import PAIR_SUITES, pair_cases
from dragbrush.bench.primitives import PART
from dragbrush.bench.things import (
    BUSY_LEVELS,
    GROUND_MARGIN,
    OBJECTS,
    SCENES_MAX,
    VISIBLE_SHARE_MIN,
    Thing,
    is_inside,
    scenes_from,
    similarity,
    visible_share,
)
from dragbrush.bench.words import captions
from dragbrush.bench.world import Scene
from dragbrush.edit import Drag, Point

FIRST_SEED = 900_000_000
"""Scenes of the benchmark are seeded from here on; those of the training lie far below."""
PART_LENGTHS_PX, OBJECT_LENGTHS_PX = (5.0, 14.0), (8.0, 18.0)
FACTORS, TURNS = ((0.6, 0.8), (1.25, 1.6)), (0.35, 0.9)
"""Of resizing, and of rotating to either side in radians."""
POSE_SLACK = 0.05
"""Object sizes by which a part may leave the poses of the training."""
THING_PIXELS_MIN = 20
_TRIES = 12
NEAR_SHIFTS_PX = tuple(i / 2 for i in range(-4, 5))
NEAR_FACTORS, NEAR_DEGREES = (0.85, 0.9, 0.95, 1.05, 1.1, 1.15), (-12.0, -8.0, -4.0, 4.0, 8.0, 12.0)
"""From the true pose, by which a result's pose is found."""
_BESIDE, BESIDE_PX = (0.0, 0.25, 0.5, 0.75, 1.0), (-3.0, -1.5, 1.5, 3.0)


@dataclass(frozen=True, slots=True)
class _Edit:
    """One way to change a thing; `amount` (n, 2) is in scene units, factors or radians, and 0 changes nothing."""

    tries: Callable[[Scene, Thing, np.random.Generator], NDArray[np.float64]]
    """Amounts (tries, 2), worth trying."""
    apply: Callable[[Scene, Thing, Tensor], Scene]
    is_of_parts: bool = False


def suite_cases(suite: str, count: int, *, seed: int = 0, side: int = SCENE_SIDE_PX) -> list[Case]:
    """`count` cases of pictures of `side` pixels, each thing in turn; the same for the same seed.

    Every second case at least has a background that is not flat, or has its thing partly hidden.
    """
    if suite in PAIR_SUITES:
        return pair_cases(suite, count, seed=seed, side=side)
    edit = EDITS[suite]
    things = _PARTS if edit.is_of_parts else OBJECTS
    cases: list[Case] = []
    scenes = scenes_from(FIRST_SEED + (seed * len(EDITS) + list(EDITS).index(suite)) * SCENES_MAX)
    while len(cases) < count:
        number = len(cases)
        scene, rng = next(scenes)
        wanted = things[number % len(things)]
        # A round of the things asks for the other background than the round before it.
        wants_busy = (number + number // len(things)) % 2 == 1
        thing = _chosen(scene, rng, wanted)
        case = None if thing is None else _case(scene, thing, edit, rng, suite, number, side, wants_busy)
        if case is not None:
            cases.append(case)
    return cases


def _chosen(scene: Scene, rng: np.random.Generator, wanted: tuple[str, int]) -> Thing | None:
    kind, group = wanted
    slots = (scene.kind[0] == KIND_NAMES.index(kind)).nonzero()[:, 0].tolist()
    return Thing(int(rng.choice(slots)), group, kind) if slots else None


def _case(
    scene: Scene,
    thing: Thing,
    edit: _Edit,
    rng: np.random.Generator,
    suite: str,
    number: int,
    side: int,
    wants_busy: bool,
) -> Case | None:
    """A case in the scene, None where no good one is found."""
    amount = _good_amount(scene, thing, edit, rng, side)
    if amount is None:
        return None

    def after(fractions: list[float]) -> Scene:
        steps = torch.tensor(np.array(fractions)[:, None] * amount, dtype=torch.float32)
        return edit.apply(repeated(scene, len(fractions)), thing, steps)

    way = after([i / 8 for i in range(9)])
    source, truth = as_pixels(render(way[::8], side, side))
    shown = thing.alpha(way, side).numpy()
    uncovered = (shown[0] > 0.5) & (shown[-1] < 0.5)
    is_busy = bool(uncovered.any()) and float(truth[uncovered].std(axis=0).mean()) >= BUSY_LEVELS
    is_busy |= visible_share(scene, thing, side) < 0.98
    if wants_busy and not is_busy:
        return None
    mask = change_mask(source, truth, shown.max(axis=0), reach_px=DILATION_PX * side / SCENE_SIDE_PX)
    handles = _handles(scene, thing, shown[0], side, rng)
    if not len(handles):
        return None
    targets = _followed(scene, way[-1:], thing, handles, side)
    drags = tuple(Drag(_tenths(h), _tenths(t)) for h, t in zip(handles, targets, strict=True))
    if not all(_is_inside(d.handle, mask) and _is_inside(d.target, mask) for d in drags):
        return None
    return Case(
        name=f"{suite}-{number:03d}-{thing.name.replace(chr(39) + 's', '').replace(' ', '-')}",
        suite=suite,
        caption=captions(scene)[0],
        thing=thing.name,
        is_busy=is_busy,
        source=source,
        truth=truth,
        mask=mask,
        drags=drags,
        transform=_transform(scene, way[-1:], thing, handles, targets, side),
        source_alpha=shown[0].astype(np.float32),
        truth_alpha=shown[-1].astype(np.float32),
        family=_family(scene, after, thing, handles, side),
        poses=None if suite not in MOVE_SUITES else _poses(way[-1:], after, thing, side),
    )


def _good_amount(
    scene: Scene, thing: Thing, edit: _Edit, rng: np.random.Generator, side: int
) -> NDArray[np.float64] | None:
    """The first amount that leaves the thing whole, visible and where its kind may be."""
    tries = edit.tries(scene, thing, rng)
    if not len(tries):
        return None
    amounts = torch.tensor(np.concatenate([np.zeros((1, 2)), tries]), dtype=torch.float32)
    ends = edit.apply(repeated(scene, len(amounts)), thing, amounts)
    whole, shown = thing.alpha(only(ends, thing.slot), side), thing.alpha(ends, side)
    area = shown.sum((1, 2))
    is_good = is_inside(whole)
    is_good &= area >= THING_PIXELS_MIN * (side / SCENE_SIDE_PX) ** 2
    is_good &= area > VISIBLE_SHARE_MIN * whole.sum((1, 2))
    is_good &= ends.xy[:, thing.slot, 1] > ends.horizon + (0 if thing.group else GROUND_MARGIN)
    good = is_good.nonzero()[:, 0].tolist()
    return tries[good[1] - 1] if len(good) > 1 and good[0] == 0 else None


def _pose_changes(scene: Scene, thing: Thing, rng: np.random.Generator) -> NDArray[np.float64]:
    """To random poses of the part, in scene units and as the object is turned."""
    first = 0 if thing.group == PART else 2
    ranges = np.array(KINDS[KIND_NAMES.index(thing.kind)].pose[first : first + 2])
    wanted = rng.uniform(ranges[:, 0] - POSE_SLACK, ranges[:, 1] + POSE_SLACK, (_TRIES, 2))
    slot = thing.slot
    change = (wanted - scene.pose[0, slot, first : first + 2].double().numpy()) * float(scene.size[0, slot])
    change[:, 0] *= float(scene.facing[0, slot])
    cos, sin = math.cos(float(scene.turn[0, slot])), math.sin(float(scene.turn[0, slot]))
    return _of_length(change @ np.array([[cos, sin], [-sin, cos]]), PART_LENGTHS_PX)


def _shifts(scene: Scene, thing: Thing, rng: np.random.Generator) -> NDArray[np.float64]:
    angle = rng.uniform(0, 2 * np.pi, _TRIES)
    length = rng.uniform(*OBJECT_LENGTHS_PX, _TRIES) / SCENE_SIDE_PX
    by_xy = np.stack([np.cos(angle), 0.6 * np.sin(angle)], 1) * length[:, None]
    return _of_length(by_xy, OBJECT_LENGTHS_PX)


def _of_length(by_xy: NDArray[np.float64], lengths_px: tuple[float, float]) -> NDArray[np.float64]:
    px = np.hypot(*by_xy.T) * SCENE_SIDE_PX
    return by_xy[(px >= lengths_px[0]) & (px <= lengths_px[1])]


def _logs_of_factors(scene: Scene, thing: Thing, rng: np.random.Generator) -> NDArray[np.float64]:
    smaller, larger = (rng.uniform(*ends, _TRIES) for ends in FACTORS)
    return np.log(np.where(rng.random(_TRIES) < 0.5, smaller, larger))[:, None] * [1, 0]


def _turns(scene: Scene, thing: Thing, rng: np.random.Generator) -> NDArray[np.float64]:
    return (rng.choice([-1, 1], _TRIES) * rng.uniform(*TURNS, _TRIES))[:, None] * [1, 0]


_DRAG_OBJECT = _Edit(_shifts, lambda scene, thing, by: moved(scene, thing.slot, by))
EDITS: dict[str, _Edit] = {
    "drag-part": _Edit(_pose_changes, lambda scene, thing, by: part_moved(scene, thing.slot, thing.group, by), True),
    "drag-object": _DRAG_OBJECT,
    "move": _DRAG_OBJECT,
    "resize": _Edit(_logs_of_factors, lambda scene, thing, by: resized(scene, thing.slot, by[:, 0].exp())),
    "rotate": _Edit(_turns, lambda scene, thing, by: turned(scene, thing.slot, by[:, 0])),
}
DRAG_SUITES = ("drag-part", "drag-object")
MOVE_SUITES = ("move", "resize", "rotate")
SUITES = (*EDITS, *PAIR_SUITES)
_PARTS = tuple((kind.name, group) for kind in KINDS for group in kind.parts)


def _followed(scene: Scene, after: Scene, thing: Thing, points: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Where pixels (n, 2) of the thing in a scene are after an edit of it."""
    if thing.group:
        before_xy, after_xy = (to_pixels(anchors(s, thing.slot, thing.group), side, side) for s in (scene, after))
        marks = before_xy.double().numpy()
        nearest = np.linalg.norm(points[:, None] - marks, axis=2).argmin(axis=1)
        return points + (after_xy.double().numpy() - marks)[nearest]
    matrix = similarity(scene, thing.slot, after, thing.slot, side)
    return points @ matrix[:, :2].T + matrix[:, 2]


def _transform(
    scene: Scene,
    after: Scene,
    thing: Thing,
    handles: NDArray[np.float64],
    targets: NDArray[np.float64],
    side: int,
) -> NDArray[np.float64]:
    if thing.group:
        return np.concatenate([np.eye(2), (targets - handles).mean(axis=0)[:, None]], 1)
    return similarity(scene, thing.slot, after, thing.slot, side)


def _family(
    scene: Scene,
    after: Callable[[list[float]], Scene],
    thing: Thing,
    handles: NDArray[np.float64],
    side: int,
) -> Family:
    fractions = list(FRACTIONS) + [f for f in _BESIDE for _ in BESIDE_PX]
    by_px = np.zeros((len(fractions), 2))
    end = _followed(scene, after([1.0]), thing, handles, side) - handles
    along = end.mean(axis=0) if np.hypot(*end.mean(axis=0)) > 1 else end[np.hypot(*end.T).argmax()]
    across = np.array([-along[1], along[0]]) / np.hypot(*along) * side / SCENE_SIDE_PX
    by_px[len(FRACTIONS) :] = np.tile(BESIDE_PX, len(_BESIDE))[:, None] * across
    members = after(fractions)
    places = [_followed(scene, members[i : i + 1], thing, handles, side) for i in range(len(members))]
    shift = torch.tensor(by_px / side, dtype=torch.float32)
    beside = part_moved(members, thing.slot, thing.group, shift) if thing.group else moved(members, thing.slot, shift)
    return Family(as_pixels(render(beside, side, side)), np.stack(places) + by_px[:, None])


def _poses(truth: Scene, after: Callable[[list[float]], Scene], thing: Thing, side: int) -> Poses:
    shifts = torch.cartesian_prod(*[torch.tensor(NEAR_SHIFTS_PX)] * 2) / SCENE_SIDE_PX
    factors, turns = torch.tensor(NEAR_FACTORS), torch.deg2rad(torch.tensor(NEAR_DEGREES))
    larger = resized(repeated(truth, len(factors)), thing.slot, factors)
    # Resizing keeps the foot; these keep the middle, as turning does.
    size = truth.size[0, thing.slot]
    about_middle = torch.stack([torch.zeros_like(factors), size * (factors - 1)], 1)
    members = [
        truth,
        moved(repeated(truth, len(shifts)), thing.slot, shifts),
        moved(larger, thing.slot, about_middle),
        turned(repeated(truth, len(turns)), thing.slot, turns),
        after(list(FRACTIONS)),
    ]
    rows, columns = np.nonzero(thing.alpha(truth, side)[0].numpy() > 0.5)
    middle = np.array([columns.mean(), rows.mean()])
    offsets = []
    for member in (m[i : i + 1] for m in members for i in range(len(m))):
        matrix = similarity(truth, thing.slot, member, thing.slot, side)
        shift = matrix[:, :2] @ middle + matrix[:, 2] - middle
        degrees = math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))
        offsets.append((math.hypot(*shift), math.log(np.linalg.det(matrix[:, :2])) / 2, degrees))
    return Poses(as_pixels(torch.cat([render(m, side, side) for m in members])), np.array(offsets))


def _handles(
    scene: Scene, thing: Thing, shown: NDArray[np.float32], side: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Points (n, 2) on the visible thing, where a hand would take it."""
    if not thing.group:
        return _inner_points(shown, 2 + int(rng.integers(2)))
    marks = to_pixels(anchors(scene, thing.slot, thing.group), side, side).double().numpy()
    is_shown = [all(0 <= v <= side - 1 for v in (x, y)) and shown[round(y), round(x)] > 0.5 for x, y in marks.tolist()]
    return marks[np.array(is_shown)]


def _inner_points(shown: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    """`count` pixels (n, 2) well inside the thing and far from each other, the first in its middle."""
    solid = torch.from_numpy((shown > 0.9).astype(np.float32))[None]
    for radius in (3, 2, 1, 0):
        inner = -grown(-solid, radius)[0]
        rows, columns = np.nonzero(inner.numpy() > 0)
        if len(rows) >= 4 * count:
            break
    else:
        return np.empty((0, 2))
    places = np.stack([columns, rows], 1).astype(np.float64)
    chosen = [places[np.hypot(*(places - places.mean(axis=0)).T).argmin()]]
    while len(chosen) < count:
        nearest = np.min([np.hypot(*(places - point).T) for point in chosen], axis=0)
        chosen.append(places[nearest.argmax()])
    return np.array(chosen)


def _tenths(point: NDArray[np.float64]) -> Point:
    """Rounded as by a hand."""
    return round(float(point[0]), 1), round(float(point[1]), 1)


def _is_inside(point: Point, mask: Pixels) -> bool:
    column, row = (int(np.floor(v + 0.5)) for v in point)
    return 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] and mask[row, column] > 0

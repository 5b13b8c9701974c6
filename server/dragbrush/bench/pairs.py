"""Cases of two pictures: an object of one brought into the other, or given the look of one of its kind there.

The true result is drawn: in the light, and with the shadow, of the scene it is in.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from dragbrush.bench.case import DILATION_PX, SCENE_SIDE_PX, Case, Pixels, Reference, as_pixels, change_mask
from dragbrush.bench.edits import pasted, recoloured, repeated
from dragbrush.bench.kinds import KIND_NAMES
from dragbrush.bench.paint import render
from dragbrush.bench.things import (
    BUSY_LEVELS,
    GROUND_MARGIN,
    SCENES_MAX,
    VISIBLE_SHARE_MIN,
    WHOLE,
    Thing,
    is_inside,
    scenes_from,
    similarity,
    visible_share,
)
from dragbrush.bench.words import captions
from dragbrush.bench.world import EMPTY, SLOTS, Scene

PAIR_SUITES = ("paste", "appearance")
FIRST_PAIR_SEED = 3_000_000_000
"""Far from the scenes of the other suites and of the training."""
OBJECT_PIXELS_MIN = 60
"""Of 64 x 64, in both pictures: less has no look to speak of."""
WHOLE_SHARE = 0.97
"""Of an object that is cut out to be pasted; what another one hid cannot be known."""
PASTED_FACTORS = (0.7, 1.3)
RECOLOURED_LEVELS = 25.0
"""Least distance that the object's mean colour is to go."""
_TRIES = 12

Scenes = Iterator[tuple[Scene, np.random.Generator]]


def pair_cases(suite: str, count: int, *, seed: int, side: int) -> list[Case]:
    """`count` cases of a suite of PAIR_SUITES, each kind of object in turn; half of them on an uneven background."""
    scenes = scenes_from(FIRST_PAIR_SEED + (seed * len(PAIR_SUITES) + PAIR_SUITES.index(suite)) * SCENES_MAX)
    cases: list[Case] = []
    while len(cases) < count:
        number = len(cases)
        kind = KIND_NAMES[number % len(KIND_NAMES)]
        wants_busy = (number + number // len(KIND_NAMES)) % 2 == 1
        case = (_paste if suite == "paste" else _appearance)(scenes, kind, f"{suite}-{number:03d}-{kind}", side)
        if case is not None and (case.is_busy or not wants_busy):
            cases.append(case)
    return cases


def _paste(scenes: Scenes, kind: str, name: str, side: int) -> Case | None:
    other, taken, _ = _showing(scenes, kind)
    scene, rng = next(scenes)
    free = SLOTS - 1
    is_whole = visible_share(other, taken, side) >= WHOLE_SHARE and bool(is_inside(taken.alpha(other, side)))
    if scene.kind[0, free] != EMPTY or not is_whole:
        return None
    ends = _places(scene, other, taken, rng)
    put = Thing(free, WHOLE, kind)
    good = _seen(put, ends, side) & is_inside(put.alpha(ends, side))
    for slot in range(free):
        neighbour = Thing(slot, WHOLE, "")
        good &= neighbour.alpha(ends, side).sum((1, 2)) >= VISIBLE_SHARE_MIN * neighbour.alpha(scene, side).sum()
    if not good.any() or not _seen(taken, other, side):
        return None
    after = ends[good.nonzero()[:1, 0]]
    source, truth, reference = (as_pixels(render(s, side, side))[0] for s in (scene, after, other))
    alpha = put.alpha(after, side)[0].numpy()
    return _case(
        name,
        after,
        source,
        truth,
        source_alpha=np.zeros_like(alpha),
        truth_alpha=alpha,
        reference=Reference(reference, taken.alpha(other, side)[0].numpy()),
        transform=similarity(other, taken.slot, after, free, side),
    )


def _appearance(scenes: Scenes, kind: str, name: str, side: int) -> Case | None:
    """The look is that of another object of the kind, as in the published task, so that parts correspond."""
    other, model, _ = _showing(scenes, kind)
    scene, thing, _ = _showing(scenes, kind)
    after = recoloured(scene, thing.slot, other, model.slot)
    if not (_seen(thing, scene, side) and _seen(model, other, side)):
        return None
    source, truth, reference = (as_pixels(render(s, side, side))[0] for s in (scene, after, other))
    alpha, look = (t.alpha(s, side)[0].numpy() for t, s in ((thing, scene), (model, other)))
    before, wanted = (picture[alpha > 0.5].mean(axis=0) for picture in (source, truth))
    if np.linalg.norm(before - wanted) < RECOLOURED_LEVELS:
        return None
    return _case(
        name,
        after,
        source,
        truth,
        source_alpha=alpha,
        truth_alpha=alpha,
        reference=Reference(reference, look),
        transform=np.eye(2, 3),
    )


def _case(
    name: str,
    after: Scene,
    source: Pixels,
    truth: Pixels,
    *,
    source_alpha: NDArray[np.float32],
    truth_alpha: NDArray[np.float32],
    reference: Reference,
    transform: NDArray[np.float64],
) -> Case:
    suite, _, kind = name.split("-", 2)
    mask = change_mask(source, truth, truth_alpha, reach_px=DILATION_PX * len(source) / SCENE_SIDE_PX)
    round_it = source[(mask > 0) & (truth_alpha < 0.5)]
    return Case(
        name=name,
        suite=suite,
        caption=captions(after)[0],
        thing=kind,
        is_busy=float(round_it.std(axis=0).mean()) >= BUSY_LEVELS,
        source=source,
        truth=truth,
        mask=mask,
        drags=(),
        transform=transform,
        source_alpha=source_alpha,
        truth_alpha=truth_alpha,
        reference=reference,
    )


def _showing(scenes: Scenes, kind: str) -> tuple[Scene, Thing, np.random.Generator]:
    """The next scene that has an object of the kind, and that object."""
    for scene, rng in scenes:
        slots = (scene.kind[0] == KIND_NAMES.index(kind)).nonzero()[:, 0].tolist()
        if slots:
            return scene, Thing(int(rng.choice(slots)), WHOLE, kind), rng
    raise AssertionError("scenes never end")


def _seen(thing: Thing, scenes: Scene, side: int) -> torch.Tensor:
    """(n,) bool: whether enough of the object is seen, of its whole and in pixels."""
    shown = thing.alpha(scenes, side).sum((1, 2))
    is_large = shown >= OBJECT_PIXELS_MIN * (side / SCENE_SIDE_PX) ** 2
    return is_large & torch.tensor([visible_share(scenes[i : i + 1], thing, side) for i in range(len(scenes))]).ge(
        VISIBLE_SHARE_MIN
    )


def _places(scene: Scene, other: Scene, taken: Thing, rng: np.random.Generator) -> Scene:
    """The object at random places of the ground, in front of all others there."""
    size = float(other.size[0, taken.slot]) * rng.uniform(*PASTED_FACTORS, _TRIES)
    standing = scene.kind[0] != EMPTY
    low = max(float(scene.horizon[0]) + GROUND_MARGIN, float(scene.xy[0, standing, 1].max()))
    x = rng.uniform(-0.5, 0.5, _TRIES) * (1 - 2 * size)
    y = rng.uniform(np.maximum(low, 2 * size - 0.5), 0.5)
    xy, sizes = (torch.tensor(v, dtype=torch.float32) for v in (np.stack([x, y], 1), size))
    return pasted(repeated(scene, _TRIES), SLOTS - 1, other, taken.slot, xy, sizes)

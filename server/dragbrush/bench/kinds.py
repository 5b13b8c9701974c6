"""The kinds of toy things: each is a short list of primitives placed by the thing's own pose and style.

A thing stands at the origin with y pointing down, reaching from y = -2 to the ground at y = 0, in units of its size.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from dragbrush.bench.primitives import BODY, DARK, PART, SECOND_PART, WHITE, Sketch

Range = tuple[float, float]
STILL: Range = (0.0, 0.0)
BARK, STALK, STEEL, GLASS = (0.42, 0.27, 0.16), (0.2, 0.5, 0.2), (0.62, 0.65, 0.7), (0.75, 0.88, 0.95)


@dataclass(frozen=True, slots=True)
class Kind:
    """`draw(sketch, px, py, qx, qy, s, t)`: offsets of the two parts in sizes, and two numbers of style in 0..1."""

    name: str
    draw: Callable[[Sketch, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor], None]
    parts: dict[int, str] = field(default_factory=dict)
    """Group -> the part's name."""
    pose: tuple[Range, Range, Range, Range] = (STILL, STILL, STILL, STILL)
    """Ranges of px, py, qx, qy."""


def _ball(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    radius = 0.8 + 0.2 * s
    b.add(0, -radius, radius, radius, round=1.0, colour=b.main, colour2=b.second, textured=True)
    b.add(-0.36, -1.42 * radius, 0.2, 0.14, opacity=0.5, round=0.0, colour=WHITE, angle=-0.6)


def _crate(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    half = 0.6 + 0.12 * s
    top = -2 * half
    b.add(0, -half, 0.9, half, power=12.0, round=0.2, colour=b.main, colour2=b.second, textured=True)
    b.add(0, -0.12, 0.92, 0.13, power=12.0, round=0.2, colour=b.second)
    b.add(px, top - 0.12 + py, 1.02, 0.17, power=8.0, round=0.35, colour=b.second, group=PART)
    b.add(px, top - 0.36 + py, 0.2, 0.13, power=3.0, colour=b.second, group=PART)
    b.mark(PART, (px - 0.6, top - 0.12 + py), (px + 0.6, top - 0.12 + py))


def _flower(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    x, y, size = px, -1.4 + py, 0.58 + 0.1 * s
    b.add(-0.33, -0.36, 0.36, 0.14, angle=0.5, colour=STALK, power=1.6)
    b.limb((0.0, -0.15), (0.62 + qx, -0.6 + qy), 0.15, STALK, power=1.6, group=SECOND_PART)
    b.mark(SECOND_PART, (0.5 + qx, -0.5 + qy))
    b.limb((0.0, 0.0), (x, y), 0.085, STALK, bend=-0.9 * px.abs() * px, group=PART)
    b.add(
        x, y, size, size, petals=5 + (3.99 * t).floor(), petal_depth=0.3, petal_phase=6.28 * s, round=0.35,
        colour=b.main, group=PART,
    )  # fmt: skip
    b.add(x, y, 0.24, 0.24, round=0.8, colour=b.second, group=PART)
    b.mark(PART, (x, y), (x + 0.3, y + 0.15))


def _face(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    b.add(0, -0.85, 0.82 + 0.1 * s, 0.85, round=0.7, power=2.3, colour=b.main)
    for side in (-0.33, 0.33):
        b.add(side, -0.98, 0.25, 0.27, round=0.1, colour=WHITE)
        b.add(side + qx, -0.98 + qy, 0.13, 0.14, round=0.1, colour=DARK, group=SECOND_PART)
    b.mark(SECOND_PART, (qx - 0.33, qy - 0.98), (qx + 0.33, qy - 0.98))
    b.add(0, -0.42, 0.36, 0.075, round=0.0, bend=-0.4 + 0.6 * t, power=3.0, colour=DARK)
    b.add(px, -1.62 + py, 0.86, 0.13, power=3.0, round=0.3, colour=b.second, group=PART)
    b.add(px, -1.88 + py, 0.5, 0.3, power=5.0, round=0.4, colour=b.second, group=PART)
    b.mark(PART, (px - 0.45, py - 1.62), (px + 0.25, py - 1.92))


def _car(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    b.add(px - 0.1, -0.98 + py, 0.62, 0.52, power=4.0, round=0.4, colour=b.second, group=PART)
    b.add(px - 0.06, -1.14 + py, 0.44, 0.22, power=4.0, round=0.0, colour=GLASS, group=PART)
    b.mark(PART, (px - 0.45, py - 1.18), (px + 0.25, py - 1.18))
    b.add(0, -0.58, 1.2, 0.36, power=4.5, round=0.5, colour=b.main, colour2=b.second, textured=True)
    b.add(1.08, -0.62, 0.1, 0.12, round=0.2, colour=(1.0, 0.93, 0.6))
    for x, y, group in ((-0.62, -0.28, BODY), (0.62 + qx, -0.28 + qy, SECOND_PART)):
        b.add(x, y, 0.3, 0.3, round=0.3, colour=DARK, group=group)
        b.add(x, y, 0.13, 0.13, round=0.2, colour=STEEL, group=group)
    b.mark(SECOND_PART, (0.62 + qx, -0.28 + qy))


def _fish(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    x, y = -1.08 + px, -1.0 + py
    b.limb((-0.45, -1.0), (x, y), 0.14, b.second, group=PART)
    b.add(
        x, y, 0.46, 0.46, angle=(y + 1.0).atan2(x + 0.45), petals=3.0, petal_depth=0.42, petal_phase=3.1416,
        round=0.3, colour=b.second, group=PART,
    )  # fmt: skip
    b.mark(PART, (x, y))
    b.limb((0.1, -1.15), (-0.15 + qx, -1.72 + qy), 0.22, b.second, power=1.7, group=SECOND_PART)
    b.mark(SECOND_PART, (-0.12 + qx, -1.62 + qy))
    b.add(0, -1.0, 0.82, 0.46 + 0.1 * s, power=2.1, round=0.7, colour=b.main, colour2=b.second, textured=True)
    b.eye(0.46, -1.12, 0.15, group=BODY)


def _tree(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    x, y, size = px, -1.35 + py, 0.6 + 0.1 * s
    b.limb((0.0, -0.02), (x, y), 0.15, BARK, bend=-0.7 * px.abs() * px, group=PART)
    for side in (-0.42, 0.42):
        b.add(x + side, y + 0.16, 0.44, 0.4, round=0.7, colour=b.main, group=PART)
    b.add(
        x, y - 0.12, size, size, petals=8.0, petal_depth=0.06, petal_phase=6.28 * t, round=0.7,
        colour=b.main, colour2=b.second, textured=True, group=PART,
    )  # fmt: skip
    b.mark(PART, (x - 0.25, y - 0.2), (x + 0.3, y))


def _creature(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    for side in (-0.32, 0.32):
        b.add(side, -0.12, 0.24, 0.14, colour=b.second)
    _arm(b, (0.4, -0.95), (0.98 + px, -0.95 + py), PART)
    _arm(b, (-0.4, -0.95), (-0.98 + qx, -0.95 + qy), SECOND_PART)
    b.add(0, -0.9, 0.56 + 0.08 * s, 0.8, power=2.6, round=0.7, colour=b.main, colour2=b.second, textured=True)
    for side in (-0.24, 0.24):
        b.eye(side, -1.28, 0.2, look=(t - 0.5, s - 0.5), group=BODY)


def _arm(b: Sketch, shoulder: tuple[float, float], hand: tuple[Tensor, Tensor], group: int) -> None:
    b.limb(shoulder, hand, 0.11, b.main, group=group)
    b.add(*hand, 0.2, 0.2, colour=b.second, group=group)
    b.mark(group, hand)


def _house(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    x, y = 0.45 + qx, -1.66 + qy
    b.add(x, y, 0.15, 0.34, power=10.0, round=0.2, colour=b.second, group=SECOND_PART)
    b.mark(SECOND_PART, (x, y - 0.15))
    b.add(0, -1.2, 1.1, 0.62 + 0.12 * s, power=1.05, round=0.2, colour=b.second)
    b.add(0, -0.6, 0.84, 0.6, power=12.0, round=0.2, colour=b.main, colour2=b.second, textured=True)
    b.add(0.42, -0.74, 0.2, 0.2, power=8.0, round=0.0, colour=GLASS)
    b.add(px - 0.35, -0.36 + py, 0.21, 0.36, power=8.0, round=0.15, colour=BARK, group=PART)
    b.add(px - 0.24, -0.34 + py, 0.05, 0.05, round=0.0, colour=(0.95, 0.85, 0.4), group=PART)
    b.mark(PART, (px - 0.37, -0.5 + py), (px - 0.37, -0.2 + py))


def _bird(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    for side in (-0.12, 0.16):
        b.limb((side, -0.05), (side, -0.6), 0.06, (0.9, 0.55, 0.15))
    b.limb((-0.4, -0.85), (-1.05, -1.0 - 0.2 * t), 0.15, b.second, power=3.0)
    x, y = 0.62 + qx, -1.5 + qy
    b.limb((0.35, -1.0), (x, y), 0.2, b.main, group=SECOND_PART)
    b.add(x + 0.36, y + 0.04, 0.2, 0.11, power=1.1, round=0.2, colour=(0.95, 0.6, 0.15), group=SECOND_PART)
    b.add(x, y, 0.32, 0.3, round=0.7, colour=b.main, group=SECOND_PART)
    b.eye(x + 0.08, y - 0.07, 0.11, group=SECOND_PART)
    b.mark(SECOND_PART, (x, y))
    b.add(0, -0.88, 0.7, 0.4 + 0.08 * s, angle=-0.15, round=0.7, colour=b.main, colour2=b.second, textured=True)
    x, y = -0.45 + px, -1.35 + py
    b.limb((0.1, -0.95), (x, y), 0.2, b.second, power=2.0, group=PART)
    b.mark(PART, (x + 0.08, y + 0.06))


def _robot(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    for side in (-0.28, 0.28):
        b.add(side, -0.2, 0.17, 0.22, power=8.0, round=0.2, colour=STEEL)
    _arm(b, (0.42, -1.0), (0.98 + px, -0.8 + py), PART)
    _arm(b, (-0.42, -1.0), (-0.98 + qx, -0.8 + qy), SECOND_PART)
    b.add(0, -0.78, 0.52, 0.42, power=8.0, round=0.3, colour=b.main, colour2=b.second, textured=True)
    b.limb((0.0, -1.6), (0.15 * s, -1.95), 0.05, STEEL)
    b.add(0, -1.48, 0.42, 0.28, power=6.0, round=0.3, colour=b.second)
    for side in (-0.17, 0.17):
        b.add(side, -1.5, 0.1, 0.1, round=0.0, colour=(0.98, 0.95, 0.55))


def _boat(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    b.limb((0.0, -0.4), (0.0, -1.9), 0.06, BARK)
    x, y = 0.42 + px, -1.1 + py
    b.add(x, y, 0.5, 0.66, power=1.2, round=0.2, colour=b.second, group=PART)
    b.mark(PART, (x, y), (x, y + 0.25))
    x, y = -0.22 + qx, -1.78 + qy
    b.add(x, y, 0.24, 0.13, power=6.0, round=0.1, colour=b.main, group=SECOND_PART)
    b.mark(SECOND_PART, (x, y))
    b.add(
        0, -0.42, 1.08, 0.3, power=3.0, bend=-0.3 - 0.1 * s, round=0.5, colour=b.main, colour2=b.second, textured=True
    )


def _lamp(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    elbow = (-0.35, -1.0 - 0.1 * s)
    x, y = 0.4 + px, -1.55 + py
    b.add(0, -0.1, 0.55, 0.12, round=0.5, colour=b.main)
    b.limb((0.0, -0.15), elbow, 0.08, STEEL)
    b.limb(elbow, (x, y), 0.08, STEEL, group=PART)
    b.add(x + 0.05, y + 0.26, 0.26, 0.16, round=0.0, colour=(1.0, 0.95, 0.7), group=PART)
    b.add(x, y, 0.46, 0.32, power=2.2, round=0.6, colour=b.main, colour2=b.second, textured=True, group=PART)
    b.mark(PART, (x, y))


def _butterfly(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    for side in (-1, 1):
        b.add(0.42 * side, -0.62, 0.42, 0.3, angle=0.6 * side, round=0.2, colour=b.second)
    right, left = (0.78 + px, -1.4 + py), (-0.78 + qx, -1.4 + qy)
    for group, (x, y) in ((PART, right), (SECOND_PART, left)):
        b.limb((0.0, -0.95), (x, y), 0.38, b.main, colour2=b.second, textured=True, power=2.2, round=0.2, group=group)
        b.mark(group, (x, y))
    b.limb((0.0, -0.5), (0.0, -1.35), 0.12, DARK, power=2.5)
    b.add(0, -1.5, 0.15, 0.15, colour=DARK)


def _cactus(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    for side, group, (x, y) in (
        (0.2, PART, (0.72 + px, -1.25 + py)),
        (-0.2, SECOND_PART, (-0.72 + qx, -1.05 + qy)),
    ):
        b.limb((side, -0.75), (x, y), 0.15, STALK, power=3.0, group=group)
        b.add(x, y, 0.19, 0.22, round=0.7, colour=STALK, group=group)
        b.mark(group, (x, y))
    b.add(0, -1.0, 0.32, 0.8, power=3.0, round=0.7, colour=STALK, colour2=(0.5, 0.72, 0.35), textured=True)
    b.add(0, -1.8, 0.26, 0.2, petals=5.0, petal_depth=0.3, petal_phase=6.28 * s, round=0.2, colour=b.second)
    b.add(0, -0.24, 0.52, 0.24, power=5.0, round=0.5, colour=b.main)


def _cat(b: Sketch, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    tip = (-1.0 + px, -1.3 + py)
    b.limb((-0.45, -0.45), tip, 0.11, b.main, bend=0.25, group=PART)
    b.mark(PART, (tip[0] + 0.03, tip[1] + 0.06))
    b.add(-0.05, -0.45, 0.66, 0.42, power=2.3, round=0.7, colour=b.main, colour2=b.second, textured=True)
    for side in (-0.4, 0.3):
        b.add(side, -0.1, 0.18, 0.12, colour=b.second)
    x, y = 0.48 + qx, -1.15 + qy
    for side in (-0.24, 0.24):
        b.add(x + side, y - 0.36, 0.17, 0.26, power=1.1, round=0.2, colour=b.second, group=SECOND_PART)
    b.add(x, y, 0.44, 0.4, round=0.7, colour=b.main, group=SECOND_PART)
    for side in (-0.17, 0.17):
        b.eye(x + side, y - 0.08, 0.11, look=(s - 0.5, t - 0.5), group=SECOND_PART)
    b.add(x, y + 0.14, 0.07, 0.05, round=0.0, colour=DARK, group=SECOND_PART)
    b.mark(SECOND_PART, (x, y), (x, y - 0.25))


_ARM_RIGHT, _ARM_LEFT, _UP_DOWN = (-0.3, 0.2), (-0.2, 0.3), (-0.75, 0.65)
KINDS: tuple[Kind, ...] = (
    Kind("ball", _ball),
    Kind("crate", _crate, {PART: "lid"}, ((-0.5, 0.5), (-0.7, 0.0), STILL, STILL)),
    Kind(
        "flower", _flower, {PART: "head", SECOND_PART: "leaf"},
        ((-0.7, 0.7), (-0.35, 0.45), (-0.2, 0.3), (-0.3, 0.4)),
    ),
    Kind("face", _face, {PART: "hat", SECOND_PART: "eyes"}, ((-0.4, 0.4), (-0.45, 0.15), (-0.1, 0.1), (-0.1, 0.1))),
    Kind("car", _car, {PART: "cabin", SECOND_PART: "wheel"}, ((-0.5, 0.5), (-0.4, 0.1), (-0.55, 0.3), (-0.05, 0.05))),
    Kind("fish", _fish, {PART: "tail", SECOND_PART: "fin"}, ((-0.2, 0.2), (-0.65, 0.65), (-0.5, 0.5), (-0.25, 0.2))),
    Kind("tree", _tree, {PART: "crown"}, ((-0.6, 0.6), (-0.4, 0.3), STILL, STILL)),
    Kind(
        "creature", _creature, {PART: "right hand", SECOND_PART: "left hand"},
        (_ARM_RIGHT, _UP_DOWN, _ARM_LEFT, _UP_DOWN),
    ),
    Kind("house", _house, {PART: "door", SECOND_PART: "chimney"}, ((-0.25, 0.3), STILL, (-0.9, 0.15), (-0.15, 0.2))),
    Kind("bird", _bird, {PART: "wing", SECOND_PART: "head"}, ((-0.35, 0.3), (-0.5, 0.75), (-0.25, 0.25), (-0.3, 0.35))),
    Kind("robot", _robot, {PART: "right hand", SECOND_PART: "left hand"}, (_ARM_RIGHT, _UP_DOWN, _ARM_LEFT, _UP_DOWN)),
    Kind("boat", _boat, {PART: "sail", SECOND_PART: "flag"}, ((-0.2, 0.35), (-0.3, 0.15), (-0.1, 0.45), (-0.15, 0.6))),
    Kind("lamp", _lamp, {PART: "head"}, ((-0.5, 0.45), (-0.3, 0.7), STILL, STILL)),
    Kind(
        "butterfly", _butterfly, {PART: "right wing", SECOND_PART: "left wing"},
        ((-0.3, 0.25), (-0.4, 0.5), (-0.25, 0.3), (-0.4, 0.5)),
    ),
    Kind(
        "cactus", _cactus, {PART: "right arm", SECOND_PART: "left arm"},
        ((-0.2, 0.25), (-0.45, 0.5), (-0.25, 0.2), (-0.5, 0.4)),
    ),
    Kind("cat", _cat, {PART: "tail", SECOND_PART: "head"}, ((-0.2, 0.35), (-0.5, 0.7), (-0.35, 0.3), (-0.3, 0.25))),
)  # fmt: skip
KIND_NAMES = tuple(kind.name for kind in KINDS)

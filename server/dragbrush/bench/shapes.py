"""The things of the toy world: each kind is a short list of primitives placed by the object's own values.

A primitive is one row of `FIELDS` numbers. An object stands at the origin with y pointing down, so that it
reaches from y = -2 to the ground at y = 0, in units of the object's size.
"""

from collections.abc import Callable

import torch
from torch import Tensor

KINDS = ("ball", "crate", "flower", "face", "car", "fish", "tree", "creature")
TEXTURES = ("plain", "striped", "checked", "dotted")
PUPIL = len(TEXTURES)
"""Texture number of an eye: the second colour in a disc that looks towards (`look_u`, `look_v`)."""

FIELDS = (
    "x", "y", "half_width", "half_height", "angle", "power", "petals", "petal_depth", "petal_phase", "bend",
    "round", "soft", "opacity", "texture", "frequency", "look_u", "look_v", "group",
    "red", "green", "blue", "red2", "green2", "blue2",
)  # fmt: skip
FIELD = {name: i for i, name in enumerate(FIELDS)}
MAX_PRIMITIVES = 10

SHADOW, BODY, PART, SECOND_PART = 0, 1, 2, 3
"""Groups: what a primitive belongs to. A part's stem or arm belongs to the part, as it moves with it."""

PARTS: dict[str, dict[int, tuple[str, tuple[tuple[int, float, float], ...]]]] = {
    "crate": {PART: ("lid", ((3, -0.6, 0.0), (3, 0.6, 0.0)))},
    "flower": {PART: ("head", ((5, 0.0, 0.0), (4, 0.55, 0.3)))},
    "face": {PART: ("hat", ((5, -0.5, 0.0), (6, 0.5, -0.2)))},
    "car": {PART: ("cabin", ((1, -0.5, -0.4), (1, 0.5, -0.4)))},
    "fish": {PART: ("tail", ((2, 0.0, 0.0),))},
    "tree": {PART: ("crown", ((4, -0.3, -0.2), (4, 0.4, 0.1)))},
    "creature": {PART: ("right hand", ((4, 0.0, 0.0),)), SECOND_PART: ("left hand", ((6, 0.0, 0.0),))},
}
"""Kind -> group -> the part's name and its anchors: (primitive, u, v) in half sizes of that primitive."""

POSE_RANGE: dict[str, tuple[tuple[float, float], ...]] = {
    "ball": ((0, 0), (0, 0), (0, 0), (0, 0)),
    "crate": ((-0.5, 0.5), (-0.7, 0.0), (0, 0), (0, 0)),
    "flower": ((-0.7, 0.7), (-0.35, 0.45), (0, 0), (0, 0)),
    "face": ((-0.4, 0.4), (-0.45, 0.15), (-0.4, 0.4), (-0.4, 0.4)),
    "car": ((-0.5, 0.5), (-0.4, 0.1), (0, 0), (0, 0)),
    "fish": ((-0.2, 0.2), (-0.65, 0.65), (0, 0), (0, 0)),
    "tree": ((-0.6, 0.6), (-0.4, 0.3), (0, 0), (0, 0)),
    "creature": ((-0.3, 0.2), (-0.75, 0.65), (-0.2, 0.3), (-0.75, 0.65)),
}
"""Kind -> range of (part x, part y, second part x, second part y), in object sizes from the resting place."""

_Number = Tensor | float


class _Builder:
    """Collects the primitives of n objects of one kind; every value is a number or a tensor of shape (n,)."""

    def __init__(self, main: Tensor, second: Tensor, texture: Tensor, frequency: Tensor) -> None:
        self.count = main.shape[0]
        self.main, self.second = main, second
        self.texture, self.frequency = texture, frequency
        self.rows: list[Tensor] = []

    def add(
        self,
        x: _Number,
        y: _Number,
        half_width: _Number,
        half_height: _Number,
        *,
        colour: Tensor | tuple[float, float, float],
        colour2: Tensor | None = None,
        textured: bool = False,
        **fields: _Number,
    ) -> None:
        first = _colour(colour, self.main)
        values: dict[str, _Number] = {
            "x": x, "y": y, "half_width": half_width, "half_height": half_height, "power": 2.0, "round": 0.6,
            "opacity": 1.0, "group": BODY,
        }  # fmt: skip
        if textured:
            values |= {"texture": self.texture, "frequency": self.frequency}
        values |= fields
        columns = [_column(values.get(name, 0.0), self.main) for name in FIELDS[:-6]]
        row = torch.stack(columns, 1)
        self.rows.append(torch.cat([row, first, first if colour2 is None else colour2], 1))

    def limb(
        self,
        start: tuple[_Number, _Number],
        end: tuple[_Number, _Number],
        thickness: float,
        colour: Tensor,
        *,
        group: int,
        bend: _Number = 0.0,
    ) -> None:
        """A straight or bent bar from start to end, half as thick as `thickness`."""
        x0, y0 = (_column(v, self.main) for v in start)
        x1, y1 = (_column(v, self.main) for v in end)
        length = torch.hypot(x1 - x0, y1 - y0)
        self.add(
            (x0 + x1) / 2, (y0 + y1) / 2, length / 2 + thickness / 2, thickness,
            angle=torch.atan2(y1 - y0, x1 - x0), power=4.0, colour=colour, group=group, bend=bend,
        )  # fmt: skip

    def shadow(self, half_width: _Number, *, opacity: float = 0.42) -> None:
        self.add(
            0.16, 0.02, half_width, 0.24, soft=0.9, opacity=opacity, round=0.0, group=SHADOW,
            colour=(0.03, 0.03, 0.06),
        )  # fmt: skip


def _column(value: _Number, like: Tensor) -> Tensor:
    if isinstance(value, Tensor):
        return value
    return torch.full((like.shape[0],), float(value), device=like.device)


def _colour(colour: Tensor | tuple[float, float, float], like: Tensor) -> Tensor:
    if isinstance(colour, Tensor):
        return colour
    return torch.tensor(colour, device=like.device).expand(like.shape[0], 3)


def primitives(kind: str, *, pose: Tensor, style: Tensor, main: Tensor, second: Tensor, texture: Tensor) -> Tensor:
    """The primitives of n objects of one kind, back to front, (n, at most MAX_PRIMITIVES, fields).

    pose (n, 4) as in POSE_RANGE; style (n, 3) in 0..1 varies the shape; main, second (n, 3) colours;
    texture (n,) a number of TEXTURES.
    """
    build = _Builder(main, second, texture, 5.0 + 2.5 * style[:, 2])
    px, py, qx, qy = pose.unbind(1)
    _DRAW[kind](build, px, py, qx, qy, style[:, 0], style[:, 1])
    return torch.stack(build.rows, 1)


WHITE, DARK, BARK, STALK = (0.97, 0.97, 0.95), (0.1, 0.1, 0.13), (0.42, 0.27, 0.16), (0.2, 0.5, 0.2)


def _ball(b: _Builder, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    radius = 0.8 + 0.2 * s
    b.shadow(radius)
    b.add(0, -radius, radius, radius, round=1.0, colour=b.main, colour2=b.second, textured=True)
    b.add(-0.36, -1.42 * radius, 0.2, 0.14, soft=0.8, opacity=0.55, round=0.0, colour=WHITE, angle=-0.6)


def _crate(b: _Builder, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    half = 0.6 + 0.12 * s
    top = -2 * half
    b.shadow(1.15)
    b.add(0, -half, 0.9, half, power=12.0, round=0.2, colour=b.main, colour2=b.second, textured=True)
    b.add(0, -0.12, 0.92, 0.13, power=12.0, round=0.2, colour=b.second)
    b.add(px, top - 0.12 + py, 1.02, 0.17, power=8.0, round=0.35, colour=b.second, group=PART)
    b.add(px, top - 0.36 + py, 0.2, 0.13, power=3.0, colour=b.second, group=PART)


def _flower(b: _Builder, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    stalk = _colour(STALK, b.main)
    b.shadow(0.55)
    b.add(-0.33, -0.36, 0.36, 0.14, angle=0.5, colour=stalk, power=1.6)
    b.add(0.33, -0.44, 0.36, 0.14, angle=-0.6, colour=stalk, power=1.6)
    x, y = px, -1.4 + py
    b.limb((0.0, 0.0), (x, y), 0.085, stalk, bend=-0.9 * px.abs() * px, group=PART)
    size = 0.58 + 0.1 * s
    b.add(
        x, y, size, size, petals=5 + (3.99 * t).floor(), petal_depth=0.3, petal_phase=6.28 * s, round=0.35,
        colour=b.main, group=PART,
    )  # fmt: skip
    b.add(x, y, 0.24, 0.24, round=0.8, colour=b.second, group=PART)


def _face(b: _Builder, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    b.shadow(0.85)
    b.add(0, -0.85, 0.82 + 0.1 * s, 0.85, round=0.7, power=2.3, colour=b.main)
    dark = _colour(DARK, b.main)
    for side in (-0.33, 0.33):
        b.add(side, -0.98, 0.23, 0.25, round=0.1, texture=PUPIL, look_u=qx, look_v=qy, colour=WHITE, colour2=dark)
    b.add(0, -0.42, 0.36, 0.075, round=0.0, bend=-0.4 + 0.6 * t, power=3.0, colour=dark)
    b.add(px, -1.62 + py, 0.86, 0.13, power=3.0, round=0.3, colour=b.second, group=PART)
    b.add(px, -1.88 + py, 0.5, 0.3, power=5.0, round=0.4, colour=b.second, group=PART)


def _car(b: _Builder, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    b.shadow(1.3)
    b.add(px - 0.1, -0.98 + py, 0.62, 0.52, power=4.0, round=0.4, colour=b.second, group=PART)
    b.add(px - 0.06, -1.14 + py, 0.44, 0.22, power=4.0, round=0.0, colour=(0.75, 0.88, 0.95), group=PART)
    b.add(0, -0.58, 1.2, 0.36, power=4.5, round=0.5, colour=b.main, colour2=b.second, textured=True)
    b.add(1.08, -0.62, 0.1, 0.12, round=0.2, colour=(1.0, 0.93, 0.6))
    for side in (-0.62, 0.62):
        b.add(side, -0.28, 0.3, 0.3, round=0.3, colour=DARK)
        b.add(side, -0.28, 0.13, 0.13, round=0.2, colour=(0.8, 0.8, 0.82))


def _fish(b: _Builder, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    b.shadow(0.9, opacity=0.3)
    x, y = -1.08 + px, -1.0 + py
    angle = torch.atan2(y + 1.0, x + 0.45)
    b.limb((-0.45, -1.0), (x, y), 0.14, b.second, group=PART)
    b.add(
        x, y, 0.46, 0.46, angle=angle, petals=3.0, petal_depth=0.42, petal_phase=3.1416, round=0.3,
        colour=b.second, group=PART,
    )  # fmt: skip
    b.add(0.0, -1.44, 0.3, 0.22, angle=0.5, power=1.7, colour=b.second)
    b.add(0, -1.0, 0.82, 0.46 + 0.1 * s, power=2.1, round=0.7, colour=b.main, colour2=b.second, textured=True)
    dark = _colour(DARK, b.main)
    b.add(0.46, -1.12, 0.15, 0.15, round=0.1, texture=PUPIL, look_u=0.2, colour=WHITE, colour2=dark)


def _tree(b: _Builder, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    b.shadow(0.75)
    x, y = px, -1.35 + py
    b.limb((0.0, -0.02), (x, y), 0.15, _colour(BARK, b.main), bend=-0.7 * px.abs() * px, group=PART)
    for side in (-0.42, 0.42):
        b.add(x + side, y + 0.16, 0.44, 0.4, round=0.7, colour=b.main, group=PART)
    size = 0.6 + 0.1 * s
    b.add(
        x, y - 0.12, size, size, petals=8.0, petal_depth=0.06, petal_phase=6.28 * t, round=0.7,
        colour=b.main, colour2=b.second, textured=True, group=PART,
    )  # fmt: skip


def _creature(b: _Builder, px: Tensor, py: Tensor, qx: Tensor, qy: Tensor, s: Tensor, t: Tensor) -> None:
    b.shadow(0.85)
    for side in (-0.32, 0.32):
        b.add(side, -0.12, 0.24, 0.14, colour=b.second)
    right, left = (0.98 + px, -0.95 + py), (-0.98 + qx, -0.95 + qy)
    b.limb((0.4, -0.95), right, 0.11, b.main, group=PART)
    b.add(*right, 0.2, 0.2, colour=b.second, group=PART)
    b.limb((-0.4, -0.95), left, 0.11, b.main, group=SECOND_PART)
    b.add(*left, 0.2, 0.2, colour=b.second, group=SECOND_PART)
    b.add(0, -0.9, 0.56 + 0.08 * s, 0.8, power=2.6, round=0.7, colour=b.main, colour2=b.second, textured=True)
    dark = _colour(DARK, b.main)
    for side in (-0.24, 0.24):
        b.add(
            side, -1.28, 0.2, 0.22, round=0.1, texture=PUPIL, look_u=t - 0.5, look_v=s - 0.5, colour=WHITE,
            colour2=dark,
        )  # fmt: skip


_DRAW: dict[str, Callable[..., None]] = dict(
    zip(KINDS, (_ball, _crate, _flower, _face, _car, _fish, _tree, _creature), strict=True)
)

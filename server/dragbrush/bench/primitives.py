"""The one primitive that toy things are made of, and the sketch that collects them.

A primitive is a superellipse with petals, bend, texture and shading: one row of `FIELDS` numbers.
"""

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor

TEXTURES = ("plain", "striped", "checked", "dotted")
PUPIL = len(TEXTURES)
"""Texture number of an eye: the second colour in a disc that looks towards (`look_u`, `look_v`)."""

FIELDS = (
    "x", "y", "half_width", "half_height", "angle", "power", "petals", "petal_depth", "petal_phase", "bend",
    "round", "opacity", "texture", "frequency", "look_u", "look_v", "group",
    "red", "green", "blue", "red2", "green2", "blue2",
)  # fmt: skip
FIELD = {name: i for i, name in enumerate(FIELDS)}
MAX_PRIMITIVES = 14
MAX_MARKS = 2

BODY, PART, SECOND_PART = 1, 2, 3
"""Groups: what a primitive belongs to. A part's stem or arm belongs to the part, as it moves with it."""

Number = Tensor | float
Colour = Tensor | tuple[float, float, float]


class Sketch:
    """The primitives of n things of one kind, back to front; every value is a number or a tensor of shape (n,)."""

    def __init__(self, main: Tensor, second: Tensor, texture: Tensor, frequency: Tensor) -> None:
        self.main, self.second = main, second
        self.texture, self.frequency = texture, frequency
        self.rows: list[Tensor] = []
        self.marks: defaultdict[int, list[Tensor]] = defaultdict(list)
        """Group -> points (n, 2) fixed to the part, where a hand would take it."""

    def add(
        self,
        x: Number,
        y: Number,
        half_width: Number,
        half_height: Number,
        *,
        colour: Colour,
        colour2: Colour | None = None,
        textured: bool = False,
        **fields: Number,
    ) -> None:
        first = self._colour(colour)
        values: dict[str, Number] = {
            "x": x, "y": y, "half_width": half_width, "half_height": half_height, "power": 2.0, "round": 0.6,
            "opacity": 1.0, "group": BODY,
        }  # fmt: skip
        if textured:
            values |= {"texture": self.texture, "frequency": self.frequency}
        values |= fields
        row = torch.stack([self._column(values.get(name, 0.0)) for name in FIELDS[:-6]], 1)
        self.rows.append(torch.cat([row, first, first if colour2 is None else self._colour(colour2)], 1))

    def limb(
        self,
        start: tuple[Number, Number],
        end: tuple[Number, Number],
        thickness: float,
        colour: Colour,
        **fields: Any,
    ) -> None:
        """A bar from start to end, half as thick as `thickness`; fields as of `add`."""
        x0, y0 = (self._column(v) for v in start)
        x1, y1 = (self._column(v) for v in end)
        half = torch.hypot(x1 - x0, y1 - y0) / 2 + thickness / 2
        values: dict[str, Any] = {"angle": torch.atan2(y1 - y0, x1 - x0), "power": 4.0}
        self.add((x0 + x1) / 2, (y0 + y1) / 2, half, thickness, colour=colour, **(values | fields))

    def eye(self, x: Number, y: Number, radius: float, *, look: tuple[Number, Number] = (0.2, 0.0), group: int) -> None:
        self.add(
            x, y, radius, radius * 1.08, round=0.1, texture=PUPIL, look_u=look[0], look_v=look[1], colour=WHITE,
            colour2=DARK, group=group,
        )  # fmt: skip

    def mark(self, group: int, *points: tuple[Number, Number]) -> None:
        self.marks[group] += [torch.stack([self._column(v) for v in point], 1) for point in points]

    def _column(self, value: Number) -> Tensor:
        if isinstance(value, Tensor):
            return value
        return torch.full(self.main.shape[:1], float(value), device=self.main.device)

    def _colour(self, colour: Colour) -> Tensor:
        if isinstance(colour, Tensor):
            return colour
        return torch.tensor(colour, device=self.main.device).expand_as(self.main)


WHITE, DARK = (0.97, 0.97, 0.95), (0.1, 0.1, 0.13)

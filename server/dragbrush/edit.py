"""The vocabulary of an edit, shared by every layer. Standard library only.

Points are (x, y) in pixels of the input picture: x to the right, y down, the centre of the top left pixel at
(0, 0), fractions allowed.
"""

import math
import threading
from dataclasses import dataclass
from typing import Any, Literal

from dragbrush.errors import BadRequest, Cancelled

MAX_DRAGS = 64
MIN_SCALE, MAX_SCALE = 0.05, 20.0
"""Of an object's size."""

Point = tuple[float, float]
Phase = Literal["load", "encode", "identity", "inversion", "warp", "drag", "denoise", "decode", "paste"]
PHASES: tuple[Phase, ...] = (
    "load", "encode", "identity", "inversion", "warp", "drag", "denoise", "decode", "paste",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drag:
    """One handle and the target it is pulled to, both (x, y) in picture pixels."""

    handle: Point
    target: Point


@dataclass(frozen=True, slots=True)
class Transform:
    """How an object is changed about its middle, which is that of the box round what its mask selects by half or more:
    mirrored left to right first, then resized, turned, and shifted."""

    dx: float = 0.0
    dy: float = 0.0
    """To the right and down, in picture pixels."""
    scale: float = 1.0
    degrees: float = 0.0
    """Clockwise."""
    mirror: bool = False

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.dx, self.dy, self.degrees))):
            raise BadRequest(f"A shift by {self.dx}, {self.dy} and a turn of {self.degrees} are no numbers; give some.")
        if not MIN_SCALE <= self.scale <= MAX_SCALE:
            raise BadRequest(f"The scale is {self.scale:g}; it takes a number from {MIN_SCALE:g} to {MAX_SCALE:g}.")

    @property
    def changes_nothing(self) -> bool:
        is_still = (self.dx, self.dy, self.scale) == (0, 0, 1)
        return is_still and self.degrees % 360 == 0 and not self.mirror


UNCHANGED = Transform()


@dataclass(frozen=True, slots=True)
class Step:
    """Where a running edit stands; every yield of a method is one of these, and a place to stop."""

    phase: Phase
    index: int
    """Steps of this phase that are done."""
    total: int
    """Steps this phase takes at most."""
    handles: tuple[Point, ...] | None = None
    """Where the method believes the handles are, in picture pixels; a belief, not a measurement."""
    distance_px: float | None = None
    """Mean distance of those handles to their targets, in picture pixels."""
    loss: float | None = None
    preview: Any = None
    """A small picture of the state so far, (height, width, 3) uint8, or None."""
    box: tuple[int, int, int, int] | None = None
    """(left, top, width, height) that the preview shows, in picture pixels; it may reach past the picture."""


@dataclass(frozen=True, slots=True)
class MovedLayers:
    """A moved object and what is behind it; laid over each other they are the edited picture."""

    background: Any
    """The picture without the object, of the kind that was given."""
    object: Any
    """The object alone, with alpha: `Picture`, array or Pillow image, of the picture's size."""


class CancelToken:
    """Set from any thread; the edit ends with `Cancelled` at its next step."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        if self.is_cancelled:
            raise Cancelled("Cancelled; nothing was written.")


@dataclass(frozen=True, slots=True)
class EditResult:
    """A finished edit."""

    picture: Any
    """The edited picture, of the kind that was given: `Picture`, array or Pillow image."""
    mask: Any
    """What may have changed, (height, width) uint8: of a drag its selection."""
    report: dict[str, Any]
    """Settings, times, measures; ready for JSON."""
    layers: "MovedLayers | None" = None
    """Of a move in layers."""

"""The tool that shifts, scales and turns a box. Knows neither Qt nor Krita."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..core.points import XY
from ..core.transform import UNCHANGED, applied, middle
from ..wire import Transform
from .move_box import Part, part_at, pulled
from .moved import Moved
from .placement import Placement
from .tool import REACH_PX, TREMBLE_PX, Cursor, Pull


@dataclass(frozen=True)
class _Press:
    at: XY
    point: XY
    part: Part
    before: Transform


def _ignore_pull(pull: Pull) -> None:
    pass


class MoveTool:
    """Pulls inside the box shift it, on a corner scale it, on the knob turn it. Without a box it does nothing."""

    def __init__(self, moved: Moved, *, on_pull: Callable[[Pull], None] = _ignore_pull) -> None:
        self.moved = moved
        self._on_pull = on_pull
        self._press: _Press | None = None
        self._is_pulling = False
        self._hovered: tuple[Part, Cursor] | None = None

    @property
    def hovered(self) -> Part | None:
        if self._press is not None:
            return self._press.part
        return None if self._hovered is None else self._hovered[0]

    @property
    def is_pulling(self) -> bool:
        return self._is_pulling

    @property
    def cursor(self) -> Cursor:
        if self._hovered is None:
            return "arrow"
        return "fist" if self._hovered[0] == "inside" and self._press is not None else self._hovered[1]

    def hover(self, at: XY | None, placement: Placement) -> bool:
        before = self._hovered
        self._hovered = None if at is None else self._seen(at, placement)
        return before != self._hovered

    def press(self, at: XY, placement: Placement) -> None:
        self.release()  # one whose end was lost
        self._hovered = self._seen(at, placement)
        if self._hovered is not None:
            self._press = _Press(at, placement.to_image(at), self._hovered[0], self.moved.transform)

    def drag(self, at: XY, placement: Placement, *, is_straight: bool = False) -> None:
        press, box = self._press, self.moved.box
        if press is None or box is None or (not self._is_pulling and math.dist(at, press.at) < TREMBLE_PX):
            return
        self._is_pulling = True
        to = placement.to_image(at)
        self.moved.become(pulled(box, press.before, press.part, press.point, to, is_straight=is_straight))
        self._on_pull("moving")

    def release(self) -> None:
        press = self._forget()
        if press is not None:
            self.moved.settle(press.before)
            self._on_pull("done")

    def cancel(self) -> None:
        press = self._forget()
        if press is not None:
            self.moved.become(press.before)
            self._on_pull("cancelled")

    @property
    def can_reset(self) -> bool:
        return self.moved.box is not None and self.moved.transform != UNCHANGED

    def reset(self) -> None:
        self.moved.reset()

    def delete(self) -> None:
        pass  # nothing here can be deleted

    @property
    def has_selection(self) -> bool:
        return self.moved.box is not None

    def swap(self) -> None:
        """Left and right."""
        if not self._is_pulling:
            self.moved.mirror()

    @property
    def can_undo(self) -> bool:
        return self.moved.can_undo and not self._is_pulling

    @property
    def can_redo(self) -> bool:
        return self.moved.can_redo and not self._is_pulling

    def undo(self) -> None:
        self.moved.undo()

    def redo(self) -> None:
        self.moved.redo()

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        return self.moved.listen(callback)

    def _forget(self) -> _Press | None:
        """Ends the press, and returns it if it was a pull."""
        press = self._press if self._is_pulling else None
        self._press, self._is_pulling = None, False
        return press

    def _seen(self, at: XY, placement: Placement) -> tuple[Part, Cursor] | None:
        box, transform = self.moved.box, self.moved.transform
        part = None if box is None else part_at(box, transform, at, placement.to_view, REACH_PX)
        if part is None or box is None:
            return None
        if part == "inside":
            return (part, "hand")
        if part == "turn":
            return (part, "turn")
        x, y = placement.to_view(applied(transform, middle(box), middle(box)))
        is_falling = (at[0] - x) * (at[1] - y) > 0  # from upper left to lower right
        return (part, "falling" if is_falling else "rising")

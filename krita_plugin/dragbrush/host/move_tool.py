"""The tool that shifts, scales and turns a box. Knows neither Qt nor Krita."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..core.listeners import Listeners
from ..core.points import XY
from .move_box import Change, Part, part_at, pulled
from .placement import Box, Placement
from .tool import REACH_PX, TREMBLE_PX, Cursor, Pull

MAX_STEPS = 200  # of undo, as many as the points keep


class Moved:
    """A box of one document, what is to become of it, and the undo of that. Shared by the document's views."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._change = Change()
        self._undo: list[Change] = []
        self._redo: list[Change] = []
        self._listeners: Listeners[[]] = Listeners()

    @property
    def box(self) -> Box:
        return self._box

    @property
    def change(self) -> Change:
        return self._change

    def become(self, change: Change) -> None:
        """Within a pull: no undo step of its own."""
        self._change = change
        self._listeners.tell()

    def settle(self, before: Change) -> None:
        """Makes what changed since `before` one step."""
        if before != self._change:
            self._undo = [*self._undo, before][-MAX_STEPS:]
            self._redo.clear()

    def reset(self) -> None:
        before = self._change
        self.become(Change())
        self.settle(before)

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    def undo(self) -> None:
        if self._undo:
            self._redo.append(self._change)
            self.become(self._undo.pop())

    def redo(self) -> None:
        if self._redo:
            self._undo.append(self._change)
            self.become(self._redo.pop())

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called after each change; what is returned ends that."""
        return self._listeners.add(callback)


@dataclass(frozen=True)
class _Press:
    at: XY
    point: XY
    part: Part
    before: Change


def _ignore_pull(pull: Pull) -> None:
    pass


class MoveTool:
    """Pulls inside the box shift it, on a corner scale it, on the knob turn it."""

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
            self._press = _Press(at, placement.to_image(at), self._hovered[0], self.moved.change)

    def drag(self, at: XY, placement: Placement, *, is_straight: bool = False) -> None:
        press = self._press
        if press is None or (not self._is_pulling and math.dist(at, press.at) < TREMBLE_PX):
            return
        self._is_pulling = True
        to = placement.to_image(at)
        self.moved.become(pulled(self.moved.box, press.before, press.part, press.point, to, is_straight=is_straight))
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

    def delete(self) -> None:
        pass  # nothing here can be deleted

    def swap(self) -> None:
        pass

    @property
    def has_selection(self) -> bool:
        return False  # a box is all there is

    @property
    def can_undo(self) -> bool:
        return self.moved.can_undo and not self._is_pulling

    @property
    def can_redo(self) -> bool:
        return self.moved.can_redo and not self._is_pulling

    def undo(self) -> None:
        self.moved.undo()
        self._on_pull("done")  # what is shown of the change is to follow

    def redo(self) -> None:
        self.moved.redo()
        self._on_pull("done")

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        return self.moved.listen(callback)

    def _forget(self) -> _Press | None:
        """Ends the press, and returns it if it was a pull."""
        press = self._press if self._is_pulling else None
        self._press, self._is_pulling = None, False
        return press

    def _seen(self, at: XY, placement: Placement) -> tuple[Part, Cursor] | None:
        part = part_at(self.moved.box, self.moved.change, at, placement.to_view, REACH_PX)
        if part is None:
            return None
        if part == "inside":
            return (part, "hand")
        if part == "turn":
            return (part, "turn")
        x, y = placement.to_view(self.moved.change.applied(self.moved.box.centre, self.moved.box.centre))
        is_falling = (at[0] - x) * (at[1] - y) > 0  # from upper left to lower right
        return (part, "falling" if is_falling else "rising")

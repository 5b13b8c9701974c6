"""The tool that places handle -> target pairs: which press does what. Knows neither Qt nor Krita."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..core.points import XY, End, Points, PointsFull, constrained, nearest_end
from .placement import Placement
from .tool import REACH_PX, TREMBLE_PX, Cursor, Pull


@dataclass(frozen=True)
class _Press:
    """What is held since the button went down."""

    at: XY
    point: XY
    """Of the picture: the end that was taken, or the new handle."""
    grip: XY
    """From the pointer to the end, in px of the picture, so that an end does not jump to the pointer."""
    taken: tuple[int, End] | None
    """The end, or None on empty canvas."""


def _ignore_pull(pull: Pull) -> None:
    pass


def _ignore() -> None:
    pass


class PointsTool:
    """Pulls on empty canvas make a pair, pulls on an end move it, a click selects.

    `on_pull` hears of each movement of a pull and of its end; `on_full` of a pull for which there is no room.
    """

    def __init__(
        self, points: Points, *, on_pull: Callable[[Pull], None] = _ignore_pull, on_full: Callable[[], None] = _ignore
    ) -> None:
        self.points = points
        self._on_pull = on_pull
        self._on_full = on_full
        self._press: _Press | None = None
        self._last: XY = (0.0, 0.0)
        self._held: tuple[int, End] | None = None
        self._hovered: tuple[int, End] | None = None

    @property
    def hovered(self) -> tuple[int, End] | None:
        """The end that a press would take, or that is being pulled."""
        found = self._held or self._hovered
        return found if found is not None and found[0] < len(self.points.pairs) else None

    @property
    def is_pulling(self) -> bool:
        return self._held is not None

    @property
    def cursor(self) -> Cursor:
        if self._held is not None:
            return "fist"
        return "hand" if self.hovered is not None else "cross"

    @property
    def has_selection(self) -> bool:
        return self.points.selected is not None

    @property
    def can_undo(self) -> bool:
        return self.points.can_undo

    @property
    def can_redo(self) -> bool:
        return self.points.can_redo

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        return self.points.listen(callback)

    def hover(self, at: XY | None, placement: Placement) -> bool:
        before = self._hovered
        self._hovered = None if at is None else self._end_at(at, placement)
        return self._hovered != before

    def press(self, at: XY, placement: Placement) -> None:
        self.release()  # one whose end was lost
        self.points.is_visible = True  # to place what cannot be seen would surprise
        taken = self._end_at(at, placement)
        here = placement.to_image(at)
        self._last = at
        if taken is not None:
            index, end = taken
            pair = self.points.pairs[index]
            point = pair.handle if end == "handle" else pair.target
            self._press = _Press(at, point, (point[0] - here[0], point[1] - here[1]), taken)
            self.points.select(index)
        elif placement.contains(at):
            self._press = _Press(at, placement.within(here), (0.0, 0.0), None)

    def drag(self, at: XY, placement: Placement, *, is_straight: bool = False) -> None:
        press = self._press
        if press is None:
            return
        self._last = at
        if self._held is None and (math.dist(at, press.at) < TREMBLE_PX or not self._begin(press)):
            return
        assert self._held is not None
        index, end = self._held
        if index >= len(self.points.pairs):  # deleted by other means, with the button down
            self._forget()
            self.points.commit()
            return
        here = placement.to_image(at)
        to = placement.within((here[0] + press.grip[0], here[1] + press.grip[1]))
        if is_straight:
            pair = self.points.pairs[index]
            to = placement.within(constrained(pair.handle if end == "target" else pair.target, to))
        self.points.move(index, end, to)
        self._on_pull("moving")

    def release(self) -> None:
        press, held = self._press, self._held
        self._forget()
        if press is None:
            return
        if held is None:
            if press.taken is None:
                self.points.select(None)
            return
        if press.taken is None and math.dist(self._last, press.at) < TREMBLE_PX:  # out and back: not wanted
            self.points.abandon()
            self._on_pull("cancelled")
        else:
            self._hovered = held
            self.points.commit()
            self._on_pull("done")

    def cancel(self) -> None:
        was_pulling = self.is_pulling
        self._forget()
        if was_pulling:
            self.points.abandon()
            self._on_pull("cancelled")

    @property
    def can_reset(self) -> bool:
        return False  # too much to lose at a slip of the finger; the docker can clear all

    def reset(self) -> None:
        self.points.clear()

    def delete(self) -> None:
        if self.points.selected is not None and not self.is_pulling:
            self._hovered = None
            self.points.delete(self.points.selected)

    def swap(self) -> None:
        if self.points.selected is not None and not self.is_pulling:
            self.points.swap(self.points.selected)

    def undo(self) -> None:
        self._hovered = None
        self.points.undo()

    def redo(self) -> None:
        self._hovered = None
        self.points.redo()

    def _end_at(self, at: XY, placement: Placement) -> tuple[int, End] | None:
        if not self.points.is_visible:
            return None
        return nearest_end(self.points.pairs, at, placement.to_view, REACH_PX)

    def _begin(self, press: _Press) -> bool:
        self.points.begin()
        if press.taken is not None:
            self._held = press.taken
            return True
        try:
            self._held = (self.points.add(press.point), "target")
        except PointsFull:
            self.points.abandon()
            self._forget()
            self._on_full()
        return self._held is not None

    def _forget(self) -> None:
        self._press = None
        self._held = None

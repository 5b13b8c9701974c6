"""The handle -> target pairs of one document: what is placed, what is selected, and their own undo."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..wire import MAX_DRAGS
from .listeners import Listeners

XY = tuple[float, float]
"""Image px, the centre of the top left pixel at (0, 0); where it says so, px of a view."""
End = Literal["handle", "target"]

MAX_STEPS = 200
"""Undo steps kept; a step holds at most 64 pairs, so this is a bound on memory and no one's limit."""


class PointsFull(Exception):
    """No more pairs: an edit takes 64."""


@dataclass(frozen=True)
class Pair:
    handle: XY
    target: XY

    def moved(self, end: End, to: XY) -> "Pair":
        return replace(self, handle=to) if end == "handle" else replace(self, target=to)


_State = tuple[tuple[Pair, ...], "int | None"]


class Points:
    """Changes outside a pull are one undo step each; those between `begin` and `commit` are one step together.

    A step restores the selection too. Choosing and hiding are no steps. Not for several threads.
    """

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        self._pairs = _within_limit(pairs)
        self._selected: int | None = None
        self._is_visible = True
        self._before: _State | None = None  # of the open pull
        self._undo: list[_State] = []
        self._redo: list[_State] = []
        self._listeners: Listeners[[]] = Listeners()

    @property
    def pairs(self) -> tuple[Pair, ...]:
        return self._pairs

    @property
    def selected(self) -> int | None:
        return self._selected

    def select(self, index: int | None) -> None:
        if index is not None:
            self._pairs[index]  # raises IndexError
        if index != self._selected:
            self._selected = index
            self._listeners.tell()

    @property
    def is_visible(self) -> bool:
        return self._is_visible

    @is_visible.setter
    def is_visible(self, is_visible: bool) -> None:
        if is_visible != self._is_visible:
            self._is_visible = is_visible
            self._listeners.tell()

    def add(self, handle: XY, target: XY | None = None) -> int:
        """Places a pair, selects it and returns its index; without a target it is to be pulled from the handle.

        Raises: PointsFull.
        """
        pair = Pair(handle, handle if target is None else target)
        self._change((*self._pairs, pair), len(self._pairs))
        return len(self._pairs) - 1

    def move(self, index: int, end: End, to: XY) -> None:
        self._put(index, self._pairs[index].moved(end, to))

    def swap(self, index: int) -> None:
        """Makes the handle the target and the target the handle."""
        pair = self._pairs[index]
        self._put(index, Pair(pair.target, pair.handle))

    def delete(self, index: int) -> None:
        self._pairs[index]  # raises IndexError
        selected = self._selected
        if selected is not None and selected >= index:
            selected = None if selected == index else selected - 1
        self._change(self._pairs[:index] + self._pairs[index + 1 :], selected)

    def clear(self) -> None:
        self._change((), None)

    def replace(self, pairs: Iterable[Pair]) -> None:
        """Puts other pairs in place of all, as from the history. Raises: PointsFull."""
        self._change(tuple(pairs), None)

    def begin(self) -> None:
        """Opens a pull. One that is open still, its end having been lost, is committed."""
        self.commit()
        self._before = (self._pairs, self._selected)

    def commit(self) -> None:
        """Ends the pull: what changed since `begin` is one step."""
        before, self._before = self._before, None
        if before is not None and before[0] != self._pairs:
            self._remember(before)
            self._listeners.tell()

    def abandon(self) -> None:
        """Ends the pull and puts all back as it was at `begin`."""
        before, self._before = self._before, None
        if before is not None:
            self._restore(before)

    @property
    def is_pulling(self) -> bool:
        return self._before is not None

    @property
    def can_undo(self) -> bool:
        return bool(self._undo) and not self.is_pulling

    @property
    def can_redo(self) -> bool:
        return bool(self._redo) and not self.is_pulling

    def undo(self) -> None:
        if self.can_undo:
            self._redo.append((self._pairs, self._selected))
            self._restore(self._undo.pop())

    def redo(self) -> None:
        if self.can_redo:
            self._undo.append((self._pairs, self._selected))
            self._restore(self._redo.pop())

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called after each change; what is returned ends that."""
        return self._listeners.add(callback)

    def _put(self, index: int, pair: Pair) -> None:
        self._pairs[index]  # raises IndexError
        index %= len(self._pairs)
        self._change((*self._pairs[:index], pair, *self._pairs[index + 1 :]), self._selected)

    def _change(self, pairs: tuple[Pair, ...], selected: int | None) -> None:
        state = (self._pairs, self._selected)
        self._pairs = _within_limit(pairs)
        self._selected = selected
        if state == (self._pairs, self._selected):
            return
        if not self.is_pulling and state[0] != self._pairs:
            self._remember(state)
        self._listeners.tell()

    def _remember(self, state: _State) -> None:
        self._undo.append(state)
        del self._undo[:-MAX_STEPS]
        self._redo.clear()

    def _restore(self, state: _State) -> None:
        self._pairs, self._selected = state
        self._listeners.tell()


def nearest_end(pairs: Sequence[Pair], at: XY, to_view: Callable[[XY], XY], radius: float) -> tuple[int, End] | None:
    """The end within `radius` of `at`, both in px of the view; of equally near ones a target, then the last placed."""
    best: tuple[float, int, int] | None = None
    found: tuple[int, End] | None = None
    for index, pair in enumerate(pairs):
        ends: tuple[tuple[int, End, XY], ...] = ((0, "target", pair.target), (1, "handle", pair.handle))
        for rank, end, xy in ends:
            order = (math.dist(to_view(xy), at), rank, -index)
            if order[0] <= radius and (best is None or order < best):
                best, found = order, (index, end)
    return found


def constrained(origin: XY, to: XY) -> XY:
    """`to` brought onto the nearest of the eight directions from `origin`, at the foot of its perpendicular."""
    dx, dy = to[0] - origin[0], to[1] - origin[1]
    eighth = round(math.atan2(dy, dx) / (math.pi / 4)) % 4  # 0 across, 1 down right, 2 down, 3 down left; or opposite
    if eighth == 0:
        return (to[0], origin[1])
    if eighth == 2:
        return (origin[0], to[1])
    along = (dx + dy) / 2 if eighth == 1 else (dx - dy) / 2
    return (origin[0] + along, origin[1] + (along if eighth == 1 else -along))


def _within_limit(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    kept = tuple(pairs)
    if len(kept) > MAX_DRAGS:
        raise PointsFull(len(kept))
    return kept

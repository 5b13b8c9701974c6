"""The object of one document that is moved or pasted: its box, what is to become of it, and the undo of that.

Knows neither Qt nor Krita. Shared by the document's views.
"""

from collections.abc import Callable
from dataclasses import replace

from ..core.crop import Rect
from ..core.listeners import Listeners
from ..core.transform import UNCHANGED
from ..wire import Transform

MAX_STEPS = 200  # of undo, as many as the points keep


class Moved:
    """Not for several threads."""

    def __init__(self, transform: Transform = UNCHANGED) -> None:
        self._transform = transform
        self._box: Rect | None = None
        self._last: Rect | None = None
        """The last box that there was: for another one the transform begins anew."""
        self._undo: list[Transform] = []
        self._redo: list[Transform] = []
        self._listeners: Listeners[[]] = Listeners()

    @property
    def box(self) -> Rect | None:
        """Where the object lies before it is moved; None while there is none."""
        return self._box

    def aim(self, box: Rect | None) -> None:
        """Takes up an object; the transform stays as long as it is the same one."""
        if box == self._box:
            self._last = box or self._last
            return
        if box is not None and self._last not in (None, box):
            self._transform = UNCHANGED
            self._undo.clear()
            self._redo.clear()
        self._box, self._last = box, box or self._last
        self._listeners.tell()

    @property
    def transform(self) -> Transform:
        return self._transform

    def become(self, transform: Transform) -> None:
        """Within a pull: no undo step of its own."""
        if transform != self._transform:
            self._transform = transform
            self._listeners.tell()

    def settle(self, before: Transform) -> None:
        """Makes what changed since `before` one step."""
        if before != self._transform:
            self._undo = [*self._undo, before][-MAX_STEPS:]
            self._redo.clear()

    def set(self, transform: Transform) -> None:
        """As one step."""
        before = self._transform
        self.become(transform)
        self.settle(before)

    def reset(self) -> None:
        self.set(UNCHANGED)

    def mirror(self) -> None:
        self.set(replace(self._transform, mirror=not self._transform.mirror))

    def restore(self, transform: Transform) -> None:
        """Of an earlier edit, whichever object is taken up next."""
        self._last = None
        self.set(transform)

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    def undo(self) -> None:
        if self._undo:
            self._redo.append(self._transform)
            self.become(self._undo.pop())

    def redo(self) -> None:
        if self._redo:
            self._undo.append(self._transform)
            self.become(self._redo.pop())

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called after each change; what is returned ends that."""
        return self._listeners.add(callback)

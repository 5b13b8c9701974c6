"""Dragbrush's part of one open document: points, the object that is moved, what was chosen for the next edit, results.

Knows neither Qt nor Krita. Of two views of a document both have this one.
"""

from collections.abc import Callable
from dataclasses import replace

from ..core.history import Entry, History
from ..core.inputs import Inputs
from ..core.listeners import Listeners
from ..core.pixels import Selection
from ..core.points import Points
from ..core.saved import Saved
from ..core.transform import UNCHANGED
from .moved import Moved

MAX_MARKS = 8
"""Selections that are kept, each as large as what it selects, for edits of the history that are done again."""


class Work:
    """Not for several threads."""

    def __init__(self, saved: Saved, id_: str) -> None:
        """`saved` is what the document's file kept, if anything; `id_` tells it from all others that are open."""
        self.id = id_
        self.points = Points(saved.inputs.pairs)
        self.moved = Moved(saved.inputs.transform)
        self.history = History(saved.history)
        self.is_newer = saved.is_newer
        """Saved by a later version: not to be written over."""
        self._choice = _without_places(saved.inputs)
        self._marks: dict[str, Selection] = {}
        self._listeners: Listeners[[]] = Listeners()
        for part in (self.points, self.moved, self.history):
            part.listen(self._listeners.tell)

    @property
    def choice(self) -> Inputs:
        """Tool, speed, prompt, seed and settings of the next edit; where things go is in `points` and `moved`."""
        return self._choice

    def choose(self, choice: Inputs) -> None:
        choice = _without_places(choice)
        if choice != self._choice:
            self._choice = choice
            self._listeners.tell()

    @property
    def inputs(self) -> Inputs:
        """Of an edit that begins now."""
        return replace(self._choice, pairs=self.points.pairs, transform=self.moved.transform)

    def mark(self, name: str, selection: Selection) -> None:
        """Keeps a selection that says what the object is in another layer."""
        self._marks.pop(name, None)
        self._marks[name] = selection
        for oldest in list(self._marks)[:-MAX_MARKS]:
            del self._marks[oldest]

    @property
    def marked(self) -> Selection | None:
        """The one that was chosen; None where there is none, or none any more."""
        return self._marks.get(self._choice.marked)

    def restore(self, entry: Entry) -> None:
        """Tool, places, settings and seed of a result, to go on from there."""
        self.choose(entry.inputs)
        if entry.inputs.tool == "drag":
            self.points.replace(entry.inputs.pairs)
        else:
            self.moved.restore(entry.inputs.transform)

    @property
    def saved(self) -> Saved:
        return Saved(self.id, self.inputs, self.history.entries)

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called after each change; what is returned ends that."""
        return self._listeners.add(callback)


def _without_places(inputs: Inputs) -> Inputs:
    return replace(inputs, pairs=(), transform=UNCHANGED)

"""Dragbrush's part of one open document: points, what was chosen for the next edit, results.

Knows neither Qt nor Krita. Of two views of a document both have this one.
"""

from collections.abc import Callable
from dataclasses import replace

from ..core.history import Entry, History
from ..core.inputs import Inputs
from ..core.listeners import Listeners
from ..core.points import Points
from ..core.saved import Saved


class Work:
    """Not for several threads."""

    def __init__(self, saved: Saved, id_: str) -> None:
        """`saved` is what the document's file kept, if anything; `id_` tells it from all others that are open."""
        self.id = id_
        self.points = Points(saved.inputs.pairs)
        self.history = History(saved.history)
        self.is_newer = saved.is_newer
        """Saved by a later version: not to be written over."""
        self._choice = replace(saved.inputs, pairs=())
        self._listeners: Listeners[[]] = Listeners()
        self.points.listen(self._listeners.tell)
        self.history.listen(self._listeners.tell)

    @property
    def choice(self) -> Inputs:
        """Tool, speed, prompt, seed and settings of the next edit; its points are `points`."""
        return self._choice

    def choose(self, choice: Inputs) -> None:
        choice = replace(choice, pairs=())
        if choice != self._choice:
            self._choice = choice
            self._listeners.tell()

    @property
    def inputs(self) -> Inputs:
        """Of an edit that begins now."""
        return replace(self._choice, pairs=self.points.pairs)

    def restore(self, entry: Entry) -> None:
        """Points, settings and seed of a result, to go on from there."""
        self.choose(entry.inputs)
        self.points.replace(entry.inputs.pairs)

    @property
    def saved(self) -> Saved:
        return Saved(self.id, self.inputs, self.history.entries)

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called after each change; what is returned ends that."""
        return self._listeners.add(callback)

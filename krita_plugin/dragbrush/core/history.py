"""The results of one document: what they were made of, a thumbnail, and as long as there is room their pixels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .inputs import Inputs
from .jobs import Placed
from .listeners import Listeners
from .points import XY

MAX_ENTRIES = 30
KEPT_BYTES = 256 * 1024 * 1024
"""Of pixels of one document, for before/after and for applying again; the oldest go first."""


@dataclass(frozen=True)
class Entry:
    id: str
    """Of the job."""
    name: str
    """Of the layer that it became."""
    made: float
    """Seconds since the epoch."""
    inputs: Inputs
    thumbnail: bytes = b""
    """An encoded picture; the host makes and shows it."""
    seconds: float = 0.0
    """What it took."""
    ends: tuple[XY, ...] = ()
    """Where the handles' content was found in the result, one for each pair."""


class History:
    """Newest first. Not for several threads."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = tuple(entries)[:MAX_ENTRIES]
        self._results: dict[str, tuple[Placed, ...]] = {}
        self._listeners: Listeners[[]] = Listeners()

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries

    def get(self, id_: str) -> Entry | None:
        return next((entry for entry in self._entries if entry.id == id_), None)

    def result(self, id_: str) -> tuple[Placed, ...]:
        """The pixels; empty where they are no longer kept: the same inputs then give them again."""
        return self._results.get(id_, ())

    def add(self, entry: Entry, result: tuple[Placed, ...] = ()) -> None:
        """Puts it in front; one of the same id is replaced."""
        self._entries = (entry, *(other for other in self._entries if other.id != entry.id))[:MAX_ENTRIES]
        self._results[entry.id] = result
        self._make_room()
        self._listeners.tell()

    def delete(self, id_: str) -> None:
        self._entries = tuple(entry for entry in self._entries if entry.id != id_)
        self._make_room()
        self._listeners.tell()

    def replace(self, entries: Iterable[Entry]) -> None:
        """Puts what a file had in place of all."""
        self._entries = tuple(entries)[:MAX_ENTRIES]
        self._make_room()
        self._listeners.tell()

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called after each change; what is returned ends that."""
        return self._listeners.add(callback)

    def _make_room(self) -> None:
        kept: dict[str, tuple[Placed, ...]] = {}
        size = 0
        for entry in self._entries:
            result = self._results.get(entry.id, ())
            size += sum(len(placed.picture.data) for placed in result)
            if not result or (size > KEPT_BYTES and kept):
                continue
            kept[entry.id] = result
        self._results = kept

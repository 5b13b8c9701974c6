"""Where a look or an object comes from: the layers there are to choose from, and the selection that marks it there."""

import hashlib
from collections.abc import Callable

from ..core.pixels import Selection
from .choosing import Choosing
from .desk import Picture
from .work import Work

BORROWING = ("appearance", "paste")
"""Tools that take something from another layer."""


class Marking:
    """`picture` and `work` give the active document and its work."""

    def __init__(
        self, picture: Callable[[], Picture | None], work: Callable[[], Work | None], choosing: Choosing
    ) -> None:
        self._picture, self._work, self._choosing = picture, work, choosing
        self.layers: tuple[tuple[str, str], ...] = ()
        """Ids and names, the uppermost first; empty while no tool needs them."""

    @property
    def is_wanted(self) -> bool:
        return self._choosing.tool_id in BORROWING

    def look(self) -> bool:
        """Whether there are other layers than before."""
        picture = self._picture()
        layers = picture.layers() if self.is_wanted and picture is not None else ()
        is_new = layers != self.layers
        self.layers = layers
        return is_new

    def mark(self) -> bool:
        """Takes what is selected as the object in the other layer; False where nothing is."""
        picture, work = self._picture(), self._work()
        selection = None if picture is None else picture.selection()
        if work is None or selection is None:
            return False
        name = _name(selection)
        work.mark(name, selection)
        self._choosing.choose(marked=name)
        return True

    def unmark(self) -> None:
        """What is opaque in the layer is the object."""
        self._choosing.choose(marked="")


def _name(selection: Selection) -> str:
    rect = selection.rect
    place = f"{rect.left},{rect.top},{rect.width},{rect.height}".encode()
    return hashlib.blake2b(place + bytes(selection.mask.data), digest_size=8).hexdigest()

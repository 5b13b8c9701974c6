"""One of Krita's documents."""

import hashlib
from collections.abc import Callable
from typing import Any

from ..core import words
from ..core.crop import Rect, Size
from ..core.inputs import Inputs
from ..core.jobs import Placed, Source
from ..core.orders import Kind
from ..core.pixels import Raster, Selection
from ..core.saved import ANNOTATION
from ..core.settings import Origin, Placement
from . import reading
from .desk import Refused
from .insertion import put_above, put_in_place
from .layers import id_of, layers_below, node_of, read, read_selection, selection_rect
from .profiles import profile
from .qt import QtCore
from .translate import tr

KEEPING = (".kra", ".krz")
AFTER_MS = 60
"""Krita is through with a new layer by then."""
MAX_HASHED_PX = 1024 * 1024
"""Of a selection that is looked at for changes; a larger one is known by its box."""


class KritaPicture:
    def __init__(self, document: Any, later: Callable[[int, Callable[[], None]], None]) -> None:
        self.document = document
        self._later = later

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KritaPicture) and self.document == other.document

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # Krita hands out several objects for one document

    @property
    def is_open(self) -> bool:
        return self.document.width() > 0

    @property
    def is_kept(self) -> bool:
        return self.document.fileName().lower().endswith(KEEPING)

    @property
    def size(self) -> Size:
        return self.document.width(), self.document.height()

    def source(
        self, id_: str, inputs: Inputs, origin: Origin, *, purpose: Kind, marked: Selection | None = None
    ) -> Source:
        return reading.source(self.document, id_, inputs, origin, purpose=purpose, marked=marked)

    def object_box(self, inputs: Inputs, marked: Selection | None = None) -> Rect | None:
        return reading.moved_box(self.document, inputs, marked)

    def layers(self) -> tuple[tuple[str, str], ...]:
        return tuple((id_of(node), node.name()) for node in layers_below(self.document.rootNode()))

    def signature(self) -> object:
        document = self.document
        node = document.activeNode()
        box = selection_rect(document)
        small = box is not None and not box.is_empty and box.width * box.height <= MAX_HASHED_PX
        content = hashlib.blake2b(read_selection(document, box).data).digest() if small and box is not None else b""
        return self.size, None if node is None else id_of(node), box, content

    def selection(self) -> Selection | None:
        box = selection_rect(self.document)
        return None if box is None or box.is_empty else Selection(read_selection(self.document, box), box)

    def insert(self, node: str, placed: tuple[Placed, ...], name: str, placement: Placement) -> str:
        whole = Rect(0, 0, *self.size)
        if not all(whole.holds(part.rect) for part in placed):
            raise Refused(tr("The picture is smaller than when the edit began. The result is kept in the history."))
        put = put_in_place if placement == "replace" else put_above
        return put(self.document, self._node(node), placed, name, lambda do: self._later(AFTER_MS, do))

    def before(self, node: str, rect: Rect) -> Raster | None:
        try:
            return read(self._node(node) or self.document, rect)
        except Refused:
            return None

    def icc(self, node: str) -> bytes | None:
        try:
            return profile((self._node(node) or self.document).colorProfile())
        except Refused:
            return None

    def load(self) -> bytes:
        return bytes(self.document.annotation(ANNOTATION))

    def keep(self, data: bytes) -> None:
        self.document.setAnnotation(ANNOTATION, "Dragbrush", QtCore.QByteArray(data))

    def _node(self, id_: str) -> Any:
        """The layer of that id; None where the edit was of all that is visible. Raises: Refused."""
        if not id_:
            return None
        node = node_of(self.document.rootNode(), id_)
        if node is None:
            raise Refused(tr(words.LAYERS["gone"]))
        return node

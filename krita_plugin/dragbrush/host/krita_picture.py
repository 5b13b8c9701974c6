"""One of Krita's documents."""

import hashlib
from collections.abc import Callable
from typing import Any, Literal

from ..core import words
from ..core.checks import refusal
from ..core.crop import CropTooLarge, Rect, Size, crop_to_follow, crop_to_send
from ..core.jobs import Placed, Source
from ..core.pixels import Raster
from ..core.points import Pair
from ..core.saved import ANNOTATION
from ..core.settings import Origin, Placement
from .desk import Refused, Tint
from .insertion import put_above, put_in_place
from .layers import check, kind, read, read_selection, selection_rect
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
        self, id_: str, pairs: tuple[Pair, ...], origin: Origin, *, purpose: Literal["edit", "prepare", "live"]
    ) -> Source:
        document = self.document
        node = document.activeNode() if origin == "layer" else None
        if origin == "layer":
            check(document, node)
        layer = document if node is None else node
        kind(layer)
        box = selection_rect(document)
        _refuse(self.size, box, None, pairs, purpose)
        if not pairs and box is None:
            raise Refused(tr(words.refusal(("no_pairs", 0))))
        try:
            crop = (crop_to_follow if purpose == "live" else crop_to_send)(self.size, box, pairs)
        except CropTooLarge:
            raise Refused(tr(words.CROP_TOO_LARGE)) from None
        mask = None if box is None else read_selection(document, crop)
        _refuse(self.size, crop, mask, pairs, purpose)
        id_of_node = "" if node is None else _id(node)
        return Source(id_, id_of_node, crop, read(layer, crop), mask, profile(layer.colorProfile()))

    def signature(self) -> object:
        document = self.document
        node = document.activeNode()
        box = selection_rect(document)
        small = box is not None and not box.is_empty and box.width * box.height <= MAX_HASHED_PX
        content = hashlib.blake2b(read_selection(document, box).data).digest() if small and box is not None else b""
        return self.size, None if node is None else _id(node), box, content

    def tint(self) -> Tint | None:
        box = selection_rect(self.document)
        return None if box is None or box.is_empty else Tint(read_selection(self.document, box), box)

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


def node_of(parent: Any, id_: str) -> Any:
    """The layer of that id below another; what `Document.nodeByUniqueID` gives cannot be used in Krita 5.1."""
    for node in parent.childNodes():
        found = node if _id(node) == id_ else node_of(node, id_)
        if found is not None:
            return found
    return None


def _id(node: Any) -> str:
    return node.uniqueId().toString()


def _refuse(size: Size, part: Rect | None, mask: Raster | None, pairs: tuple[Pair, ...], purpose: str) -> None:
    """Raises: Refused. Before Run only what can never be is refused."""
    found = refusal(size, part, mask, pairs)
    if part is not None and part.is_empty:
        found = ("nothing_selected", 0)
    if found is None or (purpose != "edit" and found[0] in ("no_way", "no_pairs")):
        return
    raise Refused(tr(words.refusal(found)))

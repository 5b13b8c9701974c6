"""Reads Krita's layers and selections: which can be edited, and their pixels."""

from typing import Any

from ..core import words
from ..core.crop import Rect
from ..core.pixels import Channels, Depth, Raster, UnsupportedLayer, kind_of
from .desk import Refused
from .translate import tr

PAINT = "paintlayer"
SELECTION = "selectionmask"


def check(document: Any, node: Any) -> None:
    """Raises: Refused, for a node that has nothing to edit."""
    if node is None:
        raise Refused(tr(words.LAYERS["no_layer"]))
    kind = node.type()
    if kind.endswith("mask"):
        raise Refused(tr(words.LAYERS["mask"]))
    if kind == "filterlayer":
        raise Refused(tr(words.LAYERS["filter"]))
    if not is_shown(node):
        raise Refused(tr(words.LAYERS["hidden"]))
    bounds = node.bounds()
    content = Rect(bounds.x(), bounds.y(), bounds.width(), bounds.height())
    if content.within(Rect(0, 0, document.width(), document.height())).is_empty:
        raise Refused(tr(words.LAYERS["empty"]))


def is_shown(node: Any) -> bool:
    """Itself and the groups that it is in."""
    while node is not None:
        if not node.visible():
            return False
        node = node.parentNode()
    return True


def kind(thing: Any) -> tuple[Channels, Depth]:
    """Of a layer or a document. Raises: Refused."""
    model, depth = thing.colorModel(), thing.colorDepth()
    try:
        return kind_of(model, depth)
    except UnsupportedLayer:
        raise Refused(tr(words.unsupported(model, depth))) from None


def node_of(parent: Any, id_: str) -> Any:
    """The layer of that id below another; what `Document.nodeByUniqueID` gives cannot be used in Krita 5.1."""
    for node in parent.childNodes():
        found = node if id_of(node) == id_ else node_of(node, id_)
        if found is not None:
            return found
    return None


def layers_below(parent: Any) -> list[Any]:
    """All that have pixels to show, the uppermost first."""
    found: list[Any] = []
    for node in reversed(parent.childNodes()):
        if not node.type().endswith("mask") and node.type() != "filterlayer":
            found += [node, *layers_below(node)]
    return found


def id_of(node: Any) -> str:
    return node.uniqueId().toString()


def read(thing: Any, rect: Rect) -> Raster:
    """The pixels of a layer, or of a document's visible ones; what lies outside is transparent. Raises: Refused.

    A paint layer gives what is painted on it, another one what it shows.
    """
    channels, depth = kind(thing)
    is_projected = hasattr(thing, "projectionPixelData") and thing.type() != PAINT
    take = thing.projectionPixelData if is_projected else thing.pixelData
    return Raster(rect.width, rect.height, channels, depth, bytes(take(rect.left, rect.top, rect.width, rect.height)))


def selection_rect(document: Any) -> Rect | None:
    """The box of what is selected in the picture; empty where all of it lies beside, None where nothing is."""
    selection = document.selection()
    if selection is None:
        return None
    box = Rect(selection.x(), selection.y(), selection.width(), selection.height())
    return box.within(Rect(0, 0, document.width(), document.height()))


def read_selection(document: Any, rect: Rect) -> Raster:
    """One byte a pixel, feather and all."""
    data = document.selection().pixelData(rect.left, rect.top, rect.width, rect.height)
    return Raster(rect.width, rect.height, "gray", "u8", bytes(data))


def is_opaque(raster: Raster) -> bool:
    size = raster.pixel_bytes
    samples = 1 if raster.depth == "u8" else 2
    count = raster.width * raster.height
    return all(raster.data[size - byte :: size].count(255) == count for byte in range(1, samples + 1))

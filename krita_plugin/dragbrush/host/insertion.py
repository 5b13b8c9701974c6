"""Makes a layer of a result. The layer is filled before it comes into the document, which makes one undo step of it."""

from collections.abc import Callable
from typing import Any

from ..core import words
from ..core.crop import Rect
from ..core.jobs import Placed
from ..core.pixels import Raster
from .desk import Refused
from .layers import PAINT, SELECTION, is_opaque, read
from .qt import QtCore
from .translate import tr

Later = Callable[[Callable[[], None]], None]


def put_above(document: Any, source: Any, placed: tuple[Placed, ...], name: str, later: Later) -> str:
    """A new paint layer directly above the source, which stays as it is; None as source: above all layers.

    Over an opaque source it holds the part that was edited. One that can be seen through needs all of it: what moved
    away would be seen through it otherwise. Returns what to say, if anything.
    """
    origin = document if source is None else source
    parts = tuple(placed)
    before = [read(origin, part.rect) for part in parts]
    stands_alone = not all(map(is_opaque, before)) or not all(is_opaque(part.picture) for part in parts)
    if stands_alone:
        whole = Rect(0, 0, document.width(), document.height())
        parts = (Placed(whole, read(origin, whole)), *parts)
    layer = document.createNode(name, PAINT)
    _fill(layer, origin, parts)
    active = document.activeNode()
    above = _top(document) if source is None else source
    parent = document.rootNode() if source is None else source.parentNode()
    parent.addChildNode(layer, above)
    _activate_again(document, active, later)
    return tr("Hide the layer below to see the result alone: both can be seen through.") if stands_alone else ""


def put_in_place(document: Any, source: Any, placed: tuple[Placed, ...], name: str, later: Later) -> str:
    """A copy of the source with the result in it, and the source away: two undo steps. Raises: Refused."""
    if source is None:
        return put_above(document, source, placed, name, later)
    if source.locked():
        raise Refused(tr(words.LAYERS["locked"]))
    if source.type() == PAINT:
        layer = source.duplicate()
        _fill(layer, source, placed)
    else:  # what it shows becomes a paint layer
        whole = Rect(0, 0, document.width(), document.height())
        layer = document.createNode(source.name(), PAINT)
        _fill(layer, source, (Placed(whole, read(source, whole)), *placed))
    source.parentNode().addChildNode(layer, source)
    later(lambda: _remove(source))  # at once, Krita may still be at work on the layers
    return tr("The layer was replaced; undo twice to have it back.")


def _remove(source: Any) -> None:
    if source.parentNode() is not None:
        source.remove()


def _fill(layer: Any, like: Any, placed: tuple[Placed, ...]) -> None:
    wanted = (like.colorModel(), like.colorDepth(), like.colorProfile())
    if (layer.colorModel(), layer.colorDepth(), layer.colorProfile()) != wanted:
        layer.setColorSpace(*wanted)
    for part in placed:
        rect, picture = part.rect, part.picture
        _check(layer, picture)
        layer.setPixelData(QtCore.QByteArray(bytes(picture.data)), rect.left, rect.top, rect.width, rect.height)


def _check(layer: Any, picture: Raster) -> None:
    """Krita takes any bytes: of another kind they would be noise."""
    model = "GRAYA" if picture.channels == "graya" else "RGBA"
    if (layer.colorModel(), layer.colorDepth()) != (model, picture.depth.upper()):
        raise Refused(tr(words.FAILURES["plugin_fault"]))


def _top(document: Any) -> Any:
    """The uppermost layer; the global selection mask lies above all, and is none."""
    layers = [node for node in document.rootNode().childNodes() if node.type() != SELECTION]
    return layers[-1] if layers else None


def _activate_again(document: Any, node: Any, later: Later) -> None:
    """A new layer becomes the active one; the next edit is of the same source, not of the part that changed."""
    if node is not None:
        later(lambda: document.setActiveNode(node))

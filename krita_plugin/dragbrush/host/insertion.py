"""Makes a layer of a result. It is filled before it comes into the document, which makes one undo step of it.

A move in layers becomes a group of two. Krita makes an undo step of each layer that a script puts anywhere, but one of
a group that brings its layers along; such a group is made in a document that nobody sees.
"""

from collections.abc import Callable
from typing import Any

from krita import Krita  # pyright: ignore[reportMissingImports]  # inside Krita alone

from ..core import words
from ..core.crop import Rect
from ..core.jobs import Placed
from ..core.pixels import Raster
from .desk import Refused
from .layers import PAINT, SELECTION, is_opaque, read
from .qt import QtCore
from .translate import tr

Later = Callable[[Callable[[], None]], None]
RESOLUTION_PPI = 72.0  # of a document that nobody sees


def put_above(document: Any, source: Any, placed: tuple[Placed, ...], name: str, later: Later) -> str:
    """A new layer directly above the source, which stays as it is; None as source: above all layers.

    Over an opaque source it holds the part that was edited. One that can be seen through needs all of it: what moved
    away would be seen through it otherwise. Returns what to say, if anything.
    """
    origin = document if source is None else source
    parts = _of_the_picture(placed)
    before = [read(origin, part.rect) for part in parts]
    stands_alone = not all(map(is_opaque, before)) or not all(is_opaque(part.picture) for part in parts)
    if stands_alone:
        parts = _all_of_it(document, origin, parts)
    active = document.activeNode()
    above = _top(document) if source is None else source
    parent = document.rootNode() if source is None else source.parentNode()
    parent.addChildNode(_made(document, origin, parts, _objects(placed), name), above)
    _activate_again(document, active, later)
    return tr("Hide the layer below to see the result alone: both can be seen through.") if stands_alone else ""


def put_in_place(document: Any, source: Any, placed: tuple[Placed, ...], name: str, later: Later) -> str:
    """A copy of the source with the result in it, and the source away: two undo steps. Raises: Refused."""
    if source is None:
        return put_above(document, source, placed, name, later)
    if source.locked():
        raise Refused(tr(words.LAYERS["locked"]))
    parts, objects = _of_the_picture(placed), _objects(placed)
    if source.type() == PAINT and not objects:
        layer = source.duplicate()
        _fill(layer, source, parts)
    else:  # what it shows becomes a paint layer
        layer = _made(document, source, _all_of_it(document, source, parts), objects, source.name())
    source.parentNode().addChildNode(layer, source)
    later(lambda: _remove(source))  # at once, Krita may still be at work on the layers
    return tr("The layer was replaced; undo twice to have it back.")


def _of_the_picture(placed: tuple[Placed, ...]) -> tuple[Placed, ...]:
    """What replaces the source's pixels: the edit, or of one in layers what is behind the object."""
    role = "background" if any(part.role == "background" for part in placed) else "edit"
    return tuple(part for part in placed if part.role == role)


def _objects(placed: tuple[Placed, ...]) -> tuple[Placed, ...]:
    return tuple(part for part in placed if part.role == "object")


def _all_of_it(document: Any, origin: Any, parts: tuple[Placed, ...]) -> tuple[Placed, ...]:
    whole = Rect(0, 0, document.width(), document.height())
    return (Placed(whole, read(origin, whole)), *parts)


def _made(document: Any, like: Any, parts: tuple[Placed, ...], objects: tuple[Placed, ...], name: str) -> Any:
    """A paint layer, or a group of one and the object above it."""
    if not objects:
        return _layer(document, like, parts, name)
    model, depth, profile = _space(like)
    unseen = Krita.instance().createDocument(
        document.width(), document.height(), name, model, depth, profile, RESOLUTION_PPI
    )
    try:
        group = unseen.createGroupLayer(name)
        unseen.rootNode().addChildNode(
            group, None
        )  # where Krita makes out what the group shows; it looks no more later
        group.addChildNode(_layer(unseen, like, parts, tr("Behind the object")), None)
        group.addChildNode(_layer(unseen, like, objects, tr("Object")), None)
        unseen.waitForDone()
        return group.clone()
    finally:
        unseen.close()


def _layer(document: Any, like: Any, parts: tuple[Placed, ...], name: str) -> Any:
    layer = document.createNode(name, PAINT)
    _fill(layer, like, parts)
    return layer


def _remove(source: Any) -> None:
    if source.parentNode() is not None:
        source.remove()


def _fill(layer: Any, like: Any, placed: tuple[Placed, ...]) -> None:
    if _space(layer) != _space(like):
        layer.setColorSpace(*_space(like))
    for part in placed:
        rect, picture = part.rect, part.picture
        _check(layer, picture)
        layer.setPixelData(QtCore.QByteArray(bytes(picture.data)), rect.left, rect.top, rect.width, rect.height)


def _space(thing: Any) -> tuple[str, str, str]:
    return thing.colorModel(), thing.colorDepth(), thing.colorProfile()


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

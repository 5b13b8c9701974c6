"""Reads what an edit needs out of one of Krita's documents: the smallest part of each layer that the server needs."""

from typing import Any

from ..core import words
from ..core.checks import Refusal, refusal
from ..core.crop import CropTooLarge, Rect, Size, crop_of_object, crop_to_follow, crop_to_send
from ..core.inputs import Inputs
from ..core.jobs import Reference, Source
from ..core.orders import Kind
from ..core.pixels import Raster, Selection, alpha_of
from ..core.settings import Origin
from ..core.transform import UNCHANGED, Cutout, cutout_of, placed
from ..wire import MAX_PIXELS
from .desk import Refused
from .layers import check, id_of, kind, node_of, read, read_selection, selection_rect
from .profiles import profile
from .translate import tr


def source(
    document: Any, id_: str, inputs: Inputs, origin: Origin, *, purpose: Kind, marked: Selection | None
) -> Source:
    """Raises: Refused."""
    node = document.activeNode() if origin == "layer" else None
    if origin == "layer":
        check(document, node)
    layer = document if node is None else node
    kind(layer)
    try:
        match inputs.tool:
            case "move":
                crop, mask, box, reference = _moved(document, inputs, purpose)
            case "appearance":
                crop, mask, box, reference = _restyled(document, inputs, marked)
            case "paste":
                crop, mask, box, reference = _pasted(document, inputs, purpose, marked)
            case _:
                crop, mask, box, reference = _dragged(document, inputs, purpose)
    except CropTooLarge:
        raise Refused(tr(words.CROP_TOO_LARGE)) from None
    id_of_node = "" if node is None else id_of(node)
    icc = profile(layer.colorProfile())
    return Source(id_, id_of_node, crop, read(layer, crop), mask, icc, box, reference)


def moved_box(document: Any, inputs: Inputs, marked: Selection | None) -> Rect | None:
    """Round the object that is to be moved or pasted; None where there is none yet. Raises: Refused."""
    if inputs.tool == "move" and selection_rect(document) is not None:
        return _selected_object(document).box
    if inputs.tool == "paste" and inputs.reference:
        try:
            return _reference(document, inputs, marked)[1].box
        except CropTooLarge:
            raise Refused(tr(words.CROP_TOO_LARGE)) from None
    return None


_Needed = tuple[Rect, Raster | None, Cutout | None, Reference | None]
"""What part is sent, what of it is selected, what is moved or pasted, and where a look or an object comes from."""


def _dragged(document: Any, inputs: Inputs, purpose: Kind) -> _Needed:
    size, pairs = _size(document), inputs.pairs
    box = selection_rect(document)
    if box is not None and box.is_empty:
        raise _refused("nothing_selected")
    if not pairs and box is None:
        raise _refused("no_pairs")
    crop = crop_to_send(size, box, pairs)
    if purpose == "live" and box is not None:
        crop = crop_to_follow(size, crop)
    mask = None if box is None else read_selection(document, crop)
    found = refusal(size, None if box is None else crop, mask, pairs)
    if found is not None and (purpose == "edit" or found[0] not in ("no_way", "no_pairs")):
        raise Refused(tr(words.refusal(found)))
    return crop, mask, None, None


def _moved(document: Any, inputs: Inputs, purpose: Kind) -> _Needed:
    size, cutout = _size(document), _selected_object(document)
    goes_to = placed(cutout, inputs.transform)
    if purpose == "edit" and inputs.transform == UNCHANGED:
        raise _refused("unmoved")
    if purpose == "edit" and goes_to.within(Rect(0, 0, *size)).is_empty:
        raise _refused("moved_away")
    crop = crop_of_object(size, cutout.whole, goes_to)
    if purpose == "live":
        crop = crop_to_follow(size, crop)
    return crop, read_selection(document, crop), cutout, None


def _restyled(document: Any, inputs: Inputs, marked: Selection | None) -> _Needed:
    cutout = _selected_object(document)
    crop = crop_to_send(_size(document), cutout.whole, ())
    return crop, read_selection(document, crop), None, _reference(document, inputs, marked)[0]


def _pasted(document: Any, inputs: Inputs, purpose: Kind, marked: Selection | None) -> _Needed:
    reference, cutout = _reference(document, inputs, marked)
    whole = Rect(0, 0, *_size(document))
    goes_to = placed(cutout, inputs.transform).within(whole)
    if goes_to.is_empty and purpose == "edit":
        raise _refused("moved_away")
    crop = crop_to_send(whole.size, whole if goes_to.is_empty else goes_to, ())
    if purpose == "live":
        crop = crop_to_follow(whole.size, crop)
    return crop, None, cutout, reference


def _selected_object(document: Any) -> Cutout:
    """Raises: Refused."""
    rect = selection_rect(document)
    if rect is None:
        raise _refused("no_object")
    mask = None if rect.is_empty else read_selection(document, rect)
    cutout = None if mask is None else cutout_of(mask, rect)
    if mask is None or cutout is None:
        raise _refused("nothing_selected")
    if rect.size == _size(document) and _is_full(mask):
        raise _refused("all_selected")
    return cutout


def _reference(document: Any, inputs: Inputs, marked: Selection | None) -> tuple[Reference, Cutout]:
    """The part of the other layer that shows the object, and where that is, in px of the document. Raises: Refused."""
    if not inputs.reference:
        raise _refused("no_reference")
    node = node_of(document.rootNode(), inputs.reference)
    if node is None:
        raise _refused("reference_gone")
    kind(node)
    bounds = node.bounds()
    painted = Rect(bounds.x(), bounds.y(), bounds.width(), bounds.height())
    if painted.is_empty:
        raise _refused("reference_empty")
    if inputs.marked and marked is None:
        raise _refused("mark_lost")
    if marked is None and painted.width * painted.height > MAX_PIXELS:
        raise CropTooLarge(f"{painted.width} x {painted.height}")
    shown = Selection(alpha_of(read(node, painted)), painted) if marked is None else marked
    cutout = cutout_of(shown.mask, shown.rect)
    if cutout is None:
        raise _refused("reference_empty")
    room = painted.joined(Rect(0, 0, *_size(document)))
    crop = crop_to_send(room.size, cutout.whole.moved(-room.left, -room.top), ()).moved(*room.corner)
    if _is_full(shown.part(crop)):
        raise _refused("reference_full")
    mask = None if marked is None else marked.part(crop)
    return Reference(read(node, crop), mask, profile(node.colorProfile())), cutout


def _is_full(mask: Raster) -> bool:
    return mask.data.count(255) == len(mask.data)


def _size(document: Any) -> Size:
    return document.width(), document.height()


def _refused(what: Refusal) -> Refused:
    return Refused(tr(words.refusal((what, 0))))

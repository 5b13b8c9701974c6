"""Which inputs a tool takes and needs, and whether a hand is inside the picture."""

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import XY, Pixels, Prepare, Submit, Update
from dragbrush.service.catalogue import INPUTS
from dragbrush.service.jobs import Hand, hand_of
from dragbrush.worker.vocabulary import transform_of

_TAKES = {
    "drag": {"mask", "drags"},
    "move": {"mask", "transform", "in_layers"},
    "appearance": {"mask", "reference", "reference_mask"},
    "paste": {"reference", "reference_mask", "at", "transform"},
}
_OF_THE_HAND = frozenset({"drags", "transform", "at"})
"""A live job may be opened without them: they come with its updates."""
_WORDS = {
    "mask": "selection",
    "drags": "drags",
    "transform": "transform",
    "at": "place",
    "reference": "reference",
    "reference_mask": "mask of a reference",
    "in_layers": "order for layers",
}
_MISSING = {
    "mask": "There is no selection; send one that selects the object.",
    "drags": "There is no drag; give at least one handle and target.",
    "transform": "There is no transform; say how the object is to be moved.",
    "at": "There is no place; say where the object's middle goes.",
    "reference": "There is no reference; send the picture that the other object is in.",
}


def check_inputs(request: Submit | Prepare) -> None:
    """Raises `ProtocolError` with the field's path."""
    _check_taken(request, request.tool)
    _check_there(request, [name for name in INPUTS[request.tool] if name not in _may_wait(request)])
    _check_hand(hand_of(request), request.image.pixels)
    if isinstance(request, Submit) and not request.is_live:
        _check_change(request)
    reference = request.reference
    if reference is not None and request.reference_mask is None and reference.pixels.channels in ("gray", "rgb"):
        raise ProtocolError(
            "bad_request",
            "The reference has no alpha that shows its object; send a mask of the object.",
            path="$.reference_mask",
        )


def first_hand(request: Submit) -> Hand | None:
    """Of a live job; None where it comes with the first update."""
    return hand_of(request) if all(getattr(request, name) for name in _hand_inputs(request)) else None


def moved_hand(request: Submit, update: Update) -> Hand:
    """Of a live job, after an update. Raises `ProtocolError` with the field's path."""
    _check_taken(update, request.tool)
    hand = hand_of(request, update)
    _check_there(hand, _hand_inputs(request))
    _check_hand(hand, request.image.pixels)
    return hand


def _may_wait(request: Submit | Prepare) -> frozenset[str]:
    if isinstance(request, Prepare):
        return frozenset({"drags", "transform"})
    return _OF_THE_HAND if request.is_live else frozenset()


def _hand_inputs(request: Submit) -> list[str]:
    return [name for name in INPUTS[request.tool] if name in _OF_THE_HAND]


def _check_taken(request: Submit | Prepare | Update, tool: str) -> None:
    for name, words in _WORDS.items():
        if getattr(request, name, None) and name not in _TAKES[tool]:
            raise ProtocolError("bad_request", f"The tool '{tool}' takes no {words}; leave it out.", path=f"$.{name}")


def _check_there(request: Submit | Prepare | Hand, names: list[str]) -> None:
    for name in names:
        if not getattr(request, name):
            raise ProtocolError("bad_request", _MISSING[name], path=f"$.{name}")


def _check_hand(hand: Hand, image: Pixels) -> None:
    for number, drag in enumerate(hand.drags):
        _check_inside(f"$.drags[{number}].handle", "handle", drag.handle, image)
        _check_inside(f"$.drags[{number}].target", "target", drag.target, image)
    if hand.at is not None:
        _check_inside("$.at", "place", hand.at, image)


def _check_inside(path: str, what: str, point: XY, image: Pixels) -> None:
    x, y = point
    if not (-0.5 <= x < image.width - 0.5 and -0.5 <= y < image.height - 0.5):
        raise ProtocolError(
            "bad_request",
            f"The {what} ({x:g}, {y:g}) lies outside of the picture of {image.width} x {image.height} pixels.",
            path=path,
        )


def _check_change(request: Submit) -> None:
    """A hand that has not moved yet is let be; an edit that changes nothing is a slip."""
    for number, drag in enumerate(request.drags):
        if drag.handle == drag.target:
            raise ProtocolError(
                "bad_request", "The handle is its own target; pull it somewhere.", path=f"$.drags[{number}].target"
            )
    if request.tool == "move" and request.transform is not None and transform_of(request.transform).changes_nothing:
        raise ProtocolError(
            "bad_request", "The transform leaves the object as it is; move it somewhere.", path="$.transform"
        )

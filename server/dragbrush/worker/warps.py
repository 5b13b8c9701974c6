"""What live jobs show, without a model: made once for what rests, then asked for every place of the hand."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from dragbrush.edit import Drag, Point
from dragbrush.errors import BadRequest
from dragbrush.imaging import Picture, selection_for
from dragbrush.live import LiveMove, LivePaste, LiveWarp, fit_for_warp
from dragbrush.worker.messages import Edit
from dragbrush.worker.pictures import mask_in, picture_in
from dragbrush.worker.vocabulary import drags_of, transform_of

Region = tuple[tuple[int, int], Picture]
"""left and top of an edited part of a picture, and that part."""
Made = TypeVar("Made")

_KEPT = 2
"""Of hands that move by turns. Each holds a selection of its whole picture."""
_HAIR_PX = 0.01
"""A move that nobody sees."""


class Warps:
    def __init__(self) -> None:
        # The first word of a key is the tool, which says what was made.
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def region(self, edit: Edit) -> Region:
        """What an instant edit changes. Raises `BadRequest`."""
        match edit.tool:
            case "drag":
                return self._warp(edit).region([drag.target for drag in edit.drags])
            case "move":
                return self._move(edit).region(transform_of(edit.transform))
            case "paste":
                assert edit.at is not None
                return self._paste(edit).region(edit.at, transform_of(edit.transform))
            case _:
                raise BadRequest(f"The tool '{edit.tool}' cannot follow a hand.")

    def _warp(self, edit: Edit) -> LiveWarp:
        """The one that was made for these handles, as long as it shows all the targets."""
        key = ("drag", edit.image, edit.mask, tuple(drag.handle for drag in edit.drags))
        known: LiveWarp | None = self._kept.get(key)
        if known is not None and all(_is_inside(known, drag.target) for drag in edit.drags):
            self._keep(key, known)
            return known
        made = _warp_for(edit)
        if edit.mask is not None:  # without one, the selection follows the targets
            self._keep(key, made)
        return made

    def _move(self, edit: Edit) -> LiveMove:
        def make() -> LiveMove:
            mask = mask_in(edit.mask)
            assert mask is not None
            return LiveMove(picture_in(edit.image), mask)

        return self._known(("move", edit.image, edit.mask), make)

    def _paste(self, edit: Edit) -> LivePaste:
        def make() -> LivePaste:
            assert edit.reference is not None
            return LivePaste(picture_in(edit.image), picture_in(edit.reference), mask_in(edit.reference_mask))

        return self._known(("paste", edit.image, edit.reference, edit.reference_mask), make)

    def _known(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        known = self._kept.get(key) or make()
        self._keep(key, known)
        return known

    def _keep(self, key: tuple[Any, ...], made: Any) -> None:
        self._kept[key] = made
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _warp_for(edit: Edit) -> LiveWarp:
    picture = picture_in(edit.image)
    drags = [_moved_by_a_hair(drag) if drag.handle == drag.target else drag for drag in drags_of(edit.drags)]
    selection = selection_for(mask_in(edit.mask), picture.size, drags)
    return LiveWarp(picture, [drag.handle for drag in drags], selection, fit_for_warp(picture, selection, drags))


def _is_inside(warp: LiveWarp, target: Point) -> bool:
    left, top, width, height = warp.fit.box
    x, y = target
    return left <= x < left + width and top <= y < top + height


def _moved_by_a_hair(drag: Drag) -> Drag:
    """Where a hand has not moved yet, the selection is that of the smallest move."""
    x, y = drag.handle
    return Drag((x, y), (x - _HAIR_PX if x > 0 else x + _HAIR_PX, y))

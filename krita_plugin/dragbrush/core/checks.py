"""What of an edit can be seen to be wrong before anything is sent. Says which, `words.refusal` says it to a person."""

import math
from collections.abc import Sequence
from typing import Literal

from .crop import Rect, Size
from .pixels import Raster
from .points import Pair

Refusal = Literal[
    "no_pairs",
    "handle_outside",
    "target_outside",
    "no_way",
    "nothing_selected",
    "handle_unselected",
    "empty_layer",
    "no_object",
    "all_selected",
    "unmoved",
    "moved_away",
    "no_reference",
    "reference_gone",
    "reference_empty",
    "reference_full",
    "mark_lost",
]


def refusal(
    layer: Size, selection: Rect | None, mask: Raster | None, pairs: Sequence[Pair]
) -> tuple[Refusal, int] | None:
    """Why a drag cannot be, and for which pair (0 where for none); None where it can.

    `selection` is the part of the layer that `mask`, one byte a pixel, shows; both None where nothing is selected.
    """
    whole = Rect(0, 0, *layer)
    if whole.is_empty:
        return "empty_layer", 0
    if not pairs:
        return "no_pairs", 0
    if mask is not None and not any(mask.data):
        return "nothing_selected", 0
    for index, pair in enumerate(pairs):
        if not whole.holds_point(pair.handle):
            return "handle_outside", index
        if not whole.holds_point(pair.target):
            return "target_outside", index
        if pair.handle == pair.target:
            return "no_way", index
        if selection is not None and mask is not None and not _is_selected(selection, mask, pair):
            return "handle_unselected", index
    return None


def _is_selected(selection: Rect, mask: Raster, pair: Pair) -> bool:
    x, y = (math.floor(value + 0.5) for value in selection.into(pair.handle))
    return 0 <= x < mask.width and 0 <= y < mask.height and mask.data[y * mask.width + x] > 0

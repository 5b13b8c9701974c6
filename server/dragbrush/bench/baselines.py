"""Edits without any method, to compare with: what a picture is worth untouched, or cut out and pasted."""

import numpy as np
from numpy.typing import NDArray

from dragbrush.bench.cases import Case
from dragbrush.imaging import spread

_EDGE = 0.02
"""Coverage above which a pixel shows something of the thing and is filled anew."""


def do_nothing(case: Case) -> NDArray[np.uint8]:
    """The source."""
    return case.source.copy()


def cut_and_paste(case: Case) -> NDArray[np.uint8]:
    """The thing, cut out by its exact mask, shifted by the mean drag; its old place filled from round it.

    Privileged: no person's selection is that exact.
    """
    source = (case.source / np.float32(255)).astype(np.float32)
    alpha = case.part_alpha[:, :, None]
    left_over = (case.part_alpha <= _EDGE).astype(np.float32)
    filled = spread(source, left_over)
    # the thing's own colours, continued past its mixed edge
    own = spread(source, (case.part_alpha > 1 - _EDGE).astype(np.float32))
    shift = np.mean([np.subtract(drag.target, drag.handle) for drag in case.drags], axis=0)
    moved_alpha = _shifted(alpha, shift)
    moved_colour = _shifted(own * alpha, shift)
    pasted = filled * (1 - moved_alpha) + moved_colour
    result = np.rint(np.clip(pasted, 0, 1) * 255).astype(np.uint8)
    return np.where(case.mask[:, :, None] > 0, result, case.source)


def _shifted(values: NDArray[np.float32], by_xy: NDArray[np.float64]) -> NDArray[np.float32]:
    """Moved by a fraction of pixels, 0 where nothing comes from."""
    height, width = values.shape[:2]
    whole = np.floor(by_xy).astype(int)
    right, down = by_xy - whole
    result = np.zeros_like(values)
    for dy, weight_y in ((0, 1 - down), (1, down)):
        for dx, weight_x in ((0, 1 - right), (1, right)):
            x, y = int(whole[0]) + dx, int(whole[1]) + dy
            to = (slice(max(y, 0), height + min(y, 0)), slice(max(x, 0), width + min(x, 0)))
            come = (slice(max(-y, 0), height + min(-y, 0)), slice(max(-x, 0), width + min(-x, 0)))
            result[to] += np.float32(weight_x * weight_y) * values[come]
    return result

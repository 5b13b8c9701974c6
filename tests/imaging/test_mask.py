"""Selections and points: the automatic one, and every refusal in plain words."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragbrush.edit import MAX_DRAGS, Drag
from dragbrush.errors import BadRequest
from dragbrush.imaging import Fit, check_drags, mask_box, mask_on_canvas, selection_for

INSIDE = st.tuples(st.floats(-0.5, 159.49), st.floats(-0.5, 89.49))


@given(st.lists(st.tuples(INSIDE, INSIDE).filter(lambda d: d[0] != d[1]), min_size=1, max_size=3))
def test_automatic_selection_holds_every_drag_softly(points: list) -> None:
    drags = [Drag(*pair) for pair in points]

    mask = selection_for(None, (160, 90), drags)

    assert mask.shape == (90, 160)
    assert mask.dtype == np.uint8
    for drag in drags:
        for x, y in (drag.handle, drag.target):
            assert mask[math.floor(y + 0.5), math.floor(x + 0.5)] > 200
    steps = np.abs(np.diff(mask.astype(int), axis=1))
    assert steps.max() < 200


def test_automatic_selection_is_a_part_of_a_large_picture() -> None:
    mask = selection_for(None, (1000, 800), [Drag((500, 400), (600, 400))])

    left, top, width, height = mask_box(mask)
    assert 180 < width < 220
    assert 80 < height < 120
    assert (left + width / 2, top + height / 2) == pytest.approx((550.5, 400.5), abs=2)


def test_the_smallest_picture_has_a_selection() -> None:
    assert selection_for(None, (2, 1), [Drag((0, 0), (1, 0))]).min() > 0


def test_a_handle_a_hair_from_the_edge_is_inside() -> None:
    hair = math.nextafter(0.5, 0)

    selection_for(np.ones((1, 1), np.uint8), (1, 1), [Drag((hair, hair), (0, 0))])


def test_a_given_mask_is_used_as_it_is() -> None:
    mask = np.arange(200, dtype=np.uint8).reshape(10, 20)

    assert selection_for(mask, (20, 10), [Drag((5, 5), (9, 9))]) is mask


@pytest.mark.parametrize(
    ("drags", "word"),
    [
        ([], "no drag"),
        ([Drag((1, 1), (2, 2))] * (MAX_DRAGS + 1), "at most 64"),
        ([Drag((20, 1), (2, 2))], r"handle \(20, 1\) is outside the picture of 20 x 10"),
        ([Drag((1, 1), (2, -1))], r"target \(2, -1\) is outside"),
        ([Drag((1, 1), (19.5, 2))], r"target \(19.5, 2\) is outside"),
        ([Drag((math.nan, 1), (2, 2))], r"handle \(nan, 1\) is not a place"),
        ([Drag((1, 1), (2, math.inf))], r"target \(2, inf\) is not a place"),
        ([Drag((1, 1), (2, 2)), Drag((3.5, 4), (3.5, 4))], r"\(3.5, 4\) is its own target"),
    ],
)
def test_unusable_drags_are_named(drags: list[Drag], word: str) -> None:
    with pytest.raises(BadRequest, match=word):
        check_drags(drags, (20, 10))


@pytest.mark.parametrize(
    ("mask", "word"),
    [
        (np.zeros((10, 20), np.uint8), "selects nothing"),
        (np.ones((20, 10), np.uint8), "10 x 20 pixels and the picture 20 x 10"),
        (np.ones((10, 20), np.float32), "float32"),
        (np.eye(10, 20, dtype=np.uint8), r"handle \(5, 4\) is outside the selection"),
    ],
)
def test_unusable_masks_are_named(mask: np.ndarray, word: str) -> None:
    with pytest.raises(BadRequest, match=word):
        selection_for(mask, (20, 10), [Drag((5, 4), (7, 7))])


def test_box_of_a_selection() -> None:
    mask = np.zeros((30, 40), np.uint8)
    assert mask_box(mask) == (0, 0, 0, 0)

    mask[5:9, 12] = 1

    assert mask_box(mask) == (12, 5, 1, 4)


def test_on_the_canvas_nothing_is_selected_past_the_layer() -> None:
    mask = np.full((40, 60), 255, np.uint8)

    canvas = mask_on_canvas(mask, Fit(-30, -10, 120, 60, 120, 60))

    assert canvas.shape == (60, 120)
    assert np.all(canvas[10:50, 30:90] == 1)
    assert canvas.sum() == 40 * 60

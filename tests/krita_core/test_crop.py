"""The part of a layer that is sent: with it the server chooses the very crop that it would in the whole layer."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from krita_dragbrush.core.crop import CANVASES, CropTooLarge, Rect, crop_to_follow, crop_to_send
from krita_dragbrush.core.points import Pair

from dragbrush.edit import Drag
from dragbrush.editor import Editor
from dragbrush.imaging.fit import fit_edit
from dragbrush.live import FIELD_MULTIPLE, FIELD_SIDE
from krita_dragbrush import wire


@st.composite
def edits(draw: st.DrawFn) -> tuple[tuple[int, int], Rect, list[Pair]]:
    side = st.integers(1, 6000) | st.integers(1, 400)
    width, height = draw(side), draw(side)
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    selection = Rect(left, top, draw(st.integers(1, width - left)), draw(st.integers(1, height - top)))
    point = st.tuples(st.floats(-0.5, width - 0.51), st.floats(-0.5, height - 0.51))
    return (width, height), selection, draw(st.lists(st.builds(Pair, point, point), max_size=3))


@pytest.mark.parametrize(("side", "multiple"), CANVASES)
@settings(deadline=None, max_examples=60)
@given(edit=edits())
def test_the_server_chooses_the_same_crop_in_the_part_as_in_the_whole(
    side: int, multiple: int, edit: tuple[tuple[int, int], Rect, list[Pair]]
) -> None:
    layer, selection, pairs = edit
    try:
        part = crop_to_send(layer, selection, pairs)
    except CropTooLarge:
        assume(False)

    def fit(size: tuple[int, int], origin: Rect) -> tuple[int, ...]:
        box = (selection.left - origin.left, selection.top - origin.top, selection.width, selection.height)
        points = [origin.into(point) for pair in pairs for point in (pair.handle, pair.target)]
        found = fit_edit(size, box, points, canvas_area_side=side, multiple=multiple)
        return found.left + origin.left, found.top + origin.top, *found.crop_size, *found.canvas_size

    assert Rect(0, 0, *layer).holds(part)
    assert fit(part.size, part) == fit(layer, Rect(0, 0, *layer))


def test_the_warp_s_canvas_is_among_them() -> None:
    assert (FIELD_SIDE, FIELD_MULTIPLE) in CANVASES


def test_a_small_edit_of_a_large_layer_sends_a_small_part() -> None:
    part = crop_to_send((4096, 4096), Rect(1500, 1500, 700, 700), [Pair((1600, 1600), (1900, 1700))])

    assert part.width * part.height < 1300**2


def test_without_a_selection_the_whole_layer_is_sent() -> None:
    assert crop_to_send((4096, 2000), None, [Pair((1, 1), (2, 2))]) == Rect(0, 0, 4096, 2000)


def test_a_target_that_moves_a_little_needs_no_other_part() -> None:
    parts = {
        crop_to_send((4096, 4096), Rect(1000, 1000, 600, 600), [Pair((1200, 1200), (1200 + x, 1200))])
        for x in range(0, 400, 10)
    }

    assert len(parts) == 1


@pytest.mark.parametrize("layer", [(8001, 8000), (16385, 10)])
def test_a_part_over_the_server_s_limits_is_refused(layer: tuple[int, int]) -> None:
    with pytest.raises(CropTooLarge):
        crop_to_send(layer, None, [Pair((1, 1), (2, 2))])


def test_what_follows_the_hand_has_room_to_pull_to() -> None:
    pairs = [Pair((2000, 2000), (2000, 2000))]
    sent = crop_to_send((4096, 4096), Rect(1950, 1950, 100, 100), pairs)
    part = crop_to_follow((4096, 4096), sent)

    assert part.holds(sent)
    assert part.holds_point((2300, 1700))


@given(st.tuples(st.floats(0, 9000), st.floats(0, 9000)), st.integers(0, 4000), st.integers(0, 4000))
def test_a_point_comes_back_from_the_part_bit_for_bit(xy: tuple[float, float], left: int, top: int) -> None:
    """So that the server counts with the numbers that it would have in the whole layer."""
    assume(xy[0] >= left and xy[1] >= top)
    part = Rect(left, top, 5000, 5000)

    (drag,) = part.drags([Pair(xy, xy)])
    heard = json.loads(wire.encode(wire.Update("1", "job", [drag])))["drags"][0]["handle"]

    assert part.out_of(tuple(heard)) == xy


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_instant_edit_of_the_part_is_the_edit_of_the_whole_sample_for_sample(depth: type) -> None:
    rng = np.random.default_rng(1)
    whole = rng.integers(0, np.iinfo(depth).max, (1500, 1800, 4), depth)
    mask = np.zeros((1500, 1800), np.uint8)
    mask[200:330, 300:420] = rng.integers(1, 255, (130, 120), np.uint8)
    pairs = [Pair((340.25, 250.5), (371.7, 262.125)), Pair((400, 300), (390, 320))]
    part = crop_to_send((1800, 1500), Rect(300, 200, 120, 130), pairs)
    rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
    editor = Editor()

    expected = editor.drag(whole, [Drag(p.handle, p.target) for p in pairs], mask=mask, speed="instant").picture
    drags = [Drag(tuple(d.handle), tuple(d.target)) for d in part.drags(pairs)]
    found = editor.drag(whole[rows, columns], drags, mask=mask[rows, columns].copy(), speed="instant").picture

    assert part.width * part.height < 1800 * 1500
    whole[rows, columns] = found
    assert (whole == expected).all()

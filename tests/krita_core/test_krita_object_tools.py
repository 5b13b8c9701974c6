"""Objects that are moved, restyled and pasted: the parts that are sent give what whole layers would."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from krita_dragbrush.core.crop import CANVASES, CropTooLarge, Rect, crop_of_object, crop_to_send
from krita_dragbrush.core.pixels import Raster, Selection, alpha_of, object_box
from krita_dragbrush.core.transform import Cutout, cutout_of, placed

from dragbrush.edit import Transform
from dragbrush.editor import Editor
from dragbrush.imaging.fit import fit_edit
from dragbrush.placing import box_after, joined, matrix_of, middle_of
from krita_dragbrush import wire

transforms = st.builds(
    wire.Transform,
    st.floats(-900, 900),
    st.floats(-900, 900),
    st.floats(wire.MIN_SCALE, 4),
    st.floats(-180, 180),
    st.booleans(),
)
masks = st.lists(st.sampled_from([0, 0, 1, 100, 127, 128, 200, 255]), min_size=48, max_size=48).filter(any)


@st.composite
def objects(draw: st.DrawFn) -> tuple[tuple[int, int], Cutout]:
    width, height = draw(st.integers(2, 5000)), draw(st.integers(2, 5000))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    whole = Rect(left, top, draw(st.integers(1, width - left)), draw(st.integers(1, height - top)))
    inset = draw(st.integers(0, (min(whole.size) - 1) // 2))
    return (width, height), Cutout(whole.grown(-inset), whole)


def raster(mask: Any) -> Raster:
    return Raster(mask.shape[1], mask.shape[0], "gray", "u8", mask.tobytes())


@given(masks)
def test_the_middle_is_the_server_s(values: list[int]) -> None:
    mask = np.array(values, np.uint8).reshape(6, 8)

    cutout = cutout_of(raster(mask), Rect(10, 20, 8, 6))

    assert cutout is not None
    x, y = middle_of(mask)
    assert cutout.middle == (x + 10, y + 20)


def test_of_nothing_there_is_no_object() -> None:
    assert object_box(raster(np.zeros((3, 4), np.uint8))) is None
    assert cutout_of(raster(np.zeros((3, 4), np.uint8)), Rect(0, 0, 4, 3)) is None


@given(objects(), transforms)
def test_what_an_object_covers_is_what_the_server_says(
    case: tuple[tuple[int, int], Cutout], transform: wire.Transform
) -> None:
    size, cutout = case
    there = placed(cutout, transform).within(Rect(0, 0, *size))

    whole = cutout.whole
    matrix = matrix_of(Transform(**vars(transform)), cutout.middle)
    said = box_after((whole.left, whole.top, whole.width, whole.height), matrix, size)

    if said is None:
        assert min(there.size) <= 1  # the last bits of a number, at the very edge
    else:
        found = (there.left, there.top, there.right, there.bottom)
        wanted = (said[0], said[1], said[0] + said[2], said[1] + said[3])
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= 1


@pytest.mark.parametrize(("side", "multiple"), CANVASES)
@settings(deadline=None, max_examples=30)
@given(case=objects(), transform=transforms)
def test_the_server_shows_its_model_the_same_crops_of_the_part_as_of_the_whole(
    side: int, multiple: int, case: tuple[tuple[int, int], Cutout], transform: wire.Transform
) -> None:
    layer, cutout = case
    there = placed(cutout, transform).within(Rect(0, 0, *layer))
    assume(not there.is_empty)
    try:
        part = crop_of_object(layer, cutout.whole, there)
    except CropTooLarge:
        assume(False)

    def fit(size: tuple[int, int], origin: Rect, box: Rect) -> tuple[int, ...]:
        at = (box.left - origin.left, box.top - origin.top, box.width, box.height)
        found = fit_edit(size, at, (), canvas_area_side=side, multiple=multiple)
        return found.left + origin.left, found.top + origin.top, *found.crop_size, *found.canvas_size

    both = joined([(*cutout.whole.corner, *cutout.whole.size), (*there.corner, *there.size)])
    assert both is not None
    assert part.holds(cutout.whole)
    assert part.holds(there)
    for box in (cutout.whole, Rect(*both)):
        assert fit(part.size, part, box) == fit(layer, Rect(0, 0, *layer), box)


# Whole edits

SIZE = WIDTH, HEIGHT = 1500, 1300
CENTRE = 700, 520


def picture(depth: Any = np.uint8) -> Any:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    waves = [np.sin(x / 37 + channel) * np.cos(y / 23 - channel) for channel in range(3)]
    samples = (np.dstack([*waves, np.ones_like(x)]) + 1) / 2 * np.iinfo(depth).max
    return np.rint(samples).astype(depth)


def disc(at: tuple[float, float] = CENTRE, radius: float = 90) -> Any:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    return np.rint(np.clip(radius - np.hypot(x - at[0], y - at[1]), 0, 6) / 6 * 255).astype(np.uint8)


def known(cutout: Cutout | None) -> Cutout:
    assert cutout is not None
    return cutout


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "transform", [Transform(220.5, -60.25), Transform(0, 30, 1.7, 25.0), Transform(-560, 0, 1.0, 0.0, True)]
)
def test_a_move_in_the_part_is_the_move_in_the_whole_sample_for_sample(depth: Any, transform: Transform) -> None:
    whole, mask, editor = picture(depth), disc(), Editor()
    cutout = known(cutout_of(raster(mask), Rect(0, 0, *SIZE)))
    sent = wire.Transform(transform.dx, transform.dy, transform.scale, transform.degrees, transform.mirror)
    part = crop_of_object(SIZE, cutout.whole, placed(cutout, sent))
    inside = np.s_[part.top : part.bottom, part.left : part.right]

    expected = editor.move(whole, mask, transform, speed="instant", in_layers=True)
    found = editor.move(whole[inside], mask[inside].copy(), transform, speed="instant", in_layers=True)

    assert part.width * part.height < WIDTH * HEIGHT
    assert expected.layers is not None
    assert found.layers is not None
    assert (expected.picture[inside] == found.picture).all()
    assert (expected.layers.background[inside] == found.layers.background).all()
    assert (expected.layers.object[inside] == found.layers.object).all()
    whole[inside] = found.picture
    assert (whole == expected.picture).all()


def test_a_look_from_a_part_is_the_look_from_the_whole() -> None:
    whole, mask, other, look, editor = picture(), disc(), picture()[::-1].copy(), disc((300, 900), 60), Editor()
    part = crop_to_send(SIZE, known(cutout_of(raster(mask), Rect(0, 0, *SIZE))).whole, ())
    lent = crop_to_send(SIZE, known(cutout_of(raster(look), Rect(0, 0, *SIZE))).whole, ())
    inside, there = (np.s_[box.top : box.bottom, box.left : box.right] for box in (part, lent))

    expected = editor.appearance(whole, mask, other, look, speed="instant").picture
    whole[inside] = editor.appearance(
        whole[inside], mask[inside].copy(), other[there], look[there].copy(), speed="instant"
    ).picture

    assert (whole == expected).all()


@pytest.mark.parametrize("place", [(400.0, 1000.0), (30.25, 500.5)])
def test_a_paste_in_a_part_is_the_paste_in_the_whole(place: tuple[float, float]) -> None:
    whole, other, editor = picture(), picture()[::-1].copy(), Editor()
    other[:, :, 3] = disc()
    cutout = known(cutout_of(raster(disc()), Rect(0, 0, *SIZE)))
    x, y = cutout.middle
    transform = wire.Transform(place[0] - x, place[1] - y, 1.3, 10.0)
    part = crop_to_send(SIZE, placed(cutout, transform).within(Rect(0, 0, *SIZE)), ())
    lent = crop_to_send(SIZE, cutout.whole, ())
    inside, there = (np.s_[box.top : box.bottom, box.left : box.right] for box in (part, lent))
    turn = Transform(scale=1.3, degrees=10.0)

    expected = editor.paste(whole, other, place, transform=turn, speed="instant").picture
    whole[inside] = editor.paste(whole[inside], other[there], part.into(place), transform=turn, speed="instant").picture

    assert (whole == expected).all()


# Pixels


def test_a_selection_gives_any_part_of_the_picture() -> None:
    whole = np.zeros((9, 11), np.uint8)
    whole[2:6, 3:8] = np.arange(20).reshape(4, 5) + 1
    selection = Selection(raster(whole[2:6, 3:8].copy()), Rect(3, 2, 5, 4))

    for part in (Rect(0, 0, 11, 9), Rect(4, 3, 2, 2), Rect(0, 0, 3, 2), Rect(5, 1, 6, 3), Rect(2, 7, 4, 2)):
        wanted = whole[part.top : part.bottom, part.left : part.right]
        assert bytes(selection.part(part).data) == wanted.tobytes()


def test_alpha_of_16_bits_is_its_upper_byte() -> None:
    pixels = np.array([[[1, 2, 3, 0], [1, 2, 3, 257], [1, 2, 3, 65535]]], np.uint16)

    alpha = alpha_of(Raster(3, 1, "rgba", "u16", pixels.tobytes()))

    assert bytes(alpha.data) == bytes((0, 1, 255))

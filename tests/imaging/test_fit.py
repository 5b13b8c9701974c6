"""The crop of an edit: it holds everything, suits the model, and maps points both ways."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import noise

from dragbrush.imaging import Fit, Picture, fit_edit, read_canvas

SIDES = st.integers(1, 7000)


@st.composite
def edits(draw: st.DrawFn) -> tuple:
    width, height = draw(SIDES), draw(SIDES)
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    box = (left, top, draw(st.integers(1, width - left)), draw(st.integers(1, height - top)))
    x, y = st.floats(-0.5, width - 0.501), st.floats(-0.5, height - 0.501)
    points = draw(st.lists(st.tuples(x, y), max_size=4))
    side, multiple = draw(st.sampled_from([(512, 64), (1024, 64), (64, 16), (768, 8)]))
    return (width, height), box, points, side, multiple


@given(edits())
def test_holds_everything_at_a_size_the_model_takes(edit: tuple) -> None:
    size, box, points, side, multiple = edit

    fit = fit_edit(size, box, points, canvas_area_side=side, multiple=multiple)

    right, bottom = fit.left + fit.width, fit.top + fit.height
    assert fit.left <= box[0]
    assert fit.top <= box[1]
    assert right >= box[0] + box[2]
    assert bottom >= box[1] + box[3]
    assert all(fit.left - 0.5 <= x <= right - 0.5 and fit.top - 0.5 <= y <= bottom - 0.5 for x, y in points)
    assert fit.canvas_width % multiple == fit.canvas_height % multiple == 0
    assert 1 / 1.3 <= fit.canvas_width * fit.canvas_height / side**2 <= 1.3
    assert max(fit.canvas_size) <= 4 * min(fit.canvas_size)


@given(edits())
def test_scale_is_uniform_and_never_enlarges_a_large_layer(edit: tuple) -> None:
    size, box, points, side, multiple = edit

    fit = fit_edit(size, box, points, canvas_area_side=side, multiple=multiple)

    across, down = fit.width / fit.canvas_width, fit.height / fit.canvas_height
    assert abs(across - down) <= 1 / min(fit.canvas_size) + 1e-9
    if size[0] >= fit.canvas_width and size[1] >= fit.canvas_height:
        assert fit.width >= fit.canvas_width
        assert fit.height >= fit.canvas_height
    for start, length, layer in ((fit.left, fit.width, size[0]), (fit.top, fit.height, size[1])):
        if length <= layer:
            assert start >= 0
            assert start + length <= layer


@given(edits(), st.floats(-100, 8000), st.floats(-100, 8000))
def test_points_go_there_and_back(edit: tuple, x: float, y: float) -> None:
    size, box, points, side, multiple = edit
    fit = fit_edit(size, box, points, canvas_area_side=side, multiple=multiple)

    back = fit.to_layer(fit.to_canvas((x, y)))

    assert math.dist(back, (x, y)) < 1e-6


def test_corners_map_to_corners() -> None:
    fit = Fit(10, 20, 400, 300, 800, 600)

    assert fit.to_canvas((9.5, 19.5)) == (-0.5, -0.5)
    assert fit.to_canvas((409.5, 319.5)) == (799.5, 599.5)
    assert fit.to_layer((-0.5, 599.5)) == (9.5, 319.5)


@pytest.mark.parametrize(
    ("size", "box", "side", "multiple", "expected"),
    [
        ((64, 64), (10, 10, 20, 20), 64, 16, Fit(0, 0, 64, 64, 64, 64)),
        ((512, 512), (0, 0, 512, 512), 512, 64, Fit(0, 0, 512, 512, 512, 512)),
        ((6000, 4000), (3000, 2000, 40, 40), 512, 64, Fit(2764, 1764, 512, 512, 512, 512)),
        ((6000, 4000), (0, 0, 6000, 4000), 512, 64, Fit(0, 0, 6000, 4000, 576, 384)),
        ((300, 300), (100, 120, 120, 40), 512, 64, Fit(0, 65, 300, 150, 640, 320)),
    ],
)
def test_known_edits(size: tuple, box: tuple, side: int, multiple: int, expected: Fit) -> None:
    fit = fit_edit(size, box, [], canvas_area_side=side, multiple=multiple)

    assert fit.canvas_size == expected.canvas_size
    assert fit.crop_size == pytest.approx(expected.crop_size, rel=0.03)
    assert fit.box[:2] == pytest.approx(expected.box[:2], abs=100)


def test_the_aspect_follows_the_edit() -> None:
    wide = fit_edit((6000, 4000), (1000, 1000, 3000, 700), [], canvas_area_side=512, multiple=64)
    extreme = fit_edit((6000, 4000), (0, 1000, 6000, 50), [], canvas_area_side=512, multiple=64)

    assert wide.canvas_width / wide.canvas_height == pytest.approx(3.8, abs=0.5)
    assert extreme.canvas_width == 4 * extreme.canvas_height


def test_canvas_shows_a_marked_pixel_where_the_fit_says() -> None:
    samples = np.zeros((90, 120, 3), np.uint8)
    samples[33, 71] = 255
    fit = Fit(40, 10, 60, 60, 240, 240)

    rgb, alpha = read_canvas(Picture(samples), fit)

    y, x = np.unravel_index(rgb.sum(axis=2).argmax(), rgb.shape[:2])
    assert alpha is None
    assert math.dist((x, y), fit.to_canvas((71, 33))) < 1


def test_canvas_never_shows_what_is_under_no_alpha() -> None:
    samples = noise(200, 200, 4)
    samples[:, :, 3] = 0
    samples[50:150, 50:150] = (10, 200, 90, 255)

    rgb, alpha = read_canvas(Picture(samples), Fit(0, 0, 200, 200, 64, 64))

    assert np.abs(rgb * 255 - (10, 200, 90)).max() < 1
    assert alpha is not None
    assert alpha[32, 32] == 1
    assert alpha[2, 2] == 0

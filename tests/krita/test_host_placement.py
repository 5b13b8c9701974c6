"""Where the picture lies in the widget."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krita_dragbrush.host.placement import Placement, scrolled

PLAIN = Placement(1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 100, 80)

turned = st.builds(
    scrolled,
    st.tuples(st.integers(1, 4096), st.integers(1, 4096)),
    scale=st.floats(0.01, 50),
    degrees=st.floats(-360, 360),
    is_mirrored=st.booleans(),
    scroll=st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000)),
)


def test_the_centre_of_the_first_pixel_is_half_a_pixel_inside_the_widget() -> None:
    assert PLAIN.to_view((0.0, 0.0)) == (0.5, 0.5)
    assert PLAIN.to_image((0.5, 0.5)) == (0.0, 0.0)


@given(turned, st.tuples(st.floats(-100, 5000), st.floats(-100, 5000)))
def test_a_point_goes_to_the_view_and_back(placement: Placement, point: tuple[float, float]) -> None:
    back = placement.to_image(placement.to_view(point))

    assert back == pytest.approx(point, abs=1e-3)


@given(turned)
def test_turning_and_mirroring_change_no_length(placement: Placement) -> None:
    a, b = placement.to_view((0.0, 0.0)), placement.to_view((3.0, 4.0))

    assert math.dist(a, b) == pytest.approx(5 * placement.scale, rel=1e-6, abs=1e-6)


@given(turned)
def test_the_scroll_bars_say_where_the_bounding_box_begins(placement: Placement) -> None:
    width, height = placement.width_px, placement.height_px
    edges = [placement.to_view((x - 0.5, y - 0.5)) for x in (0, width) for y in (0, height)]
    begin = (min(x for x, _ in edges), min(y for _, y in edges))

    assert [round(value) for value in begin] == pytest.approx(begin, abs=1e-6)


def test_a_quarter_turn_runs_clockwise() -> None:
    placement = scrolled((100, 80), scale=1.0, degrees=90.0, is_mirrored=False, scroll=(0, 0))

    assert placement.to_view((0.0, 0.0)) == pytest.approx((79.5, 0.5))
    assert placement.to_view((99.0, 0.0)) == pytest.approx((79.5, 99.5))


def test_a_mirror_swaps_left_and_right() -> None:
    placement = scrolled((100, 80), scale=2.0, degrees=0.0, is_mirrored=True, scroll=(-10, -20))

    assert placement.to_view((0.0, 0.0)) == pytest.approx((209.0, 21.0))
    assert placement.to_view((99.0, 79.0)) == pytest.approx((11.0, 179.0))


@pytest.mark.parametrize(
    ("at", "is_inside"), [((0.0, 0.0), True), ((100.0, 80.0), True), ((100.1, 10.0), False), ((-0.1, 10.0), False)]
)
def test_the_picture_ends_at_the_outer_edges_of_its_pixels(at: tuple[float, float], is_inside: bool) -> None:
    assert PLAIN.contains(at) is is_inside


def test_a_point_outside_is_brought_to_the_nearest_pixel() -> None:
    assert PLAIN.within((-3.0, 90.0)) == (0.0, 79.0)
    assert PLAIN.within((12.5, 3.0)) == (12.5, 3.0)

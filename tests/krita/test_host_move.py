"""The box of the Move tool: its geometry, and which press does what."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from krita_dragbrush.core.crop import Rect
from krita_dragbrush.core.transform import UNCHANGED, applied, middle
from krita_dragbrush.host.move_box import CORNERS, corners, knob, part_at, pulled
from krita_dragbrush.host.move_tool import MoveTool
from krita_dragbrush.host.moved import Moved
from krita_dragbrush.host.placement import Placement
from krita_dragbrush.host.tool import Pull
from krita_dragbrush.wire import MAX_SCALE, MIN_SCALE, Transform

XY = tuple[float, float]
BOX = Rect(100, 50, 80, 60)
PLACE = Placement(1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 400, 300)
TURNED = Placement(0.0, 2.0, 2.0, 0.0, 15.0, -8.0, 400, 300)  # mirrored, turned and enlarged

boxes = st.builds(Rect, st.integers(-50, 500), st.integers(-50, 500), st.integers(1, 300), st.integers(1, 300))
changes = st.builds(
    Transform,
    dx=st.floats(-200, 200),
    dy=st.floats(-200, 200),
    scale=st.floats(MIN_SCALE, MAX_SCALE),
    degrees=st.floats(-180, 180),
)
points = st.tuples(st.floats(-500, 800), st.floats(-500, 800))


def test_a_box_that_is_not_changed_has_its_corners_at_the_edges_of_its_pixels() -> None:
    assert corners(BOX, UNCHANGED) == ((99.5, 49.5), (179.5, 49.5), (179.5, 109.5), (99.5, 109.5))


@given(boxes, changes)
def test_a_change_keeps_the_shape_of_the_box(box: Rect, change: Transform) -> None:
    a, b, c, d = corners(box, change)

    assert math.dist(a, b) == pytest.approx(box.width * change.scale)
    assert math.dist(b, c) == pytest.approx(box.height * change.scale)
    assert math.dist(a, c) == pytest.approx(math.dist(b, d))


@given(boxes, changes, points, points)
def test_a_pull_inside_shifts_by_as_much(box: Rect, change: Transform, begin: XY, to: XY) -> None:
    after = pulled(box, change, "inside", begin, to)

    assert (after.dx - change.dx, after.dy - change.dy) == pytest.approx((to[0] - begin[0], to[1] - begin[1]))
    assert (after.scale, after.degrees) == (change.scale, change.degrees)


@given(boxes, changes, st.sampled_from(range(4)), st.floats(0.2, 3))
def test_a_corner_pulled_along_its_diagonal_follows(box: Rect, change: Transform, index: int, times: float) -> None:
    assume(MIN_SCALE <= change.scale * times <= MAX_SCALE)
    begin = corners(box, change)[index]
    centre = applied(change, middle(box), middle(box))
    to = (centre[0] + (begin[0] - centre[0]) * times, centre[1] + (begin[1] - centre[1]) * times)

    after = pulled(box, change, CORNERS[index], begin, to)

    assert corners(box, after)[index] == pytest.approx(to, abs=1e-6)


@given(boxes, changes, points)
def test_the_scale_keeps_to_its_limits_and_is_never_negative(box: Rect, change: Transform, to: XY) -> None:
    after = pulled(box, change, "top left", corners(box, change)[0], to)

    assert MIN_SCALE <= after.scale <= MAX_SCALE


@given(boxes, changes, points)
def test_the_knob_follows_a_turn(box: Rect, change: Transform, to: XY) -> None:
    centre = applied(change, middle(box), middle(box))
    begin = knob(box, change, lambda point: point)[1]
    assume(math.dist(to, centre) > 1)

    after = pulled(box, change, "turn", begin, to)

    reached = knob(box, after, lambda point: point)[1]
    wanted = math.atan2(to[1] - centre[1], to[0] - centre[0])
    got = math.atan2(reached[1] - centre[1], reached[0] - centre[0])
    assert math.remainder(wanted - got, math.tau) == pytest.approx(0, abs=1e-6)
    assert -180 <= after.degrees <= 180


def test_a_straight_turn_rests_at_each_15_degrees() -> None:
    centre = middle(BOX)
    begin = (centre[0], centre[1] - 100)
    to = (centre[0] + 100, centre[1] - 55)

    assert pulled(BOX, UNCHANGED, "turn", begin, to, is_straight=True).degrees == pytest.approx(60)


def test_a_straight_shift_goes_across() -> None:
    assert pulled(BOX, UNCHANGED, "inside", (0, 0), (50, 4), is_straight=True) == Transform(dx=50, dy=0)


@pytest.mark.parametrize("place", [PLACE, TURNED])
@given(changes)
def test_every_part_is_found_where_it_is_drawn(place: Placement, change: Transform) -> None:
    box = Rect(100, 50, 400, 300)  # large enough that no part is in reach of another
    assume(change.scale > 0.5)
    found = [part_at(box, change, place.to_view(corner), place.to_view, 12) for corner in corners(box, change)]
    centre = place.to_view(applied(change, middle(box), middle(box)))

    assert found == list(CORNERS)
    assert part_at(box, change, knob(box, change, place.to_view)[1], place.to_view, 12) == "turn"
    assert part_at(box, change, centre, place.to_view, 12) == "inside"
    assert part_at(box, change, (centre[0] + 99_999, centre[1]), place.to_view, 12) is None


def test_a_small_box_can_be_taken_by_its_inside_and_by_its_corners() -> None:
    box = Rect(100, 50, 12, 8)

    def part(at: XY) -> object:
        return part_at(box, UNCHANGED, PLACE.to_view(at), PLACE.to_view, 12)

    assert part(middle(box)) == "inside"
    assert part((97, 47)) == "top left"


class Desk:
    def __init__(self) -> None:
        self.moved = Moved()
        self.moved.aim(BOX)
        self.pulls: list[Pull] = []
        self.tool = MoveTool(self.moved, on_pull=self.pulls.append)

    def pull(self, start: XY, *path: XY) -> None:
        self.tool.press(PLACE.to_view(start), PLACE)
        for point in path:
            self.tool.drag(PLACE.to_view(point), PLACE)
        self.tool.release()


def test_a_pull_is_told_and_is_one_step_of_undo() -> None:
    desk = Desk()

    desk.pull((140, 80), (150, 90), (170, 95))

    assert desk.moved.transform == Transform(dx=30, dy=15)
    assert desk.pulls == ["moving", "moving", "done"]
    desk.tool.undo()
    assert desk.moved.transform == UNCHANGED
    desk.tool.redo()
    assert desk.moved.transform == Transform(dx=30, dy=15)


def test_a_cancelled_pull_puts_the_box_back() -> None:
    desk = Desk()
    desk.pull((140, 80), (170, 95))
    desk.tool.press(PLACE.to_view((160, 90)), PLACE)
    desk.tool.drag(PLACE.to_view((260, 190)), PLACE)

    desk.tool.cancel()

    assert desk.moved.transform == Transform(dx=30, dy=15)
    assert desk.pulls[-1] == "cancelled"


def test_a_press_beside_the_box_does_nothing() -> None:
    desk = Desk()

    desk.pull((10, 10), (90, 90))

    assert desk.moved.transform == UNCHANGED
    assert not desk.tool.can_undo


def test_a_reset_can_be_undone() -> None:
    desk = Desk()
    desk.pull((140, 80), (170, 95))

    assert desk.tool.can_reset
    desk.tool.reset()
    assert desk.moved.transform == UNCHANGED
    desk.tool.undo()

    assert desk.moved.transform == Transform(dx=30, dy=15)


def test_the_cursor_tells_which_part_is_below() -> None:
    tool = Desk().tool
    seen = []
    for at in ((10, 10), (140, 80), (99.5, 49.5), (179.5, 49.5), (139.5, 19.5)):
        tool.hover(PLACE.to_view(at), PLACE)
        seen.append(tool.cursor)

    assert seen == ["arrow", "hand", "falling", "rising", "turn"]


def test_mirroring_leaves_the_box_and_is_a_step() -> None:
    desk = Desk()
    before = corners(BOX, desk.moved.transform)

    desk.tool.swap()

    assert desk.moved.transform == Transform(mirror=True)
    assert corners(BOX, desk.moved.transform) == before
    desk.tool.undo()
    assert desk.moved.transform == UNCHANGED


def test_the_transform_stays_with_its_object_and_not_with_another() -> None:
    desk = Desk()
    desk.pull((140, 80), (170, 95))

    desk.moved.aim(None)
    desk.moved.aim(BOX)
    assert desk.moved.transform == Transform(dx=30, dy=15)
    desk.moved.aim(Rect(1, 2, 3, 4))

    assert desk.moved.transform == UNCHANGED
    assert not desk.tool.can_undo


def test_a_restored_transform_is_that_of_the_object_that_is_taken_up_next() -> None:
    desk = Desk()
    desk.moved.restore(Transform(dx=5))

    desk.moved.aim(Rect(1, 2, 3, 4))

    assert desk.moved.transform == Transform(dx=5)


def test_without_a_box_nothing_is_taken() -> None:
    tool = MoveTool(Moved())

    tool.press((20, 20), PLACE)
    tool.drag((90, 90), PLACE)
    tool.hover((20, 20), PLACE)

    assert tool.cursor == "arrow"
    assert tool.moved.transform == UNCHANGED
    assert not tool.can_reset

"""Pairs, their selection and their own undo."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krita_dragbrush.core.points import End, Pair, Points, PointsFull, constrained, nearest_end

XY = tuple[float, float]
coordinate = st.floats(-1000, 1000, allow_nan=False)
xy = st.tuples(coordinate, coordinate)


def state(points: Points) -> tuple[tuple[Pair, ...], int | None]:
    return points.pairs, points.selected


def test_a_new_pair_is_selected_and_its_target_waits_on_the_handle() -> None:
    points = Points()

    assert points.add((1, 2)) == 0
    assert points.add((3, 4), (5, 6)) == 1

    assert points.pairs == (Pair((1, 2), (1, 2)), Pair((3, 4), (5, 6)))
    assert points.selected == 1


def test_a_pull_is_one_step_whatever_happens_in_it() -> None:
    points = Points()
    points.begin()
    index = points.add((0, 0))
    for x in range(20):
        points.move(index, "target", (x, 0))
    points.commit()

    points.undo()
    assert points.pairs == ()
    points.redo()
    assert points.pairs == (Pair((0, 0), (19, 0)),)
    assert not points.can_redo


def test_an_abandoned_pull_leaves_nothing_behind() -> None:
    points = Points([Pair((0, 0), (1, 1)), Pair((2, 2), (3, 3))])
    points.select(0)
    before = state(points)

    points.begin()
    points.move(1, "handle", (9, 9))
    points.add((5, 5))
    points.abandon()

    assert state(points) == before
    assert not points.can_undo


def test_a_pull_that_changes_nothing_is_no_step() -> None:
    points = Points([Pair((0, 0), (1, 1))])
    points.begin()
    points.move(0, "target", (5, 5))
    points.move(0, "target", (1, 1))
    points.commit()

    assert not points.can_undo


def test_a_pull_whose_end_was_lost_is_kept_by_the_next() -> None:
    points = Points([Pair((0, 0), (1, 1))])
    points.begin()
    points.move(0, "target", (5, 5))
    points.begin()
    points.abandon()

    assert points.pairs[0].target == (5, 5)
    points.undo()
    assert points.pairs[0].target == (1, 1)


def test_nothing_is_undone_in_the_middle_of_a_pull() -> None:
    points = Points()
    points.add((0, 0))
    points.begin()
    points.undo()

    assert len(points.pairs) == 1
    assert not points.can_undo


@pytest.mark.parametrize(
    ("selected", "deleted", "then"), [(None, 0, None), (0, 0, None), (0, 1, 0), (2, 1, 1), (2, 2, None)]
)
def test_the_selection_stays_with_its_pair_when_another_is_deleted(
    selected: int | None, deleted: int, then: int | None
) -> None:
    points = Points(Pair((x, 0), (x, 1)) for x in range(3))
    points.select(selected)

    points.delete(deleted)

    assert points.selected == then
    points.undo()
    assert points.selected == selected


def test_swap_exchanges_the_ends() -> None:
    points = Points([Pair((1, 2), (3, 4))])
    points.swap(0)

    assert points.pairs == (Pair((3, 4), (1, 2)),)


def test_there_are_at_most_64() -> None:
    points = Points(Pair((x, 0), (x, 1)) for x in range(64))
    before = state(points)

    with pytest.raises(PointsFull):
        points.add((0, 0))
    with pytest.raises(PointsFull):
        points.replace(Pair((x, 0), (x, 1)) for x in range(65))

    assert state(points) == before


@pytest.mark.parametrize("index", [1, -2])
def test_a_pair_that_is_not_there_is_an_error_and_no_change(index: int) -> None:
    points = Points([Pair((0, 0), (1, 1))])
    for change in (
        lambda: points.select(index),
        lambda: points.move(index, "handle", (2, 2)),
        lambda: points.delete(index),
        lambda: points.swap(index),
    ):
        with pytest.raises(IndexError):
            change()

    assert points.pairs == (Pair((0, 0), (1, 1)),)


def test_who_listens_hears_of_each_change_until_it_stops() -> None:
    points, heard = Points(), []
    stop = points.listen(lambda: heard.append(points.pairs))

    points.add((0, 0))
    points.is_visible = False
    points.is_visible = False
    points.select(None)
    points.clear()
    stop()
    stop()
    points.add((1, 1))

    assert len(heard) == 4


def test_a_listener_may_leave_while_it_is_told() -> None:
    points, heard = Points(), []
    stop = points.listen(lambda: (heard.append(1), stop()))
    points.listen(lambda: heard.append(2))

    points.add((0, 0))
    points.add((1, 1))

    assert heard == [1, 2, 2]


steps = st.one_of(
    st.tuples(st.just("add"), xy, xy),
    st.tuples(st.just("move"), st.integers(0, 5), st.sampled_from(["handle", "target"]), xy),
    st.tuples(st.just("swap"), st.integers(0, 5)),
    st.tuples(st.just("delete"), st.integers(0, 5)),
    st.tuples(st.just("clear")),
    st.tuples(st.just("select"), st.integers(0, 5)),
)


@given(st.lists(steps, max_size=20))
def test_undoing_all_and_redoing_all_leads_back(story: list[tuple]) -> None:
    points = Points()
    for name, *arguments in story:
        if name == "add":
            points.add(*arguments)
        elif name == "clear":
            points.clear()
        elif arguments[0] < len(points.pairs):
            getattr(points, name)(*arguments)
    end = points.pairs

    while points.can_undo:
        points.undo()
    assert points.pairs == ()
    while points.can_redo:
        points.redo()
    assert points.pairs == end
    assert points.selected is None or points.selected < len(points.pairs)


def twice(point: XY) -> XY:
    return 2 * point[0], 2 * point[1]


def test_the_nearest_end_is_counted_in_px_of_the_view() -> None:
    pairs = [Pair((0, 0), (10, 0))]

    assert nearest_end(pairs, (18, 0), twice, 2) == (0, "target")
    assert nearest_end(pairs, (2, 0), twice, 2) == (0, "handle")
    assert nearest_end(pairs, (10, 0), twice, 5) is None


def test_of_equally_near_ends_a_target_wins_and_then_the_last() -> None:
    same = Pair((5, 5), (5, 5))

    assert nearest_end([same, same], (10, 10), twice, 1) == (1, "target")


@given(st.lists(st.builds(Pair, xy, xy), max_size=6), xy, st.floats(0, 500))
def test_no_end_is_nearer_than_the_one_that_is_found(pairs: list[Pair], at: XY, radius: float) -> None:
    distances: dict[tuple[int, End], float] = {}
    for index, pair in enumerate(pairs):
        distances[index, "handle"] = math.dist(twice(pair.handle), at)
        distances[index, "target"] = math.dist(twice(pair.target), at)

    found = nearest_end(pairs, at, twice, radius)

    least = min(distances.values(), default=math.inf)
    assert (found is None) == (least > radius)
    if found is not None:
        assert distances[found] == least


@pytest.mark.parametrize(
    ("to", "expected"),
    [((10, 1), (10, 0)), ((1, -10), (0, -10)), ((10, 9), (9.5, 9.5)), ((-10, 9), (-9.5, 9.5)), ((0, 0), (0, 0))],
)
def test_shift_leads_to_the_nearest_of_eight_directions(to: XY, expected: XY) -> None:
    assert constrained((0, 0), to) == expected


@given(xy, xy)
def test_a_constrained_point_lies_in_a_direction_and_is_the_nearest_there(origin: XY, to: XY) -> None:
    x, y = constrained(origin, to)

    dx, dy = x - origin[0], y - origin[1]
    assert dx == 0 or dy == 0 or math.isclose(abs(dx), abs(dy), rel_tol=1e-6, abs_tol=1e-6)
    for eighth in range(8):
        ux, uy = math.cos(eighth * math.pi / 4), math.sin(eighth * math.pi / 4)
        along = max(0.0, (to[0] - origin[0]) * ux + (to[1] - origin[1]) * uy)
        other = (origin[0] + along * ux, origin[1] + along * uy)
        assert math.dist((x, y), to) <= math.dist(other, to) + 1e-6

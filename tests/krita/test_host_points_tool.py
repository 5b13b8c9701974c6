"""Which press of the drag tool does what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krita_dragbrush.core.points import Pair, Points
from krita_dragbrush.host.placement import Placement
from krita_dragbrush.host.points_tool import PointsTool
from krita_dragbrush.host.tool import Pull

PLACE = Placement(2.0, 0.0, 0.0, 2.0, 10.0, 20.0, 400, 300)  # twice enlarged, a little aside

XY = tuple[float, float]


class Desk:
    """A tool with its points, and what it told."""

    def __init__(self, *pairs: Pair) -> None:
        self.points = Points(pairs)
        self.pulls: list[Pull] = []
        self.refused = 0
        self.tool = PointsTool(self.points, on_pull=self.pulls.append, on_full=self._refuse)

    def _refuse(self) -> None:
        self.refused += 1

    def press(self, point: XY) -> None:
        self.tool.press(PLACE.to_view(point), PLACE)

    def drag(self, point: XY, *, is_straight: bool = False) -> None:
        self.tool.drag(PLACE.to_view(point), PLACE, is_straight=is_straight)

    def pull(self, start: XY, *path: XY, is_straight: bool = False) -> None:
        self.press(start)
        for point in path:
            self.drag(point, is_straight=is_straight)
        self.tool.release()


ONE = Pair((50.0, 60.0), (120.0, 90.0))
OTHER = Pair((200.0, 200.0), (240.0, 160.0))


def test_a_pull_on_empty_canvas_makes_a_pair() -> None:
    desk = Desk()

    desk.pull((30, 40), (50, 60), (80, 90))

    assert desk.points.pairs == (Pair((30, 40), (80, 90)),)
    assert desk.points.selected == 0
    assert desk.pulls == ["moving", "moving", "done"]


def test_a_pull_is_one_step_of_undo() -> None:
    desk = Desk()
    desk.pull((30, 40), (50, 60), (80, 90))

    desk.tool.undo()

    assert desk.points.pairs == ()
    assert not desk.tool.can_undo
    desk.tool.redo()
    assert len(desk.points.pairs) == 1


def test_a_click_on_empty_canvas_selects_nothing_and_makes_nothing() -> None:
    desk = Desk(ONE)
    desk.points.select(0)

    desk.pull((300, 200))

    assert desk.points.selected is None
    assert desk.points.pairs == (ONE,)
    assert not desk.tool.can_undo


def test_a_tremble_is_a_click() -> None:
    desk = Desk()

    desk.pull((30, 40), (31, 40.5))

    assert desk.points.pairs == ()


@pytest.mark.parametrize(("end", "index"), [(ONE.handle, 0), (ONE.target, 0), (OTHER.target, 1)])
def test_a_click_on_an_end_selects_its_pair(end: XY, index: int) -> None:
    desk = Desk(ONE, OTHER)

    desk.pull(end)

    assert desk.points.selected == index
    assert desk.points.pairs == (ONE, OTHER)
    assert not desk.tool.can_undo


def test_a_pull_on_a_target_moves_it() -> None:
    desk = Desk(ONE, OTHER)

    desk.pull(ONE.target, (100, 100), (150, 30))

    assert desk.points.pairs == (Pair(ONE.handle, (150, 30)), OTHER)


def test_a_pull_on_a_handle_moves_it_and_leaves_the_target() -> None:
    desk = Desk(ONE, OTHER)

    desk.pull(OTHER.handle, (220, 230))

    assert desk.points.pairs == (ONE, Pair((220, 230), OTHER.target))


def test_an_end_does_not_jump_to_the_pointer() -> None:
    desk = Desk(ONE)
    beside = (ONE.target[0] + 3, ONE.target[1] - 2)

    desk.pull(beside, (beside[0] + 10, beside[1] + 10))

    assert desk.points.pairs[0].target == pytest.approx((ONE.target[0] + 10, ONE.target[1] + 10))


def test_a_cancelled_pull_leaves_no_trace() -> None:
    desk = Desk(ONE)
    desk.press(ONE.target)
    desk.drag((300, 200))

    desk.tool.cancel()
    desk.drag((310, 210))
    desk.tool.release()

    assert desk.points.pairs == (ONE,)
    assert not desk.tool.can_undo
    assert desk.pulls == ["moving", "cancelled"]


def test_a_new_pair_pulled_out_and_back_is_not_wanted() -> None:
    desk = Desk()

    desk.pull((30, 40), (80, 90), (30.5, 40))

    assert desk.points.pairs == ()
    assert desk.pulls[-1] == "cancelled"


def test_shift_keeps_a_new_arrow_to_the_eight_directions() -> None:
    desk = Desk()

    desk.pull((30, 40), (130, 47), is_straight=True)

    assert desk.points.pairs == (Pair((30, 40), (130, 40)),)


def test_shift_keeps_a_handle_straight_to_its_target() -> None:
    desk = Desk(ONE)

    desk.pull(ONE.handle, (ONE.target[0] + 2, 10), is_straight=True)

    assert desk.points.pairs[0].handle == pytest.approx((ONE.target[0], 10))


def test_a_press_outside_of_the_picture_does_nothing() -> None:
    desk = Desk()

    desk.pull((-4, 40), (80, 90))

    assert desk.points.pairs == ()
    assert desk.pulls == []


def test_a_target_stays_in_the_picture() -> None:
    desk = Desk()

    desk.pull((30, 40), (-50, 1000))

    assert desk.points.pairs[0].target == (0, 299)


def test_the_65th_pair_is_refused_with_a_word() -> None:
    desk = Desk(*[Pair((index, 250), (index, 260)) for index in range(64)])

    desk.pull((300, 40), (350, 90))

    assert len(desk.points.pairs) == 64
    assert desk.refused == 1
    assert desk.pulls == []


def test_a_press_shows_hidden_points_again() -> None:
    desk = Desk(ONE)
    desk.points.is_visible = False

    desk.pull((300, 40), (350, 90))

    assert desk.points.is_visible
    assert len(desk.points.pairs) == 2


def test_hidden_points_are_not_under_the_pointer() -> None:
    desk = Desk(ONE)
    desk.points.is_visible = False

    desk.tool.hover(PLACE.to_view(ONE.handle), PLACE)

    assert desk.tool.hovered is None


def test_the_cursor_tells_what_a_press_would_do() -> None:
    desk = Desk(ONE)
    seen = [desk.tool.cursor]

    assert desk.tool.hover(PLACE.to_view(ONE.handle), PLACE)
    seen.append(desk.tool.cursor)
    desk.press(ONE.handle)
    desk.drag((90, 90))
    seen.append(desk.tool.cursor)
    desk.tool.release()
    assert desk.tool.hover(PLACE.to_view((300, 200)), PLACE)
    seen.append(desk.tool.cursor)

    assert seen == ["cross", "hand", "fist", "cross"]


def test_delete_takes_the_selected_pair() -> None:
    desk = Desk(ONE, OTHER)
    desk.points.select(0)

    desk.tool.delete()
    desk.tool.delete()

    assert desk.points.pairs == (OTHER,)


def test_swap_turns_the_selected_arrow_round() -> None:
    desk = Desk(ONE, OTHER)
    desk.points.select(1)

    desk.tool.swap()

    assert desk.points.pairs == (ONE, Pair(OTHER.target, OTHER.handle))


def test_a_pair_deleted_under_a_pull_ends_it() -> None:
    desk = Desk(ONE)
    desk.press(ONE.target)
    desk.drag((300, 200))

    desk.points.clear()
    desk.drag((310, 210))
    desk.tool.release()

    assert desk.points.pairs == ()
    assert desk.tool.hovered is None


def test_a_press_whose_end_was_lost_is_ended_by_the_next() -> None:
    desk = Desk()
    desk.press((30, 40))
    desk.drag((80, 90))

    desk.pull((200, 40), (250, 90))

    assert len(desk.points.pairs) == 2
    desk.tool.undo()
    assert len(desk.points.pairs) == 1


places = st.tuples(st.floats(-50, 450), st.floats(-50, 350))
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("press"), places),
        st.tuples(st.just("drag"), places),
        st.tuples(st.just("straight"), places),
        st.tuples(st.sampled_from(["release", "cancel", "delete", "swap", "undo", "redo", "clear"]), st.none()),
    ),
    max_size=30,
)


@given(deeds)
def test_whatever_is_done_all_points_lie_in_the_picture_and_undo_comes_to_the_beginning(
    done: list[tuple[str, XY | None]],
) -> None:
    desk = Desk(ONE)
    for deed, place in done:
        match deed, place:
            case "press", (x, y):
                desk.press((x, y))
            case "drag" | "straight", (x, y):
                desk.drag((x, y), is_straight=deed == "straight")
            case "clear", _:
                desk.points.clear()
            case _:
                getattr(desk.tool, deed)()
    desk.tool.release()

    for pair in desk.points.pairs:
        assert PLACE.within(pair.handle) == pair.handle
        assert PLACE.within(pair.target) == pair.target
    while desk.tool.can_undo:
        desk.tool.undo()
    assert desk.points.pairs == (ONE,)

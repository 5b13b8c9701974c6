"""Whether an event is the tool's or Krita's."""

import pytest
from krita_dragbrush.core.points import Points
from krita_dragbrush.host.keyboard import Key, answer
from krita_dragbrush.host.move_tool import Moved, MoveTool
from krita_dragbrush.host.placement import Box, Placement
from krita_dragbrush.host.pointer import Button, Pointer
from krita_dragbrush.host.points_tool import PointsTool

PLACE = Placement(1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 400, 300)


class Hand:
    """A pointer with the points tool."""

    def __init__(self) -> None:
        self.points = Points()
        self.tool = PointsTool(self.points)
        self.hovers = 0
        self.pointer = Pointer(self._hover)
        self.pointer.use(self.tool)

    def _hover(self) -> None:
        self.hovers += 1

    def move(self, at: tuple[float, float], *, is_down: bool = True) -> bool:
        return self.pointer.move(at, PLACE, is_down=is_down, is_straight=False)

    def pull(self, button: Button = "left") -> list[bool]:
        return [
            self.pointer.press(button, (20, 20), PLACE),
            self.move((60, 60)),
            self.pointer.release(is_down=False),
        ]


def test_the_left_button_is_the_tools_from_press_to_release() -> None:
    hand = Hand()

    assert hand.pull() == [True, True, True]
    assert len(hand.points.pairs) == 1


@pytest.mark.parametrize("button", ["middle", "right", "other"])
def test_every_other_button_is_kritas_from_press_to_release(button: Button) -> None:
    hand = Hand()

    assert hand.pull(button) == [False, False, False]
    assert hand.points.pairs == ()


def test_the_left_button_is_kritas_while_space_is_down() -> None:
    hand = Hand()
    hand.pointer.is_space_down = True

    assert hand.pull() == [False, False, False]
    assert hand.pointer.is_krita_working
    hand.pointer.is_space_down = False
    assert hand.pull() == [True, True, True]


def test_space_in_the_middle_of_a_pull_does_not_take_it_away() -> None:
    hand = Hand()
    hand.pointer.press("left", (20, 20), PLACE)

    hand.pointer.is_space_down = True

    assert hand.move((60, 60))
    assert hand.pointer.release(is_down=False)
    assert hand.points.pairs[0].target == pytest.approx((59.5, 59.5))


def test_a_second_button_changes_nothing() -> None:
    hand = Hand()
    hand.pointer.press("left", (20, 20), PLACE)
    hand.move((60, 60))

    assert hand.pointer.press("right", (60, 60), PLACE)
    assert hand.pointer.release(is_down=True)
    assert hand.tool.is_pulling
    assert hand.pointer.release(is_down=False)
    assert not hand.tool.is_pulling


def test_without_a_tool_all_is_kritas() -> None:
    hand = Hand()
    hand.pointer.use(None)

    assert hand.pull() == [False, False, False]
    assert not hand.move((5, 5), is_down=False)


def test_without_a_picture_a_press_is_taken_and_does_nothing() -> None:
    hand = Hand()

    assert hand.pointer.press("left", (20, 20), None)
    assert hand.pointer.move((60, 60), None, is_down=True, is_straight=False)
    assert hand.pointer.release(is_down=False)
    assert hand.points.pairs == ()


def test_the_echo_of_a_pen_as_a_mouse_is_swallowed() -> None:
    hand = Hand()
    hand.pointer.press("left", (20, 20), PLACE, "pen")
    hand.pointer.move((60, 60), PLACE, "pen", is_down=True, is_straight=False)

    assert hand.pointer.press("left", (20, 20), PLACE, "mouse")
    assert hand.pointer.move((10, 10), PLACE, "mouse", is_down=False, is_straight=False)
    assert hand.pointer.release("mouse", is_down=False)

    assert hand.tool.is_pulling
    hand.pointer.release("pen", is_down=False)
    assert hand.points.pairs[0].target == pytest.approx((59.5, 59.5))


def test_a_release_that_went_elsewhere_is_made_up_for_by_the_next_move() -> None:
    hand = Hand()
    hand.pointer.press("left", (20, 20), PLACE)
    hand.move((60, 60))

    assert hand.move((90, 90), is_down=False)

    assert not hand.tool.is_pulling
    assert hand.points.pairs[0].target == pytest.approx((59.5, 59.5))


def test_putting_the_tool_away_cancels_its_pull() -> None:
    hand = Hand()
    hand.pointer.press("left", (20, 20), PLACE)
    hand.move((60, 60))

    hand.pointer.use(None)

    assert hand.points.pairs == ()


def test_the_end_stays_under_the_pointer_when_the_canvas_moves() -> None:
    hand = Hand()
    hand.pointer.press("left", (20, 20), PLACE)
    hand.move((60, 60))

    hand.pointer.follow(Placement(1.0, 0.0, 0.0, 1.0, -30.0, 0.0, 400, 300))

    assert hand.points.pairs[0].target == pytest.approx((89.5, 59.5))


def test_a_look_at_an_end_is_told_when_it_begins_and_when_it_ends() -> None:
    hand = Hand()
    hand.pull()

    hand.move((20, 20), is_down=False)
    hand.move((21, 20), is_down=False)
    hand.pointer.leave(PLACE)

    assert hand.hovers == 2


@pytest.mark.parametrize("key", ["escape", "undo", "redo", "swap"])
def test_keys_without_use_are_kritas(key: Key) -> None:
    assert answer(key, Hand().tool, True) is None


@pytest.mark.parametrize("key", ["escape", "delete", "undo", "redo", "swap"])
def test_without_a_tool_every_key_is_kritas(key: Key) -> None:
    assert answer(key, None, True) is None


def test_delete_is_never_kritas_which_would_empty_the_layer() -> None:
    assert answer("delete", Hand().tool, True) is not None


def test_undo_is_kritas_when_the_document_changed_last() -> None:
    hand = Hand()
    hand.pull()

    assert answer("undo", hand.tool, True) is not None
    assert answer("undo", hand.tool, False) is None


def test_escape_is_the_tools_during_a_pull() -> None:
    hand = Hand()
    hand.pointer.press("left", (20, 20), PLACE)
    hand.move((60, 60))

    act = answer("escape", hand.tool, True)

    assert act is not None
    act()
    assert hand.points.pairs == ()


@pytest.mark.parametrize("key", ["delete", "undo", "redo", "swap"])
def test_other_keys_do_nothing_in_the_middle_of_a_pull(key: Key) -> None:
    hand = Hand()
    hand.pull()
    hand.pointer.press("left", (200, 200), PLACE)
    hand.move((260, 260))
    before = hand.points.pairs

    act = answer(key, hand.tool, True)

    assert act is not None
    act()
    assert hand.points.pairs == before


def test_swap_is_the_tools_where_a_pair_is_selected() -> None:
    hand = Hand()
    hand.pull()

    act = answer("swap", hand.tool, True)

    assert act is not None
    act()
    assert hand.points.pairs[0].handle == pytest.approx((59.5, 59.5))


def test_the_move_tool_leaves_swap_to_krita_and_takes_delete() -> None:
    tool = MoveTool(Moved(Box(10, 10, 50, 50)))

    assert answer("swap", tool, True) is None
    act = answer("delete", tool, True)
    assert act is not None
    act()

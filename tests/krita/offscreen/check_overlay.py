"""The overlay on a stand-in canvas, with one binding of Qt."""

import logging

import pytest
from dragbrush.core.crop import Rect
from dragbrush.core.points import Pair, Points
from dragbrush.host.move_tool import MoveTool
from dragbrush.host.moved import Moved
from dragbrush.host.overlay import Overlay
from dragbrush.host.paint_arrows import TARGET_COLOUR
from dragbrush.host.placement import Box, Placement
from dragbrush.host.points_tool import PointsTool
from dragbrush.host.qt import QT_MAJOR, Qt, QtCore, QtGui, QtWidgets, sip
from dragbrush.wire import Transform
from offscreen_qt import (
    LEFT,
    MIDDLE,
    PLAIN,
    WANTED,
    KisQPainterCanvas,
    Type,
    app,
    colour_at,
    key,
    mouse,
    pause,
    pen,
    wait_until,
)

WHITE = (255, 255, 255)


class Easel:
    """A canvas with an overlay, whose picture lies where `placement` says."""

    def __init__(self) -> None:
        self.canvas = KisQPainterCanvas()
        self.canvas.show()
        self.placement: Placement | None = PLAIN
        self.points = Points()
        self.pulls: list[str] = []
        self.tool = PointsTool(self.points, on_pull=self.pulls.append)
        self.overlay = Overlay(self.canvas, lambda: self.placement)
        self.overlay.use(self.tool)
        self.surface = self.canvas.findChild(QtWidgets.QWidget, "dragbrush_surface")
        self.canvas.seen.clear()

    def pull(self, start, end, send=mouse, button=LEFT):
        return [
            send(self.surface, "press", start, button),
            send(self.surface, "move", end, button),
            send(self.surface, "release", end, button),
        ]

    def seen(self):
        """What reached the canvas; Krita's outline is put away in between."""
        return [name for name in self.canvas.seen if name != "away"]


@pytest.fixture
def easel():
    made = Easel()
    yield made
    if not sip.isdeleted(made.canvas):
        sip.delete(made.canvas)


@pytest.fixture(autouse=True)
def _no_error_is_logged(caplog):
    yield
    if not caplog.records or caplog.records[0].message != "expected":
        assert [record.getMessage() for record in caplog.records] == []


def test_the_binding_is_the_one_that_was_asked_for():
    assert f"PyQt{QT_MAJOR}" == WANTED


def test_a_pull_with_the_mouse_makes_a_pair_and_the_canvas_sees_nothing(easel):
    assert easel.pull((50.5, 60.5), (120.5, 90.5)) == [True, True, True]

    assert easel.points.pairs == (Pair((50, 60), (120, 90)),)
    assert easel.pulls == ["moving", "done"]
    assert easel.seen() == []


def test_a_pull_with_a_pen_keeps_its_fractions(easel):
    assert easel.pull((50.75, 60.5), (120.5, 90.25), send=pen) == [True, True, True]

    assert easel.points.pairs == (Pair((50.25, 60.0), (120.0, 89.75)),)
    assert easel.seen() == []


def test_the_middle_button_of_mouse_and_pen_reaches_the_canvas(easel):
    easel.pull((50, 60), (120, 90), button=MIDDLE)
    pen(easel.surface, "press", (50, 60), MIDDLE)
    pen(easel.surface, "release", (50, 60), MIDDLE)

    assert easel.seen()[:4] == ["press", "move", "release", "pen press"]
    assert easel.points.pairs == ()


def test_the_wheel_is_left_to_the_canvas(easel):
    at = QtCore.QPointF(50, 60)
    wheel = QtGui.QWheelEvent(
        at, at, QtCore.QPoint(), QtCore.QPoint(0, 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip

    app.sendEvent(easel.surface, wheel)

    assert not wheel.isAccepted()  # Qt hands on only those that come from the window system


def test_the_left_button_reaches_the_canvas_while_space_is_down(easel):
    key(easel.canvas, Qt.Key.Key_Space)
    easel.pull((50, 60), (120, 90))
    key(easel.canvas, Qt.Key.Key_Space, kind=Type.KeyRelease)
    assert easel.points.pairs == ()

    easel.pull((50, 60), (120, 90))

    assert easel.seen() == ["key", "press", "move", "release"]
    assert len(easel.points.pairs) == 1


def test_space_let_go_elsewhere_is_not_down_for_ever(easel):
    key(easel.canvas, Qt.Key.Key_Space)

    app.sendEvent(easel.canvas, QtGui.QFocusEvent(Type.FocusOut))
    easel.pull((50, 60), (120, 90))

    assert len(easel.points.pairs) == 1


def test_delete_is_claimed_before_krita_and_takes_the_pair(easel):
    easel.pull((50, 60), (120, 90))

    assert key(easel.canvas, Qt.Key.Key_Delete, kind=Type.ShortcutOverride)
    assert len(easel.points.pairs) == 1
    key(easel.canvas, Qt.Key.Key_Delete)

    assert easel.points.pairs == ()
    assert easel.seen() == []


def test_undo_is_claimed_as_long_as_there_is_a_step(easel):
    ctrl = Qt.KeyboardModifier.ControlModifier
    easel.pull((50, 60), (120, 90))

    assert key(easel.canvas, Qt.Key.Key_Z, ctrl, Type.ShortcutOverride)
    key(easel.canvas, Qt.Key.Key_Z, ctrl)

    assert easel.points.pairs == ()
    assert not key(easel.canvas, Qt.Key.Key_Z, ctrl, Type.ShortcutOverride)


def test_keys_of_krita_reach_the_canvas(easel):
    for code in (Qt.Key.Key_B, Qt.Key.Key_Escape, Qt.Key.Key_E):
        assert not key(easel.canvas, code, kind=Type.ShortcutOverride)
        key(easel.canvas, code)

    assert easel.seen() == ["key", "key", "key"]


def test_escape_cancels_a_pull(easel):
    mouse(easel.surface, "press", (50, 60))
    mouse(easel.surface, "move", (120, 90))

    key(easel.canvas, Qt.Key.Key_Escape)
    mouse(easel.surface, "release", (120, 90))

    assert easel.points.pairs == ()
    assert easel.pulls == ["moving", "cancelled"]


def test_shift_is_asked_at_each_movement(easel):
    mouse(easel.surface, "press", (50.5, 60.5))
    mouse(easel.surface, "move", (120.5, 66.5), modifiers=Qt.KeyboardModifier.ShiftModifier)
    mouse(easel.surface, "release", (120.5, 66.5))

    assert easel.points.pairs == (Pair((50, 60), (120, 60)),)


def test_the_overlay_never_takes_the_focus(easel):
    assert easel.surface.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_the_cursor_follows_what_is_below(easel):
    easel.points.add((50, 60), (120, 90))
    cursors = []
    for at in ((200, 200), (50, 60)):
        mouse(easel.surface, "move", at, button=Qt.MouseButton.NoButton)
        cursors.append(easel.surface.cursor().shape())
    key(easel.canvas, Qt.Key.Key_Space)

    assert cursors == [Qt.CursorShape.CrossCursor, Qt.CursorShape.OpenHandCursor]
    assert not easel.surface.testAttribute(Qt.WidgetAttribute.WA_SetCursor)


def test_buttons_that_krita_put_on_its_canvas_stay_above():
    canvas = KisQPainterCanvas()
    button = QtWidgets.QPushButton(canvas)
    button.setGeometry(20, 20, 50, 30)
    canvas.show()

    overlay = Overlay(canvas, lambda: PLAIN)
    overlay.use(PointsTool(Points()))

    assert canvas.childAt(30, 30) is button
    assert canvas.childAt(200, 200).objectName() == "dragbrush_surface"


def test_a_target_too_near_for_an_arrow_is_still_seen(easel):
    easel.points.add((99.5, 99.5), (103.5, 99.5))

    assert colour_at(easel.canvas, (104, 100)) == TARGET_COLOUR


def test_without_a_tool_the_overlay_is_not_there(easel):
    easel.overlay.use(None)

    assert easel.surface.isHidden()
    assert easel.surface.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert not key(easel.canvas, Qt.Key.Key_Delete, kind=Type.ShortcutOverride)


def test_an_arrow_is_seen_and_hidden_again(easel):
    on_the_shaft = (150, 100)
    assert colour_at(easel.canvas, on_the_shaft) == WHITE

    easel.points.add((49.5, 99.5), (249.5, 99.5))
    assert colour_at(easel.canvas, on_the_shaft) != WHITE
    easel.points.is_visible = False

    assert colour_at(easel.canvas, on_the_shaft) == WHITE


def test_the_pixel_of_the_handle_stays_free(easel):
    easel.points.add((99.5, 99.5), (249.5, 99.5))

    assert colour_at(easel.canvas, (100, 100)) == WHITE


def _plain(red, green, blue):
    image = QtGui.QImage(10, 10, QtGui.QImage.Format.Format_RGB32)
    image.fill(QtGui.QColor(red, green, blue))
    return image


def test_a_preview_lies_over_its_box_and_before_takes_it_away(easel):
    easel.placement = Placement(2.0, 0.0, 0.0, 2.0, 0.0, 0.0, 200, 150)
    easel.overlay.show_picture(_plain(10, 20, 30), Box(50, 40, 20, 10))
    inside = [(100, 80), (139, 99)]
    outside = [(99, 80), (100, 79), (140, 99), (139, 100)]

    assert {colour_at(easel.canvas, at) for at in inside} == {(10, 20, 30)}
    assert {colour_at(easel.canvas, at) for at in outside} == {WHITE}
    easel.overlay.show_before(True)
    assert colour_at(easel.canvas, inside[0]) == WHITE
    easel.overlay.show_before(False)
    easel.overlay.use(None)
    assert colour_at(easel.canvas, inside[0]) == (10, 20, 30)
    easel.overlay.show_picture(None)
    assert colour_at(easel.canvas, inside[0]) == WHITE


def test_the_tint_is_as_strong_as_the_selection(easel):
    mask = QtGui.QImage(100, 10, QtGui.QImage.Format.Format_Grayscale8)
    mask.fill(0)
    painter = QtGui.QPainter(mask)
    painter.fillRect(40, 0, 30, 10, QtGui.QColor(128, 128, 128))
    painter.fillRect(70, 0, 30, 10, QtGui.QColor(255, 255, 255))
    painter.end()

    easel.overlay.show_tint(mask, Box(100, 100, 100, 10))

    none, half, full = (colour_at(easel.canvas, (x, 105)) for x in (120, 155, 185))
    assert none == WHITE
    assert 255 - half[0] == pytest.approx((255 - full[0]) / 2, abs=2)
    assert full[0] < 220


def test_a_huge_mask_is_made_small(easel):
    mask = QtGui.QImage(3000, 30, QtGui.QImage.Format.Format_Grayscale8)
    mask.fill(255)

    easel.overlay.show_tint(mask, Box(0, 0, 300, 3))

    assert colour_at(easel.canvas, (150, 1)) != WHITE


def test_the_box_of_the_move_tool_is_drawn_and_pulled(easel):
    moved = Moved()
    moved.aim(Rect(100, 100, 100, 80))
    easel.overlay.use(MoveTool(moved))
    assert colour_at(easel.canvas, (150, 100)) != WHITE

    easel.pull((150, 140), (170, 150))

    assert (moved.transform.dx, moved.transform.dy) == (20, 10)
    assert colour_at(easel.canvas, (150, 100)) == WHITE


def test_escape_puts_the_box_back_and_x_mirrors_it(easel):
    moved = Moved()
    moved.aim(Rect(100, 100, 100, 80))
    easel.overlay.use(MoveTool(moved))
    easel.pull((150, 140), (170, 150))

    assert key(easel.canvas, Qt.Key.Key_X)
    assert moved.transform.mirror
    assert key(easel.canvas, Qt.Key.Key_Escape)

    assert moved.transform == Transform()
    kind = QtCore.QEvent.Type.ShortcutOverride
    assert not key(easel.canvas, Qt.Key.Key_Escape, kind=kind)  # there is nothing to put back: the key is Krita's


def test_what_is_drawn_follows_the_canvas_within_a_moment(easel):
    easel.points.add((49.5, 99.5), (249.5, 99.5))
    painted = []
    easel.surface._draw = lambda painter, placement: painted.append(placement)
    moved = Placement(1.0, 0.0, 0.0, 1.0, 0.0, 50.0, 400, 300)

    easel.placement = moved

    wait_until(lambda: moved in painted)


def test_nothing_is_drawn_while_nothing_changes(easel):
    painted = []
    easel.surface._draw = lambda painter, placement: painted.append(placement)
    pause(200)  # until the first look at the canvas is over
    assert painted
    painted.clear()

    pause(300)

    assert painted == []


def test_the_overlay_grows_with_its_canvas(easel):
    easel.canvas.resize(700, 500)

    wait_until(lambda: easel.surface.size() == easel.canvas.size())


def test_the_key_filter_comes_back_in_front_of_a_new_one(easel):
    class Thief(QtCore.QObject):
        def eventFilter(self, watched, event):
            return event.type() == Type.ShortcutOverride

    thief = Thief()
    easel.canvas.installEventFilter(thief)

    wait_until(lambda: key(easel.canvas, Qt.Key.Key_Delete, kind=Type.ShortcutOverride))


def test_a_canvas_that_goes_takes_nothing_else_along(easel):
    mouse(easel.surface, "press", (50, 60))
    mouse(easel.surface, "move", (120, 90))

    sip.delete(easel.canvas)

    assert not easel.overlay.is_alive
    easel.points.add((1, 1), (2, 2))
    easel.overlay.show_picture(_plain(1, 2, 3), Box(0, 0, 10, 10))
    easel.overlay.show_before(True)
    easel.overlay.refresh()
    easel.overlay.use(None)
    easel.overlay.use(easel.tool)
    easel.overlay.close()
    app.processEvents()


def test_a_pull_on_a_canvas_that_goes_is_cancelled(easel):
    mouse(easel.surface, "press", (50, 60))
    mouse(easel.surface, "move", (120, 90))
    sip.delete(easel.canvas)

    easel.overlay.close()

    assert easel.points.pairs == ()
    assert not easel.points.is_pulling


def test_a_closed_overlay_leaves_the_canvas_as_it_was(easel):
    easel.overlay.close()
    wait_until(lambda: easel.canvas.findChild(QtWidgets.QWidget, "dragbrush_surface") is None)

    assert not key(easel.canvas, Qt.Key.Key_Delete, kind=Type.ShortcutOverride)
    easel.points.add((1, 1), (2, 2))


def test_an_error_is_logged_and_stays_inside(easel, caplog):
    logging.getLogger("dragbrush").warning("expected")

    def fail():
        raise ZeroDivisionError("no picture")

    easel.surface._place = fail
    easel.pull((50, 60), (120, 90))
    easel.canvas.grab()

    assert "press" not in easel.seen()

    assert any("ZeroDivisionError" in (record.exc_text or "") for record in caplog.records)

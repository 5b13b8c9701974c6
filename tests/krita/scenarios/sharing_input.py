"""What is not the tool's still reaches Krita, and what is the tool's does not."""

from canvas_pictures import RED_AT, apart, bench, colourful
from dragbrush.host.qt import QtWidgets

HERE, THERE = (250, 200), (390, 260)


def _pixels(work):
    node = work.document.topLevelNodes()[0]
    return bytes(node.pixelData(0, 0, work.document.width(), work.document.height()))


def scenario_krita_paints_nothing_while_the_tool_is_on_and_paints_again_after(hands):
    work = yield from bench(hands, "painting", colourful())
    work.overlay.use(work.tool)
    before = _pixels(work)

    yield from work.pull(HERE, THERE)

    assert len(work.points.pairs) == 1
    assert _pixels(work) == before
    assert not work.document.modified()
    work.overlay.use(None)
    yield from work.pull(HERE, THERE)
    yield lambda: _pixels(work) != before
    assert len(work.points.pairs) == 1
    hands.screenshot("painted_after")
    yield from hands.close(work.document)


def scenario_the_wheel_zooms(hands):
    work = yield from bench(hands, "wheel")
    work.overlay.use(work.tool)
    scale = work.place().scale
    yield from hands.point(work.canvas, work.at(RED_AT))

    yield from hands.xdotool("click", 4)

    yield lambda: work.place().scale > 1.1 * scale
    yield from hands.close(work.document)


def _moved_by(work, before):
    after = work.at(HERE)
    return (after[0] - before[0], after[1] - before[1])


def _near(moved, wanted):
    return apart((moved, wanted)) <= 3


def scenario_the_middle_button_pans(hands):
    work = yield from bench(hands, "middle", colourful())
    work.overlay.use(work.tool)
    before = work.at(HERE)
    start = (400, 300)

    yield from hands.pull(work.canvas, start, (start[0] + 70, start[1] - 40), button=2)

    yield lambda: _near(_moved_by(work, before), (70, -40))
    assert work.points.pairs == ()
    yield from work.pull(HERE, THERE)
    assert len(work.points.pairs) == 1
    yield from hands.close(work.document)


def scenario_space_and_the_left_button_pan(hands):
    work = yield from bench(hands, "space", colourful())
    work.overlay.use(work.tool)
    yield from work.pull(HERE, THERE)  # gives the canvas the focus, as any press on it does
    before = work.at(HERE)
    start = (420, 320)
    yield from hands.point(work.canvas, start)

    yield from hands.key_down("space")
    yield 80
    yield from hands.pull(work.canvas, start, (start[0] - 60, start[1] + 50))
    yield from hands.key_up("space")

    yield lambda: _near(_moved_by(work, before), (-60, 50))
    assert len(work.points.pairs) == 1
    yield from work.pull((100, 100), (160, 130))
    assert len(work.points.pairs) == 2
    yield from hands.close(work.document)


def scenario_shift_and_the_middle_button_turn(hands):
    work = yield from bench(hands, "turning", colourful())
    work.overlay.use(work.tool)
    yield from work.pull(HERE, THERE)
    start = (work.canvas.width() / 2 + 150, work.canvas.height() / 2)

    yield from hands.key_down("shift")
    yield from hands.pull(work.canvas, start, (start[0] - 40, start[1] + 140), button=2)
    yield from hands.key_up("shift")

    yield lambda: abs(work.view.canvas().rotation() % 360) > 5
    assert len(work.points.pairs) == 1
    yield from hands.close(work.document)


def scenario_delete_takes_the_pair_and_leaves_the_layer(hands):
    work = yield from bench(hands, "deleting", colourful())
    work.overlay.use(work.tool)
    before = _pixels(work)
    yield from work.pull(HERE, THERE)
    assert work.points.selected == 0

    yield from hands.key("Delete")
    yield lambda: work.points.pairs == ()
    yield from hands.key("Delete")  # with nothing selected
    yield 300

    assert _pixels(work) == before
    yield from hands.close(work.document)


def scenario_escape_takes_a_pull_back(hands):
    work = yield from bench(hands, "escape", colourful())
    work.overlay.use(work.tool)
    yield from work.pull((100, 100), (160, 130))
    yield from hands.point(work.canvas, work.at(HERE))
    yield from hands.button_down()
    yield from hands.glide(work.canvas, work.at(HERE), work.at(THERE))
    assert len(work.points.pairs) == 2

    yield from hands.key("Escape")

    yield lambda: len(work.points.pairs) == 1
    yield from hands.button_up()
    assert len(work.points.pairs) == 1
    assert work.pulls[-1] == "cancelled"
    yield from hands.close(work.document)


def scenario_undo_is_the_points_first_and_then_the_documents(hands):
    work = yield from bench(hands, "undo", colourful())
    clean = _pixels(work)
    yield from work.pull((100, 300), (200, 350))  # a stroke of the brush
    yield lambda: work.document.modified()
    painted = _pixels(work)
    work.overlay.use(work.tool)
    yield from work.pull(HERE, THERE)

    yield from hands.key("ctrl+z")
    yield lambda: work.points.pairs == ()
    assert _pixels(work) == painted
    yield from hands.key("ctrl+shift+z")
    yield lambda: len(work.points.pairs) == 1
    yield from hands.key("ctrl+z")
    yield lambda: work.points.pairs == ()
    yield from hands.key("ctrl+z")

    yield lambda: _pixels(work) == clean
    yield from hands.close(work.document)


def scenario_shift_keeps_a_pull_straight(hands):
    work = yield from bench(hands, "straight", colourful())
    work.overlay.use(work.tool)

    yield from hands.key_down("shift")
    yield from work.pull(HERE, (HERE[0] + 100, HERE[1] + 12))
    yield from hands.key_up("shift")

    (pair,) = work.points.pairs
    assert pair.handle[1] == pair.target[1], pair
    assert abs(pair.target[0] - HERE[0] - 100) <= 1, pair
    yield from hands.close(work.document)


def scenario_a_press_gives_the_canvas_the_focus_and_the_overlay_never_has_it(hands):
    work = yield from bench(hands, "focus", colourful())
    work.overlay.use(work.tool)
    field = QtWidgets.QLineEdit(hands.window.qwindow())
    field.show()
    field.setFocus()
    yield lambda: QtWidgets.QApplication.focusWidget() is field

    yield from work.pull(HERE, THERE)

    assert QtWidgets.QApplication.focusWidget() is work.canvas
    assert hands.window.activeView() == work.view
    field.deleteLater()
    yield from hands.close(work.document)


def scenario_the_outline_of_the_brush_does_not_stay_behind(hands):
    work = yield from bench(hands, "outline")
    yield from hands.point(work.canvas, work.at((320, 240)))
    yield 200
    empty = work.at((180, 330))
    yield from hands.point(work.canvas, empty)
    yield 200
    with_outline = hands.screen(work.canvas)

    work.overlay.use(work.tool)
    yield from hands.point(work.canvas, (empty[0] + 4, empty[1] + 4))
    yield 300

    without = hands.screen(work.canvas)
    assert _is_drawn_on(with_outline, empty)
    assert not _is_drawn_on(without, empty)
    yield from hands.close(work.document)


def _is_drawn_on(image, at, around=40):
    """Whether anything but white is near."""
    x, y = round(at[0]), round(at[1])
    part = image.copy(x - around, y - around, 2 * around, 2 * around)
    return any(byte < 250 for byte in part.bits().asstring(part.sizeInBytes())[0::4])

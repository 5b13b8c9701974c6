"""What a person does around an edit: looking, cancelling, going back, keys, other layers."""

from dragbrush.host.docker.advanced import Advanced
from dragbrush.host.qt import QtWidgets
from edit_bench import (
    BUSY,
    PAIRS,
    QUICK,
    named,
    open_picture,
    panel,
    press,
    select,
    studio,
    wait_for_edit,
    wait_long,
)

from krita import Krita


def _instant(desk, *pairs):
    """An edit that takes no time to speak of."""
    studio().set_on(True)
    select(desk.document)
    yield from desk.pull(*(pairs or PAIRS[:1]))
    studio().choosing.choose(speed="instant", params={})
    studio().run()
    yield from wait_for_edit()
    yield 150


def scenario_points_pulled_on_a_turned_and_mirrored_canvas_give_the_same_edit(hands):
    desk = yield from open_picture(hands, "turned", zoom=1.1)
    desk.view.canvas().setRotation(25.0)
    desk.view.canvas().setMirror(True)
    yield 300

    yield from _instant(desk, PAIRS[0])

    (pair,) = desk.work.points.pairs
    hands.notes["error_px"] = max(
        abs(a - b) for placed, wanted in zip((pair.handle, pair.target), PAIRS[0], strict=True)
        for a, b in zip(placed, wanted, strict=True)
    )  # fmt: skip
    hands.screenshot("turned")
    assert len(desk.layers()) == 2, studio().line
    yield from hands.close(desk.document)


def scenario_progress_and_preview_are_seen_and_cancel_ends_it(hands):
    desk = yield from open_picture(hands, "cancelled")
    studio().set_on(True)
    select(desk.document)
    yield from desk.pull(PAIRS[0])
    studio().choosing.choose(speed="quality", params=BUSY)
    yield from press(hands, "dragbrush_run")
    bar = panel().findChild(QtWidgets.QProgressBar)

    job = studio().job
    yield from wait_long(lambda: bar.isVisible() and bar.value() > 0)
    yield from wait_long(lambda: "step" in named("dragbrush_line").text())
    yield from wait_long(lambda: job.preview is not None)
    yield 100
    hands.screenshot("previewed")
    yield from press(hands, "dragbrush_cancel")

    yield lambda: studio().job is None
    assert desk.layers() == ["Background"]
    yield lambda: not bar.isVisible()
    yield from hands.close(desk.document)


def scenario_the_history_shows_before_and_after_and_applies_again(hands):
    desk = yield from open_picture(hands, "history")
    yield from _instant(desk)
    yield from _instant(desk, PAIRS[1])
    studio().set_on(False)
    first, last = desk.work.history.entries[1], desk.work.history.entries[0]
    for layer in desk.document.topLevelNodes()[1:]:
        layer.setVisible(False)
    desk.document.refreshProjection()
    yield 300
    strip = named("dragbrush_history")
    panel().ensureWidgetVisible(strip)
    yield 100
    plain = hands.screen(desk.canvas)

    item = strip.visualItemRect(strip.item(0)).center()
    yield from hands.point(strip.viewport(), (item.x(), item.y()))
    yield from hands.xdotool("click", 1)
    yield 600  # not a double click with the next
    assert studio().results.shown(desk.work) == (last.id, False)
    hands.screenshot("history_after")
    assert hands.screen(desk.canvas) != plain
    Krita.instance().action("dragbrush_compare").trigger()
    yield 200
    assert studio().results.shown(desk.work) == (last.id, True)
    hands.screenshot("history_before")
    count = len(desk.layers())
    yield from hands.xdotool("click", "--repeat", 2, "--delay", 60, 1)
    yield lambda: len(desk.layers()) == count + 1
    assert studio().results.shown(desk.work) is None

    desk.work.points.clear()
    menu = panel().history.menu_of(first.id)
    restore, _, delete = menu.actions()
    restore.trigger()
    assert desk.work.points.pairs == first.inputs.pairs
    delete.trigger()
    assert [entry.id for entry in desk.work.history.entries] == [last.id]
    yield from hands.close(desk.document)


def scenario_a_result_in_place_of_its_layer_is_undone_in_two_steps(hands):
    desk = yield from open_picture(hands, "replaced")
    source = desk.pixels()
    studio().set(placement="replace")
    yield from _instant(desk)
    studio().set(placement="above")

    yield lambda: len(desk.layers()) == 1
    assert desk.pixels() != source
    studio().set_on(False)
    desk.canvas.setFocus()
    yield from hands.key("ctrl+z")
    yield lambda: len(desk.layers()) == 2
    yield from hands.key("ctrl+z")
    yield lambda: len(desk.layers()) == 1
    yield lambda: desk.pixels() == source
    yield from hands.close(desk.document)


def scenario_layers_without_pixels_of_their_own(hands):
    desk = yield from open_picture(hands, "layers")
    document = desk.document
    studio().set_on(True)
    select(document)
    yield from desk.pull(PAIRS[0])
    studio().choosing.choose(speed="instant", params={})
    said = {}

    def said_of(name, node):
        document.rootNode().addChildNode(node, None)
        document.setActiveNode(node)
        yield 250
        studio().run()
        yield 60
        said[name] = studio().line

    yield from said_of("empty", document.createNode("empty", "paintlayer"))
    hidden = desk.source.clone()
    hidden.setVisible(False)
    yield from said_of("hidden", hidden)
    yield from said_of(
        "filter", document.createFilterLayer("filter", Krita.instance().filter("blur"), document.selection())
    )
    mask = document.createNode("mask", "transparencymask")
    desk.source.addChildNode(mask, None)
    document.setActiveNode(mask)
    yield 250
    studio().run()
    said["mask"] = studio().line
    mask.remove()
    group = document.createGroupLayer("group")
    document.rootNode().addChildNode(group, None)
    group.addChildNode(desk.source.clone(), None)
    yield 300
    document.setActiveNode(group)
    yield 300
    before = len(document.topLevelNodes())
    studio().run()
    yield from wait_for_edit()
    yield 150

    hands.notes.update(said)
    assert len(document.topLevelNodes()) == before + 1, studio().line
    names = [node.name() for node in document.topLevelNodes()]
    assert names.index("Drag (Instant)") == names.index("group") + 1, names
    desk.source.setLocked(True)
    document.setActiveNode(desk.source)
    studio().set(placement="replace")
    studio().run()
    yield from wait_for_edit()
    hands.notes["locked"] = studio().line
    studio().set(placement="above")
    yield from hands.close(document)


def scenario_the_tool_has_a_key_and_goes_when_another_is_taken(hands):
    desk = yield from open_picture(hands, "keys")
    studio().set_on(False)
    Krita.instance().activeWindow().qwindow().activateWindow()  # no press gave it the keyboard yet
    desk.canvas.setFocus()
    yield lambda: desk.canvas.hasFocus()

    yield from hands.key("ctrl+alt+d")
    yield lambda: studio().is_on
    yield from desk.pull(PAIRS[0])
    assert len(desk.work.points.pairs) == 1
    yield from hands.key("e")  # no tool: a switch of the brush
    yield 100
    window = Krita.instance().activeWindow().qwindow()
    line = window.findChild(QtWidgets.QToolButton, "KritaShape/KisToolLine")
    yield from hands.point(line, (line.width() / 2, line.height() / 2))
    yield from hands.xdotool("click", 1)
    yield lambda: not studio().is_on
    brush = window.findChild(QtWidgets.QToolButton, "KritaShape/KisToolBrush")
    brush.click()
    studio().set_on(True)
    Krita.instance().action("dragbrush_clear").trigger()
    yield lambda: not desk.work.points.pairs
    yield from hands.close(desk.document)


def scenario_an_edit_is_prepared_from_its_selection_while_the_person_looks(hands):
    desk = yield from open_picture(hands, "prepared")
    select(desk.document)
    studio().set_on(True)
    studio().set(has_prepare=True)
    studio().choosing.choose(speed="quality", params=QUICK)

    yield lambda: studio().link.jobs.of(desk.work.id, "prepare")
    yield from wait_long(lambda: studio().link.jobs.of(desk.work.id, "prepare")[0].state == "done")
    studio().set(has_prepare=False)
    yield from desk.pull(PAIRS[0])
    studio().run()
    job = studio().job
    yield from wait_for_edit()

    hands.notes["warm"] = sorted(set(job.report.warm.values()))
    yield from hands.close(desk.document)


def scenario_the_wheel_scrolls_the_docker_and_changes_nothing(hands):
    desk = yield from open_picture(hands, "wheel_on_docker")
    seed, speed = desk.work.choice.seed, studio().choosing.speed.id
    studio().set(is_advanced_open=True)
    yield 300
    hands.screenshot("advanced")
    for widget in panel().findChildren(QtWidgets.QAbstractSpinBox)[:3]:
        panel().ensureWidgetVisible(widget)
        widget.clearFocus()
        yield 60
        yield from hands.point(widget, (widget.width() / 2, widget.height() / 2))
        yield from hands.xdotool("click", 5, "click", 5)
    for choice in panel().findChildren(QtWidgets.QComboBox)[:2]:
        panel().ensureWidgetVisible(choice)
        yield from hands.point(choice, (choice.width() / 2, choice.height() / 2))
        yield from hands.xdotool("click", 5)
    yield 100
    assert (desk.work.choice.seed, studio().choosing.speed.id) == (seed, speed)
    assert dict(desk.work.choice.params) == {}
    first = next(iter(panel().row(Advanced).fields.values()))
    box = panel().row(Advanced).findChildren(QtWidgets.QAbstractSpinBox)[0]
    panel().ensureWidgetVisible(box)
    box.setFocus()
    box.setValue(first.row.default + 3)
    assert dict(desk.work.choice.params) == {first.row.id: first.row.default + 3}
    studio().set(is_advanced_open=False)
    assert panel().horizontalScrollBar().maximum() == 0
    narrow = panel().widget().minimumSizeHint().width()
    hands.notes["narrowest_px"] = narrow
    yield from hands.close(desk.document)

"""The docker's widgets with one binding of Qt."""

import dataclasses

import pytest
from dragbrush.core import words
from dragbrush.core.events import Status
from dragbrush.host.qt import Qt, QtCore, QtGui, QtWidgets
from offscreen_qt import app
from offscreen_studio import DEFAULT_STEPS, Scene

from dragbrush import wire

PAIR = ((20.0, 20.0), (30.0, 22.0))
Key = Qt.Key


@pytest.fixture
def scene(tmp_path, caplog):
    made = Scene(tmp_path)
    yield made
    made.panel.close()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def rows(scene):
    names = ("connection", "tools", "points", "box", "reference", "form", "run", "history", "advanced")
    return dict(zip(names, scene.panel.rows, strict=True))


def press_key(widget, key):
    for kind in (QtCore.QEvent.Type.KeyPress, QtCore.QEvent.Type.KeyRelease):
        app.sendEvent(widget, QtGui.QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier))


def wheel(widget):
    place = QtCore.QPointF(widget.rect().center())
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    event = QtGui.QWheelEvent(
        place, place, QtCore.QPoint(0, -120), QtCore.QPoint(0, -120), none, Qt.KeyboardModifier.NoModifier, phase, False
    )
    app.sendEvent(widget, event)


def test_without_a_server_the_button_starts_one_and_says_when_that_fails(scene):
    scene.hear(Status("no_server"))
    button = rows(scene)["connection"].button

    assert button.isVisible()
    assert button.text() == "Start server"
    scene.studio.set(server_command="no-such-program-at-all serve")
    button.click()
    scene.settle()

    assert rows(scene)["connection"]._text.text() == words.START_FAILED
    assert not rows(scene)["run"].run.isEnabled()


def test_what_the_server_publishes_is_offered(scene):
    scene.open()
    scene.connect(tools=(("drag", "Drag"), ("move", "Move")))

    assert list(rows(scene)["tools"].buttons) == ["drag", "move"]
    speed = rows(scene)["form"].speed
    assert [speed.itemText(index) for index in range(speed.count())] == ["Instant", "Quality", "Paper"]
    assert list(rows(scene)["advanced"].fields) == ["lora_step", "rate", "warm_start", "rule"]
    assert "toybox on cpu" in rows(scene)["connection"]._text.text()
    assert not rows(scene)["connection"].button.isVisible()


def test_a_tool_s_button_takes_it_up_and_puts_it_away(scene):
    picture = scene.open()
    scene.connect()
    button = rows(scene)["tools"].buttons["drag"]

    button.click()
    assert scene.studio.is_on
    assert picture.overlay.tool is not None
    button.click()

    assert not scene.studio.is_on
    assert picture.overlay.tool is None
    assert not button.isChecked()


def test_progress_is_shown_and_cancel_cancels(scene):
    scene.open()
    scene.connect()
    order = scene.run(PAIR)
    run = rows(scene)["run"]

    scene.hear(wire.State(1, order.job, "running"))
    scene.hear(wire.Progress(order.job, "drag", 3, 10, 0.4, left_s=12.0))
    assert run.bar.isVisible()
    assert run.line.text() == "Dragging, step 3 of 10, about 12 s left"
    run.cancel.click()
    scene.settle()
    assert scene.post.cancelled == [order.job]
    assert run.line.text() == "Cancelling"
    scene.fail(order, "cancelled")

    assert not run.bar.isVisible()
    assert not run.cancel.isEnabled()


def test_a_failure_is_explained_until_the_points_change(scene):
    scene.open()
    scene.connect()
    scene.fail(scene.run(PAIR), "out_of_memory")
    line = rows(scene)["run"].line

    assert line.text() == words.failure("out_of_memory")
    scene.studio.work.points.add((1, 1), (2, 2))
    scene.settle()
    assert "selected" in line.text()


def test_the_history_shows_applies_restores_and_deletes(scene):
    picture = scene.open()
    scene.connect()
    scene.finish(scene.run(PAIR))
    strip, work = rows(scene)["history"], scene.studio.work
    (entry,) = work.history.entries

    assert strip.isVisible()
    assert strip.list.count() == 1
    assert not strip.list.item(0).icon().isNull()
    strip.list.setCurrentRow(0)
    press_key(strip.list, Key.Key_Space)
    assert scene.studio.results.shown(work) == (entry.id, False)
    strip.compare.click()
    assert scene.studio.results.shown(work) == (entry.id, True)
    press_key(strip.list, Key.Key_Return)
    assert scene.studio.results.shown(work) is None
    assert len(picture.inserted) == 2
    work.points.clear()
    restore, _, _ = strip.menu_of(entry.id).actions()
    restore.trigger()
    assert work.points.pairs == entry.inputs.pairs
    press_key(strip.list, Key.Key_Delete)
    scene.settle()

    assert work.history.entries == ()
    assert not strip.isVisible()


def test_the_advanced_section_sends_only_what_differs(scene):
    scene.open()
    scene.connect()
    advanced = rows(scene)["advanced"]
    advanced.head.click()
    scene.settle()
    fields = advanced.fields

    fields["lora_step"]._box.setValue(DEFAULT_STEPS + 5)
    fields["warm_start"]._box.click()
    fields["rule"]._box.setCurrentIndex(1)
    fields["rule"]._box.activated.emit(1)
    scene.settle()

    assert scene.run(PAIR).params == {"lora_step": DEFAULT_STEPS + 5, "warm_start": False, "rule": "mask"}
    advanced.reset.click()
    scene.settle()
    assert fields["lora_step"].value() == DEFAULT_STEPS
    assert dict(scene.studio.work.choice.params) == {}


def test_another_speed_keeps_the_settings_that_it_has_too(scene):
    scene.open()
    scene.connect()
    scene.studio.choosing.choose(params={"lora_step": 3, "warm_start": False})
    form = rows(scene)["form"]

    form.speed.setCurrentIndex(2)
    form.speed.activated.emit(2)
    scene.settle()

    assert scene.studio.work.choice.speed == "paper"
    assert dict(scene.studio.work.choice.params) == {"lora_step": 3}


def test_prompt_and_seed_are_the_document_s(scene):
    first = scene.open()
    scene.connect()
    form = rows(scene)["form"]
    form.prompt.setText("a ball")
    form.prompt.textEdited.emit("a ball")
    form.seed.setValue(77)
    scene.open()
    scene.settle()

    assert (form.prompt.text(), form.seed.value()) == ("", 77)  # a seed is what the next document begins with
    scene.table.front = first
    scene.studio.look()
    scene.settle()
    assert form.prompt.text() == "a ball"


def test_a_seed_that_is_not_kept_counts_on(scene):
    scene.open()
    scene.connect()
    form = rows(scene)["form"]
    form.lock.click()
    seed = scene.studio.choosing.choice.seed

    order = scene.run(PAIR)

    assert order.seed == seed
    assert form.seed.value() == seed + 1


def test_the_wheel_changes_only_what_has_the_focus(scene):
    scene.open()
    scene.connect()
    form = rows(scene)["form"]
    seed = form.seed.value()

    wheel(form.seed)
    assert form.seed.value() == seed
    app.setActiveWindow(scene.panel) if hasattr(app, "setActiveWindow") else scene.panel.activateWindow()
    form.seed.setFocus()
    app.processEvents()
    assert form.seed.hasFocus()
    wheel(form.seed)

    assert form.seed.value() == seed - 1


def test_all_of_it_is_reached_by_tab_and_named(scene):
    scene.open()
    scene.connect()
    scene.finish(scene.run(PAIR))
    reachable = (QtWidgets.QAbstractButton, QtWidgets.QComboBox, QtWidgets.QAbstractSpinBox, QtWidgets.QListWidget)
    for kind in reachable:
        for widget in scene.panel.findChildren(kind):
            if widget.isVisibleTo(scene.panel) and widget.objectName() != "qt_spinbox_lineedit":
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget
            if isinstance(widget, QtWidgets.QToolButton) and widget.isVisibleTo(scene.panel):
                assert widget.accessibleName() or widget.text(), widget


def test_it_fits_into_230_px_also_with_the_longest_texts(scene):
    scene.open()
    scene.connect()
    scene.studio.set(is_advanced_open=True)
    scene.studio.say(" ".join(["A very long explanation of what went wrong and what to do."] * 4))
    scene.settle()

    assert scene.panel.widget().minimumSizeHint().width() <= 230
    assert scene.panel.horizontalScrollBar().maximum() == 0


def test_no_colour_is_fixed(scene):
    """Light or dark, what is shown follows the palette."""
    seen = []
    for shade in (20, 240):
        palette = QtGui.QPalette(QtGui.QColor(shade, shade, shade))
        app.setPalette(palette)
        app.processEvents()
        image = scene.panel.grab().toImage()
        seen.append(QtGui.QColor(image.pixel(3, image.height() - 3)).lightness())
    app.setPalette(app.style().standardPalette())

    assert seen[0] < 60
    assert seen[1] > 180


def test_diagnostics_go_to_the_clipboard_without_secrets(scene):
    scene.open()
    scene.connect()
    scene.link.log.parent.mkdir(parents=True, exist_ok=True)
    scene.link.log.write_text("Authorization: Bearer " + "x" * 43 + "\nready\n")

    rows(scene)["connection"].menu._copy_report()
    text = QtWidgets.QApplication.clipboard().text()

    assert "Krita: none" in text
    assert "ready" in text
    assert "xxxx" not in text


def test_the_server_s_command_is_asked_for_without_holding_anything_up(scene):
    rows(scene)["connection"].menu._ask_for_command()
    dialog = scene.panel.findChild(QtWidgets.QDialog, "dragbrush_command")
    command = dialog.findChildren(QtWidgets.QLineEdit)[0]
    command.setText("python -m dragbrush serve")
    dialog.findChild(QtWidgets.QDialogButtonBox).accepted.emit()

    assert scene.preferences.now.server_command == "python -m dragbrush serve"
    assert dataclasses.asdict(scene.studio.settings)["server_command"] == "python -m dragbrush serve"

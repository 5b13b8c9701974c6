"""Move, Swap appearance and Paste in the studio and the docker, with one binding of Qt."""

import pytest
from dragbrush.core import words
from dragbrush.core.crop import Rect
from dragbrush.core.events import Finished, Patch
from dragbrush.core.saved import read
from dragbrush.host import preparing, works
from dragbrush.host.docker.box_form import BoxForm
from dragbrush.host.docker.points_row import PointsRow
from dragbrush.host.docker.reference_form import ReferenceForm
from dragbrush.host.docker.run_row import RunRow
from dragbrush.host.docker.tool_row import ToolRow
from dragbrush.host.move_tool import MoveTool
from dragbrush.host.points_tool import PointsTool
from offscreen_qt import PLAIN, wait_until
from offscreen_studio import ALL_TOOLS, Scene, Sketch, raster

from dragbrush import wire

MOVED = wire.Transform(dx=12.0, dy=5.0)


@pytest.fixture
def scene(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(preparing, "SETTLED_MS", 30)
    monkeypatch.setattr(works, "SAVE_MS", 10)
    made = Scene(tmp_path)
    yield made
    made.panel.close()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def ready(scene, tool):
    """A document, a server, and a tool in hand."""
    sketch = scene.open()
    scene.connect(tools=ALL_TOOLS)
    press(scene, tool)
    return sketch


def press(scene, tool):
    scene.panel.row(ToolRow).buttons[tool].click()
    scene.settle()


def pull(sketch, start=(20, 14), end=(32, 19)):
    """As a hand does on the canvas, whose picture is at its corner."""
    tool = sketch.overlay.tool
    tool.press(PLAIN.to_view(start), PLAIN)
    for share in (0.5, 1.0):
        tool.drag(PLAIN.to_view(tuple(a + (b - a) * share for a, b in zip(start, end, strict=True))), PLAIN)
    tool.release()


def line(scene):
    scene.settle()
    return scene.panel.row(RunRow).line.text()


def choose(widget, id_):
    index = widget.findData(id_)
    widget.setCurrentIndex(index)
    widget.activated.emit(index)


def test_each_tool_has_its_own_on_the_canvas_and_in_the_docker(scene):
    sketch = ready(scene, "drag")
    rows = [scene.panel.row(kind) for kind in (PointsRow, BoxForm, ReferenceForm)]
    seen = {}

    for tool, _ in ALL_TOOLS:
        if not scene.panel.row(ToolRow).buttons[tool].isChecked():
            press(scene, tool)
        seen[tool] = type(sketch.overlay.tool), [row.isVisible() for row in rows]

    assert seen == {
        "drag": (PointsTool, [True, False, False]),
        "move": (MoveTool, [False, True, False]),
        "appearance": (type(None), [False, False, True]),
        "paste": (MoveTool, [False, True, True]),
    }
    assert scene.studio.is_on
    press(scene, "paste")
    assert sketch.overlay.tool is None


def test_tools_that_this_plugin_does_not_know_are_not_offered(scene):
    scene.open()
    scene.connect(tools=(("drag", "Drag"), ("erase", "Erase")))

    assert list(scene.panel.row(ToolRow).buttons) == ["drag"]


def test_another_tool_begins_with_its_own_settings(scene):
    ready(scene, "drag")
    scene.studio.choosing.choose(params={"lora_step": 3})

    press(scene, "move")

    assert dict(scene.studio.work.choice.params) == {}


def test_a_box_that_is_pulled_is_followed_and_run(scene):
    sketch = ready(scene, "move")
    assert scene.studio.work.moved.box == Rect(10, 8, 20, 12)

    pull(sketch)
    (live,) = scene.post.of("live")
    scene.preview(live, scene.post.pulls[-1][2])
    assert sketch.overlay._picture is not None
    assert scene.post.pulls[-1][1].transform == MOVED
    order = scene.run()

    assert (order.tool, order.aim.transform, order.aim.drags) == ("move", MOVED, ())
    assert not order.in_layers


def test_a_box_back_where_it_was_shows_nothing(scene):
    sketch = ready(scene, "move")
    pull(sketch)
    scene.preview(scene.post.of("live")[0], scene.post.pulls[-1][2])

    scene.studio.work.moved.reset()

    assert sketch.overlay._picture is None


def test_a_box_that_leaves_what_was_sent_has_more_sent(scene):
    sketch = ready(scene, "move")
    sketch.crop = Rect(0, 0, 40, 30)
    pull(sketch, end=(26, 15))
    assert len(scene.post.of("live")) == 1

    pull(sketch, (26, 15), (50, 40))

    assert len(scene.post.of("live")) >= 2


def test_numbers_move_the_box_too_and_show_what_was_pulled(scene):
    sketch = ready(scene, "move")
    form = scene.panel.row(BoxForm)

    pull(sketch)
    scene.settle()
    assert [form.fields[name].value() for name in ("dx", "dy", "scale", "degrees")] == [12, 5, 100, 0]
    form.fields["scale"].setValue(150)
    form.fields["degrees"].setValue(-30)
    form.mirror.click()

    assert scene.studio.work.moved.transform == wire.Transform(12.0, 5.0, 1.5, -30.0, True)
    form.reset.click()
    scene.settle()
    assert form.fields["scale"].value() == 100


def test_without_an_object_the_docker_says_what_to_do(scene):
    sketch = scene.open()
    sketch.boxes.clear()
    scene.connect(tools=ALL_TOOLS)

    said = []
    for tool in ("move", "appearance", "paste"):
        press(scene, tool)
        said.append(line(scene))
        assert not scene.panel.row(BoxForm).fields["dx"].isEnabled()

    assert said == [words.hint(tool, None, has_box=False) for tool in ("move", "appearance", "paste")]


def test_why_there_is_no_box_is_said(scene):
    sketch = scene.open()
    sketch.refusal = "All of the picture is selected."
    scene.connect(tools=ALL_TOOLS)

    press(scene, "move")

    assert line(scene) == "All of the picture is selected."


def test_another_selection_is_another_object(scene):
    sketch = ready(scene, "move")
    pull(sketch)
    sketch.boxes["move"], sketch.selected = Rect(1, 2, 9, 9), "something"

    scene.studio.look()

    assert scene.studio.work.moved.box == Rect(1, 2, 9, 9)
    assert scene.studio.work.moved.transform == wire.Transform()


def test_two_layers_are_asked_for_and_come_as_one(scene):
    sketch = ready(scene, "move")
    pull(sketch)
    scene.panel.row(BoxForm).layers.click()
    order = scene.run()
    assert order.in_layers

    patches = tuple(Patch(wire.Box(4, 4, 9, 9), raster((9, 9)), role) for role in ("edit", "background", "object"))
    scene.hear(Finished(order.job, patches, wire.Report(seconds=1.0)))

    ((_, placed, name, _),) = sketch.inserted
    assert [part.role for part in placed] == ["edit", "background", "object"]
    assert name == "Move (Quality, seed 42)"
    wait_until(lambda: scene.studio.work.history.entries)


def test_a_layer_to_paste_from_gives_the_box_and_goes_with_the_edit(scene):
    sketch = ready(scene, "paste")
    form = scene.panel.row(ReferenceForm)
    assert [form.layer.itemText(index) for index in range(form.layer.count())] == [
        "Choose a layer",
        "Above",
        "Background",
    ]

    choose(form.layer, "above")
    assert scene.studio.work.moved.box == Rect(4, 4, 8, 8)
    pull(sketch, (8, 8), (18, 20))
    order = scene.run()

    assert order.tool == "paste"
    assert order.reference is not None
    assert (order.aim.at, order.aim.transform) == ((17.5, 19.5), wire.Transform())


def test_a_selection_marks_the_object_in_the_other_layer(scene):
    sketch = ready(scene, "appearance")
    form = scene.panel.row(ReferenceForm)
    form.mark.click()
    assert "Nothing is selected" in line(scene)

    sketch.selected = "something"
    form.mark.click()
    choose(form.layer, "above")
    sketch.selected = None  # the person goes on to select the object that is to change
    scene.run()

    assert sketch.marked is not None
    assert sketch.marked.rect == Rect(4, 4, 8, 8)
    assert form.part.currentText() == "Marked"
    choose(form.part, "opaque")
    scene.run()
    assert sketch.marked is None


def test_a_layer_that_is_gone_is_shown_as_gone(scene):
    sketch = ready(scene, "appearance")
    form = scene.panel.row(ReferenceForm)
    choose(form.layer, "above")

    sketch.layers = lambda: (("node", "Background"),)
    scene.studio.look()
    scene.settle()

    assert form.layer.currentText() == "(gone)"


def test_what_was_done_to_an_object_is_restored_with_its_tool(scene):
    sketch = ready(scene, "move")
    pull(sketch)
    order = scene.run()
    scene.finish(order)
    scene.settle()
    press(scene, "drag")
    scene.studio.work.points.add((1, 1), (5, 5))

    scene.studio.restore(order.job)
    scene.settle()

    assert scene.studio.choosing.tool_id == "move"
    assert isinstance(sketch.overlay.tool, MoveTool)
    assert scene.studio.work.moved.transform == MOVED
    assert len(scene.studio.work.points.pairs) == 1


def test_a_box_is_kept_with_the_document(scene):
    sketch = ready(scene, "move")
    pull(sketch)
    wait_until(lambda: read(sketch.kept).inputs.transform == MOVED)
    assert read(sketch.kept).inputs.tool == "move"

    again = scene.open(Sketch(sketch.kept))

    assert scene.studio.works.of(again).moved.transform == MOVED
    assert scene.studio.works.of(again).moved.box == Rect(10, 8, 20, 12)


def test_undo_is_the_box_s_until_a_layer_comes(scene):
    sketch = ready(scene, "move")
    pull(sketch)
    assert scene.studio.owns_undo
    order = scene.run()

    scene.finish(order)

    assert not scene.studio.owns_undo


@pytest.mark.parametrize("tool", ["move", "appearance", "paste"])
def test_each_is_prepared_once_it_has_what_it_needs(scene, tool):
    sketch = ready(scene, tool)
    scene.studio.hand._preparing._timer.setInterval(20)
    if tool != "move":
        choose(scene.panel.row(ReferenceForm).layer, "above")
    if tool != "appearance":
        pull(sketch, (12, 10) if tool == "move" else (8, 8), (20, 14))

    wait_until(lambda: scene.post.of("prepare"))

    order = scene.post.of("prepare")[-1]
    assert order.tool == tool
    assert (order.reference is None) == (tool == "move")


def test_a_drag_is_prepared_from_its_selection_before_there_is_a_point(scene):
    ready(scene, "drag")

    wait_until(lambda: scene.post.of("prepare"))

    assert scene.post.of("prepare")[0].aim.drags == ()

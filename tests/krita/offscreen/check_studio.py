"""What the studio does by itself, with one binding of Qt."""

import pytest
from dragbrush.core.crop import Rect
from dragbrush.core.pixels import Raster
from dragbrush.core.points import Pair
from dragbrush.core.saved import read
from dragbrush.host import preparing, works
from dragbrush.host.pictures import image_of, masked
from dragbrush.host.qt import QtGui
from offscreen_qt import wait_until
from offscreen_studio import Scene, Sketch, raster

PAIR = ((20.0, 20.0), (30.0, 22.0))


@pytest.fixture
def scene(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(preparing, "SETTLED_MS", 30)
    monkeypatch.setattr(works, "SAVE_MS", 10)
    made = Scene(tmp_path)
    yield made
    made.panel.close()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def picture_of(sketch):
    return sketch.overlay._picture


def pull(sketch, *pairs):
    """As a hand does on the canvas."""
    tool = sketch.overlay.tool
    for pair in pairs:
        tool.points.begin()
        index = tool.points.add(pair[0])
        for share in (0.5, 1.0):
            to = tuple(a + (b - a) * share for a, b in zip(*pair, strict=True))
            tool.points.move(index, "target", to)
            tool._on_pull("moving")
        tool.points.commit()
        tool._on_pull("done")


def test_the_warp_follows_a_pull_and_goes_with_the_tool(scene):
    sketch = scene.open()
    scene.connect()
    scene.studio.set_on(True)

    pull(sketch, PAIR)
    (live,) = scene.post.of("live")
    assert scene.post.pulls
    assert picture_of(sketch) is None
    scene.preview(live, scene.post.pulls[-1][2])
    assert picture_of(sketch) is not None
    scene.studio.work.points.clear()
    assert picture_of(sketch) is None
    scene.preview(live, scene.post.pulls[-1][2])  # an answer to what is no more
    assert picture_of(sketch) is None
    pull(sketch, PAIR)
    scene.preview(live, scene.post.pulls[-1][2])
    assert picture_of(sketch) is not None
    scene.studio.set_on(False)

    assert picture_of(sketch) is None
    assert scene.post.cancelled == [live.job]


def test_another_layer_begins_another_warp(scene):
    sketch = scene.open()
    scene.connect()
    scene.studio.set_on(True)
    pull(sketch, PAIR)
    sketch.node = "another"
    scene.studio.look()

    pull(sketch, PAIR)

    assert len(scene.post.of("live")) == 2


def test_without_the_switch_nothing_follows(scene):
    sketch = scene.open()
    scene.connect()
    scene.studio.set(has_live=False)
    scene.studio.set_on(True)

    pull(sketch, PAIR)

    assert scene.post.of("live") == []


def test_what_settles_is_prepared_once(scene):
    sketch = scene.open()
    scene.connect()
    scene.studio.hand._preparing._timer.setInterval(20)
    scene.studio.set_on(True)
    pull(sketch, PAIR)

    wait_until(lambda: scene.post.of("prepare"))
    scene.studio.work.points.select(0)
    scene.studio.hand._preparing._settled()

    assert len(scene.post.of("prepare")) == 1
    scene.studio.choosing.choose(speed="instant")
    scene.studio.hand._preparing._settled()
    assert len(scene.post.of("prepare")) == 1


def test_the_tint_shows_what_is_selected_while_the_tool_is_in_hand(scene):
    sketch = scene.open()
    sketch.selected = "something"
    scene.studio.look()
    assert sketch.overlay._tint is None

    scene.studio.set_on(True)
    assert sketch.overlay._tint is not None
    scene.studio.set(has_tint=False)
    assert sketch.overlay._tint is None


def test_the_tint_leaves_the_result_to_be_looked_at(scene):
    sketch = scene.open()
    sketch.selected = "something"
    scene.connect()
    scene.studio.look()
    scene.studio.set_on(True)
    scene.finish(scene.run(PAIR))
    assert sketch.overlay._tint is None

    scene.studio.work.points.add((1, 1), (2, 2))

    assert sketch.overlay._tint is not None


def test_a_preview_is_seen_where_it_is_selected_only():
    half = Raster(8, 8, "gray", "u8", (b"\0" * 4 + b"\xff" * 4) * 8)

    seen = masked(image_of(raster((4, 4), 200)), half, Rect(2, 0, 4, 8))

    alphas = [QtGui.qAlpha(seen.pixel(x, 2)) for x in range(4)]
    assert alphas[0] == 0
    assert alphas[3] == 255


def test_a_preview_lies_over_the_canvas_until_the_result_is_there(scene):
    sketch = scene.open()
    scene.connect()
    order = scene.run(PAIR)

    scene.preview(order)
    assert picture_of(sketch) is not None
    scene.finish(order)

    assert picture_of(sketch) is None
    ((node, placed, name, placement),) = sketch.inserted
    assert (node, name, placement) == ("node", "Drag (Quality, seed 42)", "above")
    assert placed[0].rect.size == (20, 10)
    assert scene.post.released == [order.job]
    assert scene.table.told


def test_a_result_goes_to_its_own_document_whichever_is_in_front(scene):
    first = scene.open()
    scene.connect()
    order = scene.run(PAIR)
    second = scene.open()

    scene.finish(order)

    assert len(first.inserted) == 1
    assert second.inserted == []


def test_a_result_whose_layer_is_gone_stays_in_the_history(scene):
    sketch = scene.open()
    scene.connect()
    order = scene.run(PAIR)
    sketch.refusal = "The layer of this edit is gone."

    scene.finish(order)

    assert scene.studio.line == "The layer of this edit is gone."
    assert len(scene.studio.work.history.entries) == 1


def test_a_closed_document_gets_its_result_when_it_is_opened_again(scene):
    sketch = scene.open(Sketch(is_kept=True))
    scene.connect()
    order = scene.run(PAIR)
    wait_until(lambda: sketch.kept)
    scene.close(sketch)

    scene.finish(order)
    assert sketch.inserted == []
    assert scene.post.cancelled == []
    again = scene.open(Sketch(sketch.kept, is_kept=True))
    wait_until(lambda: again.inserted)

    assert scene.studio.work.points.pairs == (Pair(*PAIR),)
    assert [entry.id for entry in scene.studio.work.history.entries] == [order.job]


def test_a_document_that_cannot_come_back_ends_its_edit(scene):
    sketch = scene.open()
    scene.connect()
    order = scene.run(PAIR)

    scene.close(sketch)

    assert scene.post.cancelled == [order.job]
    scene.finish(order)


def test_of_two_copies_of_a_file_each_has_its_own_edits(scene):
    first = scene.open(Sketch(is_kept=True))
    scene.studio.work.points.add(*PAIR)
    wait_until(lambda: first.kept)

    copy = scene.open(Sketch(first.kept, is_kept=True))

    assert scene.studio.works.of(copy).id != scene.studio.works.of(first).id
    assert scene.studio.works.of(copy).points.pairs == (Pair(*PAIR),)


def test_what_changes_is_kept_with_the_document(scene):
    sketch = scene.open()
    scene.studio.work.points.add(*PAIR)
    scene.studio.choosing.choose(prompt="a ball", seed=9)

    wait_until(lambda: sketch.kept)
    found = read(sketch.kept)

    assert found.inputs.pairs == (Pair(*PAIR),)
    assert (found.inputs.prompt, found.inputs.seed) == ("a ball", 9)
    assert found.document == scene.studio.work.id


def test_a_file_of_a_later_version_is_not_written_over(scene):
    sketch = scene.open(Sketch(b'{"version": 99, "document": "d", "inputs": {"seed": 5}}'))
    scene.studio.work.points.add(*PAIR)
    scene.studio.works.save()

    assert b"99" in sketch.kept


def test_undo_is_the_points_until_a_layer_comes(scene):
    scene.open()
    scene.connect()
    order = scene.run(PAIR)
    assert scene.studio.owns_undo

    scene.finish(order)

    assert not scene.studio.owns_undo
    scene.studio.work.points.add((1, 1), (2, 2))
    assert scene.studio.owns_undo


def test_without_a_document_run_says_so(scene):
    scene.connect()

    scene.studio.run()

    assert scene.studio.line == "Open a picture to edit."


@pytest.mark.parametrize(
    ("channels", "depth", "data"),
    [
        ("rgba", "u8", bytes((10, 20, 30, 255))),
        ("rgba", "u16", bytes((10, 10, 20, 20, 30, 30, 255, 255))),
        ("graya", "u8", bytes((30, 255))),
        ("graya", "u16", bytes((30, 30, 255, 255))),
    ],
)
def test_pixels_of_every_kind_can_be_shown(channels, depth, data):
    image = image_of(Raster(3, 2, channels, depth, data * 6))

    colour = QtGui.QColor(image.pixel(2, 1))
    assert (image.width(), image.height()) == (3, 2)
    assert colour.red() == 30
    assert colour.blue() == (10 if channels == "rgba" else 30)

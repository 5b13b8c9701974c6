"""Objects moved by their box, with another's look, and pasted from another layer."""

from dragbrush.host.docker.box_form import BoxForm
from dragbrush.host.docker.reference_form import ReferenceForm
from dragbrush.host.qt import QtCore, QtGui, QtWidgets
from edit_bench import open_picture, panel, press, select, studio, wait_for_edit, wait_long

from krita import Krita

BALL, BALL_PX = (486.0, 386.0), 72
HOUSE, HOUSE_PX = (590.0, 238.0), 48
KITE, KITE_PX = (330.0, 90.0), 60
"""Of the layer that the scenarios paint: where its middle is, and from there to its tips."""
STEPS = {"n_inference_step": 4}
SIZE = QtCore.QSize(768, 512)


def _disc(middle, radius):
    """A selection with a soft edge."""
    image = QtGui.QImage(SIZE, QtGui.QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QtGui.QPainter(image)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    painter.setPen(QtCore.Qt.PenStyle.NoPen)
    painter.setBrush(QtGui.QColor(255, 255, 255))
    painter.drawEllipse(QtCore.QPointF(*middle), radius, radius)
    painter.end()
    return image


def _kite():
    """Something to paste, on nothing."""
    image = QtGui.QImage(SIZE, QtGui.QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QtGui.QPainter(image)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    x, y = KITE
    tips = ((x, y - KITE_PX), (x + KITE_PX * 0.7, y), (x, y + KITE_PX), (x - KITE_PX * 0.7, y))
    shine = QtGui.QLinearGradient(x - KITE_PX, y, x + KITE_PX, y)
    shine.setColorAt(0, QtGui.QColor(120, 40, 190))
    shine.setColorAt(1, QtGui.QColor(250, 220, 60))
    painter.setBrush(shine)
    painter.setPen(QtGui.QPen(QtGui.QColor(40, 20, 60), 4))
    painter.drawPolygon(QtGui.QPolygonF([QtCore.QPointF(*tip) for tip in tips]))
    painter.end()
    return image


def _with_kite(desk):
    """A layer with the kite above the picture, which stays the active one."""
    kite = _kite()
    layer = desk.document.createNode("Kite", "paintlayer")
    data = kite.constBits().asstring(kite.sizeInBytes())
    layer.setPixelData(QtCore.QByteArray(data), 0, 0, kite.width(), kite.height())
    desk.document.rootNode().addChildNode(layer, desk.source)
    yield 200
    desk.document.setActiveNode(desk.source)
    yield 200
    return layer


def _choose_with_keys(hands, box, text):
    """A list of the docker, by the keyboard alone."""
    panel().ensureWidgetVisible(box)
    box.setFocus()
    yield from hands.key("Home")
    yield 100
    for _ in range(box.count()):
        if box.currentText() == text:
            return
        yield from hands.key("Down")
        yield 100
    assert box.currentText() == text, box.currentText()


def _at_once():
    """An edit without a model."""
    studio().choosing.choose(speed="instant", params={}, seed=7)
    yield from _run()


def _run():
    studio().run()
    assert studio().job is not None, studio().line
    yield from wait_for_edit()
    yield 300


def _shown(desk):
    return studio().showing._pictures.get((desk.work.id, "warp"))


def _undone(desk, count):
    """One step back, and the layers are as they were."""
    studio().set_on(False)
    desk.canvas.setFocus()
    yield from desk.hands.key("ctrl+z")
    yield lambda: len(_tree(desk)) == count


def _tree(desk):
    """The uppermost layers and groups, without the selection that Krita counts among them."""
    return [node for node in desk.document.topLevelNodes() if node.type() != "selectionmask"]


def _as_said(transform):
    return [transform.dx, transform.dy, transform.scale, transform.degrees, transform.mirror]


def scenario_an_object_is_moved_by_its_box(hands):
    desk = yield from open_picture(hands, "moved")
    select(desk.document, _disc(BALL, BALL_PX))
    yield 500
    mask = bytes(desk.document.selection().pixelData(0, 0, SIZE.width(), SIZE.height()))
    desk.keep("moved_mask.raw", mask)
    source = desk.pixels()
    yield from press(hands, "dragbrush_tool_move")
    moved = desk.work.moved
    yield lambda: moved.box is not None
    yield 300
    hands.screenshot("move_box")
    studio().choosing.choose(speed="instant", params={}, seed=7)

    yield from desk.pull((BALL, (610, 330)))
    yield from wait_long(lambda: _shown(desk) is not None)
    assert studio().owns_undo
    yield from hands.key("ctrl+z")
    yield lambda: (moved.transform.dx, moved.transform.dy) == (0, 0)
    yield lambda: _shown(desk) is None
    yield from hands.key("ctrl+shift+z")
    yield from wait_long(lambda: _shown(desk) is not None)
    right, bottom = moved.box.right - 0.5, moved.box.bottom - 0.5
    corner = (right + moved.transform.dx, bottom + moved.transform.dy)
    yield from desk.pull((corner, (corner[0] + 22, corner[1] + 22)))
    assert moved.transform.scale > 1.1
    form = panel().row(BoxForm)
    form.fields["degrees"].setValue(20)
    yield from hands.key("x")
    yield lambda: moved.transform.mirror
    yield 500
    hands.screenshot("move_pulled")
    hands.notes["moved"] = _as_said(moved.transform)

    yield from _at_once()
    hands.screenshot("move_done")
    assert len(desk.layers()) == 2, studio().line
    assert desk.pixels(desk.source) == source
    assert desk.document.activeNode() == desk.source
    assert bytes(desk.document.selection().pixelData(0, 0, SIZE.width(), SIZE.height())) == mask
    desk.keep("moved.raw", desk.pixels())
    hands.notes["name"] = desk.document.topLevelNodes()[1].name()
    assert desk.work.history.entries[0].thumbnail
    yield from _undone(desk, 1)
    assert desk.pixels() == source
    yield from hands.key("ctrl+shift+z")
    yield lambda: len(desk.layers()) == 2
    yield from hands.key("ctrl+z")
    yield lambda: len(desk.layers()) == 1

    studio().set_on(True)
    studio().choosing.choose(speed="quality", params=STEPS)
    yield from _run()
    desk.keep("moved_quality.raw", desk.pixels())
    hands.notes["quality_s"] = desk.work.history.entries[0].seconds
    yield from _undone(desk, 1)
    studio().set_on(True)
    desk.canvas.setFocus()
    yield from hands.key("Escape")
    yield lambda: _as_said(moved.transform) == [0, 0, 1, 0, False]
    studio().run()
    hands.notes["unmoved"] = studio().line
    studio().choosing.choose(tool="drag")
    yield from hands.close(desk.document)


def scenario_a_move_comes_as_two_layers_that_one_undo_takes_away(hands):
    desk = yield from open_picture(hands, "parted")
    select(desk.document, _disc(BALL, BALL_PX))
    yield 500
    desk.keep("parted_mask.raw", bytes(desk.document.selection().pixelData(0, 0, SIZE.width(), SIZE.height())))
    source = desk.pixels()
    yield from press(hands, "dragbrush_tool_move")
    yield lambda: desk.work.moved.box is not None
    yield from desk.pull((BALL, (600, 380)))
    yield from press(hands, "dragbrush_in_layers")
    hands.notes["moved"] = _as_said(desk.work.moved.transform)

    yield from _at_once()
    hands.screenshot("move_in_layers")
    group = desk.document.topLevelNodes()[1]
    hands.notes["kind"], hands.notes["names"] = group.type(), [node.name() for node in group.childNodes()]
    _, above = group.childNodes()
    desk.keep("parted.raw", desk.pixels())
    desk.keep("parted_object.raw", desk.pixels(above))
    above.setVisible(False)
    desk.document.refreshProjection()
    desk.document.waitForDone()
    desk.keep("parted_background.raw", desk.pixels())
    above.setVisible(True)
    desk.document.refreshProjection()
    desk.document.waitForDone()
    yield from _undone(desk, 1)
    assert desk.pixels() == source
    yield from hands.key("ctrl+shift+z")
    yield lambda: len(_tree(desk)) == 2
    desk.document.waitForDone()
    desk.keep("parted_again.raw", desk.pixels())
    path = str(hands.out / "parted.kra")
    desk.document.saveAs(path)
    yield 500
    yield from hands.close(desk.document)

    again = Krita.instance().openDocument(path)
    Krita.instance().activeWindow().addView(again)
    yield lambda: again.activeNode() is not None
    yield lambda: studio().work is not None and studio().work.history.entries
    hands.notes["kept"] = _as_said(studio().work.moved.transform)
    hands.notes["layers"] = [node.name() for node in again.topLevelNodes()[1].childNodes()]
    studio().choosing.choose(tool="drag", in_layers=False)
    yield from hands.close(again)


def scenario_an_object_gets_the_look_of_another(hands):
    desk = yield from open_picture(hands, "restyled")
    kite = yield from _with_kite(desk)
    desk.keep("kite.raw", desk.pixels(kite))
    yield from press(hands, "dragbrush_tool_appearance")
    select(desk.document, _disc(HOUSE, HOUSE_PX))
    yield 600
    desk.keep("house_mask.raw", bytes(desk.document.selection().pixelData(0, 0, SIZE.width(), SIZE.height())))
    yield from press(hands, "dragbrush_mark")
    select(desk.document, _disc(BALL, BALL_PX))
    yield 600
    desk.keep("restyled_mask.raw", bytes(desk.document.selection().pixelData(0, 0, SIZE.width(), SIZE.height())))
    studio().run()
    hands.notes["no_reference"] = studio().line
    form = panel().row(ReferenceForm)
    yield from _choose_with_keys(hands, form.layer, "Background")
    yield 300
    hands.screenshot("appearance_chosen")
    kite.setVisible(False)

    yield from _at_once()
    hands.screenshot("appearance_done")
    assert desk.layers() == ["Background", "Swap appearance (Instant)", "Kite"], (desk.layers(), studio().line)
    desk.document.waitForDone()
    desk.keep("restyled_marked.raw", desk.pixels())
    yield from _undone(desk, 2)
    yield from _choose_with_keys(hands, form.part, "All of it")
    yield 100
    studio().run()
    hands.notes["full"] = studio().line
    yield from _choose_with_keys(hands, form.layer, "Kite")
    yield from _at_once()
    desk.document.waitForDone()
    desk.keep("restyled_alpha.raw", desk.pixels())
    yield from _undone(desk, 2)
    kite.remove()
    yield 300
    studio().run()
    hands.notes["gone"] = studio().line
    studio().choosing.choose(tool="drag")
    yield from hands.close(desk.document)


def scenario_an_object_of_another_layer_is_pasted(hands):
    desk = yield from open_picture(hands, "pasted")
    kite = yield from _with_kite(desk)
    yield from press(hands, "dragbrush_tool_paste")
    hands.notes["nothing"] = studio().line
    form = panel().row(ReferenceForm)
    yield from _choose_with_keys(hands, form.layer, "Kite")
    moved = desk.work.moved
    yield lambda: moved.box is not None
    kite.setVisible(False)
    desk.document.refreshProjection()
    yield from desk.pull((KITE, (560, 400)))
    yield from wait_long(lambda: _shown(desk) is not None)
    panel().row(BoxForm).fields["scale"].setValue(140)
    panel().row(BoxForm).fields["degrees"].setValue(-25)
    yield 600
    hands.screenshot("paste_pulled")
    x, y = moved.box.left + (moved.box.width - 1) / 2, moved.box.top + (moved.box.height - 1) / 2
    hands.notes["at"] = [x + moved.transform.dx, y + moved.transform.dy]
    hands.notes["moved"] = _as_said(moved.transform)

    yield from _at_once()
    hands.screenshot("paste_done")
    assert desk.layers() == ["Background", "Paste (Instant)", "Kite"], (desk.layers(), studio().line)
    desk.document.waitForDone()
    desk.keep("pasted.raw", desk.pixels())
    yield from _undone(desk, 2)
    studio().set_on(True)
    panel().row(BoxForm).fields["dx"].setValue(2000)
    studio().run()
    hands.notes["away"] = studio().line
    studio().choosing.choose(tool="drag")
    yield from hands.close(desk.document)


def scenario_a_move_needs_an_object(hands):
    desk = yield from open_picture(hands, "nothing_to_move")
    yield from press(hands, "dragbrush_tool_move")
    yield 300
    hands.notes["hint"] = panel().findChild(QtWidgets.QLabel, "dragbrush_line").text()
    studio().run()
    hands.notes["nothing"] = studio().line
    Krita.instance().action("select_all").trigger()
    yield 700
    studio().run()
    hands.notes["all"] = studio().line
    studio().choosing.choose(tool="drag")
    yield from hands.close(desk.document)

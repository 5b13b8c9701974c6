"""Documents of other depths and colours, one that can be seen through, and a large one."""

import time

from dragbrush.host.qt import QtCore, QtGui
from edit_bench import PAIRS, PICTURE, Desk, open_picture, select, studio, wait_for_edit

from krita import Krita

LARGE_PX, EDITED_PX = 4096, 1024
TICK_MS = 10


def _edit(desk, name):
    """An instant edit; keeps what was and what came for the test to compare."""
    hands = desk.hands
    studio().set_on(True)
    select(desk.document)
    yield from desk.pull(PAIRS[0])
    studio().choosing.choose(speed="instant", params={})
    source = desk.source
    desk.keep(f"{name}_source.raw", desk.pixels(source))
    mask = desk.document.selection().pixelData(0, 0, desk.document.width(), desk.document.height())
    desk.keep(f"{name}_mask.raw", bytes(mask))
    studio().run()
    yield from wait_for_edit()
    yield 200
    layers = [node for node in desk.document.topLevelNodes() if node.type() == "paintlayer"]
    assert len(layers) == 2, studio().line
    box = layers[1].bounds()
    desk.keep(f"{name}_layer.raw", desk.pixels(layers[1]))
    hands.notes.update(
        pairs=[[pair.handle, pair.target] for pair in desk.work.points.pairs],
        box=[box.x(), box.y(), box.width(), box.height()],
        size=[desk.document.width(), desk.document.height()],
        kind=[source.colorModel(), source.colorDepth(), source.colorProfile()],
        layer_kind=[layers[1].colorModel(), layers[1].colorDepth(), layers[1].colorProfile()],
        line=studio().line,
    )


def _converted(hands, name, model, depth, profile):
    desk = yield from open_picture(hands, name)
    desk.document.setColorSpace(model, depth, profile)
    desk.document.waitForDone()
    yield 400
    return desk


def scenario_sixteen_bits(hands):
    desk = yield from _converted(hands, "sixteen", "RGBA", "U16", "sRGB-elle-V2-srgbtrc.icc")
    yield from _edit(desk, "sixteen")
    yield from hands.close(desk.document)


def scenario_sixteen_linear_bits(hands):
    desk = yield from _converted(hands, "linear", "RGBA", "U16", "sRGB-elle-V2-g10.icc")
    yield from _edit(desk, "linear")
    hands.screenshot("linear")
    yield from hands.close(desk.document)


def scenario_gray(hands):
    desk = yield from _converted(hands, "gray", "GRAYA", "U8", "Gray-D50-elle-V2-srgbtrc.icc")
    yield from _edit(desk, "gray")
    hands.screenshot("gray")
    yield from hands.close(desk.document)


def scenario_floating_point_is_explained(hands):
    desk = yield from _converted(hands, "floating", "RGBA", "F16", "sRGB-elle-V2-g10.icc")
    studio().set_on(True)
    yield from desk.pull(PAIRS[0])
    studio().run()
    hands.notes["line"] = studio().line
    assert studio().job is None
    yield from hands.close(desk.document)


def scenario_a_layer_that_can_be_seen_through_comes_back_whole(hands):
    image = QtGui.QImage(640, 480, QtGui.QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QtGui.QPainter(image)
    painter.setBrush(QtGui.QColor(200, 40, 30, 200))
    painter.drawEllipse(QtCore.QRectF(200, 160, 120, 120))
    painter.end()
    desk = yield from open_picture(hands, "seen_through", image)
    studio().set_on(True)
    yield from desk.pull(((260, 220), (340, 240)))
    studio().choosing.choose(speed="instant", params={})
    studio().run()
    yield from wait_for_edit()
    yield 200
    hands.notes["line"] = studio().line
    assert len(desk.layers()) == 2
    hands.screenshot("seen_through")
    yield from hands.close(desk.document)


def _large_image():
    """The scene, many times over."""
    tile = QtGui.QImage(PICTURE)
    image = QtGui.QImage(LARGE_PX, LARGE_PX, QtGui.QImage.Format.Format_RGB32)
    painter = QtGui.QPainter(image)
    painter.fillRect(image.rect(), QtGui.QBrush(tile))
    painter.end()
    return image


class Gaps:
    """The longest time between two ticks of a timer, which is how long Krita did not answer.

    `busy_ms` is the longest time that it worked meanwhile: on a machine that has other things to do, that is less.
    """

    def __init__(self):
        self.longest_ms = self.busy_ms = 0
        self._worked_s = time.thread_time()
        self._clock = QtCore.QElapsedTimer()
        self._timer = QtCore.QTimer()
        self._timer.timeout.connect(self._tick)
        self._clock.start()
        self._timer.start(TICK_MS)

    def _tick(self):
        self.longest_ms = max(self.longest_ms, self._clock.restart())
        worked_s = time.thread_time()
        self.busy_ms = max(self.busy_ms, round(1000 * (worked_s - self._worked_s)))
        self._worked_s = worked_s

    def stop(self):
        self._tick()
        self._timer.stop()
        return self.longest_ms


def scenario_a_large_layer_does_not_hold_krita_up(hands):
    document, view = yield from hands.open(_large_image(), "large")
    view.canvas().setZoomLevel(0.2)
    yield 1500
    yield lambda: studio().work is not None
    desk = Desk(hands, document, view)
    mask = QtGui.QImage(EDITED_PX, EDITED_PX, QtGui.QImage.Format.Format_Grayscale8)
    mask.fill(255)
    select(document, mask, (1500, 1500))
    studio().set_on(False)
    desk.work.points.add((2000, 2000), (2100, 2050))
    studio().choosing.choose(speed="instant", params={})
    Krita.instance().action("toggle_display_selection").trigger()  # its moving outline repaints the canvas all the time
    yield 1500
    idle = Gaps()
    yield 1000
    hands.notes["idle_ms"] = idle.stop()
    plain = document.createNode("plain", "paintlayer")
    data = b"\x40\x80\xff\xff" * EDITED_PX**2
    plain.setPixelData(QtCore.QByteArray(data), 1500, 1500, EDITED_PX, EDITED_PX)
    own = Gaps()
    document.rootNode().addChildNode(plain, None)
    yield 600
    hands.notes["own_ms"] = own.stop()
    plain.remove()
    document.setActiveNode(desk.source)
    yield 600

    for name in ("first", "second"):
        gaps = Gaps()
        studio().run()
        yield from wait_for_edit()
        yield 600
        hands.notes[f"{name}_ms"] = gaps.stop()
        hands.notes[f"{name}_busy_ms"] = gaps.busy_ms
    assert len(desk.layers()) == 3, studio().line
    yield from hands.close(document)

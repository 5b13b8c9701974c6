"""What the scenarios of whole edits work with: the plugin as it runs in this Krita, its docker, and its server."""

import json
import os
import signal
from pathlib import Path

from dragbrush.core.runtime import find_server
from dragbrush.host.canvas import placement_of
from dragbrush.host.qt import QtCore, QtGui, QtWidgets

from krita import Krita, Selection

PICTURE = os.environ["DRAGBRUSH_TEST_PICTURE"]
PAIRS = tuple((tuple(a), tuple(b)) for a, b in json.loads(os.environ["DRAGBRUSH_TEST_PAIRS"]))
MASK = os.environ["DRAGBRUSH_TEST_MASK"]
QUICK = {"lora_step": 1, "lora_rank": 2, "lora_batch_size": 1, "n_inference_step": 4, "n_pix_step": 1}
BUSY = QUICK | {"n_inference_step": 50}
"""Long enough to do something meanwhile, most of it while previews come."""
EDIT_MS = 60_000


def panel():
    """The docker's content in the active window."""
    return Krita.instance().activeWindow().qwindow().findChild(QtWidgets.QWidget, "dragbrush_panel")


def studio():
    return panel().studio


def named(name):
    return panel().findChild(QtWidgets.QWidget, name)


def press(hands, name):
    """Clicks a widget of the docker with the real pointer."""
    widget = named(name)
    panel().ensureWidgetVisible(widget)
    yield 60
    yield from hands.point(widget, (widget.width() / 2, widget.height() / 2))
    yield from hands.xdotool("click", 1)


def make_room():
    """Leaves the docker all of its side, as a person who works with it would."""
    window = Krita.instance().activeWindow().qwindow()
    for docker in window.findChildren(QtWidgets.QDockWidget):
        if docker.objectName() in ("ColorSelectorNg", "PresetDocker", "sharedtooldocker"):
            docker.hide()
    docker = window.findChild(QtWidgets.QDockWidget, "dragbrush_docker")
    docker.show()
    docker.raise_()
    window.resizeDocks([docker], [620], QtCore.Qt.Orientation.Vertical)


def connected():
    return studio().link.is_up


def wait_long(is_true):
    """As the driver waits, for what the server takes its time for."""
    for _ in range(EDIT_MS // 50):
        if is_true():
            return
        yield 50
    raise AssertionError(f"waited {EDIT_MS} ms in vain: {studio().line}")


def wait_for_edit():
    """Until no edit of the active document runs."""
    yield from wait_long(lambda: studio().job is None)


def select(document, image=None, at=(0, 0)):
    """What is light in a picture: the scene's own, feathered selection, or another."""
    mask = (image or QtGui.QImage(MASK)).convertToFormat(QtGui.QImage.Format.Format_Grayscale8)
    rows = [mask.constScanLine(y).asstring(mask.width()) for y in range(mask.height())]
    selection = Selection()
    selection.setPixelData(QtCore.QByteArray(b"".join(rows)), *at, mask.width(), mask.height())
    document.setSelection(selection)


class Desk:
    """One open picture, with the tool in hand."""

    def __init__(self, hands, document, view):
        self.hands, self.document, self.view = hands, document, view
        self.canvas = hands.canvas(view)

    @property
    def work(self):
        return studio().work

    @property
    def source(self):
        return self.document.topLevelNodes()[0]

    def at(self, point):
        return placement_of(self.view, self.canvas).to_view(point)

    def pull(self, *pairs):
        for handle, target in pairs:
            yield from self.hands.pull(self.canvas, self.at(handle), self.at(target))

    def layers(self):
        return [node.name() for node in self.document.topLevelNodes() if node.type() == "paintlayer"]

    def pixels(self, node=None):
        """All of the picture, or of a layer, as Krita has them."""
        taken = self.document if node is None else node
        return bytes(taken.pixelData(0, 0, self.document.width(), self.document.height()))

    def keep(self, name, data):
        """For the test, which compares it with what the command line writes."""
        (self.hands.out / name).write_bytes(data)


def open_picture(hands, name, image=None, zoom=0.8):
    document, view = yield from hands.open(image or QtGui.QImage(PICTURE), name)
    view.canvas().setZoomLevel(zoom)
    yield 250
    yield lambda: studio().work is not None
    return Desk(hands, document, view)


def kill_server():
    """As a crash would end it; its worker ends by itself."""
    said = json.loads((Path(os.environ["DRAGBRUSH_HOME"]) / "server.json").read_bytes())
    os.kill(said["process"], signal.SIGKILL)


def is_server_there():
    return find_server() is not None

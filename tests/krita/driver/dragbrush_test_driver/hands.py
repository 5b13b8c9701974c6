"""What a scenario does in Krita: opens pictures, moves the real pointer, presses real keys, looks at the screen."""

import subprocess
from pathlib import Path

from dragbrush.host.canvas import canvas_views
from dragbrush.host.qt import QtCore, QtGui, QtWidgets

from krita import Krita

SETTLE_MS = 40
PAUSE = ("sleep", "0.02")  # between the steps of a movement, about as a hand's
STEPS = 6
MIXTURE_TOLERANCE = 12  # of 255; the screen's colours are not exactly the picture's


class Hands:
    """`notes` goes back to the test. Methods that take time are generators: `yield from hands.press(...)`."""

    def __init__(self, out):
        self.out = Path(out)
        self.notes = {}
        self._buttons = set()
        self._keys = set()

    # Documents

    @property
    def window(self):
        return Krita.instance().activeWindow()

    def open(self, image, name, resolution=None):
        """Opens a QImage as a document of its own and returns it with its view."""
        path = str(self.out / (name + ".png"))
        if resolution is not None:
            image.setDotsPerMeterX(round(resolution / 0.0254))
            image.setDotsPerMeterY(round(resolution / 0.0254))
        assert image.save(path)
        document = Krita.instance().openDocument(path)
        document.setBatchmode(True)
        view = self.window.addView(document)
        yield lambda: document.activeNode() is not None
        yield lambda: any(found.view == view for found in canvas_views(self.window))
        yield 150
        return document, view

    def close(self, document):
        document.setModified(False)
        document.close()
        yield 200

    def canvas(self, view):
        return next(found.canvas for found in canvas_views(self.window) if found.view == view)

    # Pointer and keys

    def on_screen(self, widget, at):
        """Where a place in a widget is on the screen, in the screen's own pixels."""
        corner = widget.mapToGlobal(QtCore.QPoint(0, 0))
        ratio = widget.devicePixelRatioF()
        return ((corner.x() + at[0]) * ratio, (corner.y() + at[1]) * ratio)

    def xdotool(self, *words):
        process = subprocess.Popen(["xdotool", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        yield lambda: process.poll() is not None
        assert process.returncode == 0, process.stdout.read()
        yield SETTLE_MS

    def point(self, widget, at):
        """Moves the pointer to a place in a widget."""
        yield from self.xdotool(*self._move(widget, at))

    def button_down(self, button=1):
        self._buttons.add(button)
        yield from self.xdotool("mousedown", button)

    def button_up(self, button=1):
        yield from self.xdotool("mouseup", button)
        self._buttons.discard(button)

    def pull(self, widget, start, end, button=1):
        """Presses at one place, moves to another in steps, and lets go."""
        self._buttons.add(button)
        yield from self.xdotool(
            *self._move(widget, start), *PAUSE, "mousedown", button, *PAUSE, *self._path(widget, start, end),
            "mouseup", button,
        )  # fmt: skip
        self._buttons.discard(button)

    def glide(self, widget, start, end):
        yield from self.xdotool(*self._path(widget, start, end))

    def _path(self, widget, start, end):
        words = []
        for step in range(1, STEPS + 1):
            words += [*self._move(widget, between(start, end, step / STEPS)), *PAUSE]
        return words

    def _move(self, widget, at):
        x, y = self.on_screen(widget, at)
        return ["mousemove", round(x), round(y)]

    def key_down(self, key):
        self._keys.add(key)
        yield from self.xdotool("keydown", key)

    def key_up(self, key):
        yield from self.xdotool("keyup", key)
        self._keys.discard(key)

    def key(self, key):
        yield from self.xdotool("key", key)

    def let_go(self):
        """Releases what a scenario that failed left pressed."""
        for button in self._buttons:
            subprocess.run(["xdotool", "mouseup", str(button)], check=False, timeout=10)
        for key in self._keys:
            subprocess.run(["xdotool", "keyup", key], check=False, timeout=10)

    # Looking

    def screenshot(self, name):
        self.screen().save(str(self.out / (name + ".png")))

    def screen(self, widget=None):
        """The screen, or the part of it that a widget covers, as a QImage."""
        screen = QtWidgets.QApplication.primaryScreen()
        pixmap = screen.grabWindow(0)
        if widget is not None:
            corner = widget.mapToGlobal(QtCore.QPoint(0, 0))
            ratio = widget.devicePixelRatioF()
            left, top, width, height = corner.x(), corner.y(), widget.width(), widget.height()
            area = (round(value * ratio) for value in (left, top, width, height))
            pixmap = pixmap.copy(QtCore.QRect(*area))
        return pixmap.toImage().convertToFormat(QtGui.QImage.Format.Format_RGB32)

    def find(self, image, colour):
        """The middle of what has this colour on white, as a place in the widget that the image shows."""
        shares = [(place, share) for place, share in shares_of(image, colour) if share > 0.05]
        total = sum(share for _, share in shares)
        assert total > 1, f"nothing of the colour {colour} is on the screen"
        ratio = image.devicePixelRatio()
        return (
            (sum(x * share for (x, _), share in shares) / total + 0.5) / ratio,
            (sum(y * share for (_, y), share in shares) / total + 0.5) / ratio,
        )


def between(start, end, part):
    """The place on the way from one to the other."""
    return (start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part)


def shares_of(image, colour):
    """Each pixel that is a mixture of white and this colour, with the colour's share of it."""
    data = image.bits().asstring(image.sizeInBytes())
    width = image.bytesPerLine() // 4
    lack = [255 - value for value in colour]
    strength = sum(value * value for value in lack)
    for index, (b, g, r) in enumerate(zip(data[0::4], data[1::4], data[2::4], strict=True)):
        if r == g == b:
            continue
        share = ((255 - r) * lack[0] + (255 - g) * lack[1] + (255 - b) * lack[2]) / strength
        mixture = [255 - share * value for value in lack]
        if max(abs(r - mixture[0]), abs(g - mixture[1]), abs(b - mixture[2])) < MIXTURE_TOLERANCE:
            yield (index % width, index // width), share

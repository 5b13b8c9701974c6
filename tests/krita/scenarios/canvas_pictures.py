"""Pictures that the scenarios work on, and what each of them needs to work."""

from dragbrush.core.points import Points
from dragbrush.host.canvas import placement_of
from dragbrush.host.overlay import Overlay
from dragbrush.host.points_tool import PointsTool
from dragbrush.host.qt import Qt, QtCore, QtGui

SIZE_PX = (640, 480)
MARK_PX = 9  # odd, so that its middle is the centre of a pixel
RED, BLUE = (255, 0, 0), (0, 0, 255)
RED_AT, BLUE_AT = (262, 203), (371, 281)


def marked(size_px=SIZE_PX):
    """White with a red and a blue square whose middles are `RED_AT` and `BLUE_AT`."""
    image = QtGui.QImage(*size_px, QtGui.QImage.Format.Format_RGB32)
    image.fill(QtGui.QColor(255, 255, 255))
    painter = QtGui.QPainter(image)
    for colour, (x, y) in ((RED, RED_AT), (BLUE, BLUE_AT)):
        half = MARK_PX // 2
        painter.fillRect(x - half, y - half, MARK_PX, MARK_PX, QtGui.QColor(*colour))
    painter.end()
    return image


def colourful(size_px=(800, 600)):
    """Light, dark, plain and busy parts, as a picture has."""
    image = QtGui.QImage(*size_px, QtGui.QImage.Format.Format_RGB32)
    painter = QtGui.QPainter(image)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    sky = QtGui.QLinearGradient(0, 0, 0, size_px[1])
    sky.setColorAt(0, QtGui.QColor(250, 250, 255))
    sky.setColorAt(0.55, QtGui.QColor(250, 180, 120))
    sky.setColorAt(0.56, QtGui.QColor(40, 70, 60))
    sky.setColorAt(1, QtGui.QColor(8, 10, 14))
    painter.fillRect(image.rect(), sky)
    painter.setPen(Qt.PenStyle.NoPen)
    for index in range(60):
        painter.setBrush(QtGui.QColor.fromHsv(index * 6, 200, 255 if index % 2 else 120))
        painter.drawEllipse(QtCore.QPointF(60 + (index * 97) % 700, 330 + (index * 61) % 250), 22.0, 22.0)
    painter.setBrush(QtGui.QColor(255, 255, 255))
    painter.drawEllipse(QtCore.QPointF(600, 130), 80.0, 80.0)
    painter.end()
    return image


def apart(*pairs):
    """The largest difference of a coordinate between the two places of any of the pairs."""
    return max(max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a, b in pairs)


class Bench:
    """One open picture with an overlay and the points tool in hand."""

    def __init__(self, hands, document, view):
        self.hands, self.document, self.view = hands, document, view
        self.canvas = hands.canvas(view)
        self.pulls = []
        self.points = Points()
        self.tool = PointsTool(self.points, on_pull=self.pulls.append)
        self.overlay = Overlay(self.canvas, self.place)

    def place(self):
        return placement_of(self.view, self.canvas)

    def at(self, point):
        """Where a point of the picture is in the canvas."""
        return self.place().to_view(point)

    def pull(self, start, end):
        """Pulls from point to point of the picture."""
        yield from self.hands.pull(self.canvas, self.at(start), self.at(end))


def bench(hands, name, image=None, resolution=None):
    document, view = yield from hands.open(marked() if image is None else image, name, resolution)
    return Bench(hands, document, view)

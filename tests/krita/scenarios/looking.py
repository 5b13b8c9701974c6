"""What the overlay shows; the pictures are there to be looked at."""

from canvas_pictures import apart, bench, colourful
from dragbrush.core.crop import Rect
from dragbrush.host.move_tool import MoveTool
from dragbrush.host.moved import Moved
from dragbrush.host.placement import Box
from dragbrush.host.qt import Qt, QtCore, QtGui

PAIRS = (
    ((120, 110), (250, 90)),
    ((560, 150), (640, 200)),
    ((300, 210), (190, 300)),
    ((420, 380), (560, 330)),
    ((180, 470), (130, 400)),
    ((330, 480), (345, 490)),
    ((620, 470), (700, 540)),
    ((500, 500), (506, 494)),
)


def _full_view(work):
    work.view.canvas().setZoomLevel(0.68)
    yield 300


def _colour(hands, work, point):
    """What is on the screen at a point of the picture."""
    x, y = work.at(point)
    seen = hands.screen(work.canvas)
    colour = QtGui.QColor(seen.pixel(int(x * seen.devicePixelRatio()), int(y * seen.devicePixelRatio())))
    return (colour.red(), colour.green(), colour.blue())


def scenario_arrows_on_light_and_dark(hands):
    work = yield from bench(hands, "arrows", colourful())
    yield from _full_view(work)
    work.overlay.use(work.tool)
    for pair in PAIRS:
        work.points.add(*pair)
    for _ in range(5):
        work.points.add((700, 60 + 30 * _), (740, 60 + 30 * _))
    work.points.select(3)
    yield from hands.point(work.canvas, work.at(PAIRS[1][1]))
    yield 200
    hands.screenshot("arrows")
    yield from hands.close(work.document)


def _ellipse_mask(width, height):
    mask = QtGui.QImage(width, height, QtGui.QImage.Format.Format_Grayscale8)
    mask.fill(0)
    painter = QtGui.QPainter(mask)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QtGui.QColor(255, 255, 255))
    painter.drawEllipse(QtCore.QRectF(0, 0, width, height))
    painter.end()
    return mask


def scenario_a_tint_and_a_preview_with_before_and_after(hands):
    work = yield from bench(hands, "tint", colourful())
    yield from _full_view(work)
    work.overlay.use(work.tool)
    work.points.add((590, 130), (640, 160))
    inside, outside = (600, 130), (480, 130)
    plain = _colour(hands, work, inside)

    work.overlay.show_tint(_ellipse_mask(200, 200), Box(500, 30, 200, 200))
    yield 200
    tinted = _colour(hands, work, inside)
    assert tinted != plain
    hands.screenshot("tint")
    preview = QtGui.QImage(100, 100, QtGui.QImage.Format.Format_RGB32)
    preview.fill(QtGui.QColor(90, 20, 160))
    work.overlay.show_picture(preview, Box(500, 30, 200, 200))
    yield 200
    assert _colour(hands, work, (510, 40)) == (90, 20, 160)
    hands.screenshot("preview")
    work.overlay.show_before(True)
    yield 200
    assert _colour(hands, work, inside) == tinted
    work.overlay.show_before(False)
    work.overlay.use(None)
    yield 200
    assert _colour(hands, work, inside) == (90, 20, 160)
    work.overlay.show_picture(None)
    work.overlay.show_tint(None)
    yield 200
    assert _colour(hands, work, inside) == plain
    assert _colour(hands, work, outside) != plain
    yield from hands.close(work.document)


def scenario_the_box_of_the_move_tool(hands):
    work = yield from bench(hands, "moving", colourful())
    yield from _full_view(work)
    moved = Moved()
    moved.aim(Rect(520, 50, 160, 160))
    pulls = []
    tool = MoveTool(moved, on_pull=pulls.append)
    work.overlay.use(tool)
    yield 200
    hands.screenshot("move_box")

    yield from work.pull((600, 130), (560, 190))
    assert apart(((moved.transform.dx, moved.transform.dy), (-40, 60))) <= 1.5, moved.transform
    corner = (640 - 0.5, 270 - 0.5)
    yield from work.pull(corner, (680, 310))
    assert abs(moved.transform.scale - 1.5) <= 0.03, moved.transform
    hands.screenshot("move_box_scaled")
    top = work.at((560, 70))
    yield from hands.pull(work.canvas, (top[0], top[1] - 30), (work.at((720, 190))[0], work.at((720, 190))[1]))
    assert abs(moved.transform.degrees - 90) <= 3, moved.transform
    hands.screenshot("move_box_turned")
    yield from hands.key("ctrl+z")
    yield lambda: moved.transform.degrees == 0
    assert pulls.count("done") == 3, pulls
    yield from hands.close(work.document)

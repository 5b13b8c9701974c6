"""Views open and close, with the tool in hand."""

from canvas_pictures import apart, bench, colourful, marked
from dragbrush.core.points import Points
from dragbrush.host.canvas import placement_of
from dragbrush.host.overlays import Overlays
from dragbrush.host.points_tool import PointsTool
from dragbrush.host.qt import QtWidgets

HERE, THERE = (250, 200), (390, 260)


def scenario_a_document_closed_in_the_middle_of_a_pull(hands):
    work = yield from bench(hands, "closing", colourful())
    work.overlay.use(work.tool)
    yield from hands.point(work.canvas, work.at(HERE))
    yield from hands.button_down()
    yield from hands.glide(work.canvas, work.at(HERE), work.at(THERE))
    assert len(work.points.pairs) == 1

    yield from hands.close(work.document)
    yield lambda: not work.overlay.is_alive
    yield from hands.xdotool("mousemove_relative", 15, 15)
    yield from hands.button_up()

    work.points.add((1, 1), (2, 2))  # tells an overlay that is gone
    work.overlay.show_picture(marked(), None)
    work.overlay.use(work.tool)
    work.overlay.refresh()
    work.overlay.close()
    assert work.place() is None
    again = yield from bench(hands, "after_closing", colourful())
    again.overlay.use(again.tool)
    yield from again.pull(HERE, THERE)
    assert len(again.points.pairs) == 1
    yield from hands.close(again.document)


class Desk:
    """All views of Krita, with the points of each document."""

    def __init__(self, hands):
        self.hands = hands
        self.points = []
        self.overlays = Overlays(self.dress)
        self.overlays.sync([hands.window])

    def of(self, document):
        for known, points in self.points:
            if known == document:
                return points
        self.points.append((document, Points()))
        return self.points[-1][1]

    def dress(self, overlay, view):
        overlay.use(PointsTool(self.of(view.document())))

    def pull(self, view, start, end):
        canvas = self.hands.canvas(view)
        place = placement_of(view, canvas)
        yield from self.hands.pull(canvas, place.to_view(start), place.to_view(end))


def scenario_two_views_of_one_document(hands):
    document, first = yield from hands.open(colourful(), "twice")
    desk = Desk(hands)
    second = hands.window.addView(document)
    yield 400
    desk.overlays.sync([hands.window])
    assert len(desk.overlays.of(document)) == 2
    area = hands.window.qwindow().findChild(QtWidgets.QMdiArea)
    area.tileSubWindows()
    yield 400
    first.canvas().setZoomLevel(0.5)
    second.canvas().setZoomLevel(0.9)
    yield 300

    yield from desk.pull(second, (150, 150), (220, 180))
    yield from desk.pull(first, HERE, THERE)

    one, other = desk.of(document).pairs
    hands.notes["error_px"] = apart(
        (one.handle, (150, 150)), (one.target, (220, 180)), (other.handle, HERE), (other.target, THERE)
    )
    hands.notes["scales"] = [placement_of(v, hands.canvas(v)).scale for v in (first, second)]
    yield 100
    hands.screenshot("two_views")
    assert hands.window.activeView() == first
    area.activeSubWindow().close()
    yield lambda: len(desk.overlays.all()) == 1
    yield from desk.pull(second, (400, 100), (450, 150))
    assert len(desk.of(document).pairs) == 3
    yield from hands.close(document)
    yield lambda: desk.overlays.all() == []


def scenario_two_documents_each_with_its_own_points(hands):
    one, one_view = yield from hands.open(colourful(), "one")
    two, two_view = yield from hands.open(marked(), "two")
    desk = Desk(hands)
    assert len(desk.overlays.all()) == 2

    yield from desk.pull(two_view, HERE, THERE)
    assert (len(desk.of(one).pairs), len(desk.of(two).pairs)) == (0, 1)
    yield from hands.close(two)
    yield lambda: len(desk.overlays.all()) == 1
    yield from desk.pull(one_view, HERE, THERE)

    assert len(desk.of(one).pairs) == 1
    assert len(desk.overlays.of(one)) == 1
    yield from hands.close(one)

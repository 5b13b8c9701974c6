"""Finding Krita's canvases and reading where the picture lies, on stand-ins, with one binding of Qt."""

import pytest
from dragbrush.host.canvas import canvas_views, placement_of
from dragbrush.host.overlays import Overlays
from dragbrush.host.qt import QtGui, QtWidgets, sip
from offscreen_qt import KisQPainterCanvas, app


class Document:
    def __init__(self, width=200, height=100, resolution=72.0):
        self.size, self.dpi = (width, height), resolution

    def width(self):
        return self.size[0]

    def height(self):
        return self.size[1]

    def resolution(self):
        return self.dpi


class OldView:
    """Of Krita 5.1: what is known is the zoom, the rotation and the mirror."""

    def __init__(self, document):
        self._document = document

    def document(self):
        return self._document

    def canvas(self):
        return self

    def zoomLevel(self):
        return 1.5

    def rotation(self):
        return 0.0

    def mirror(self):
        return False


class NewView(OldView):
    """Of Krita 5.2 and later: in points, 72 of them to 144 px of the picture."""

    def flakeToImageTransform(self):
        return QtGui.QTransform.fromScale(2.0, 2.0)

    def flakeToCanvasTransform(self):
        return QtGui.QTransform.fromScale(3.0, 3.0) * QtGui.QTransform.fromTranslate(10, 20)


class Window:
    """A Krita window with views in the order in which they were made."""

    def __init__(self):
        self.main = QtWidgets.QMainWindow()
        self.area = QtWidgets.QMdiArea()
        self.area.setViewMode(QtWidgets.QMdiArea.ViewMode.TabbedView)
        self.area.setTabsMovable(True)
        self.main.setCentralWidget(self.area)
        self.main.show()
        self._views, self.canvases = [], []

    def add(self, view, with_canvas=True):
        widget = QtWidgets.QWidget()
        widget.setObjectName(f"view_{len(self.canvases) + 9}")  # 9, 10, ...: not in the order of letters
        self.canvases.append(KisQPainterCanvas(widget) if with_canvas else None)
        self._views.append(view)
        sub = self.area.addSubWindow(widget)
        sub.show()
        return sub

    def qwindow(self):
        return self.main

    def views(self):
        return list(self._views)

    def activeView(self):
        return self._views[0]


@pytest.fixture
def window():
    made = Window()
    yield made
    sip.delete(made.main)


def test_each_view_has_its_canvas_though_the_tabs_were_moved(window):
    views = [OldView(Document()) for _ in range(3)]
    for view in views:
        window.add(view)
    app.processEvents()
    window.area.findChild(QtWidgets.QTabBar).moveTab(0, 2)

    found = canvas_views(window)

    assert [(entry.view, entry.canvas) for entry in found] == list(zip(views, window.canvases, strict=True))


def test_while_a_view_comes_only_the_one_in_front_is_known(window):
    views = [OldView(Document()) for _ in range(2)]
    subs = [window.add(view) for view in views]
    window.area.setActiveSubWindow(subs[0])
    window._views.append(OldView(Document()))

    found = canvas_views(window)

    assert [(entry.view, entry.canvas) for entry in found] == [(views[0], window.canvases[0])]


def test_a_view_without_a_canvas_is_left_out(window):
    window.add(OldView(Document()), with_canvas=False)

    assert canvas_views(window) == []


def test_a_window_without_documents_has_no_canvas(window):
    assert canvas_views(window) == []


def test_a_new_krita_tells_where_the_picture_lies():
    canvas = KisQPainterCanvas()
    placement = placement_of(NewView(Document()), canvas)

    assert placement is not None
    assert placement.to_view((0, 0)) == pytest.approx((10 + 0.75, 20 + 0.75))
    assert placement.scale == pytest.approx(1.5)


def test_of_an_old_krita_it_is_worked_out_from_the_scroll_bars():
    area = QtWidgets.QScrollArea()
    canvas = KisQPainterCanvas()
    canvas.resize(2000, 2000)
    area.setWidget(canvas)
    area.resize(300, 300)
    area.show()
    area.horizontalScrollBar().setValue(30)
    area.verticalScrollBar().setValue(40)

    placement = placement_of(OldView(Document(resolution=144.0)), canvas)

    assert placement is not None
    assert placement.scale == pytest.approx(0.75)
    assert placement.to_view((-0.5, -0.5)) == pytest.approx((-30, -40))


@pytest.mark.parametrize("kind", [OldView, NewView])
@pytest.mark.parametrize("document", [None, Document(0, 0, 0.0)])
def test_a_closed_document_lies_nowhere(kind, document):
    canvas = KisQPainterCanvas()

    assert placement_of(kind(document), canvas) is None


def test_a_canvas_outside_of_any_scroll_area_is_not_guessed_at():
    canvas = KisQPainterCanvas()

    assert placement_of(OldView(Document()), canvas) is None


def test_each_new_view_is_dressed_once_and_a_closed_one_is_forgotten(window):
    dressed = []
    overlays = Overlays(lambda overlay, view: dressed.append(view))
    one, two = NewView(Document()), NewView(Document())
    window.add(one)
    overlays.sync([window])
    overlays.sync([window])
    window.add(two)
    overlays.sync([window])

    assert dressed == [one, two]
    sip.delete(window.canvases[0])
    assert [view for _, view in overlays.all()] == [two]
    assert len(overlays.of(two.document())) == 1
    overlays.sync([window])
    overlays.close()
    assert overlays.all() == []

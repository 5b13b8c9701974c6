"""A pen's events, which no virtual screen makes: sent to the overlay as Qt sends them."""

from canvas_pictures import apart, bench, colourful
from dragbrush.host.qt import Qt, QtCore, QtGui, QtWidgets

HERE, THERE = (250, 200), (390, 260)


def _pen(work, kind, at, is_down, modifiers=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton):
    """Sends one tablet event (of Qt 5) to the widget under a place; says whether it was taken."""
    corner = work.canvas.mapToGlobal(QtCore.QPoint(0, 0))
    place = QtCore.QPointF(*at)
    event = QtGui.QTabletEvent(
        kind,
        place,
        place + QtCore.QPointF(corner),
        QtGui.QTabletEvent.TabletDevice.Stylus,
        QtGui.QTabletEvent.PointerType.Pen,
        0.7 if is_down else 0.0,
        0,
        0,
        0.0,
        0.0,
        0,
        modifiers,
        1,
        button if kind != QtCore.QEvent.Type.TabletMove else Qt.MouseButton.NoButton,
        button if is_down else Qt.MouseButton.NoButton,
    )
    surface = work.canvas.findChild(QtWidgets.QWidget, "dragbrush_surface")
    event.ignore()
    QtWidgets.QApplication.sendEvent(surface, event)
    return event.isAccepted()


def _stroke(work, start, end, **options):
    taken = [_pen(work, QtCore.QEvent.Type.TabletMove, work.at(start), False)]
    taken.append(_pen(work, QtCore.QEvent.Type.TabletPress, work.at(start), True, **options))
    for step in range(1, 9):
        at = (start[0] + (end[0] - start[0]) * step / 8, start[1] + (end[1] - start[1]) * step / 8)
        taken.append(_pen(work, QtCore.QEvent.Type.TabletMove, work.at(at), True, **options))
        yield 20
    taken.append(_pen(work, QtCore.QEvent.Type.TabletRelease, work.at(end), False, **options))
    return taken


def scenario_a_pen_pulls_and_krita_paints_nothing(hands):
    work = yield from bench(hands, "pen", colourful())
    work.overlay.use(work.tool)
    node = work.document.topLevelNodes()[0]
    before = bytes(node.pixelData(0, 0, 800, 600))

    taken = yield from _stroke(work, HERE, THERE)

    assert all(taken), taken
    (pair,) = work.points.pairs
    hands.notes["error_px"] = apart((pair.handle, HERE), (pair.target, THERE))
    yield 300
    assert bytes(node.pixelData(0, 0, 800, 600)) == before
    assert not work.document.modified()
    yield from hands.close(work.document)


def scenario_a_pens_other_buttons_are_kritas(hands):
    work = yield from bench(hands, "pen_buttons", colourful())
    work.overlay.use(work.tool)

    yield from _stroke(work, HERE, THERE, button=Qt.MouseButton.MiddleButton)

    assert work.points.pairs == ()
    yield from _stroke(work, HERE, THERE)
    assert len(work.points.pairs) == 1
    yield from hands.close(work.document)

"""Pairs are placed where the person sees them, however the canvas lies."""

from canvas_pictures import BLUE, BLUE_AT, RED, RED_AT, apart, bench


def _place(hands, name, zoom=1.0, degrees=0.0, is_mirrored=False, resolution=None, pan=(0, 0)):
    """Pulls from the red square to the blue one as they are seen on the screen; notes how far off the pair is."""
    work = yield from bench(hands, name, resolution=resolution)
    shown = work.view.canvas()
    shown.setZoomLevel(zoom)
    shown.setRotation(degrees)
    shown.setMirror(is_mirrored)
    yield 250
    if pan != (0, 0):
        middle = (work.canvas.width() / 2, work.canvas.height() / 2)
        yield from hands.pull(work.canvas, middle, (middle[0] + pan[0], middle[1] + pan[1]), button=2)
    yield from hands.point(work.canvas, (5, 5))
    yield 250
    seen = hands.screen(work.canvas)
    red, blue = hands.find(seen, RED), hands.find(seen, BLUE)
    hands.notes["transform_px"] = apart((red, work.at(RED_AT)), (blue, work.at(BLUE_AT)))
    hands.notes["scale"] = work.place().scale
    work.overlay.use(work.tool)
    yield from hands.pull(work.canvas, red, blue)
    hands.screenshot("placed_" + name)
    (pair,) = work.points.pairs
    hands.notes["error_px"] = apart((pair.handle, RED_AT), (pair.target, BLUE_AT))
    hands.notes["pulls"] = [work.pulls[0], work.pulls[-1]]
    yield from hands.close(work.document)


def scenario_plain(hands):
    yield from _place(hands, "plain")


def scenario_zoomed_in_and_panned(hands):
    yield from _place(hands, "zoomed_in", zoom=2.5, pan=(-60, 35))


def scenario_zoomed_out(hands):
    yield from _place(hands, "zoomed_out", zoom=0.75)


def scenario_rotated(hands):
    yield from _place(hands, "rotated", zoom=1.4, degrees=30.0)


def scenario_mirrored(hands):
    yield from _place(hands, "mirrored", zoom=1.3, is_mirrored=True)


def scenario_all_at_once_at_300_dpi(hands):
    yield from _place(hands, "all", zoom=1.7, degrees=-40.0, is_mirrored=True, resolution=300, pan=(45, -30))

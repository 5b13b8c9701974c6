"""From the press on "Start server" to a layer at every speed."""

from edit_bench import (
    PAIRS,
    QUICK,
    connected,
    make_room,
    named,
    open_picture,
    press,
    select,
    studio,
    wait_for_edit,
    wait_long,
)

MOVED_BALL = 20
"""Mean difference, of 255, where the ball comes to lie."""


def changed(desk, before, after):
    """How much another colour is seen round the place where the first pair's target is."""
    x, y = (round(value) for value in desk.at(PAIRS[0][1]))
    places = [(x + dx, y + dy) for dx in range(-30, 31, 6) for dy in range(-30, 31, 6)]
    return sum(abs(before.pixelColor(*at).green() - after.pixelColor(*at).green()) for at in places) / len(places)


def scenario_the_docker_starts_the_server(hands):
    make_room()
    yield 300
    hands.screenshot("docker_without_server")
    assert named("dragbrush_connect").text() == "Start server", studio().line
    assert not named("dragbrush_run").isEnabled()

    yield from press(hands, "dragbrush_connect")
    yield 300
    hands.screenshot("docker_starting")
    yield from wait_long(connected)
    assert studio().link.log.exists()
    hands.notes["line"] = studio().link.line.text


def scenario_a_drag_on_the_canvas_becomes_a_layer_at_every_speed(hands):
    desk = yield from open_picture(hands, "speeds")
    hands.notes["speeds"] = [speed.id for speed in studio().choosing.tool.speeds]
    yield from press(hands, "dragbrush_tool_drag")
    yield lambda: studio().is_on
    select(desk.document)
    yield 700
    hands.screenshot("selected")
    before = hands.screen(desk.canvas)

    yield from desk.pull(*PAIRS)

    assert len(desk.work.points.pairs) == len(PAIRS)
    desk.work.points.is_visible = False
    yield from wait_long(lambda: changed(desk, before, hands.screen(desk.canvas)) > MOVED_BALL)
    desk.work.points.is_visible = True
    yield 200
    hands.screenshot("warp")
    hands.notes["pairs"] = [[pair.handle, pair.target] for pair in desk.work.points.pairs]
    mask = desk.document.selection().pixelData(0, 0, desk.document.width(), desk.document.height())
    desk.keep("speeds_mask.raw", bytes(mask))
    source = desk.pixels()

    for speed in hands.notes["speeds"]:
        studio().choosing.choose(speed=speed, seed=7, params=QUICK if speed != "instant" else {})
        yield 100
        yield from press(hands, "dragbrush_run")
        yield 400
        hands.screenshot(f"running_{speed}")
        yield from wait_for_edit()
        yield 300
        hands.screenshot(f"done_{speed}")
        assert len(desk.layers()) == 2, (speed, studio().line)
        layer = desk.document.topLevelNodes()[1]
        bounds = layer.bounds()
        hands.notes[speed] = {"name": layer.name(), "box": [bounds.x(), bounds.y(), bounds.width(), bounds.height()]}
        desk.keep(f"speeds_{speed}.raw", desk.pixels())
        assert desk.pixels(desk.source) == source
        yield lambda: desk.document.activeNode() == desk.source  # Krita changes it when its queue is through
        assert desk.document.selection() is not None
        desk.canvas.setFocus()
        yield from hands.key("ctrl+z")
        yield lambda: len(desk.layers()) == 1
        assert desk.pixels() == source
        yield from hands.key("ctrl+shift+z")
        yield lambda: len(desk.layers()) == 2
        yield from hands.key("ctrl+z")
        yield lambda: len(desk.layers()) == 1
    hands.screenshot("history")
    yield from hands.close(desk.document)

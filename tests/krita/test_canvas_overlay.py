"""The overlay in a real Krita, worked by a real pointer. What happens there is in `scenarios/`."""

from pathlib import Path

import pytest
from krita_session import KritaRun, scenarios_in

pytestmark = pytest.mark.slow

SCENARIOS = Path(__file__).parent / "scenarios"
PLACING = scenarios_in(SCENARIOS / "placing.py")
LOOKING = scenarios_in(SCENARIOS / "looking.py")
OTHERS = [name for file in ("sharing_input", "coming_and_going") for name in scenarios_in(SCENARIOS / f"{file}.py")]
MOUSE_PX = 0.5  # a pointer rests on whole pixels of the screen
SEEN_PX = 0.5  # scroll bars stand at whole pixels too


def _is_placed_within_one_pixel(notes: dict[str, float]) -> None:
    assert notes["transform_px"] <= SEEN_PX
    assert notes["error_px"] <= max(1.0, MOUSE_PX / notes["scale"])
    assert notes["pulls"] == ["moving", "done"]


@pytest.mark.parametrize("scenario", PLACING)
def test_pairs_are_placed_where_they_are_seen_on_the_raster_canvas(raster_run: KritaRun, scenario: str) -> None:
    _is_placed_within_one_pixel(raster_run.notes(scenario))


@pytest.mark.parametrize("scenario", PLACING)
def test_pairs_are_placed_where_they_are_seen_on_the_gl_canvas(gl_run: KritaRun, scenario: str) -> None:
    _is_placed_within_one_pixel(gl_run.notes(scenario))


@pytest.mark.parametrize("scenario", LOOKING)
def test_what_is_shown_is_seen_on_the_raster_canvas(raster_run: KritaRun, scenario: str) -> None:
    raster_run.notes(scenario)


@pytest.mark.parametrize("scenario", LOOKING)
def test_what_is_shown_is_seen_on_the_gl_canvas(gl_run: KritaRun, scenario: str) -> None:
    gl_run.notes(scenario)


@pytest.mark.parametrize("scenario", OTHERS)
def test_krita_and_the_tool_share_the_canvas(raster_run: KritaRun, scenario: str) -> None:
    notes = raster_run.notes(scenario)

    assert notes.get("error_px", 0.0) <= 1.0


@pytest.mark.parametrize("scenario", scenarios_in(SCENARIOS / "pens.py"))
def test_a_pen_works_as_the_mouse_does(raster_run: KritaRun, scenario: str) -> None:
    notes = raster_run.notes(scenario)

    assert notes.get("error_px", 0.0) <= 0.01  # a pen knows fractions of a pixel


def test_krita_ends_as_if_nothing_had_been_there(raster_run: KritaRun, gl_run: KritaRun) -> None:
    for run in (raster_run, gl_run):
        assert run.returncode == 0
        assert run.errors == []

"""What an edit says while it runs."""

import math

import numpy as np
import pytest
from scene import DRAGS, HANDLE, MODEL_SPEEDS, PLAIN, SHORT, TARGET, NewEditor, picture, selection

from dragbrush import Drag, Editor, Step
from dragbrush.edit import PHASES

CELL_PX = 3
"""A supervision cell is a quarter of a latent cell of 8 canvas pixels, rounded to; here about a layer pixel each."""


@pytest.fixture(scope="module")
def steps_of(new_editor: NewEditor, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Step]]:
    """The steps of a cold edit at each speed."""
    heard: dict[str, list[Step]] = {}
    for speed in ("instant", *MODEL_SPEEDS):
        heard[speed] = []
        new_editor(tmp_path_factory.mktemp(speed)).drag(
            picture(),
            DRAGS,
            mask=selection(),
            speed=speed,
            settings=None if speed == "instant" else SHORT,
            on_step=heard[speed].append,
        )
    return heard


SPEEDS = pytest.mark.parametrize("speed", ["instant", *MODEL_SPEEDS])


@SPEEDS
def test_no_step_is_past_its_total(steps_of: dict[str, list[Step]], speed: str) -> None:
    assert all(0 <= step.index <= step.total for step in steps_of[speed])


@SPEEDS
def test_phases_come_in_their_order(steps_of: dict[str, list[Step]], speed: str) -> None:
    order = [PHASES.index(step.phase) for step in steps_of[speed]]

    assert order == sorted(order)


@SPEEDS
def test_progress_within_a_phase_rises_towards_one_total(steps_of: dict[str, list[Step]], speed: str) -> None:
    for phase in PHASES:
        steps = [step for step in steps_of[speed] if step.phase == phase]
        assert [step.index for step in steps] == sorted({step.index for step in steps}), phase
        assert len({step.total for step in steps}) <= 1, phase


@SPEEDS
def test_every_phase_that_is_not_left_early_ends_at_its_total(steps_of: dict[str, list[Step]], speed: str) -> None:
    last = {step.phase: step for step in steps_of[speed] if step.phase != "drag"}

    assert all(step.index == step.total for step in last.values())


@pytest.mark.parametrize("speed", MODEL_SPEEDS)
def test_totals_are_those_of_the_settings(steps_of: dict[str, list[Step]], speed: str) -> None:
    totals = {step.phase: step.total for step in steps_of[speed]}

    assert totals["identity"] == SHORT["lora_step"]
    assert totals["drag"] == SHORT["n_pix_step"]
    assert totals["inversion"] == totals["denoise"] == 2


@pytest.mark.parametrize("speed", ["paper", "reference"])
def test_handles_are_where_the_person_put_them(steps_of: dict[str, list[Step]], speed: str) -> None:
    first = next(step for step in steps_of[speed] if step.phase == "drag")

    assert first.handles is not None
    assert math.dist(first.handles[0], HANDLE) <= CELL_PX
    assert first.distance_px == pytest.approx(math.dist(HANDLE, TARGET), abs=CELL_PX)


@pytest.mark.parametrize("speed", MODEL_SPEEDS)
def test_drag_steps_report_a_loss(steps_of: dict[str, list[Step]], speed: str) -> None:
    first = next(step for step in steps_of[speed] if step.phase == "drag")

    assert first.loss is not None
    assert math.isfinite(first.loss)


@pytest.mark.parametrize("speed", MODEL_SPEEDS)
def test_denoise_steps_carry_small_pictures(steps_of: dict[str, list[Step]], speed: str) -> None:
    previews = [step.preview for step in steps_of[speed] if step.phase == "denoise"]

    for preview in previews:
        assert isinstance(preview, np.ndarray)
        assert preview.dtype == np.uint8
        assert preview.ndim == 3
        assert preview.shape[2] == 3


def test_handles_of_a_crop_far_from_the_corner_are_in_picture_pixels(editor: Editor) -> None:
    large = np.random.default_rng(0).integers(0, 256, (300, 420, 3), np.uint8)
    drag = Drag((350.0, 240.0), (372.0, 246.0))
    heard: list[Step] = []

    report = editor.drag(large, [drag], speed="reference", settings=PLAIN, on_step=heard.append).report

    first = next(step for step in heard if step.phase == "drag")
    assert report["crop"]["left"] > 100
    assert first.handles is not None
    assert math.dist(first.handles[0], drag.handle) <= CELL_PX

"""What a running edit shows."""

import numpy as np
import pytest

from dragbrush.cli.progress import MAX_FRAMES, Frames, Progress
from dragbrush.edit import Step

STEPS = (
    Step("load", 0, 1),
    Step("load", 1, 1),
    Step("drag", 0, 3, distance_px=12.5),
    Step("drag", 3, 3, distance_px=1.25),
    Step("paste", 1, 1),
)


def test_log_gets_one_line_for_each_phase(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=False) as progress:
        for step in STEPS:
            progress(step)

    assert capsys.readouterr().err.splitlines() == [
        "dragbrush: load",
        "dragbrush: drag, up to 3 steps",
        "dragbrush: paste",
    ]


def test_terminal_gets_a_bar_with_phase_and_distance(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    with Progress(quiet=False) as progress:
        for step in STEPS:
            progress(step)

    shown = capsys.readouterr().err
    assert "drag" in shown
    assert "12.5 px to go" in shown
    assert "1/1" in shown
    assert "\n" not in shown.rstrip("\n")


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    with Progress(quiet=True) as progress:
        for step in STEPS:
            progress(step)

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("count", [0, 1, MAX_FRAMES, MAX_FRAMES + 1, 3 * MAX_FRAMES])
def test_frames_are_few_and_evenly_spaced(count: int) -> None:
    frames = Frames()

    for index in range(count):
        frames(Step("drag", index, count, preview=np.full((2, 2, 3), index)))
        frames(Step("drag", index, count))

    numbers = [int(picture[0, 0, 0]) for picture in frames.pictures]
    assert len(numbers) <= MAX_FRAMES
    assert len(numbers) >= min(count, MAX_FRAMES // 2)
    assert len(set(np.diff(numbers))) <= 1

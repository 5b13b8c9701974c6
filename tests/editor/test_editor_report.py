"""The report of an edit."""

import json
from typing import Any

import numpy as np
import pytest
from scene import DRAGS, HANDLE, SHORT, TARGET, picture, selection

from dragbrush import Drag, Editor

SPEEDS = ["instant", "quality", "reference"]


@pytest.fixture(scope="module")
def reports(editor: Editor) -> dict[str, dict[str, Any]]:
    return {
        speed: editor.drag(
            picture(),
            DRAGS,
            mask=selection(),
            speed=speed,
            prompt="a red dot",
            seed=11,
            settings=None if speed == "instant" else SHORT,
        ).report
        for speed in SPEEDS
    }


@pytest.mark.parametrize("speed", SPEEDS)
def test_report_is_ready_for_json(reports: dict[str, dict[str, Any]], speed: str) -> None:
    text = json.dumps(reports[speed], allow_nan=False)

    assert json.loads(text)["speed"] == speed


@pytest.mark.parametrize("speed", SPEEDS)
def test_report_says_what_was_asked_for(reports: dict[str, dict[str, Any]], speed: str) -> None:
    report = reports[speed]

    assert (report["seed"], report["prompt"], report["device"]) == (11, "a red dot", "cpu")
    assert {name: report["settings"].get(name) for name in SHORT} == (
        dict.fromkeys(SHORT) if speed == "instant" else SHORT
    )


@pytest.mark.parametrize("speed", SPEEDS)
def test_report_says_what_it_took(reports: dict[str, dict[str, Any]], speed: str) -> None:
    report = reports[speed]

    assert {"torch", "diffusers", "peft", "transformers", "numpy", "python"} <= report["versions"].keys()
    assert 0 < sum(report["phase_seconds"].values()) <= report["seconds"] + 0.01
    assert report["peak_memory_bytes"] > 50 * 1024**2


def test_every_phase_of_a_cold_edit_has_its_seconds(editor: Editor) -> None:
    report = editor.drag(picture(seed=77), DRAGS, settings=SHORT).report

    assert {"load", "encode", "identity", "inversion", "drag", "denoise", "decode", "warp", "paste"} == set(
        report["phase_seconds"]
    )


def test_instant_evaluates_no_denoiser(reports: dict[str, dict[str, Any]]) -> None:
    assert reports["instant"]["unet_evaluations"] == {"forward": 0, "backward": 0}


@pytest.mark.parametrize(("speed", "warm"), [("quality", False), ("quality", True), ("reference", False)])
def test_evaluations_are_those_that_happened(editor: Editor, speed: str, warm: bool) -> None:
    rows: list[int] = []
    source = picture(seed=5 + SPEEDS.index(speed))
    if warm:
        editor.drag(source, DRAGS, speed=speed, settings=SHORT)
    hook = editor.components.unet.conv_in.register_forward_hook(lambda _, given, __: rows.append(len(given[0])))

    report = editor.drag(source, DRAGS, speed=speed, settings={**SHORT, "lora_batch_size": 2 - warm}).report
    hook.remove()

    assert report["unet_evaluations"]["forward"] == sum(rows)


def test_handles_say_where_they_were_where_to_and_where_they_ended(reports: dict[str, dict[str, Any]]) -> None:
    (ended,) = reports["instant"]["handles"]

    assert tuple(ended["handle"]) == HANDLE
    assert tuple(ended["target"]) == TARGET
    assert ended["remaining_px"] < 1.5
    assert reports["instant"]["measured_by"]


@pytest.mark.parametrize("number", [np.int64, np.float32, np.float64])
def test_points_of_numpy_numbers_are_reported_too(editor: Editor, number: type) -> None:
    handle, target = (tuple(number(v) for v in point) for point in (HANDLE, TARGET))

    report = editor.drag(picture(), [Drag(handle, target)], speed="instant").report

    assert json.loads(json.dumps(report))["handles"][0]["handle"] == list(HANDLE)


def test_report_warns_of_the_embedded_model_only_when_it_was_used(reports: dict[str, dict[str, Any]]) -> None:
    assert reports["quality"]["warnings"] == []
    assert reports["instant"]["model"] is None

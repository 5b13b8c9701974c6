"""What an edit is said to take before it starts is what it takes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dragbrush import Drag, Editor, Transform
from dragbrush.engine.loading import load_components
from dragbrush.engine.memory import attention
from dragbrush.engine.memory.count import LiveBytes
from dragbrush.engine.memory.offload import parts_of, tensors_of
from dragbrush.engine.memory.plan import Plan, applied
from dragbrush.engine.memory.rehearsal import Work, rehearse, without_content
from dragbrush.tools import settings_for

TOLERANCE = 0.1
"""Of the peak; on the CPU the work on pictures, which the forecast leaves out, is counted too."""
SHORT = {"n_inference_step": 6}
DRAG = {**SHORT, "lora_step": 0, "n_pix_step": 2}
EDITS: dict[str, tuple[str, str, str, dict[str, Any], Plan]] = {
    "drag with its LoRA": ("drag", "quality", "full", {**SHORT, "lora_step": 2, "n_pix_step": 1}, Plan()),
    "checkpointed drag": ("drag", "reference", "full", DRAG, Plan(checkpointed=True)),
    "move with a prompt": ("move", "reference-dragon", "full", SHORT, Plan()),
}
DISC = (np.hypot(*(np.mgrid[:96, :112] - np.array([44, 40])[:, None, None])) <= 9).astype(np.uint8) * 255


def _measured(editor: Editor, tool: str, speed: str, settings: dict[str, Any], plan: Plan) -> tuple[int, Work]:
    """The most bytes alive in an edit, and what it was."""
    picture = np.random.default_rng(0).integers(60, 200, (96, 112, 3), dtype=np.uint8)
    options: dict[str, Any] = {"speed": speed, "settings": settings}
    components = editor.components
    live = LiveBytes("cpu")
    with live, applied(components, plan):
        live.see([tensors_of(part) for part in parts_of(components)])
        if tool == "drag":
            result = editor.drag(picture, [Drag((40.0, 44.0), (60.0, 50.0))], **options)
        else:
            result = editor.move(picture, DISC, Transform(dx=8.0), **options)
    crop = result.report["crop"]
    return live.peak, Work(settings_for(tool, speed, settings), ((crop["canvas_height"], crop["canvas_width"]),))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", EDITS)
def test_forecast_is_what_is_measured(name: str, tiny_sd15_folder: Path, tmp_path: Path) -> None:
    tool, speed, precision, settings, plan = EDITS[name]
    editor = Editor(str(tiny_sd15_folder), device="cpu", precision=precision, cache_dir=tmp_path)
    twin = without_content(editor.components)

    measured, work = _measured(editor, tool, speed, settings, plan)

    assert rehearse(twin, work, plan).peak == pytest.approx(measured, rel=TOLERANCE)


def test_every_measure_lowers_the_peak_of_what_it_is_for(tiny_sd15_folder: Path) -> None:
    components = load_components(tiny_sd15_folder, device=torch.device("cpu"))
    twin = without_content(components)
    work = Work(settings_for("drag", "quality", DRAG), ((128, 128),))  # pyright: ignore[reportArgumentType]

    def phases(plan: Plan) -> dict[str, int]:
        return rehearse(twin, work, plan).phases

    plain, tiled, away = phases(Plan()), phases(Plan(tiled=True)), phases(Plan(offloaded=True))
    weights = {part: sum(t.nbytes for t in tensors_of(part)) for part in parts_of(components)}

    assert tiled["decode"] < plain["decode"]
    assert {k: v for k, v in tiled.items() if k not in ("encode", "decode")} == {
        k: v for k, v in plain.items() if k not in ("encode", "decode")
    }
    assert away["weights"] == 0
    others = sum(weights.values()) - weights[components.unet]
    assert away["drag"] == plain["drag"] - others


def test_attention_that_holds_all_its_weights_is_forecast_and_slices_hold_fewer(
    tiny_sd15_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "SLICE_WEIGHTS", 2**14)
    twin = without_content(load_components(tiny_sd15_folder, device=torch.device("cpu")))
    work = Work(settings_for("drag", "quality", DRAG), ((128, 128),))  # pyright: ignore[reportArgumentType]

    fused = rehearse(twin, work, Plan())
    whole = rehearse(twin, work, Plan(), attends_in_slices=False)
    sliced = rehearse(twin, work, Plan(sliced=True), attends_in_slices=False)

    assert max(fused.peak, sliced.peak) < whole.peak


def test_nothing_is_left_of_a_rehearsal(tiny_sd15_folder: Path) -> None:
    components = load_components(tiny_sd15_folder, device=torch.device("cpu"))
    twin = without_content(components)
    work = Work(settings_for("move", "quality", SHORT), ((128, 128),))  # pyright: ignore[reportArgumentType]

    first = rehearse(twin, work, Plan(checkpointed=True, offloaded=True, tiled=True))
    second = rehearse(twin, work, Plan(checkpointed=True, offloaded=True, tiled=True))

    assert first == second
    assert {tensor.device.type for part in parts_of(twin) for tensor in tensors_of(part)} == {"meta"}
    assert {tensor.device.type for part in parts_of(components) for tensor in tensors_of(part)} == {"cpu"}

"""Edits on a device that is too small: the real engine, and a counter that refuses what is over its size."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scene import DRAGS, NewEditor, picture, selection

from dragbrush import Editor
from dragbrush.edit import EditResult
from dragbrush.engine.devices import Device, Memory
from dragbrush.engine.memory import budget
from dragbrush.engine.memory.count import LiveBytes
from dragbrush.engine.memory.offload import parts_of, tensors_of
from dragbrush.errors import OutOfMemory

PLAIN = {"lora_step": 0, "n_pix_step": 1, "n_inference_step": 4}


class SmallDevice(LiveBytes):
    """Holds `size` bytes of tensors, the weights of the editor's model among them."""

    def __init__(self, editor: Editor, size: float = float("inf")) -> None:
        super().__init__("cpu")
        self.size, self.failures = size, 0
        self.see([tensors_of(part) for part in parts_of(editor.components)])

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = super().__torch_dispatch__(func, types, args, kwargs)
        if self.now > self.size:
            self.failures += 1
            raise torch.OutOfMemoryError("the small device is full")
        return result


def drag(editor: Editor, settings: dict[str, Any], *, seed: int = 0) -> EditResult:
    return editor.drag(picture(seed=seed), DRAGS, mask=selection(), speed="reference", settings=settings)


@pytest.fixture(scope="module")
def usual(new_editor: NewEditor, tmp_path_factory: pytest.TempPathFactory) -> tuple[EditResult, int]:
    """An edit with enough memory, and the most bytes it takes."""
    editor = new_editor(tmp_path_factory.mktemp("cache"))
    with SmallDevice(editor) as device:
        result = drag(editor, PLAIN)
    return result, device.peak


def test_edit_that_runs_out_of_memory_is_done_by_a_plan_that_takes_less(
    new_editor: NewEditor, usual: tuple[EditResult, int], tmp_path: Path
) -> None:
    expected, peak = usual
    editor = new_editor(tmp_path)

    with SmallDevice(editor, 0.85 * peak) as device:
        result = drag(editor, PLAIN)
        again = drag(editor, PLAIN)

    assert device.failures == 1, "the second edit knows from the first"
    assert expected.report["saved_memory_by"] == ()
    assert result.report["saved_memory_by"] == again.report["saved_memory_by"] == ("checkpointed",)
    assert np.array_equal(np.asarray(result.picture), np.asarray(expected.picture))


def test_what_earlier_edits_left_goes_first(new_editor: NewEditor, tmp_path: Path) -> None:
    editor = new_editor(tmp_path)
    many_steps = {**PLAIN, "n_inference_step": 12}

    with SmallDevice(editor) as device:
        drag(editor, many_steps, seed=1)
        device.size = 1.01 * device.peak
        result = drag(editor, many_steps)

    assert device.failures == 1
    assert result.report["saved_memory_by"] == ()


def test_hopeless_edit_ends_in_one_sentence_that_says_what_would_fit_and_the_next_one_goes_on(
    new_editor: NewEditor, usual: tuple[EditResult, int], tmp_path: Path
) -> None:
    editor = new_editor(tmp_path)

    with SmallDevice(editor, 0.81 * usual[1]) as device:
        with pytest.raises(OutOfMemory) as refused:
            drag(editor, PLAIN)
        device.size = 1.1 * usual[1]  # other programs were closed
        result = drag(editor, PLAIN)

    assert device.failures == 3, "each plan was tried once"
    assert "DragDiffusion takes" in str(refused.value)
    assert "128 x 128 pixels" in str(refused.value)
    assert "--canvas 64 may fit" in str(refused.value)
    assert result.report["saved_memory_by"] == ()


def test_memory_that_the_device_tells_decides_before_anything_is_tried(
    new_editor: NewEditor, usual: tuple[EditResult, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = new_editor(tmp_path)
    weights = sum(tensor.nbytes for part in parts_of(editor.components) for tensor in tensors_of(part))
    free = int(0.95 * usual[1]) - weights
    monkeypatch.setattr(Device, "memory", lambda _: Memory(free, 2 * free))

    result = drag(editor, PLAIN)

    assert result.report["saved_memory_by"] == ("checkpointed",)
    free = 1000
    with pytest.raises(OutOfMemory, match=r"has room for 0\.0209 GB; close other programs"):
        drag(editor, PLAIN)


def test_smaller_canvas_is_what_was_asked_for_in_whole_cells(tiny_sd15_folder: Path, tmp_path: Path) -> None:
    editor = Editor(str(tiny_sd15_folder), device="cpu", canvas_side=70, cache_dir=tmp_path)

    crop = drag(editor, PLAIN).report["crop"]

    assert (crop["canvas_width"], crop["canvas_height"]) == (64, 64)


def test_edit_goes_on_where_nothing_can_be_foretold(
    new_editor: NewEditor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("torch has changed")

    monkeypatch.setattr(budget, "rehearse", fails)
    monkeypatch.setattr(budget, "ROOMY", float("inf"))

    result = new_editor(tmp_path).drag(picture(), DRAGS, settings=PLAIN)

    assert not result.report["saved_memory_by"]
    assert "torch has changed" in caplog.text

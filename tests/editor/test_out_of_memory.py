"""Edits on a device that is too small: the real engine, and a counter that refuses what is over its size."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scene import DRAGS, NewEditor, picture, selection

from dragbrush import Editor
from dragbrush.edit import EditResult
from dragbrush.engine.memory_count import LiveBytes
from dragbrush.engine.memory_offload import parts_of, tensors_of
from dragbrush.errors import OutOfMemory

SETTINGS = {"lora_step": 1, "lora_batch_size": 3, "n_pix_step": 1, "n_inference_step": 4}
SMALLER = {**SETTINGS, "lora_step": 0, "n_pix_step": 0}


class SmallDevice(LiveBytes):
    """Holds so many bytes of tensors, the weights of the editor's model among them."""

    def __init__(self, editor: Editor, size: float) -> None:
        super().__init__("cpu")
        self._size = float("inf")
        self.failures = 0
        self.see([tensors_of(part) for part in parts_of(editor.components)])
        self._size = size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = super().__torch_dispatch__(func, types, args, kwargs)
        if self.now > self._size:
            self.failures += 1
            raise torch.OutOfMemoryError("the small device is full")
        return result


def drag(editor: Editor, settings: dict[str, Any], *, seed: int = 0) -> EditResult:
    return editor.drag(picture(seed=seed), DRAGS, mask=selection(), settings=settings)


@pytest.fixture(scope="module")
def usual(new_editor: NewEditor, tmp_path_factory: pytest.TempPathFactory) -> tuple[EditResult, int]:
    """The edit with enough memory, and the most bytes it takes."""
    editor = new_editor(tmp_path_factory.mktemp("cache"))
    device = SmallDevice(editor, float("inf"))
    with device:
        result = drag(editor, SETTINGS)
    return result, device.peak


def test_edit_that_runs_out_of_memory_is_done_by_a_plan_that_takes_less(
    new_editor: NewEditor, usual: tuple[EditResult, int], tmp_path: Path
) -> None:
    expected, peak = usual
    editor = new_editor(tmp_path)

    with SmallDevice(editor, 0.8 * peak) as device:
        result = drag(editor, SETTINGS)
        again = drag(editor, SETTINGS, seed=1)

    assert device.failures == 1, "the second edit knows from the first"
    assert expected.report["saved_memory_by"] == ()
    assert result.report["saved_memory_by"] == again.report["saved_memory_by"] == ("checkpointed",)
    assert np.array_equal(np.asarray(result.picture), np.asarray(expected.picture))


def test_what_earlier_edits_left_goes_first(
    new_editor: NewEditor, usual: tuple[EditResult, int], tmp_path: Path
) -> None:
    editor = new_editor(tmp_path)
    many_steps = {**SETTINGS, "n_inference_step": 25}

    with SmallDevice(editor, 1.01 * usual[1]) as device:
        drag(editor, many_steps, seed=1)
        result = drag(editor, many_steps)

    assert device.failures == 1
    assert result.report["saved_memory_by"] == ()


def test_hopeless_edit_ends_in_one_sentence_that_says_what_would_fit_and_a_smaller_edit_goes_on(
    new_editor: NewEditor, usual: tuple[EditResult, int], tmp_path: Path
) -> None:
    editor = new_editor(tmp_path)

    with SmallDevice(editor, 0.62 * usual[1]):
        with pytest.raises(OutOfMemory) as refused:
            drag(editor, {**SETTINGS, "lora_batch_size": 6})
        smaller = drag(editor, SMALLER)

    assert "DragDiffusion takes" in str(refused.value)
    assert "128 x 128 pixels" in str(refused.value)
    assert "--canvas 64 may fit" in str(refused.value)
    assert np.asarray(smaller.picture).shape == picture().shape


def test_smaller_canvas_takes_less_and_still_edits(tiny_sd15_folder: Path, tmp_path: Path) -> None:
    editor = Editor(str(tiny_sd15_folder), device="cpu", canvas_side=70, cache_dir=tmp_path)

    result = drag(editor, SMALLER)

    crop = result.report["crop"]
    assert (crop["canvas_width"], crop["canvas_height"]) == (64, 64)

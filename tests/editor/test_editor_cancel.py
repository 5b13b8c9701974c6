"""A cancel stops at once, says so, and leaves nothing behind."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scene import DRAGS, PLAIN, SHORT, NewEditor, picture

from dragbrush import CancelToken, Editor, Step
from dragbrush.errors import Cancelled

PHASES = ["identity", "inversion", "warp", "drag", "denoise"]


class CancelAt:
    """Hears the steps of an edit, cancels at the first of a phase, and counts what still happens."""

    def __init__(self, editor: Editor, phase: str) -> None:
        self.token, self.phase = CancelToken(), phase
        self.steps_after = self.passes_after = 0
        # Every pass through the denoiser begins with this layer.
        editor.components.unet.conv_in.register_forward_hook(self._on_pass)

    def __call__(self, step: Step) -> None:
        if self.token.is_cancelled:
            self.steps_after += 1
        elif step.phase == self.phase:
            self.token.cancel()

    def _on_pass(self, *_: Any) -> None:
        self.passes_after += self.token.is_cancelled


@pytest.fixture(scope="module")
def undisturbed(new_editor: NewEditor, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.uint8]:
    return new_editor(tmp_path_factory.mktemp("undisturbed")).drag(picture(), DRAGS, settings=SHORT).picture


@pytest.mark.parametrize("phase", PHASES)
def test_cancelled_edit_stops_at_once_and_the_next_one_is_as_without_it(
    new_editor: NewEditor, tmp_path: Path, undisturbed: NDArray[np.uint8], phase: str
) -> None:
    editor = new_editor(tmp_path)
    cancel = CancelAt(editor, phase)

    with pytest.raises(Cancelled):
        editor.drag(picture(), DRAGS, settings=SHORT, on_step=cancel, cancel=cancel.token)

    assert cancel.token.is_cancelled
    assert cancel.steps_after == 0
    assert cancel.passes_after <= 1
    assert not any("lora" in name for name, _ in editor.components.unet.named_modules())
    assert (editor.drag(picture(), DRAGS, settings=SHORT).picture == undisturbed).all()


@pytest.mark.parametrize("speed", ["instant", "quality"])
def test_cancelled_before_it_begins_takes_no_step(editor: Editor, speed: str) -> None:
    token, heard = CancelToken(), []
    token.cancel()

    with pytest.raises(Cancelled):
        editor.drag(picture(), DRAGS, speed=speed, on_step=heard.append, cancel=token)

    assert heard == []


def test_cancel_at_the_very_last_step_still_counts(editor: Editor) -> None:
    token = CancelToken()

    def cancel_at_end(step: Step) -> None:
        if step.phase == "paste" and step.index == step.total:
            token.cancel()

    with pytest.raises(Cancelled):
        editor.drag(picture(), DRAGS, speed="instant", on_step=cancel_at_end, cancel=token)


def test_cancel_from_another_thread_ends_the_edit(editor: Editor) -> None:
    token, began = CancelToken(), threading.Event()
    canceller = threading.Thread(target=lambda: (began.wait(60), token.cancel()))
    canceller.start()

    def on_step(step: Step) -> None:
        if step.phase == "drag":
            began.set()
            canceller.join(60)

    with pytest.raises(Cancelled):
        editor.drag(picture(), DRAGS, settings=PLAIN, on_step=on_step, cancel=token)


def test_preparation_can_be_cancelled_and_keeps_the_lora_that_was_done(new_editor: NewEditor, tmp_path: Path) -> None:
    editor = new_editor(tmp_path)
    cancel = CancelAt(editor, "inversion")

    with pytest.raises(Cancelled):
        editor.prepare(picture(), DRAGS, settings=SHORT, on_step=cancel, cancel=cancel.token)

    assert editor.prepare(picture(), DRAGS, settings=SHORT)["warm"] == {"identity": True, "inversion": False}


def test_error_in_the_callers_callback_comes_through_and_leaves_the_editor_usable(
    new_editor: NewEditor, tmp_path: Path, undisturbed: NDArray[np.uint8]
) -> None:
    editor = new_editor(tmp_path)

    def fail(step: Step) -> None:
        if step.phase == "drag":
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        editor.drag(picture(), DRAGS, settings=SHORT, on_step=fail)

    assert (editor.drag(picture(), DRAGS, settings=SHORT).picture == undisturbed).all()

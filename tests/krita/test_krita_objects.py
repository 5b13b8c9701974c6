"""Objects moved, restyled and pasted in a real Krita, compared with what the command line writes.

What happens in Krita is in `scenarios/edit_objects.py`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edit_session import command_line, mask_of, samples
from krita_session import KritaRun, scenarios_in
from numpy.typing import NDArray
from PIL import Image

from dragbrush.bench.demo_scene import DemoScene

pytestmark = pytest.mark.slow

OBJECTS = Path(__file__).parent / "scenarios" / "edit_objects.py"
KIND = ["RGBA", "U8"]
STEPS = 4
"""As in the scenarios."""


class Shell:
    """The command line, with what Krita had."""

    def __init__(self, run: KritaRun, scene: DemoScene, folder: Path) -> None:
        self.run, self.folder = run, folder
        self.picture = run.out.parent / "scene.png"
        self.size = [scene.picture.shape[1], scene.picture.shape[0]]

    def mask(self, name: str) -> Path:
        return self._png(f"{name}.png", mask_of(self.run, f"{name}.raw", self.size))

    def layer(self, name: str) -> Path:
        return self._png(f"{name}.png", samples(self.run, f"{name}.raw", self.size, KIND))

    def seen(self, name: str) -> NDArray[Any]:
        """What Krita shows, which is opaque."""
        found = samples(self.run, f"{name}.raw", self.size, KIND)
        assert (found[:, :, 3] == 255).all()
        return found[:, :, :3]

    def dragbrush(self, tool: str, *options: object) -> NDArray[Any]:
        out = self.folder / "out.png"
        command_line(tool, self.picture, "-o", out, "--seed", "7", *options, cache=self.folder)
        return np.asarray(Image.open(out).convert("RGB"))

    def _png(self, name: str, values: NDArray[Any]) -> Path:
        path = self.folder / name
        Image.fromarray(values).save(path)
        return path


@pytest.fixture
def shell(edit_run: KritaRun, scene: DemoScene, tmp_path: Path) -> Shell:
    return Shell(edit_run, scene, tmp_path)


def transform_of(moved: list[Any]) -> list[str]:
    dx, dy, scale, degrees, mirror = moved
    said = [f"--by={dx!r},{dy!r}", f"--scale={scale!r}", f"--rotate={degrees!r}"]
    return [*said, "--mirror"] if mirror else said


@pytest.mark.parametrize(
    ("name", "options"),
    [("moved", ["--speed=instant"]), ("moved_quality", ["--speed=quality", f"--set=n_inference_step={STEPS}"])],
)
def test_a_move_is_the_picture_that_the_command_line_writes(
    edit_run: KritaRun, scene: DemoScene, shell: Shell, name: str, options: list[str]
) -> None:
    notes = edit_run.notes("an_object_is_moved_by_its_box")

    expected = shell.dragbrush("move", "--mask", shell.mask("moved_mask"), *transform_of(notes["moved"]), *options)

    assert notes["moved"][4]
    assert notes["moved"][2] > 1.1
    assert (shell.seen(name) == expected).all()
    assert (expected != scene.picture).any()
    assert notes["name"] == "Move (Instant)"
    assert "where it was" in notes["unmoved"]


def test_a_move_in_layers_is_what_the_command_line_writes(edit_run: KritaRun, shell: Shell, tmp_path: Path) -> None:
    notes = edit_run.notes("a_move_comes_as_two_layers_that_one_undo_takes_away")
    parts = [tmp_path / "background.png", tmp_path / "object.png"]

    expected = shell.dragbrush(
        "move",
        *("--mask", shell.mask("parted_mask"), *transform_of(notes["moved"]), "--speed=instant"),
        f"--layers={parts[0]},{parts[1]}",
    )

    background, alone = (np.asarray(Image.open(part)) for part in parts)
    found = samples(edit_run, "parted_object.raw", shell.size, KIND)
    assert (notes["kind"], notes["names"]) == ("grouplayer", ["Behind the object", "Object"])
    assert (shell.seen("parted_background") == background[:, :, :3]).all()
    assert (found[:, :, 3] == alone[:, :, 3]).all()
    assert (found[alone[:, :, 3] > 0] == alone[alone[:, :, 3] > 0]).all()
    # Krita lays the one over the other with its own arithmetic.
    assert np.abs(shell.seen("parted").astype(int) - expected).max() <= 2
    assert (shell.seen("parted_again") == shell.seen("parted")).all()
    assert notes["kept"] == notes["moved"]
    assert notes["layers"] == ["Behind the object", "Object"]


@pytest.mark.parametrize(("name", "is_marked"), [("restyled_marked", True), ("restyled_alpha", False)])
def test_a_look_is_what_the_command_line_writes(
    edit_run: KritaRun, scene: DemoScene, shell: Shell, name: str, is_marked: bool
) -> None:
    notes = edit_run.notes("an_object_gets_the_look_of_another")
    look = (
        ["--from", shell.picture, "--from-mask", shell.mask("house_mask")]
        if is_marked
        else ["--from", shell.layer("kite")]
    )

    expected = shell.dragbrush("appearance", "--mask", shell.mask("restyled_mask"), *look, "--speed=instant")

    mask = mask_of(edit_run, "restyled_mask.raw", shell.size)
    assert (shell.seen(name) == expected).all()
    assert (shell.seen(name)[mask == 0] == scene.picture[mask == 0]).all()
    assert (expected != scene.picture).any()
    assert "Choose" in notes["no_reference"]
    assert "press Mark" in notes["full"]
    assert "gone" in notes["gone"]


def test_a_paste_is_the_picture_that_the_command_line_writes(
    edit_run: KritaRun, scene: DemoScene, shell: Shell
) -> None:
    edit_run.notes("an_object_gets_the_look_of_another")  # kept the kite
    notes = edit_run.notes("an_object_of_another_layer_is_pasted")
    x, y = notes["at"]

    expected = shell.dragbrush(
        "paste",
        *("--object", shell.layer("kite"), f"--at={x!r},{y!r}", "--speed=instant"),
        *transform_of(notes["moved"])[1:],
    )

    assert (shell.seen("pasted") == expected).all()
    assert (expected != scene.picture).any()
    assert "layer" in notes["nothing"]
    assert "outside" in notes["away"]


def test_what_cannot_be_moved_says_why(edit_run: KritaRun) -> None:
    notes = edit_run.notes("a_move_needs_an_object")

    assert "Select the object" in notes["hint"]
    assert "Nothing is selected" in notes["nothing"]
    assert "All of the picture" in notes["all"]


@pytest.mark.parametrize("scenario", scenarios_in(OBJECTS))
def test_in_krita(edit_run: KritaRun, scenario: str) -> None:
    edit_run.notes(scenario)

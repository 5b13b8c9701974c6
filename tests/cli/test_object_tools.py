"""`move`, `appearance` and `paste`: what they write, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import HEIGHT, WIDTH, Command, contents
from numpy.typing import NDArray
from PIL import Image

from dragbrush import Editor
from dragbrush.edit import Transform

SHORT = ("--set", "n_inference_step=4", "--set", "inversion_strength=0.5", "--set", "guided_until=2")
OUT = ("-o", "out.png", "--speed", "instant")
MOVE = ("move", "in.png", "--mask", "box.png", "--by", "60,-10")
LOOK = ("appearance", "in.png", "--mask", "box.png", "--from", "thing.png", "--from-mask", "thing-mask.png")
PASTE = ("paste", "in.png", "--object", "thing.png", "--object-mask", "thing-mask.png", "--at", "110,50")


@pytest.fixture(autouse=True)
def pictures(folder: Path) -> None:
    """A mask of the red box of `in.png`, and another picture with a thing and its mask."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[40:80, 40:70] = 255
    Image.fromarray(mask).save(folder / "box.png")
    Image.fromarray(np.full_like(mask, 255)).save(folder / "all.png")
    thing, there = np.full((40, 60, 3), 200, np.uint8), np.zeros((40, 60), np.uint8)
    thing[10:30, 20:44], there[10:30, 20:44] = (20, 120, 60), 255
    Image.fromarray(thing).save(folder / "thing.png")
    Image.fromarray(there).save(folder / "thing-mask.png")
    Image.fromarray(np.dstack([thing, there])).save(folder / "cut-out.png")
    Image.fromarray(np.dstack([thing, there * 0])).save(folder / "clear.png")


def read(name: str) -> NDArray[Any]:
    return np.asarray(Image.open(name))


def test_move_writes_what_the_editor_gives(dragbrush: Command) -> None:
    done = dragbrush(*MOVE, *OUT, "--scale", "1.2", "--rotate", "-30", "--mirror")

    wanted = Editor().move(read("in.png"), read("box.png"), Transform(60, -10, 1.2, -30, True), speed="instant")
    assert (done.code, done.out.splitlines()[0]) == (0, "wrote out.png")
    assert (read("out.png") == wanted.picture).all()


def test_move_writes_layers_a_comparison_and_a_report(dragbrush: Command) -> None:
    done = dragbrush(*MOVE, *OUT, "--layers", "bg.png,obj.png", "--compare", "grid.png", "--report", "r.json")

    background, object_, result = (read(f"{name}.png").astype(float) for name in ("bg", "obj", "out"))
    share = object_[:, :, 3:] / 255
    assert done.code == 0
    assert np.abs(object_[:, :, :3] * share + background * (1 - share) - result).max() <= 1.5
    assert read("grid.png").shape[0] > HEIGHT
    report = json.loads(Path("r.json").read_text())
    assert (report["speed"], report["output"], report["model"]) == ("instant", "out.png", None)


def test_appearance_writes_what_the_editor_gives(dragbrush: Command) -> None:
    done = dragbrush(*LOOK, *OUT)

    wanted = Editor().appearance(
        read("in.png"), read("box.png"), read("thing.png"), read("thing-mask.png"), speed="instant"
    )
    assert done.code == 0
    assert (read("out.png") == wanted.picture).all()


@pytest.mark.parametrize(
    "object_", [("--object", "thing.png", "--object-mask", "thing-mask.png"), ("--object", "cut-out.png")]
)
def test_paste_writes_what_the_editor_gives(dragbrush: Command, object_: tuple[str, ...]) -> None:
    done = dragbrush("paste", "in.png", *object_, "--at", "110,50", *OUT, "--scale", "0.8", "--rotate", "15")

    wanted = Editor().paste(
        read("in.png"), read("thing.png"), (110.0, 50.0), object_mask=read("thing-mask.png"),
        transform=Transform(scale=0.8, degrees=15), speed="instant",
    )  # fmt: skip
    assert done.code == 0
    assert np.abs(read("out.png").astype(int) - wanted.picture).max() <= 1


@pytest.mark.parametrize("command", [MOVE, LOOK, PASTE], ids=["move", "appearance", "paste"])
@pytest.mark.parametrize("speed", ["quality", "reference-dragon", "reference-diffeditor"])
def test_every_speed_runs_a_model_and_shows_how_it_went(edit: Command, command: tuple[str, ...], speed: str) -> None:
    done = edit(*command, "-o", "out.png", "--speed", speed, *SHORT, "--frames", "f.gif", "--json")

    report = json.loads(done.out)
    assert done.code == 0
    assert report["unet_evaluations"]["backward"] > 0
    assert report["settings"]["n_inference_step"] == 4
    assert Path("f.gif").stat().st_size > 0
    assert "denoise" in done.err


def test_drag_by_energies(edit: Command) -> None:
    done = edit("drag", "in.png", "--point", "55,60:75,60", "-o", "out.png", "--method", "dragondiffusion", *SHORT)

    assert done.code == 0
    assert "handle 1" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*MOVE[:4], *OUT), "changes nothing"),
        ((*MOVE[:4], "--by", "900,0", *OUT), "wholly outside"),
        ((*MOVE[:4], "--by", "9", *OUT), "--by '9' cannot be read"),
        ((*MOVE[:4], "--by", "-9,x", *OUT), "cannot be read"),
        ((*MOVE, "--scale", "0", *OUT), "'0' is not a number from 0.05 to 20"),
        ((*MOVE, "--scale", "-2", *OUT), "not a number"),
        ((*MOVE, "--rotate", "nan", *OUT), "'nan' is not a number"),
        ((*MOVE, "--layers", "bg.png", *OUT), "write BG.png,OBJ.png"),
        ((*MOVE, "--layers", "bg.png,obj.jpg", *OUT), "obj.jpg"),
        ((*MOVE, "--layers", "out.png,obj.png", *OUT), "both name"),
        ((*MOVE, "--layers", "bg.png,old.png", *OUT), "old.png' exists"),
        (("move", "in.png", *OUT), "--mask"),
        (("move", "in.png", "--mask", "empty-mask.png", "--by", "5,5", *OUT), "selects nothing"),
        (("move", "in.png", "--mask", "all.png", "--by", "5,5", *OUT), "whole picture"),
        (("move", "in.png", "--mask", "small-mask.png", "--by", "5,5", *OUT), "80 x 120"),
        ((*MOVE, "-o", "out.png", "--speed", "paper"), "no speed 'paper'"),
        ((*MOVE, "-o", "out.png", "--set", "lora_step=3"), "no setting 'lora_step'"),
        ((*MOVE, "-o", "out.png", "--set", "fresh_share=2"), "from 0.0 to 1.0"),
        ((*MOVE, "-o", "box.png", "--force"), "the mask itself"),
        ((*LOOK[:6], *OUT), "Nothing says which part"),
        ((*LOOK[:6], "--from-mask", "mask.png", *OUT), "160 x 120"),
        ((*LOOK, "-o", "thing.png", "--force"), "the other picture itself"),
        ((*PASTE[:4], "--at", "110,50", *OUT), "Nothing says which part"),
        (("paste", "in.png", "--object", "clear.png", "--at", "9,9", *OUT), "all transparent"),
        ((*PASTE[:6], "--at", "4000,50", *OUT), "wholly outside"),
        ((*PASTE[:6], *OUT), "--at"),
        (
            ("drag", "in.png", "--point", "1,1:9,9", *OUT[:2], "--method", "dragondiffusion", "--speed", "paper"),
            "paper",
        ),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_writes_nothing(
    dragbrush: Command, folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = contents(folder)

    done = dragbrush(*arguments)

    assert done.code == 2
    assert words in done.err
    assert done.err.count("\n") == 1
    assert contents(folder) == before

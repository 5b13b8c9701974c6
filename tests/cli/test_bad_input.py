"""Whatever cannot be used is refused with one sentence and exit code 2, and nothing is written."""

from pathlib import Path

import pytest
from command_line import Command, contents

DRAG = ("drag", "in.png", "-o", "out.png")
POINT = ("--point", "50,60:65,60")

BAD_INPUT = {
    "no points": (DRAG, "No points"),
    "65 points": ((*DRAG, *(f"--point={n},5:{n},9" for n in range(65))), "65 points"),
    "point without target": ((*DRAG, "--point", "50,60"), "'50,60'"),
    "point in words": ((*DRAG, "--point", "a,b:c,d"), "'a,b:c,d'"),
    "point not finite": ((*DRAG, "--point", "nan,1:2,3"), "'nan,1:2,3'"),
    "point too long a number": ((*DRAG, "--point", f"{'9' * 400},1:2,3"), "cannot be read"),
    "handle outside the picture": ((*DRAG, "--point", "160,60:65,60"), "160"),
    "handle left of the picture": ((*DRAG, "--point", "-5,60:65,60"), "-5"),
    "target outside the picture": ((*DRAG, "--point", "50,60:65,120"), "120"),
    "target on its handle": ((*DRAG, "--point", "50,60:50.0,60"), "50,60:50.0,60"),
    "one handle twice": ((*DRAG, *POINT, "--point", "50,60:80,60"), "50,60"),
    "handle outside the mask": ((*DRAG, "--point", "120,60:65,60", "--mask", "mask.png"), "120"),
    "empty mask": ((*DRAG, *POINT, "--mask", "empty-mask.png"), "empty-mask.png"),
    "mask of another size": ((*DRAG, *POINT, "--mask", "small-mask.png"), "80 x 120"),
    "mask that is not there": ((*DRAG, *POINT, "--mask", "nothing.png"), "nothing.png"),
    "picture that is not there": (("drag", "nothing.png", "-o", "out.png", *POINT), "nothing.png"),
    "picture that is a folder": (("drag", "folder.png", "-o", "out.png", *POINT), "folder.png"),
    "picture that is text": (("drag", "text.png", "-o", "out.png", *POINT), "text.png"),
    "truncated picture": (("drag", "cut.png", "-o", "out.png", *POINT), "cut.png"),
    "huge picture": (("drag", "bomb.png", "-o", "out.png", *POINT), "60000 x 60000"),
    "CMYK picture": (("drag", "cmyk.tif", "-o", "out.png", *POINT), "CMYK"),
    "float picture": (("drag", "float.tif", "-o", "out.png", *POINT), "float"),
    "unknown speed": ((*DRAG, *POINT, "--speed", "fast"), "'fast'"),
    "unknown setting": ((*DRAG, *POINT, "--set", "n_pix=3"), "'n_pix'"),
    "setting out of range": ((*DRAG, *POINT, "--set", "lora_rank=1000"), "'1000'"),
    "setting of another kind": ((*DRAG, *POINT, "--set", "n_pix_step=many"), "'many'"),
    "setting that is not a number": ((*DRAG, *POINT, "--set", "lam=nan"), "'nan'"),
    "setting without value": ((*DRAG, *POINT, "--set", "lam"), "'lam'"),
    "setting twice": ((*DRAG, *POINT, "--set", "lam=1", "--set", "lam=2"), "'lam'"),
    "setting of a speed without any": ((*DRAG, *POINT, "--speed", "instant", "--set", "lam=1"), "'instant'"),
    "LoRA of a speed without any": (
        (*DRAG, *POINT, "--speed", "instant", "--lora", "l.safetensors"),
        "'instant'",
    ),
    "frames of a speed without steps": (
        (*DRAG, *POINT, "--speed", "instant", "--frames", "f.gif"),
        "--frames",
    ),
    "LoRA that is not there": ((*DRAG, *POINT, "--lora", "l.safetensors"), "l.safetensors"),
    "LoRA of another kind": ((*DRAG, *POINT, "--lora", "in.png"), "in.png"),
    "seed below zero": ((*DRAG, *POINT, "--seed=-1"), "'-1'"),
    "seed in words": ((*DRAG, *POINT, "--seed", "x"), "'x'"),
    "unknown device": ((*DRAG, *POINT, "--device", "tpu"), "'tpu'"),
    "unknown option": ((*DRAG, *POINT, "--sped", "instant"), "--sped"),
    "abbreviated option": ((*DRAG, *POINT, "--forc"), "--forc"),
    "no output": (("drag", "in.png", *POINT), "-o"),
    "no command": ((), "command"),
    "unknown command": (("drop",), "'drop'"),
    "output exists": (("drag", "in.png", "-o", "old.png", *POINT), "--force"),
    "output is the picture": (("drag", "in.png", "-o", "./in.png", *POINT, "--force"), "in.png"),
    "output is the mask": (
        ("drag", "in.png", "-o", "mask.png", "--mask", "mask.png", *POINT, "--force"),
        "the mask",
    ),
    "output is a folder": (("drag", "in.png", "-o", "folder.png", *POINT, "--force"), "folder.png"),
    "output folder missing": (("drag", "in.png", "-o", "no/out.png", *POINT), "'no'"),
    "output of unknown kind": (("drag", "in.png", "-o", "out.bmp", *POINT), "out.bmp"),
    "output without a kind": (("drag", "in.png", "-o", "out", *POINT), "'out'"),
    "output name too long": (("drag", "in.png", "-o", f"{'o' * 300}.png", *POINT), "-o"),
    "picture name too long": (("drag", f"{'i' * 300}.png", "-o", "out.png", *POINT), "iii.png"),
    "output twice": ((*DRAG, *POINT, "--compare", "./out.png"), "--compare"),
    "output that cannot hold transparency": (("drag", "alpha.png", "-o", "o.jpg", *POINT), "transparency"),
    "report exists": ((*DRAG, *POINT, "--report", "old.json"), "--force"),
    "report of another kind": ((*DRAG, *POINT, "--report", "r.txt"), "r.txt"),
    "frames of another kind": ((*DRAG, *POINT, "--frames", "f.mp4"), "f.mp4"),
    "comparison folder missing": ((*DRAG, *POINT, "--compare", "no/c.png"), "'no'"),
    "unknown model": ((*DRAG, *POINT, "--model", "nothing"), "nothing"),
    "empty model folder": ((*DRAG, *POINT, "--model", "./empty-model"), "empty-model"),
    "prepare without a model": (("prepare", "in.png", "--speed", "instant"), "'instant'"),
    "prepare with a bad point": (("prepare", "in.png", "--point", "1,1"), "'1,1'"),
    "prepare for another kind of file": (("prepare", "in.png", "--lora-out", "l.pt"), "l.pt"),
    "prepare no LoRA": (
        ("prepare", "in.png", "--lora-out", "l.safetensors", "--set", "lora_step=0"),
        "lora_step",
    ),
    "prepare onto a file": (("prepare", "in.png", "--lora-out", "old.safetensors"), "--force"),
    "prepare over the picture": (
        ("prepare", "in.png", "--report", "in.json", "--lora-out", "in.png"),
        "in.png",
    ),
    "bench without a name": (("bench",), "bench"),
    "bench of no cases": (("bench", "scenes", "--cases", "0"), "'0'"),
    "bench of an unknown row": (("bench", "scenes", "--rows", "nothing"), "'nothing'"),
    "bench onto a file": (("bench", "scenes", "-o", "old.png"), "old.png"),
    "bench over its files": (("bench", "scenes", "-o", "old-bench"), "--force"),
    "demo onto a file": (("demo", "-o", "old.png/demo"), "old.png"),
    "demo over its files": (("demo", "-o", "old-demo"), "--force"),
    "demo of an unknown model": (("demo", "-o", "demo", "--model", "nothing"), "'nothing'"),
    "models without an action": (("models",), "models"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_one_sentence_and_code_2(name: str, dragbrush: Command, folder: Path) -> None:
    arguments, told = BAD_INPUT[name]
    before = contents(folder)

    outcome = dragbrush(*arguments)

    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("dragbrush: ")
    assert outcome.err.count("\n") == 1
    assert told in outcome.err
    assert "Traceback" not in outcome.err
    assert contents(folder) == before

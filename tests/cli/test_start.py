"""Help and refusals come at once: they load no torch."""

import subprocess
import sys

import pytest
from command_line import Command

CHECK = """
import sys
from dragbrush.cli.main import main
code = main(sys.argv[1:])
heavy = {"torch", "diffusers", "numpy", "pyvips", "PIL"} & set(sys.modules)
print("LOADED", code, *sorted(heavy))
"""
WITHOUT_PICTURE = {
    ("--help",): 0,
    ("--version",): 0,
    ("drag", "--help"): 0,
    ("prepare", "--help"): 0,
    ("demo", "--help"): 0,
    ("bench", "scenes", "--help"): 0,
    ("models", "list", "--help"): 0,
    ("drag",): 2,
    ("drag", "in.png", "-o", "out.png"): 2,
    ("drag", "in.png", "-o", "out.png", "--point", "1,1:1,1"): 2,
    ("drag", "in.png", "-o", "no/out.png", "--point", "1,1:2,2"): 2,
    ("drag", "in.png", "-o", "out.png", "--point", "1,1:2,2", "--set", "lam=-1"): 2,
    ("prepare", "in.png", "--lora-out", "l.bin"): 2,
    ("bench", "scenes", "--cases", "0"): 2,
}
WITH_PICTURE = (
    ("drag", "cut.png", "-o", "out.png", "--point", "1,1:2,2"),
    ("drag", "in.png", "-o", "out.png", "--point", "1,1:999,2"),
    ("drag", "in.png", "-o", "out.png", "--point", "1,1:2,2", "--mask", "small-mask.png"),
    ("drag", "in.png", "-o", "out.png", "--point", "1,1:2,2", "--model", "nothing"),
    ("drag", "in.png", "-o", "out.png", "--point", "1,1:2,2", "--model", "./empty-model"),
)


def _run(*arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CHECK, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.splitlines()[-1].split()


@pytest.mark.parametrize("arguments", WITHOUT_PICTURE, ids=" ".join)
def test_no_heavy_library_before_the_arguments_are_checked(folder: object, arguments: tuple[str, ...]) -> None:
    assert _run(*arguments) == ["LOADED", str(WITHOUT_PICTURE[arguments])]


@pytest.mark.parametrize("arguments", WITH_PICTURE, ids=" ".join)
def test_no_torch_before_picture_and_model_are_checked(folder: object, arguments: tuple[str, ...]) -> None:
    loaded = _run(*arguments)

    assert loaded[1] == "2"
    assert not {"torch", "diffusers"} & set(loaded)


def test_defect_is_told_in_one_sentence_and_in_full_with_debug(
    dragbrush: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(texts: object) -> None:
        raise RuntimeError("wires\ncrossed")

    monkeypatch.setattr("dragbrush.cli.drag.parse_points", fail)

    short = dragbrush("drag", "in.png", "-o", "out.png")
    full = dragbrush("drag", "in.png", "-o", "out.png", "--debug")

    assert (short.code, full.code) == (1, 1)
    assert short.err.count("\n") == 1
    assert "RuntimeError: wires crossed" in short.err
    assert "--debug" in short.err
    assert "Traceback" in full.err

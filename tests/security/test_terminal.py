"""Nothing that somebody else wrote moves the cursor, renames the window or hides a part of a message."""

import json
from pathlib import Path

import pytest

from dragbrush.cli.main import main

TRICKS = {
    "window title": "\x1b]0;gone\x07",
    "clear": "\x1b[2J\x1b[H",
    "one byte": "\x9b2J",
    "line over line": "all is well\r",
    "backspaces": "\x08\x08\x08",
    "right to left": "\u202egnp.exe",
    "more lines": "x\ny\u2028z",
    "no width": "\u200b\ufeff",
}


def check_told(capfd: pytest.CaptureFixture[str], *, exit_code: int) -> None:
    out, err = capfd.readouterr()
    assert exit_code == 2
    assert out == ""
    assert err.startswith("dragbrush: ")
    assert err.endswith("\n")
    assert err[:-1].isprintable(), repr(err)


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_the_name_of_a_file(
    trick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"{trick}.png").write_text("no picture")

    exit_code = main(["drag", f"{trick}.png", "-o", "out.png", "--point", "1,1:2,2"])

    check_told(capfd, exit_code=exit_code)


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_what_a_model_says_of_itself(
    trick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DRAGBRUSH_HOME", str(tmp_path / "home"))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model_index.json").write_text(json.dumps({"_class_name": f"Odd{trick}"}))

    exit_code = main(["serve", "--port", "0", "--model", str(tmp_path / "model")])

    check_told(capfd, exit_code=exit_code)


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_an_argument(trick: str, capfd: pytest.CaptureFixture[str]) -> None:
    exit_code = main(["serve", "--port", trick])

    check_told(capfd, exit_code=exit_code)

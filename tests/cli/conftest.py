"""Fixtures of the command line's tests."""

from pathlib import Path

import pytest
from command_line import Command, Outcome, fill
from dragbrush.cli.main import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of the test."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path)
    return tmp_path


@pytest.fixture
def dragbrush(folder: Path, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs one command in `folder`."""

    def run(*arguments: str) -> Outcome:
        capfd.readouterr()
        code = main(arguments)
        return Outcome(code, *capfd.readouterr())

    return run

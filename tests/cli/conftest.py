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


@pytest.fixture
def edit(
    dragbrush: Command,
    tiny_sd15_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    """Runs one command with the tiny model and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    return lambda *arguments: dragbrush(*arguments, "--model", str(tiny_sd15_folder), "--device", "cpu")

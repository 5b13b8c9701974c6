"""Fixtures of the editor's tests: the tiny model and a cache of the tests' own."""

from pathlib import Path

import pytest
from scene import NewEditor

from dragbrush import Editor


@pytest.fixture(scope="session")
def editor(tiny_sd15_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Editor:
    """One editor for all tests that do not ask what was cached."""
    return Editor(str(tiny_sd15_folder), device="cpu", cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def new_editor(tiny_sd15_folder: Path) -> NewEditor:
    """Makes an editor over a cache folder."""
    return lambda cache: Editor(str(tiny_sd15_folder), device="cpu", cache_dir=cache)

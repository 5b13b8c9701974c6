"""Fixtures shared by all tests."""

from pathlib import Path

import pytest

from tiny import tiny_sd15


@pytest.fixture(scope="session")
def tiny_sd15_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion 1.5 folder with random weights."""
    return tiny_sd15(tmp_path_factory.mktemp("tiny_sd15"))

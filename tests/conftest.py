"""Fixtures shared by all tests."""

from pathlib import Path

import pytest
from hypothesis import settings

from tiny import tiny_sd15

# Nothing is timed by tests: a busy machine is slow, not wrong.
settings.register_profile("dragbrush", deadline=None)
settings.load_profile("dragbrush")


@pytest.fixture(scope="session")
def tiny_sd15_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion 1.5 folder with random weights."""
    return tiny_sd15(tmp_path_factory.mktemp("tiny_sd15"))

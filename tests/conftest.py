"""Fixtures shared by all tests."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tiny import tiny_sd15

# Nothing is timed by tests: a busy machine is slow, not wrong.
settings.register_profile("dragbrush", deadline=None)
settings.load_profile("dragbrush")

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would every program they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tiny_sd15_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion 1.5 folder with random weights."""
    return tiny_sd15(tmp_path_factory.mktemp("tiny_sd15"))

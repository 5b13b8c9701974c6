"""Fixtures shared by all tests."""

from pathlib import Path

import pytest
import torch

from tiny import tiny_sd15

# Training with two threads was seen to round differently from run to run, in the last bits.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_sd15_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Stable Diffusion 1.5 folder with random weights."""
    return tiny_sd15(tmp_path_factory.mktemp("tiny_sd15"))

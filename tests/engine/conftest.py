"""Fixtures of the engine's tests: the tiny model, loaded once, and a latent with its condition."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from dragbrush.engine.components import Components
from dragbrush.engine.condition import Condition
from dragbrush.engine.loading import load_components


@pytest.fixture(scope="session")
def components(tiny_sd15_folder: Path) -> Components:
    return load_components(tiny_sd15_folder, device=torch.device("cpu"))


@pytest.fixture(scope="session")
def latent() -> Tensor:
    return torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="session")
def condition(components: Components) -> Condition:
    return components.encode_prompt("a photo of a cat")

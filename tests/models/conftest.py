"""Fixtures of the tests of models: a models folder, a home and a Hugging Face cache of the test's own, and a hub."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from pulling import HALF_UNET, ID

from fake_hub import FakeHub, FakeRepository, files_of


@pytest.fixture(autouse=True)
def models_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where models are installed; no test sees or changes those of the person who runs it."""
    folder = tmp_path_factory.mktemp("models")
    monkeypatch.setenv("DRAGBRUSH_MODELS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Hugging Face cache."""
    folder = tmp_path_factory.mktemp("huggingface")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder, where other programs have their models."""
    folder = tmp_path_factory.mktemp("home")
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / ".local" / "share"))
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub on this machine that the Hugging Face library asks."""
    with FakeHub() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace("https://huggingface.co", hub.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield hub


@pytest.fixture
def repository(hub: FakeHub, tiny_sd15_folder: Path) -> FakeRepository:
    """The tiny model on the hub, beside files that no edit needs."""
    files = files_of(tiny_sd15_folder)
    files |= {
        "README.md": b"words",
        "unet/diffusion_pytorch_model.bin": b"\x80\x04pickle",
        HALF_UNET: b"half",
        "safety_checker/model.safetensors": b"large",
        "../escape.json": b"{}",
    }
    hub.repositories[ID] = FakeRepository(files)
    return hub.repositories[ID]

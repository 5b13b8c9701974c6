"""Models that other programs have on this machine, in their usual places. Nothing is copied and nothing is loaded."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models import notes
from dragbrush.models.families import check_editable, family_of_checkpoint, family_of_folder
from dragbrush.models.header import read_header
from dragbrush.models.layout import choose_in_folder

_CACHE = "Hugging Face cache"
_DEPTH = 3
"""How deep folders of checkpoints are searched; people sort theirs into folders."""
_WHOLE_MODEL_BYTES = 10**9
"""The smallest Stable Diffusion checkpoint has 2 GB; LoRAs and VAEs beside it are not shown."""


@dataclass(frozen=True, slots=True)
class Found:
    """One model of another program."""

    name: str
    """What `models import` takes."""
    program: str
    path: Path
    size_bytes: int
    family: str
    obstacle: str
    """Why it cannot be edited with; empty where it can."""

    @property
    def is_cached_repository(self) -> bool:
        """Its name is a hub id, and its files lie in the Hugging Face cache."""
        return self.program == _CACHE


def places() -> list[tuple[str, Path]]:
    """Program and folder, whether the folder exists or not."""
    home = Path.home()
    comfy = [home / "ComfyUI", home / "Documents" / "ComfyUI", home / "ComfyUI_windows_portable" / "ComfyUI"]
    webuis = [home / "stable-diffusion-webui", home / "stable-diffusion-webui-forge"]
    krita = [folder / server for folder in _krita_folders() for server in ("server", "server/ComfyUI")]
    return [
        *(("ComfyUI", folder / "models" / kind) for folder in comfy for kind in ("checkpoints", "diffusers")),
        *(("A1111", folder / "models" / "Stable-diffusion") for folder in webuis),
        *(("krita-ai-diffusion", folder / "models" / "checkpoints") for folder in krita),
    ]


def _krita_folders() -> list[Path]:
    """Where Krita keeps the data of its plugins."""
    home = Path.home()
    if sys.platform == "win32":
        data = Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"))
    elif sys.platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"))
    return [data / "krita" / "ai_diffusion", data / "krita-ai-diffusion"]


def look_around() -> list[Found]:
    """The models of all places, and of the Hugging Face cache."""
    found: dict[Path, Found] = {}
    for program, folder in places():
        for path in _models_in(folder, _DEPTH):
            found.setdefault(path.resolve(), _looked_at(program, path))
    for hub_id, snapshot in _cached_repositories():
        found.setdefault(snapshot.resolve(), _looked_at(_CACHE, snapshot, hub_id))
    return sorted(found.values(), key=lambda model: (bool(model.obstacle), model.program, model.name))


def find_found(name: str) -> Found | None:
    """A model of another program by the name that `look_around` gives it."""
    return next((model for model in look_around() if model.name == name), None)


def _models_in(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    if (folder / "model_index.json").is_file():
        yield folder
        return
    for entry in entries:
        if entry.is_dir() and depth:
            yield from _models_in(entry, depth - 1)
        elif entry.suffix.lower() in (".safetensors", ".ckpt") and _size(entry) >= _WHOLE_MODEL_BYTES:
            yield entry


def _cached_repositories() -> Iterator[tuple[str, Path]]:
    """Hub id and newest revision of the whole Stable Diffusion repositories in the Hugging Face cache."""
    from dragbrush.models.hub import cache_folder
    from dragbrush.models.pull import cached_snapshot

    for folder in sorted(cache_folder().glob("models--*--*")):
        hub_id = folder.name.removeprefix("models--").replace("--", "/", 1)
        snapshot = cached_snapshot(hub_id, None)
        if snapshot and (snapshot / "model_index.json").is_file() and (snapshot / "unet" / "config.json").is_file():
            yield hub_id, snapshot


def _looked_at(program: str, path: Path, hub_id: str | None = None) -> Found:
    name = hub_id or notes.name_from(path.name if path.is_dir() else path.stem)
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    size = sum(_size(file) for file in files)
    try:
        if path.is_dir():
            choose_in_folder(path, f"'{name}'")
            family = family_of_folder(path)
        else:
            family = family_of_checkpoint(read_header(path), path)
        check_editable(family, f"'{name}'")
    except BadModel as error:
        return Found(name, program, path, size, "", str(error))
    return Found(name, program, path, size, family.title, "")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

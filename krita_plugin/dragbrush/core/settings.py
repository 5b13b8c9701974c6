"""What a person set once and for all documents, in a JSON file of the user's: a plugin's own folder does not last."""

import dataclasses
import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..wire import MAX_SEED
from .files import write_whole
from .runtime import data_folder
from .tolerant import flag, parsed, text, whole

Placement = Literal["above", "replace"]
Origin = Literal["layer", "visible"]


@dataclass(frozen=True)
class Settings:
    tool: str = "drag"
    speed: str = "quality"
    seed: int = 42
    is_seed_locked: bool = True
    """False: each edit takes the next seed."""
    placement: Placement = "above"
    """Where a result goes: above its layer, or in its place."""
    origin: Origin = "layer"
    """What is edited: the active layer, or what all visible ones show together."""
    has_live: bool = True
    """Shows the warp while an end is pulled."""
    has_preview: bool = True
    """Shows the picture while an edit runs."""
    has_prepare: bool = True
    """Begins with what depends on the picture before Run."""
    has_tint: bool = True
    """Shows what is selected."""
    server_command: str = "dragbrush serve"
    """What "Start server" runs."""
    server_folder: str = ""
    """Where the server says that it runs; empty: where it does by itself."""
    is_advanced_open: bool = False

    @property
    def server_arguments(self) -> list[str]:
        """The command as a list; empty where it cannot be read, as for a quote without an end."""
        try:
            return shlex.split(self.server_command, posix=sys.platform != "win32")
        except ValueError:
            return []

    @property
    def folder(self) -> Path:
        return Path(self.server_folder).expanduser() if self.server_folder else data_folder()


def settings_file() -> Path:
    return data_folder() / "krita.json"


def load(path: Path) -> Settings:
    """What the file says; of what it does not say, or says wrongly, the default."""
    try:
        said = parsed(path.read_bytes())
    except OSError:
        said = {}
    default = Settings()
    flags = {
        each.name: flag(said, each.name, bool(each.default))
        for each in dataclasses.fields(Settings)
        if isinstance(each.default, bool)
    }
    return Settings(
        tool=text(said, "tool", default.tool, most=64),
        speed=text(said, "speed", default.speed, most=64),
        seed=whole(said, "seed", default.seed, least=0, most=MAX_SEED),
        placement="replace" if said.get("placement") == "replace" else "above",
        origin="visible" if said.get("origin") == "visible" else "layer",
        server_command=text(said, "server_command", default.server_command),
        server_folder=text(said, "server_folder", default.server_folder),
        **flags,
    )


def save(path: Path, settings: Settings) -> bool:
    """Whether it was kept. What a newer version wrote beside it stays."""
    try:
        said = parsed(path.read_bytes())
    except OSError:
        said = {}
    said.update(dataclasses.asdict(settings))
    return write_whole(path, json.dumps(said, indent=2) + "\n")

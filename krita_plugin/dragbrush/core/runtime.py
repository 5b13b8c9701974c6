"""Where this user's server is: the file that it writes while it runs, and its address and token in it."""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SAME_START_S = 5.0
"""A clock that is set while the server runs moves what the system says of its start."""


@dataclass(frozen=True)
class ServerAddress:
    url: str
    token: str = field(repr=False)
    certificate: Path | None = None
    """The server's own, where it speaks TLS."""


def data_folder() -> Path:
    """Where a user's server keeps what is its own. DRAGBRUSH_HOME names another folder, as it does for the server."""
    if named := os.environ.get("DRAGBRUSH_HOME"):
        return Path(named)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "dragbrush"
    if named := os.environ.get("XDG_DATA_HOME", "").strip():
        return Path(named).expanduser() / "dragbrush"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "dragbrush"
    return home / ".local" / "share" / "dragbrush"


def find_server(folder: Path | None = None) -> ServerAddress | None:
    """None where no server has said that it runs, or where it is gone without a word.

    Whether its process still lives is asked first: the token must not go to who took the port after it.
    """
    try:
        said: Any = json.loads(((folder or data_folder()) / "server.json").read_bytes())
        host, port, token = str(said["host"]), int(said["port"]), str(said["token"])
        process, started, certificate = int(said["process"]), float(said["started"]), said.get("certificate")
        if not 0 < port < 65536 or not token.isascii() or not token.isprintable() or not _is_alive(process, started):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    shown = f"[{host}]" if ":" in host else host
    scheme = "ws" if certificate is None else "wss"
    return ServerAddress(
        f"{scheme}://{shown}:{port}/v1/ws", token, None if certificate is None else Path(str(certificate))
    )


def _is_alive(process: int, started: float) -> bool:
    if process <= 0:
        return False
    if sys.platform == "win32":  # signal 0 would end it there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is there, and not ours
        return False
    born = _started(process)
    return born is None or abs(born - started) < _SAME_START_S


def _started(process: int) -> float | None:
    """When it was started, seconds since the epoch, where the system tells in files."""
    try:
        ticks = int(Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[19])
        lines = Path("/proc/stat").read_text("ascii").splitlines()
        boot = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
        return boot + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None

"""The colour profile of a layer as bytes. Krita tells scripts its name alone; the file is looked for by that name."""

import functools
import os
import sys
from pathlib import Path

_SRGB = ("srgb-elle-v2-srgbtrc", "srgb-elle-v4-srgbtrc", "srgb built-in", "srgb iec61966")
_SRGB_GRAY = ("gray-d50-elle-v2-srgbtrc", "gray-d50-elle-v4-srgbtrc")
"""Beginnings of names of profiles that are sRGB, or its curve for gray: what the server takes pixels for by itself."""
_SUFFIXES = (".icc", ".icm")
_MAX_BYTES = 4 * 1024 * 1024
"""As much as the server reads."""
_NAME_BYTES = 64 * 1024
"""A profile has its name in its beginning."""


def profile(name: str) -> bytes | None:
    """None for sRGB, and for one that is not found: its pixels are then taken for sRGB both ways."""
    if not name or name.lower().startswith(_SRGB + _SRGB_GRAY):
        return None
    return _found(name)


@functools.lru_cache(maxsize=32)
def _found(name: str) -> bytes | None:
    files = [file for folder in folders() if folder.is_dir() for file in sorted(folder.rglob("*"))]
    files = [file for file in files if file.suffix.lower() in _SUFFIXES]
    named = [file for file in files if name in (file.name, file.stem)]
    return next((data for data in map(_read, named) if data), None) or next(
        (_read(file) for file in files if _says(file, name)), None
    )


def folders() -> list[Path]:
    """Where systems and Krita keep profiles."""
    home = Path.home()
    data = os.environ.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":")
    found = [Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share"), *map(Path, data)]
    if sys.platform == "win32":
        found = [Path(os.environ.get("SYSTEMROOT", "C:\\Windows")) / "System32" / "spool" / "drivers"]
        found += [Path(os.environ.get("APPDATA", home))]
    # Beside the program that runs: an AppImage, a bundle of macOS or a folder of Windows has its own.
    program = Path(sys.argv[0] or ".").resolve().parent.parent
    return [folder / inner for folder in (*found, program / "share") for inner in ("color/icc", "krita/profiles")] + [
        found[0] / "color" if sys.platform == "win32" else Path("/Library/ColorSync/Profiles")
    ]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes() if file.stat().st_size <= _MAX_BYTES else b""
    except OSError:
        return b""


def _says(file: Path, name: str) -> bool:
    """Whether the description in the file is the name, in one of the two ways in which it is written there."""
    try:
        with file.open("rb") as stream:
            start = stream.read(_NAME_BYTES)
    except OSError:
        return False
    return name.encode("ascii", "replace") + b"\0" in start or name.encode("utf-16-be") in start

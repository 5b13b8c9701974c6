"""`dragbrush doctor`: what works on this machine, as a report to paste."""

import argparse
import json
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dragbrush.errors import DragbrushError

_PACKAGES = ("dragbrush", "torch", "diffusers", "peft", "transformers", "aiohttp", "pyvips")
_SIDE_PX = 64
_CANVAS_PX = 256
"""Of the edit that tries the model out; the smallest on which large models are still quick."""
_SHORT = {"lora_step": 1, "lora_batch_size": 1, "n_pix_step": 1, "n_inference_step": 5}
_DRIVER_S = 20.0
_KRITA_OF_FLATPAK = Path(".var/app/org.kde.krita/data/krita")


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    parser = commands.add_parser("doctor", help="what works here", description="Say what works on this machine.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(run=run)
    return (parser,)


def run(args: argparse.Namespace) -> None:
    """Run every check; one that fails does not keep the others from running."""
    found = [_checked(name, check) for name, check in CHECKS.items()]
    if args.json:
        print(json.dumps({name: {"ok": is_ok, "found": text} for name, is_ok, text in found}, indent=2))
    else:
        for name, is_ok, text in found:
            print(f"{'ok  ' if is_ok else 'FAIL'} {name}: {text}")
    if not all(is_ok for _, is_ok, _ in found):
        raise DragbrushError("Something does not work here; see the lines that say FAIL.")


def _checked(name: str, check: Callable[[], str]) -> tuple[str, bool, str]:
    try:
        return name, True, without_home(check())
    except Exception as error:  # the root of a check: what it stumbles over is its finding
        return name, False, without_home(f"{type(error).__name__}: {error}")


def without_home(text: str) -> str:
    """The report is made to be pasted, and the home folder often is the user's name."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _system() -> str:
    return f"{platform.platform()}, Python {platform.python_version()} at {sys.prefix}"


def _packages() -> str:
    def versions() -> Iterator[str]:
        for package in _PACKAGES:
            try:
                yield f"{package} {version(package)}"
            except PackageNotFoundError:
                yield f"{package} is missing"

    return ", ".join(versions())


def _torch() -> str:
    import torch

    build = f"CUDA {torch.version.cuda}" if torch.version.cuda else f"ROCm {torch.version.hip}"
    if not torch.version.cuda and not torch.version.hip:
        build = "Apple's MPS" if torch.backends.mps.is_built() else "CPUs"
    return f"torch {torch.__version__}, built for {build}; {torch.get_num_threads()} threads"


def _driver() -> str:
    if (tool := shutil.which("nvidia-smi")) is None:
        return "no NVIDIA driver"
    asked = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=_DRIVER_S, check=True)
    return "; ".join(told.stdout.split("\n")).strip("; ")


def _device() -> str:
    from dragbrush.engine.devices import choose_device

    device = choose_device()
    return f"{device.place.type}: {device.reason}"


def _memory() -> str:
    import psutil

    from dragbrush.engine.devices import choose_device

    device, machine = choose_device(), psutil.virtual_memory()
    own = device.memory()
    text = f"{machine.available / 1e9:.1f} of {machine.total / 1e9:.1f} GB of the machine's are free"
    if device.place.type == "cpu":
        return text
    return f"{own.free / 1e9:.1f} of {own.total / 1e9:.1f} GB of the device's are free; {text}"


def _folders() -> str:
    from dragbrush.net.runtime import data_folder

    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return f"{folder}, {shutil.disk_usage(folder).free / 1e9:.0f} GB free"


def _model() -> str:
    from dragbrush.models import default_model, find_model
    from dragbrush.models.families import family_of_folder

    name = default_model()
    folder = find_model(name)  # which looks at every file
    family = family_of_folder(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
    return f"'{name}' is the default, {family.title}, whole, {size / 1e9:.2g} GB in {folder}"


def _port() -> str:
    from dragbrush.net.runtime import DEFAULT_PORT, data_folder, read_runtime

    runtime = read_runtime(data_folder())
    if runtime is not None and runtime.port == DEFAULT_PORT:
        return f"{DEFAULT_PORT} is used by Dragbrush's own server"
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", DEFAULT_PORT))
        except OSError:
            return f"{DEFAULT_PORT} is used by another program; Photoshop needs it, Krita finds any ('serve --port')"
    return f"{DEFAULT_PORT} is free"


def _server() -> str:
    from dragbrush.net import control
    from dragbrush.net.runtime import data_folder, read_runtime

    runtime = read_runtime(data_folder())
    if runtime is None:
        return "none runs"
    return f"runs on port {runtime.port}, engine {control.status(runtime)['worker']}"


def _krita_plugin() -> str:
    from platformdirs import user_data_path

    folders = [user_data_path("krita", appauthor=False, roaming=True), Path.home() / _KRITA_OF_FLATPAK]
    for folder in folders:
        start = folder / "pykrita" / "dragbrush" / "__init__.py"
        if start.is_file():
            found = re.search(r'^__version__ = "([^"]+)"', start.read_text(encoding="utf-8"), re.MULTILINE)
            return f"version {found[1] if found else 'unknown'} in {start.parent}"
    return f"not found in {' or '.join(str(folder / 'pykrita') for folder in folders)}"


def _edit(speed: str) -> Callable[[], str]:
    def edited() -> str:
        import numpy as np

        from dragbrush.edit import Drag
        from dragbrush.editor import Editor
        from dragbrush.models import DEFAULT

        picture = np.random.default_rng(0).integers(0, 255, (_SIDE_PX, _SIDE_PX, 3), dtype=np.uint8)
        settings = None if speed == "instant" else _SHORT
        editor = Editor(DEFAULT, canvas_side=_CANVAS_PX)
        result = editor.drag(picture, [Drag((20, 30), (40, 30))], speed=speed, settings=settings)
        return f"{result.report['seconds']:.1f} s"

    return edited


CHECKS: dict[str, Callable[[], str]] = {
    "system": _system,
    "packages": _packages,
    "torch": _torch,
    "driver": _driver,
    "device": _device,
    "memory": _memory,
    "data folder": _folders,
    "model": _model,
    "port": _port,
    "server": _server,
    "Krita plugin": _krita_plugin,
    "an instant edit": _edit("instant"),
    "an edit with the default model": _edit("quality"),
}

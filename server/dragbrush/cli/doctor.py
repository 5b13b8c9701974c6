"""`dragbrush doctor`: what works on this machine, as a report to paste."""

import argparse
import json
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dragbrush.errors import DragbrushError

_PACKAGES = ("dragbrush", "torch", "diffusers", "peft", "transformers", "aiohttp", "pyvips")
_SIDE_PX = 64


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
        return name, True, check()
    except Exception as error:  # the root of a check: what it stumbles over is its finding
        return name, False, f"{type(error).__name__}: {error}"


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


def _device() -> str:
    import torch

    from dragbrush.engine.devices import choose_device

    device = choose_device().place
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{torch.get_num_threads()} threads"
    return f"{device.type} ({name})"


def _folders() -> str:
    from dragbrush.net.runtime import data_folder

    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return f"{folder}, {shutil.disk_usage(folder).free / 1e9:.0f} GB free"


def _server() -> str:
    from dragbrush.net import control
    from dragbrush.net.runtime import data_folder, read_runtime

    runtime = read_runtime(data_folder())
    if runtime is None:
        return "none runs"
    return f"runs on port {runtime.port}, engine {control.status(runtime)['worker']}"


def _edit(speed: str) -> Callable[[], str]:
    def edited() -> str:
        import numpy as np

        from dragbrush.edit import Drag
        from dragbrush.editor import Editor

        picture = np.random.default_rng(0).integers(0, 255, (_SIDE_PX, _SIDE_PX, 3), dtype=np.uint8)
        settings = None if speed == "instant" else {"lora_step": 1, "n_pix_step": 1, "n_inference_step": 5}
        result = Editor().drag(picture, [Drag((20, 30), (40, 30))], speed=speed, settings=settings)
        return f"{result.report['seconds']:.1f} s"

    return edited


CHECKS: dict[str, Callable[[], str]] = {
    "system": _system,
    "packages": _packages,
    "device": _device,
    "data folder": _folders,
    "server": _server,
    "an instant edit": _edit("instant"),
    "an edit with the embedded model": _edit("quality"),
}

"""What the commands' arguments say, checked as far as that goes without opening the picture or a model."""

import argparse
import dataclasses
import math
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

from dragbrush.edit import MAX_DRAGS, Drag, Point
from dragbrush.errors import BadRequest
from dragbrush.presets import PRESETS, SPEEDS, DragSettings, settings_for

MAX_SEED = 2**63 - 1
"""The largest seed that every device's generator takes."""

_SHOWN_SIGNS = 80
"""Signs of an unreadable argument that are repeated to the person."""

_NUMBER = r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*"
_POINT = re.compile(f"{_NUMBER},{_NUMBER}:{_NUMBER},{_NUMBER}")


def add_edit_options(parser: argparse.ArgumentParser) -> None:
    """The options that `drag` and `prepare` share."""
    parser.add_argument("picture", metavar="IN", type=Path, help="the picture to edit (PNG, JPEG, WebP, TIFF)")
    parser.add_argument(
        "--point",
        action="append",
        default=[],
        metavar="X,Y:X,Y",
        help=f"a handle and its target, in pixels of the picture; up to {MAX_DRAGS} times",
    )
    parser.add_argument("--mask", type=Path, metavar="MASK", help="a picture, white where the edit may change")
    parser.add_argument("--speed", default="quality", metavar="SPEED", help=f"{', '.join(SPEEDS)}; default quality")
    parser.add_argument("--prompt", default="", metavar="TEXT", help="what the picture shows")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="replace one setting of the speed, such as n_pix_step=60; may be repeated",
    )
    parser.add_argument("--report", type=Path, metavar="R.json", help="write settings, times and measures here")
    add_engine_options(parser)
    add_output_options(parser)


def settings_help() -> str:
    """What `--set` takes, as text for the end of a help page."""
    lines = ["settings, with what the speed 'quality' takes:"]
    for setting in dataclasses.fields(DragSettings):
        low, high = setting.metadata["low"], setting.metadata["high"]
        span = "" if low is None else f" ({low:g} to {high:g})"
        value = f"{setting.name}={str(getattr(PRESETS['quality'], setting.name)).lower()}"
        lines += textwrap.wrap(
            f"{value:<26} {setting.metadata['text']}{span}",
            width=100,
            initial_indent="  ",
            subsequent_indent=" " * 29,
            break_long_words=False,
        )
    return "\n".join(lines)


def add_engine_options(parser: argparse.ArgumentParser, *, seed: int = 42) -> None:
    """Which model runs where, from which seed."""
    parser.add_argument(
        "--model",
        default="toybox",
        metavar="NAME|FOLDER",
        help="a name of 'models list' or a diffusers folder",
    )
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where it runs; default auto"
    )
    parser.add_argument("--seed", default=seed, type=_seed, metavar="N", help=f"same seed, same result; default {seed}")


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """What is printed, and whether files may be replaced."""
    parser.add_argument("--force", action="store_true", help="replace output files that exist")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of text")


def _seed(text: str) -> int:
    if not re.fullmatch(r"\d{1,19}", text) or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 to {MAX_SEED}")
    return int(text)


def join_negative_points(arguments: Sequence[str]) -> list[str]:
    """Let `--point -5,3:9,9` reach the check of the points: argparse alone takes '-5' for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] == "--point" and re.match(r"-[\d.]", argument):
            joined[-1] = f"--point={argument}"
        else:
            joined.append(argument)
    return joined


def parse_points(texts: Sequence[str]) -> tuple[Drag, ...]:
    """The drags of the `--point` options. Raises `BadRequest` for too many, unreadable or repeated ones."""
    if len(texts) > MAX_DRAGS:
        raise BadRequest(f"{len(texts)} points were given and {MAX_DRAGS} is the most; leave some out.")
    drags = tuple(_parse_point(text) for text in texts)
    first_with: dict[Point, int] = {}
    for number, drag in enumerate(drags, start=1):
        if drag.handle in first_with:
            raise BadRequest(
                f"Points {first_with[drag.handle]} and {number} have the same handle, "
                f"{drag.handle[0]:g},{drag.handle[1]:g}; keep one of them."
            )
        first_with[drag.handle] = number
    return drags


def require_points(drags: Sequence[Drag]) -> None:
    """Raise `BadRequest` where there is nothing to drag."""
    if not drags:
        raise BadRequest(
            "No points were given; add --point X,Y:X,Y, the handle and its target in pixels of the picture."
        )


def _parse_point(text: str) -> Drag:
    match = _POINT.fullmatch(text)
    numbers = [float(number) for number in match.groups()] if match else []
    if not numbers or not all(math.isfinite(number) for number in numbers):
        raise BadRequest(
            f"The point '{text[:_SHOWN_SIGNS]}' cannot be read; write X,Y:X,Y, the handle and its target in "
            "pixels of the picture, such as 120,80:160,80."
        )
    handle, target = (numbers[0], numbers[1]), (numbers[2], numbers[3])
    if handle == target:
        raise BadRequest(
            f"The point '{text}' has its target on its handle, so nothing would move; "
            "choose another target or leave it out."
        )
    return Drag(handle, target)


def parse_settings(speed: str, texts: Sequence[str]) -> dict[str, str]:
    """The `--set` options as names and texts, checked against the speed. Raises `BadRequest`."""
    if speed not in SPEEDS:
        raise BadRequest(f"There is no speed '{speed}'; choose one of {', '.join(SPEEDS)}.")
    overrides: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise BadRequest(f"The setting '{text}' cannot be read; write --set NAME=VALUE, such as n_pix_step=60.")
        if name in overrides:
            raise BadRequest(f"The setting '{name}' is given twice; keep one of them.")
        overrides[name] = value
    if speed == "instant" and overrides:
        raise BadRequest(
            f"The speed 'instant' runs no model and has no setting '{next(iter(overrides))}'; "
            "leave --set out or choose another speed."
        )
    if speed != "instant":
        settings_for(speed, overrides)
    return overrides


def check_lora(lora: Path | None, speed: str) -> None:
    """Raise `BadRequest` where `--lora` names no safetensors file or nothing would use it."""
    if lora is None:
        return
    if speed == "instant":
        raise BadRequest("The speed 'instant' runs no model and uses no LoRA; leave --lora out.")
    if lora.suffix.lower() != ".safetensors":
        raise BadRequest(f"The LoRA '{lora}' is no .safetensors file; 'dragbrush prepare --lora-out' writes one.")
    if not lora.is_file():
        raise BadRequest(f"The LoRA '{lora}' does not exist; 'dragbrush prepare --lora-out' writes one.")


def check_model(model: str) -> None:
    """Raise `BadModel` if `--model` names neither a known model nor a folder that holds one."""
    from dragbrush.models import registry

    registry.find_model(model)

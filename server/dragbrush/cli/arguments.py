"""What the commands' arguments say, checked as far as that goes without opening the picture or a model."""

import argparse
import dataclasses
import math
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dragbrush.edit import MAX_DRAGS, MAX_SCALE, MIN_SCALE, Drag, Point
from dragbrush.errors import BadRequest
from dragbrush.tools import METHODS, presets_of, settings_for, speeds_of

MAX_SEED = 2**63 - 1
"""The largest seed that every device's generator takes."""

MAX_STYLE_WEIGHT = 4.0

_SHOWN_SIGNS = 80
"""Signs of an unreadable argument that are repeated to the person."""

_MIN_CANVAS_PX, _MAX_CANVAS_PX = 64, 4096

_NUMBER = r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*"
_POINT = re.compile(f"{_NUMBER},{_NUMBER}:{_NUMBER},{_NUMBER}")


def add_edit_options(parser: argparse.ArgumentParser, tool: str) -> None:
    """The options that the edits and `prepare` share."""
    parser.add_argument("picture", metavar="IN", type=Path, help="the picture to edit (PNG, JPEG, WebP, TIFF)")
    speeds = ", ".join(speeds_of(tool))
    parser.add_argument("--speed", default="quality", metavar="SPEED", help=f"{speeds}; default quality")
    parser.add_argument("--prompt", default="", metavar="TEXT", help="what the picture shows")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="replace one setting of the speed, such as n_inference_step=30; may be repeated",
    )
    parser.add_argument("--report", type=Path, metavar="R.json", help="write settings, times and measures here")
    add_engine_options(parser)
    add_output_options(parser)


def add_drag_options(parser: argparse.ArgumentParser) -> None:
    """What a drag is made of."""
    parser.add_argument(
        "--point",
        action="append",
        default=[],
        metavar="X,Y:X,Y",
        help=f"a handle and its target, in pixels of the picture; up to {MAX_DRAGS} times",
    )
    parser.add_argument("--mask", type=Path, metavar="MASK", help="a picture, white where the edit may change")


def add_change_options(parser: argparse.ArgumentParser) -> None:
    """How an object is changed about its middle."""
    parser.add_argument(
        "--scale", default=1.0, type=_scale, metavar="S", help=f"times as large, {MIN_SCALE:g} to {MAX_SCALE:g}"
    )
    parser.add_argument("--rotate", default=0.0, type=_degrees, metavar="DEG", help="turned clockwise by degrees")
    parser.add_argument("--mirror", action="store_true", help="mirrored left to right, before it is turned")


def settings_help(tool: str) -> str:
    """What `--set` takes, as text for the end of a help page."""
    lines = ["settings, with what the speed 'quality' takes:"]
    quality = presets_of(tool)["quality"]
    for setting in dataclasses.fields(quality):
        low, high = setting.metadata["low"], setting.metadata["high"]
        span = "" if low is None else f" ({low:g} to {high:g})"
        value = f"{setting.name}={str(getattr(quality, setting.name)).lower()}"
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
    add_model_options(parser)
    parser.add_argument("--seed", default=seed, type=_seed, metavar="N", help=f"same seed, same result; default {seed}")


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Which model runs where; `model_options` reads them."""
    parser.add_argument(
        "--model",
        default="default",
        metavar="NAME|FOLDER",
        help="a name of 'models list' or a diffusers folder; default what 'models default' chose, else toybox",
    )
    add_device_option(parser)
    parser.add_argument(
        "--precision",
        default="auto",
        choices=("auto", "full", "half"),
        help="of the model's numbers; half takes half the memory; default as it suits the device",
    )
    parser.add_argument(
        "--canvas",
        type=_canvas_side,
        metavar="PX",
        help="side of the square that the model is shown, to take less memory; default what it was trained on",
    )
    parser.add_argument(
        "--style",
        dest="styles",
        action="append",
        default=[],
        type=_style,
        metavar="FILE[:WEIGHT]",
        help="a LoRA (.safetensors) of the model's family to draw with, and its weight, 1 if left out; may be repeated",
    )


def add_device_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where it runs; default auto"
    )


def model_options(args: argparse.Namespace) -> dict[str, Any]:
    """What these options say besides the model, as the editor takes it."""
    return {"device": args.device, "precision": args.precision, "styles": args.styles, "canvas_side": args.canvas}


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """What is printed, and whether files may be replaced."""
    parser.add_argument("--force", action="store_true", help="replace output files that exist")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of text")


def _seed(text: str) -> int:
    if not re.fullmatch(r"\d{1,19}", text) or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 to {MAX_SEED}")
    return int(text)


def _style(text: str) -> tuple[Path, float]:
    file, colon, weight = text.rpartition(":")
    if not colon or not re.fullmatch(_NUMBER, weight):  # a colon of a Windows drive, or none
        return Path(text).expanduser(), 1.0
    return Path(file).expanduser(), _limited(weight, -MAX_STYLE_WEIGHT, MAX_STYLE_WEIGHT)


def _canvas_side(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text) or not _MIN_CANVAS_PX <= int(text) <= _MAX_CANVAS_PX:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {_MIN_CANVAS_PX} to {_MAX_CANVAS_PX}")
    return int(text)


def _scale(text: str) -> float:
    return _limited(text, MIN_SCALE, MAX_SCALE)


def _degrees(text: str) -> float:
    return _limited(text, -360, 360)


def _limited(text: str, low: float, high: float) -> float:
    match = re.fullmatch(_NUMBER, text)
    if not match or not low <= float(match[1]) <= high:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from {low:g} to {high:g}")
    return float(match[1])


def parse_xy(text: str, option: str) -> Point:
    """Two numbers of an option. Raises `BadRequest`."""
    match = re.fullmatch(f"{_NUMBER},{_NUMBER}", text)
    numbers = [float(number) for number in match.groups()] if match else []
    if not numbers or not all(math.isfinite(number) for number in numbers):
        raise BadRequest(
            f"{option} '{text[:_SHOWN_SIGNS]}' cannot be read; write X,Y in pixels of the picture, such as 40,-12."
        )
    return numbers[0], numbers[1]


def join_negative_points(arguments: Sequence[str]) -> list[str]:
    """Let `--point -5,3:9,9` reach the check of the points: argparse alone takes '-5' for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] in ("--point", "--by", "--at") and re.match(r"-[\d.]", argument):
            joined[-1] = f"{joined[-1]}={argument}"
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


def parse_settings(tool: str, speed: str, texts: Sequence[str], *, method: str = METHODS[0]) -> dict[str, str]:
    """The `--set` options as names and texts, checked against the speed. Raises `BadRequest`."""
    overrides: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise BadRequest(
                f"The setting '{text}' cannot be read; write --set NAME=VALUE, such as n_inference_step=30."
            )
        if name in overrides:
            raise BadRequest(f"The setting '{name}' is given twice; keep one of them.")
        overrides[name] = value
    settings_for(tool, speed, overrides, method=method)
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

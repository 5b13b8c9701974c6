"""What the commands that edit a picture file have in common: their options, and the way from files to files."""

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragbrush.cli.arguments import add_edit_options, check_model, model_options
from dragbrush.cli.on_server import check_for_server, edit_on_server
from dragbrush.cli.outputs import PICTURE_SUFFIXES, Output, check_outputs, check_space, replacing, write_json
from dragbrush.cli.progress import Frames, Progress, cancelling
from dragbrush.edit import CancelToken, Drag, EditResult, Step
from dragbrush.errors import BadRequest
from dragbrush.tools import INSTANT

if TYPE_CHECKING:
    from dragbrush.imaging import Picture

LAYER_SUFFIXES = (".png", ".webp", ".tif", ".tiff")
"""Of pictures that may have transparent pixels."""
RECOGNISED = 0.5
"""Match, of 1, below which the place where a handle ended is told with a doubt."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An edit whose input is read."""

    tool: str
    settings: Mapping[str, str]
    inputs: Mapping[str, Any]
    """The arguments of the editor's method, by name, besides the picture and what all tools share."""
    on_server: Mapping[str, Any]
    """The same for the client of a server."""
    arrows: Sequence[Drag] = ()
    """From where to where things go, to be drawn."""


@dataclass(frozen=True, slots=True)
class Command:
    """One of the commands, and how it reads what it was given."""

    tool: str
    files: Mapping[str, Path | None]
    """The input files beside the picture, by the names that a person knows them by."""
    read: "Callable[[Picture], Asked]"
    """Reads them and checks what can be checked without a model."""
    layers: tuple[Path, Path] | None = field(default=None)
    """Where to write a moved object's background and the object."""


def add_options(parser: argparse.ArgumentParser, tool: str) -> None:
    add_edit_options(parser, tool)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the picture to write")
    parser.add_argument(
        "--compare", type=Path, metavar="GRID.png", help="write source, mask, arrows and result as one picture"
    )
    parser.add_argument("--frames", type=Path, metavar="F.gif", help="write how the edit went as an animation")
    parser.add_argument("--server", action="store_true", help="let the running server do it, with its model")


def run_edit(args: argparse.Namespace, command: Command) -> None:
    """Check everything, edit, then write: the result first."""
    if args.frames is not None and args.speed == INSTANT:
        raise BadRequest("The speed 'instant' has no steps to animate; leave --frames out.")
    if args.server:
        check_for_server(args)
    check_outputs(
        _outputs(args, command), inputs={"the input picture": args.picture, **command.files}, force=args.force
    )

    from dragbrush import imaging

    started_s = time.monotonic()
    picture = imaging.read_picture(args.picture)
    imaging.check_writable(picture, args.output)
    check_space(args.output, args.picture, picture.samples.nbytes)
    asked = command.read(picture)
    if not args.server:
        check_model(args.model)
    frames = Frames()
    with cancelling() as cancel:
        with Progress(quiet=args.quiet) as progress:

            def on_step(step: Step) -> None:
                progress(step)
                if args.frames is not None:
                    frames(step)

            result = _edit(args, picture, asked, on_step, cancel)
        cancel.raise_if_cancelled()
        report = {"input": str(args.picture), "output": str(args.output), **result.report}
        for path in _write(args, command, picture, asked.arrows, result, report, frames):
            if not (args.quiet or args.json):
                print(f"wrote {path}", flush=True)
        if args.json:
            print(json.dumps(report, indent=2))
        elif not args.quiet:
            print_summary(report, seconds=time.monotonic() - started_s)


def _edit(
    args: argparse.Namespace, picture: "Picture", asked: Asked, on_step: Callable[[Step], None], cancel: CancelToken
) -> EditResult:
    if args.server:
        return asyncio.run(edit_on_server(args, picture, asked, on_step=on_step, cancel=cancel))
    from dragbrush.editor import Editor

    method = getattr(Editor(args.model, **model_options(args)), asked.tool)
    return method(
        picture,
        **asked.inputs,
        speed=args.speed,
        prompt=args.prompt,
        seed=args.seed,
        settings=asked.settings,
        on_step=on_step,
        cancel=cancel,
    )


def _outputs(args: argparse.Namespace, command: Command) -> list[Output]:
    named = [
        ("-o", args.output, PICTURE_SUFFIXES),
        ("--compare", args.compare, (".png",)),
        ("--report", args.report, (".json",)),
        ("--frames", args.frames, (".gif",)),
    ]
    if command.layers is not None:
        background, object_ = command.layers
        named += [("--layers", background, PICTURE_SUFFIXES), ("--layers", object_, LAYER_SUFFIXES)]
    return [Output(option, path, suffixes) for option, path, suffixes in named if path is not None]


def _write(
    args: argparse.Namespace,
    command: Command,
    picture: "Picture",
    arrows: Sequence[Drag],
    result: EditResult,
    report: Mapping[str, Any],
    frames: Frames,
) -> Iterator[Path]:
    """Write the files, the result first, and yield each once it is whole."""
    from dragbrush import imaging

    imaging.write_picture(result.picture, args.output, force=args.force)
    yield args.output
    if command.layers is not None and result.layers is not None:
        for layer, path in zip((result.layers.background, result.layers.object), command.layers, strict=True):
            imaging.write_picture(layer, path, force=args.force)
            yield path
    if args.report is not None:
        write_json(report, args.report, force=args.force)
        yield args.report
    if args.compare is not None:
        with replacing(args.compare, force=args.force) as draft:
            imaging.comparison(picture, result.mask, arrows, result.picture).save(draft, "PNG")
        yield args.compare
    if args.frames is not None and frames.pictures:
        with replacing(args.frames, force=args.force) as draft:
            imaging.save_frames(frames.enlarged(), draft)
        yield args.frames


def print_summary(report: Mapping[str, Any], *, seconds: float) -> None:
    """Say how long it took, where each handle ended, and what to know about it."""
    print(f"{seconds:.1f} s")
    for number, handle in enumerate(report.get("handles", ()), start=1):
        x, y = handle["ended"]
        doubt = "" if handle["score"] >= RECOGNISED else f"; uncertain, it matches only {handle['score']:.2f} of 1"
        print(f"handle {number}: {handle['remaining_px']:.1f} px from target, at {x:.1f},{y:.1f}{doubt}")
    if report.get("handles"):
        print(f"  measured by {report['measured_by']}")
    for warning in report.get("warnings", ()):
        print(f"note: {warning}")

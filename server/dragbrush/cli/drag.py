"""`dragbrush drag`: drag parts of a picture file and write the result."""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragbrush.cli.arguments import (
    add_edit_options,
    check_lora,
    check_model,
    parse_points,
    parse_settings,
    require_points,
    settings_help,
)
from dragbrush.cli.on_server import check_for_server, drag_on_server
from dragbrush.cli.outputs import PICTURE_SUFFIXES, Output, check_outputs, check_space, replacing, write_json
from dragbrush.cli.progress import Frames, Progress, cancelling
from dragbrush.edit import Drag, EditResult, Step
from dragbrush.errors import BadRequest

if TYPE_CHECKING:
    from dragbrush.imaging import Picture

RECOGNISED = 0.5
"""Match, of 1, below which the place where a handle ended is told with a doubt."""


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    parser = commands.add_parser(
        "drag",
        help="drag parts of a picture",
        description="Drag parts of a picture: each --point pulls what is at its handle to its target.\n"
        "example: dragbrush drag cat.png -o out.png --point 120,80:160,80 --mask cat-mask.png",
        epilog=settings_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_edit_options(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the picture to write")
    parser.add_argument("--lora", type=Path, metavar="L.safetensors", help="an identity LoRA of 'prepare'")
    parser.add_argument(
        "--compare",
        type=Path,
        metavar="GRID.png",
        help="write source, mask, arrows and result as one picture",
    )
    parser.add_argument("--server", action="store_true", help="let the running server do it, with its model")
    parser.add_argument("--frames", type=Path, metavar="F.gif", help="write how the drag went as an animation")
    parser.set_defaults(run=run)
    return (parser,)


def run(args: argparse.Namespace) -> None:
    """Check everything, drag, then write: the result first."""
    drags = parse_points(args.point)
    require_points(drags)
    settings = parse_settings(args.speed, args.settings)
    check_lora(args.lora, args.speed)
    if args.frames is not None and args.speed == "instant":
        raise BadRequest("The speed 'instant' has no steps to animate; leave --frames out.")
    if args.server:
        check_for_server(args)
    check_outputs(
        _outputs(args),
        inputs={"the input picture": args.picture, "the mask": args.mask, "the LoRA": args.lora},
        force=args.force,
    )

    from dragbrush import imaging

    started_s = time.monotonic()
    picture = imaging.read_picture(args.picture)
    imaging.check_writable(picture, args.output)
    check_space(args.output, args.picture, picture.samples.nbytes)
    mask = None if args.mask is None else imaging.read_mask(args.mask, picture.size)
    selection = imaging.selection_for(mask, picture.size, drags)
    if not args.server:
        check_model(args.model)
    frames = Frames()
    with cancelling() as cancel:
        with Progress(quiet=args.quiet) as progress:

            def on_step(step: Step) -> None:
                progress(step)
                if args.frames is not None:
                    frames(step)

            if args.server:
                result = asyncio.run(
                    drag_on_server(args, picture, drags, selection, settings, on_step=on_step, cancel=cancel)
                )
            else:
                from dragbrush.editor import Editor

                result = Editor(args.model, device=args.device).drag(
                    picture,
                    drags,
                    mask=mask,
                    speed=args.speed,
                    prompt=args.prompt,
                    seed=args.seed,
                    settings=settings,
                    lora=args.lora,
                    on_step=on_step,
                    cancel=cancel,
                )
        cancel.raise_if_cancelled()
        report = {"input": str(args.picture), "output": str(args.output), **result.report}
        for path in _write(args, picture, drags, result, report, frames):
            if not (args.quiet or args.json):
                print(f"wrote {path}", flush=True)
        if args.json:
            print(json.dumps(report, indent=2))
        elif not args.quiet:
            print_summary(report, seconds=time.monotonic() - started_s)


def _outputs(args: argparse.Namespace) -> list[Output]:
    named = (
        ("-o", args.output, PICTURE_SUFFIXES),
        ("--compare", args.compare, (".png",)),
        ("--report", args.report, (".json",)),
        ("--frames", args.frames, (".gif",)),
    )
    return [Output(option, path, suffixes) for option, path, suffixes in named if path is not None]


def _write(
    args: argparse.Namespace,
    picture: "Picture",
    drags: Sequence[Drag],
    result: EditResult,
    report: Mapping[str, Any],
    frames: Frames,
) -> Iterator[Path]:
    """Write the files, the result first, and yield each once it is whole."""
    from dragbrush import imaging

    imaging.write_picture(result.picture, args.output, force=args.force)
    yield args.output
    if args.report is not None:
        write_json(report, args.report, force=args.force)
        yield args.report
    if args.compare is not None:
        with replacing(args.compare, force=args.force) as draft:
            imaging.comparison(picture, result.mask, drags, result.picture).save(draft, "PNG")
        yield args.compare
    if args.frames is not None and frames.pictures:
        with replacing(args.frames, force=args.force) as draft:
            imaging.save_frames(frames.enlarged(), draft)
        yield args.frames


def print_summary(report: Mapping[str, Any], *, seconds: float) -> None:
    """Say how long it took, where each handle ended, and what to know about it."""
    print(f"{seconds:.1f} s")
    for number, handle in enumerate(report["handles"], start=1):
        x, y = handle["ended"]
        doubt = "" if handle["score"] >= RECOGNISED else f"; uncertain, it matches only {handle['score']:.2f} of 1"
        print(f"handle {number}: {handle['remaining_px']:.1f} px from target, at {x:.1f},{y:.1f}{doubt}")
    print(f"  measured by {report['measured_by']}")
    for warning in report.get("warnings", ()):
        print(f"note: {warning}")

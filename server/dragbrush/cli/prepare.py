"""`dragbrush prepare`: do ahead what a drag of this picture will need, and keep its identity LoRA."""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from dragbrush.cli.arguments import (
    add_drag_options,
    add_edit_options,
    check_model,
    model_options,
    parse_points,
    parse_settings,
)
from dragbrush.cli.outputs import Output, check_outputs, write_json
from dragbrush.cli.progress import Progress, cancelling
from dragbrush.errors import BadRequest
from dragbrush.presets import PRESETS
from dragbrush.settings import replaced


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    parser = commands.add_parser(
        "prepare",
        help="train the identity LoRA and invert a picture ahead of its drags",
        description="Train the identity LoRA and invert a picture ahead of its drags. "
        "Give the points and the mask of the drag where they are known: they decide which crop is prepared.",
    )
    add_edit_options(parser, "drag")
    add_drag_options(parser)
    parser.add_argument("--lora-out", type=Path, metavar="L.safetensors", help="write the identity LoRA here")
    parser.set_defaults(run=run)
    return (parser,)


def run(args: argparse.Namespace) -> None:
    """Check everything, prepare, and say what was written."""
    drags = parse_points(args.point)
    settings = parse_settings("drag", args.speed, args.settings)
    if args.speed == "instant":
        raise BadRequest("The speed 'instant' runs no model and needs no preparation; choose another speed.")
    if args.lora_out is not None and replaced(PRESETS[args.speed], settings).lora_step == 0:
        raise BadRequest("lora_step is 0, so there is no LoRA to write; leave --lora-out out.")
    named = (("--lora-out", args.lora_out, ".safetensors"), ("--report", args.report, ".json"))
    check_outputs(
        [Output(option, path, (suffix,)) for option, path, suffix in named if path is not None],
        inputs={"the input picture": args.picture, "the mask": args.mask},
        force=args.force,
    )

    from dragbrush import imaging

    started_s = time.monotonic()
    picture = imaging.read_picture(args.picture)
    mask = None if args.mask is None else imaging.read_mask(args.mask, picture.size)
    if drags:
        imaging.selection_for(mask, picture.size, drags)
    check_model(args.model)
    with cancelling() as cancel:
        with Progress(quiet=args.quiet) as progress:
            from dragbrush.editor import Editor

            report = Editor(args.model, **model_options(args)).prepare(
                picture,
                drags,
                mask=mask,
                prompt=args.prompt,
                seed=args.seed,
                speed=args.speed,
                settings=settings,
                lora_out=args.lora_out,
                on_step=progress,
                cancel=cancel,
            )
        report = {"input": str(args.picture), **report}
        if args.report is not None:
            write_json(report, args.report, force=args.force)
        if args.json:
            print(json.dumps(report, indent=2))
        elif not args.quiet:
            _print_summary(args, seconds=time.monotonic() - started_s)


def _print_summary(args: argparse.Namespace, *, seconds: float) -> None:
    for path in (args.lora_out, args.report):
        if path is not None:
            print(f"wrote {path}")
    print(f"{seconds:.1f} s")
    if args.point:
        print("'drag' with the same picture, points, mask, prompt, seed and settings starts from here")
    elif args.mask is not None:
        print(
            "'drag' with the same picture, mask, prompt, seed and settings and points within the mask starts from here"
        )
    elif args.lora_out is not None:
        print(f"any drag of this picture can take --lora {args.lora_out}")
    else:
        print("note: without --point the whole picture was prepared; a drag of a part still prepares its crop")

"""`dragbrush drag`: drag parts of a picture file and write the result."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragbrush.cli.arguments import (
    add_drag_options,
    check_lora,
    parse_points,
    parse_settings,
    require_points,
    settings_help,
)
from dragbrush.cli.editing import Asked, Command, add_options, run_edit
from dragbrush.errors import BadRequest
from dragbrush.tools import METHODS, speeds_of

if TYPE_CHECKING:
    from dragbrush.imaging import Picture


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    parser = commands.add_parser(
        "drag",
        help="drag parts of a picture",
        description="Drag parts of a picture: each --point pulls what is at its handle to its target.\n"
        "example: dragbrush drag cat.png -o out.png --point 120,80:160,80 --mask cat-mask.png",
        epilog=settings_help("drag"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser, "drag")
    add_drag_options(parser)
    parser.add_argument(
        "--method",
        default=METHODS[0],
        choices=METHODS,
        help=f"how it is drawn; dragondiffusion has the speeds {', '.join(speeds_of('drag', METHODS[1]))}",
    )
    parser.add_argument("--lora", type=Path, metavar="L.safetensors", help="an identity LoRA of 'prepare'")
    parser.set_defaults(run=run)
    return (parser,)


def run(args: argparse.Namespace) -> None:
    """Check everything, drag, then write: the result first."""
    drags = parse_points(args.point)
    require_points(drags)
    settings = parse_settings("drag", args.speed, args.settings, method=args.method)
    check_lora(args.lora, args.speed)
    if args.server and args.method != METHODS[0]:
        raise BadRequest(f"The server drags by {METHODS[0]}; leave --method out with --server.")
    if args.server and args.lora is not None:
        raise BadRequest("The server trains and keeps its own identity LoRA; leave --lora out with --server.")

    def read(picture: "Picture") -> Asked:
        from dragbrush import imaging

        mask = None if args.mask is None else imaging.read_mask(args.mask, picture.size)
        selection = imaging.selection_for(mask, picture.size, drags)
        return Asked(
            "drag",
            settings,
            {"drags": drags, "mask": mask, "method": args.method, "lora": args.lora},
            {"drags": drags, "mask": selection},
            drags,
        )

    run_edit(args, Command("drag", {"the mask": args.mask, "the LoRA": args.lora}, read))

"""`dragbrush move`: shift, resize, turn or mirror an object of a picture file."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragbrush.cli.arguments import add_change_options, parse_settings, parse_xy, settings_help
from dragbrush.cli.editing import Asked, Command, add_options, run_edit
from dragbrush.edit import Drag, Transform
from dragbrush.errors import BadRequest

if TYPE_CHECKING:
    from dragbrush.imaging import Picture


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    parser = commands.add_parser(
        "move",
        help="shift, resize, turn or mirror an object",
        description="Move the object that the mask selects, about its middle; the place behind it is closed.\n"
        "example: dragbrush move boat.png -o out.png --mask boat-mask.png --by 60,-10 --scale 0.8",
        epilog=settings_help("move"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser, "move")
    parser.add_argument("--mask", type=Path, required=True, metavar="MASK", help="a picture, white where the object is")
    parser.add_argument("--by", default="0,0", metavar="DX,DY", help="shifted to the right and down, in pixels")
    add_change_options(parser)
    parser.add_argument(
        "--layers",
        metavar="BG.png,OBJ.png",
        help="also write the picture without the object, and the object alone with transparency",
    )
    parser.set_defaults(run=run)
    return (parser,)


def run(args: argparse.Namespace) -> None:
    """Check everything, move, then write: the result first."""
    dx, dy = parse_xy(args.by, "--by")
    transform = Transform(dx, dy, args.scale, args.rotate, args.mirror)
    settings = parse_settings("move", args.speed, args.settings)
    layers = None if args.layers is None else _two_files(args.layers)

    def read(picture: "Picture") -> Asked:
        from dragbrush import imaging
        from dragbrush.edits.move import MoveEdit

        mask = imaging.read_mask(args.mask, picture.size)
        edit = MoveEdit.checked(picture, mask, transform)
        inputs = {"mask": mask, "transform": transform, "in_layers": layers is not None}
        return Asked("move", settings, inputs, inputs, [Drag(edit.middle, edit.goes_to)])

    run_edit(args, Command("move", {"the mask": args.mask}, read, layers))


def _two_files(text: str) -> tuple[Path, Path]:
    names = text.split(",")
    if len(names) != 2 or not all(names):
        raise BadRequest(f"--layers '{text}' names {len(names)} file(s); write BG.png,OBJ.png, with one comma.")
    return Path(names[0]), Path(names[1])

"""`dragbrush paste`: bring an object of another picture file into one."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragbrush.cli.arguments import add_change_options, parse_settings, parse_xy, settings_help
from dragbrush.cli.editing import Asked, Command, add_options, run_edit
from dragbrush.edit import Transform

if TYPE_CHECKING:
    from dragbrush.imaging import Picture


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    parser = commands.add_parser(
        "paste",
        help="bring an object of another picture into this one",
        description="Bring an object of another picture into this one, its middle to a place.\n"
        "example: dragbrush paste room.png -o out.png --object cat.png --object-mask cat-mask.png --at 300,220",
        epilog=settings_help("paste"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser, "paste")
    parser.add_argument(
        "--object", dest="reference", type=Path, required=True, metavar="OBJ", help="the picture that has the object"
    )
    parser.add_argument(
        "--object-mask",
        dest="reference_mask",
        type=Path,
        metavar="OM",
        help="white where the object is there; left out: what is not transparent",
    )
    parser.add_argument("--at", required=True, metavar="X,Y", help="where the object's middle goes, in pixels of IN")
    add_change_options(parser)
    parser.set_defaults(run=run)
    return (parser,)


def run(args: argparse.Namespace) -> None:
    """Check everything, paste, then write: the result first."""
    at = parse_xy(args.at, "--at")
    transform = Transform(scale=args.scale, degrees=args.rotate, mirror=args.mirror)
    settings = parse_settings("paste", args.speed, args.settings)

    def read(picture: "Picture") -> Asked:
        from dragbrush import imaging
        from dragbrush.edits.paste import PasteEdit

        reference = imaging.read_picture(args.reference)
        mask = None if args.reference_mask is None else imaging.read_mask(args.reference_mask, reference.size)
        PasteEdit.checked(picture, reference, mask, at, transform)
        return Asked(
            "paste",
            settings,
            {"object_": reference, "at": at, "object_mask": mask, "transform": transform},
            {
                "reference": reference.samples,
                "reference_mask": mask,
                "reference_icc": reference.icc,
                "at": at,
                "transform": transform,
            },
        )

    files = {"the object's picture": args.reference, "its mask": args.reference_mask}
    run_edit(args, Command("paste", files, read))

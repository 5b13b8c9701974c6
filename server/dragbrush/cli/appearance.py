"""`dragbrush appearance`: give an object of a picture file the look of one in another."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dragbrush.cli.arguments import parse_settings, settings_help
from dragbrush.cli.editing import Asked, Command, add_options, run_edit

if TYPE_CHECKING:
    from dragbrush.imaging import Picture


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    parser = commands.add_parser(
        "appearance",
        help="give an object the look of another picture's",
        description="Give the object that the mask selects the look of an object in another picture.\n"
        "example: dragbrush appearance car.png -o out.png --mask car-mask.png --from red.png --from-mask red-mask.png",
        epilog=settings_help("appearance"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser, "appearance")
    parser.add_argument("--mask", type=Path, required=True, metavar="MASK", help="a picture, white where the object is")
    parser.add_argument(
        "--from", dest="reference", type=Path, required=True, metavar="REF", help="the picture that has the look"
    )
    parser.add_argument(
        "--from-mask",
        dest="reference_mask",
        type=Path,
        metavar="RM",
        help="white where the object is there; left out: what is not transparent",
    )
    parser.set_defaults(run=run)
    return (parser,)


def run(args: argparse.Namespace) -> None:
    """Check everything, edit, then write: the result first."""
    settings = parse_settings("appearance", args.speed, args.settings)

    def read(picture: "Picture") -> Asked:
        from dragbrush import imaging
        from dragbrush.edits.appearance import AppearanceEdit

        mask = imaging.read_mask(args.mask, picture.size)
        reference = imaging.read_picture(args.reference)
        there = None if args.reference_mask is None else imaging.read_mask(args.reference_mask, reference.size)
        AppearanceEdit.checked(picture, mask, reference, there)
        return Asked(
            "appearance",
            settings,
            {"mask": mask, "reference": reference, "reference_mask": there},
            {
                "mask": mask,
                "reference": reference.samples,
                "reference_mask": there,
                "reference_icc": reference.icc,
            },
        )

    files = {"the mask": args.mask, "the other picture": args.reference, "its mask": args.reference_mask}
    run_edit(args, Command("appearance", files, read))

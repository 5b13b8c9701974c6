"""`dragbrush bench scenes`: edits of drawn scenes, scored against the true result."""

import argparse
from typing import Any

from dragbrush.cli.arguments import add_engine_options


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    bench = commands.add_parser("bench", help="measure", description="Measure the edits of this version.")
    actions = bench.add_subparsers(metavar="ACTION", required=True)
    parser = actions.add_parser(
        "scenes",
        help="against the truth of drawn scenes",
        description="Drag things and their parts in drawn scenes and compare with the scene drawn again.",
    )
    add_engine_options(parser)
    parser.set_defaults(run=run)
    return (bench, parser)


def run(args: argparse.Namespace) -> None:
    raise NotImplementedError

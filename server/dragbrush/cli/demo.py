"""`dragbrush demo`: one drag of a drawn scene at two speeds."""

import argparse
from pathlib import Path
from typing import Any

from dragbrush.cli.arguments import add_engine_options, add_output_options

DEFAULT_FOLDER = Path("out/demo")
SPEEDS = ("instant", "quality")


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    parser = commands.add_parser("demo", help="x")
    add_engine_options(parser)
    add_output_options(parser)
    parser.set_defaults(run=lambda args: None)
    return (parser,)

"""The `dragbrush` command: its parser and its exit codes.

0 done, 1 failed, 2 the input cannot be used or the output cannot be stored, 130 cancelled.
"""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from dragbrush import __version__
from dragbrush.cli import appearance, bench, demo, doctor, drag, models, move, paste, prepare, serve, server
from dragbrush.cli.arguments import join_negative_points
from dragbrush.errors import BadRequest, Cancelled, DragbrushError, StorageFailed

DONE, FAILED, BAD_INPUT, CANCELLED = 0, 1, 2, 130
"""The exit codes; 130 is what shells report for a command that Ctrl-C ended."""


class _Parser(argparse.ArgumentParser):
    """Argument errors take the same road as every other bad input: one sentence, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise BadRequest(f"{message[:1].upper()}{message[1:]}; '{self.prog} --help' shows what it takes.")


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line; `args.run` is the command to call."""
    parser = _Parser(
        prog="dragbrush",
        description="Drag a part of a picture to where it should be.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"dragbrush {__version__}")
    _add_debug(parser)
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    for command in (drag, move, appearance, paste, prepare, serve, server, demo, models, bench, doctor):
        for leaf in command.add_to(commands):
            leaf.allow_abbrev = False
            _add_debug(leaf)
    return parser


def _add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show where an error comes from"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except BrokenPipeError:
        # The reader of stdout went away (`dragbrush ... | head`); Python must not complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (Cancelled, KeyboardInterrupt) as error:
        return _report(CANCELLED, str(error) or "Cancelled; nothing was written.", arguments)
    except (BadRequest, StorageFailed) as error:
        return _report(BAD_INPUT, str(error), arguments)
    except DragbrushError as error:
        return _report(FAILED, str(error), arguments)
    except MemoryError:
        return _report(FAILED, "The memory of this machine is used up; try a smaller picture.", arguments)
    except Exception as error:  # the task root: whatever comes here is a defect, told in one sentence
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return _report(
            FAILED,
            f"This should not have happened ({text}); run it again with --debug for details.",
            arguments,
        )


def _run(arguments: list[str]) -> int:
    parser = build_parser()
    try:
        args = parser.parse_args(join_negative_points(arguments))
    except SystemExit:  # --help and --version end here
        return DONE
    if not hasattr(args, "run"):
        raise BadRequest("No command was given; 'dragbrush --help' lists them.")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file name need not be valid text
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # theirs would cut through ours
    args.run(args)
    return DONE


def _report(code: int, message: str, arguments: list[str]) -> int:
    if "--debug" in arguments:
        traceback.print_exc()
    line = "".join(sign if sign.isprintable() else " " for sign in message)
    print(f"dragbrush: {line}", file=sys.stderr)
    return code

"""`dragbrush bench scenes`: edits of drawn scenes, scored against the true result."""

import argparse
from pathlib import Path
from typing import Any

from dragbrush.cli.arguments import add_engine_options, add_output_options, check_model
from dragbrush.cli.outputs import check_folder
from dragbrush.cli.progress import Progress, cancelling
from dragbrush.errors import BadRequest

ROWS = ("do-nothing", "cut-and-paste", "no-drag", "instant", "quality", "reference", "ceiling")
"""The names of `bench.scenes.ROWS`, which cannot be asked without loading torch."""
FILES = ("scores.json", "table.md", "cases.png")
MAX_CASES = 10_000


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    bench = commands.add_parser("bench", help="measure", description="Measure the edits of this version.")
    actions = bench.add_subparsers(metavar="ACTION", required=True)
    parser = actions.add_parser(
        "scenes",
        help="against the truth of drawn scenes",
        description="Drag things and their parts in drawn scenes and compare with the scene drawn again.",
    )
    parser.add_argument("--cases", type=_cases, default=40, metavar="N", help="drags, half of parts; default 40")
    parser.add_argument(
        "--rows", nargs="+", default=list(ROWS), metavar="ROW", help=f"some of {', '.join(ROWS)}; default all"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help=f"write {', '.join(FILES)} here")
    add_engine_options(parser, seed=0)
    add_output_options(parser)
    parser.set_defaults(run=run)
    return (bench, parser)


def _cases(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_CASES:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {MAX_CASES}")
    return int(text)


def run(args: argparse.Namespace) -> None:
    """Run the benchmark and print its table."""
    rows = [row for text in args.rows for row in text.split(",") if row]
    for row in rows:
        if row not in ROWS:
            raise BadRequest(f"There is no row '{row}'; choose from {', '.join(ROWS)}.")
    if args.output is not None:
        check_folder(args.output, FILES, option="-o", force=args.force)
    check_model(args.model)

    with cancelling() as cancel:
        with Progress(quiet=args.quiet) as progress:
            from dragbrush.bench.scenes import run_scenes
            from dragbrush.editor import Editor

            def on_progress(done: int, total: int, what: str) -> None:
                progress.show("scenes", done, total, note=what)

            table = run_scenes(
                Editor(args.model, device=args.device),
                cases=args.cases,
                rows=rows,
                seed=args.seed,
                out_dir=args.output,
                on_progress=on_progress,
                cancel=cancel,
            )
        if args.json:
            print(table.to_json(), end="")
        elif not args.quiet:
            print(table.markdown())
            if args.output is not None:
                for name in FILES:
                    print(f"wrote {args.output / name}")

"""`dragbrush bench`: edits of drawn scenes against the true result, the waits of a server, the memory of edits."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dragbrush.cli.arguments import (
    add_device_option,
    add_engine_options,
    add_output_options,
    check_model,
    model_options,
)
from dragbrush.cli.outputs import check_folder
from dragbrush.cli.progress import Progress, cancelling
from dragbrush.errors import BadRequest

SUITES = ("drag-part", "drag-object", "move", "resize", "rotate", "paste", "appearance")
ROWS = (
    "do-nothing",
    "cut-and-paste",
    "plain-pixels",
    "colour-statistics",
    "no-drag",
    "instant",
    "quality",
    "reference",
    "paper",
    "move-instant",
    "move-quality",
    "dragon-quality",
    "reference-dragon",
    "reference-diffeditor",
    "ceiling",
)
"""The names of `bench.cases.SUITES` and `bench.scenes.ROWS`, which cannot be asked without loading torch."""
QUICK_SUITES = tuple(suite for suite in SUITES if suite not in ("resize", "rotate"))
QUICK_ROWS = tuple(row for row in ROWS if not row.startswith("reference") and row not in ("paper", "no-drag"))
FILES = ("scores.json", "table.md", "cases.png")
RUN_FILE = "run.json"
"""In a folder of results that a further run may go on with."""
MAX_COUNT = 10_000
CASES, QUICK_CASES = 120, 2
SEEDS, QUICK_SEEDS = 3, 1
LOAD_S, QUICK_LOAD_S = 120.0, 5.0
UPLOAD_MB, QUICK_UPLOAD_MB = 512, 64


def add_to(commands: Any) -> tuple[argparse.ArgumentParser, ...]:  # argparse's own type for it is private
    """Add the command to the parser."""
    bench = commands.add_parser("bench", help="measure", description="Measure the edits of this version.")
    actions = bench.add_subparsers(metavar="ACTION", required=True)
    parser = actions.add_parser(
        "scenes",
        help="against the truth of drawn scenes",
        description="Edit things in drawn scenes and compare with the scene drawn again.",
    )
    parser.add_argument("--quick", action="store_true", help="few cases, one seed, no published presets: minutes")
    parser.add_argument("--suites", nargs="+", metavar="SUITE", help=f"of {', '.join(SUITES)}; default all")
    parser.add_argument("--cases", type=_count, metavar="N", help=f"edits of each suite; default {CASES}")
    parser.add_argument(
        "--slow-cases", type=_count, metavar="N", help="edits of each suite for the published presets; default all"
    )
    parser.add_argument("--seeds", type=_count, metavar="N", help=f"seeds of the noise; default {SEEDS}")
    parser.add_argument("--rows", nargs="+", metavar="ROW", help=f"of {', '.join(ROWS)}; default all")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help=f"write {', '.join(FILES)} and every result here; a run that was stopped goes on",
    )
    add_engine_options(parser, seed=0)
    add_output_options(parser)
    parser.set_defaults(run=run)
    server = actions.add_parser(
        "server",
        help="how long clients of the server wait",
        description="Measure a server of its own, with a worker that echoes, on this machine.",
    )
    server.add_argument("--quick", action="store_true", help="a smaller upload and a shorter load")
    server.add_argument("--json", action="store_true", help="print JSON instead of a table")
    server.set_defaults(run=run_server)
    memory = actions.add_parser(
        "memory",
        help="what edits take of a device's memory",
        description="Forecast the memory of edits with models of the released sizes, which need not be there, and "
        "measure it where there is a graphics card.",
    )
    memory.add_argument("--quick", action="store_true", help="quality drags only")
    add_device_option(memory)
    memory.add_argument("--json", action="store_true", help="print JSON instead of a table")
    memory.set_defaults(run=run_memory)
    return (bench, parser, server, memory)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_COUNT:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {MAX_COUNT}")
    return int(text)


def run(args: argparse.Namespace) -> None:
    """Run the benchmark and print its table."""
    suites = _names(args.suites or (QUICK_SUITES if args.quick else SUITES), SUITES, "suite")
    rows = _names(args.rows or (QUICK_ROWS if args.quick else ROWS), ROWS, "row")
    if args.output is not None:
        check_folder(args.output, FILES, option="-o", force=args.force or (args.output / RUN_FILE).exists())
    check_model(args.model)

    with cancelling() as cancel:
        with Progress(quiet=args.quiet) as progress:
            from dragbrush.bench.scenes import run_scenes
            from dragbrush.editor import Editor

            def on_progress(done: int, total: int, what: str) -> None:
                progress.show("scenes", done, total, note=what)

            table = run_scenes(
                Editor(args.model, **model_options(args)),
                suites=suites,
                cases=args.cases or (QUICK_CASES if args.quick else CASES),
                slow_cases=args.slow_cases,
                rows=rows,
                seed=args.seed,
                seeds=args.seeds or (QUICK_SEEDS if args.quick else SEEDS),
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


def run_server(args: argparse.Namespace) -> None:
    """Run the server's benchmark and print its table."""
    with Progress(quiet=args.json) as progress:
        from dragbrush.bench.server import run_server_bench

        table = run_server_bench(
            load_s=QUICK_LOAD_S if args.quick else LOAD_S,
            upload_mb=QUICK_UPLOAD_MB if args.quick else UPLOAD_MB,
            on_progress=lambda what: progress.show(what, 0, 1),
        )
    print(table.to_json() if args.json else table.markdown(), end="")


def run_memory(args: argparse.Namespace) -> None:
    """Forecast, measure, and print the table."""
    with Progress(quiet=args.json) as progress:
        from dragbrush.bench.memory_table import EDITS, markdown, memory_rows, to_json
        from dragbrush.engine.devices import choose_device

        rows = memory_rows(
            choose_device(args.device),
            edits=1 if args.quick else len(EDITS),
            on_progress=lambda done, total, what: progress.show("memory", done, total, note=what),
        )
    print(to_json(rows) if args.json else markdown(rows), end="")


def _names(texts: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    """Names given apart or with commas between. Raises `BadRequest` for one that is not known."""
    names = [name for text in texts for name in text.split(",") if name]
    for name in names:
        if name not in known:
            raise BadRequest(f"There is no {what} '{name}'; choose from {', '.join(known)}.")
    return names

"""The benchmark of drawn scenes: the same edits done by every speed and by simple baselines, and scored."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dragbrush.bench.case import Case, Pixels
from dragbrush.bench.cases import SUITES, suite_cases
from dragbrush.bench.grid import results_grid
from dragbrush.bench.memory import PeakMemory
from dragbrush.bench.record import Record
from dragbrush.bench.rows import ALL_ROWS
from dragbrush.bench.scores import score
from dragbrush.bench.table import Entry, Table
from dragbrush.edit import CancelToken
from dragbrush.editor import Editor
from dragbrush.errors import BadRequest, StorageFailed

ROWS: dict[str, str] = {name: row.title for name, row in ALL_ROWS.items()}
"""What can be measured, by the name that a command line takes."""
JUDGED_ROWS = ("move-quality", "quality", "instant")
"""The first of them that a suite has decides which of its cases are shown."""
FILES = ("scores.json", "table.md", "cases.png")

OnProgress = Callable[[int, int, str], None]
"""Edits done, edits in all, and what comes next."""


def run_scenes(
    editor: Editor,
    *,
    suites: Sequence[str] = SUITES,
    cases: int = 120,
    slow_cases: int | None = None,
    rows: Sequence[str] | None = None,
    seed: int = 0,
    seeds: int = 3,
    out_dir: Path | None = None,
    on_progress: OnProgress | None = None,
    cancel: CancelToken | None = None,
) -> Table:
    """Does and scores the cases of every suite in every row (names of ROWS; None: all).

    Every row gets the same inputs. The editor's model and device are used, its cache is not: every edit begins with
    nothing prepared. `seed` draws the scenes; the noise is of `seeds` seeds from it on. A row does the suites that it
    is made for; slow rows do the first `slow_cases` of each (None: all). `out_dir` receives FILES and every result as
    it comes: what it already holds of the same model, device and seed is not done again.
    Raises `BadRequest` for a suite or row that does not exist, `StorageFailed` when a file cannot be written.
    """
    for name, known in [(s, SUITES) for s in suites] + [(r, tuple(ROWS)) for r in rows or ()]:
        if name not in known:
            what = "suite" if known is SUITES else "row"
            raise BadRequest(f"There is no {what} '{name}'; choose from {', '.join(known)}.")
    chosen = [row for row in ROWS if rows is None or row in rows]
    if cases < 1 or not chosen or not suites or seeds < 1:
        raise BadRequest("There is nothing to measure; give at least one suite, case, row and seed.")
    row_seeds = {row: seeds if ALL_ROWS[row].is_seeded else 1 for row in chosen}
    counts = {row: min(cases, slow_cases or cases) if ALL_ROWS[row].is_slow else cases for row in chosen}
    rows_of = {suite: [row for row in chosen if suite in ALL_ROWS[row].suites] for suite in suites}
    total = sum(counts[row] * row_seeds[row] for suite in suites for row in rows_of[suite])
    if not total:
        raise BadRequest(f"None of these suites has one of the rows {', '.join(chosen)}; choose others.")
    with tempfile.TemporaryDirectory(prefix="dragbrush-bench-", ignore_cleanup_errors=True) as scratch:
        cold = editor.with_cache(Path(scratch) / "cache")
        side = cold.components.canvas_side
        header = {
            "model": editor.model,
            "fingerprint": cold.components.fingerprint,
            "device": str(cold.device),
            "seed": seed,
            "side": side,
        }
        record = Record(out_dir or Path(scratch) / "record", header)
        done, drawn = 0, []
        for suite in suites:
            if on_progress is not None:
                on_progress(done, total, f"drawing {suite}")
            for number, case in enumerate(suite_cases(suite, cases, seed=seed, side=side)):
                drawn.append(case)
                for row in (row for row in rows_of[suite] if number < counts[row]):
                    for noise_seed in range(seed, seed + row_seeds[row]):
                        if cancel is not None:
                            cancel.raise_if_cancelled()
                        if (case.name, row, noise_seed) not in record:
                            if on_progress is not None:
                                on_progress(done, total, f"{case.name}: {ROWS[row]}")
                            entry, result = _entry(cold, case, row, noise_seed, cancel)
                            record.add(entry, result)
                        done += 1
        if on_progress is not None:
            on_progress(total, total, "done")
        names = {case.name for case in drawn}
        entries = tuple(e for e in record.entries if e.case in names)
        table = Table(editor.model, str(cold.device), seed, side, ROWS, entries)
        if out_dir is not None:
            _write(table, drawn, record, out_dir)
    return table


def _entry(editor: Editor, case: Case, row: str, seed: int, cancel: CancelToken | None) -> tuple[Entry, Pixels]:
    peak, started = PeakMemory(editor.device), time.perf_counter()
    result, evaluations = ALL_ROWS[row].do(editor, case, seed, cancel)
    seconds, peak_mb = time.perf_counter() - started, peak.megabytes()
    entry = Entry(case.name, case.suite, case.is_busy, row, seed, score(case, result), seconds, evaluations, peak_mb)
    return entry, result


def _write(table: Table, cases: Sequence[Case], record: Record, folder: Path) -> None:
    judged = {
        suite: next(row for row in (*JUDGED_ROWS, *table.rows_of(suite)) if row in table.rows_of(suite))
        for suite in table.suites
    }
    grid = results_grid(table, cases, record.picture, judged=judged)
    try:
        (folder / "table.md").write_text(table.markdown(), encoding="utf-8")
        (folder / "scores.json").write_text(table.to_json(), encoding="utf-8")
        grid.save(folder / "cases.png")
    except OSError as error:
        raise StorageFailed(f"{folder} could not be written to: {error.strerror or error}.") from error

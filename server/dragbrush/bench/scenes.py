"""The benchmark of drawn scenes: the same edits done by every speed and by simple baselines, and scored."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from dragbrush.bench.baselines import cut_and_paste, do_nothing
from dragbrush.bench.cases import SUITES, Case, Pixels, suite_cases
from dragbrush.bench.grid import results_grid
from dragbrush.bench.memory import PeakMemory
from dragbrush.bench.record import Record
from dragbrush.bench.scores import score
from dragbrush.bench.table import Entry, Table
from dragbrush.edit import CancelToken
from dragbrush.editor import Editor
from dragbrush.engine.components import Components
from dragbrush.errors import BadRequest, StorageFailed

ROWS: dict[str, str] = {
    "do-nothing": "do nothing",
    "cut-and-paste": "cut-and-paste with fill (exact mask and motion)",
    "no-drag": "invert and denoise, no drag",
    "instant": "instant",
    "quality": "quality",
    "reference": "reference (DragDiffusion as released)",
    "paper": "paper (DragDiffusion as published)",
    "ceiling": "VAE round trip of the truth",
}
"""What can be measured, by the name that a command line takes."""
SLOW_ROWS = ("reference", "paper")
SEEDED_ROWS = ("quality", *SLOW_ROWS)
"""Rows whose result depends on a seed."""
SHOWN_ROWS = ("cut-and-paste", "instant", "quality", "reference", "ceiling")
"""Columns of the picture, beside source and truth."""
FILES = ("scores.json", "table.md", "cases.png")

_NO_DRAG_SETTINGS = {"n_pix_step": 0, "warm_start": False, "lora_step": 0, "carry_detail": False}
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
    nothing prepared. `seed` draws the scenes; the noise is of `seeds` seeds
    from it on. SLOW_ROWS do the first `slow_cases` of each suite (None: all). `out_dir` receives FILES and every
    result as it comes: what it already holds of the same model, device and seed is not done again.
    Raises `BadRequest` for a suite or row that does not exist, `StorageFailed` when a file cannot be written.
    """
    for name, known in [(s, SUITES) for s in suites] + [(r, tuple(ROWS)) for r in rows or ()]:
        if name not in known:
            what = "suite" if known is SUITES else "row"
            raise BadRequest(f"There is no {what} '{name}'; choose from {', '.join(known)}.")
    chosen = [row for row in ROWS if rows is None or row in rows]
    if cases < 1 or not chosen or not suites or seeds < 1:
        raise BadRequest("There is nothing to measure; give at least one suite, case, row and seed.")
    counts = {row: min(cases, slow_cases or cases) if row in SLOW_ROWS else cases for row in chosen}
    row_seeds = {row: seeds if row in SEEDED_ROWS else 1 for row in chosen}
    total = len(suites) * sum(counts[row] * row_seeds[row] for row in chosen)
    with tempfile.TemporaryDirectory(prefix="dragbrush-bench-", ignore_cleanup_errors=True) as scratch:
        cold = Editor(editor.model, device=str(editor.device), cache_dir=Path(scratch) / "cache")
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
                for row in (row for row in chosen if number < counts[row]):
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
    evaluations = 0
    match row:
        case "do-nothing":
            result = do_nothing(case)
        case "cut-and-paste":
            result = cut_and_paste(case)
        case "ceiling":
            result = round_trip(editor.components, case.truth)
        case _:
            edit = editor.drag(
                case.source,
                case.drags,
                mask=case.mask,
                speed="quality" if row == "no-drag" else row,
                prompt=case.caption,
                seed=seed,
                settings=_NO_DRAG_SETTINGS if row == "no-drag" else None,
                cancel=cancel,
            )
            result, evaluations = edit.picture, sum(edit.report["unet_evaluations"].values())
    seconds, peak_mb = time.perf_counter() - started, peak.megabytes()
    entry = Entry(case.name, case.suite, case.is_busy, row, seed, score(case, result), seconds, evaluations, peak_mb)
    return entry, result


def round_trip(components: Components, picture: Pixels) -> Pixels:
    """The picture (h, w, 3) encoded and decoded: what no edit in the latent can surpass."""
    canvas = torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32) / 255)[None].to(components.device)
    decoded = components.decode(components.encode(canvas)[0])[0].permute(1, 2, 0).float().cpu().numpy()
    return np.rint(decoded * 255).astype(np.uint8)


def _write(table: Table, cases: Sequence[Case], record: Record, folder: Path) -> None:
    judged = next((row for row in ("quality", "instant") if row in table.rows), table.rows[-1])
    shown = [row for row in SHOWN_ROWS if row in table.rows]
    grid = results_grid(table, cases, record.picture, shown=shown, judged=judged)
    try:
        (folder / "table.md").write_text(table.markdown(), encoding="utf-8")
        (folder / "scores.json").write_text(table.to_json(), encoding="utf-8")
        grid.save(folder / "cases.png")
    except OSError as error:
        raise StorageFailed(f"{folder} could not be written to: {error.strerror or error}.") from error

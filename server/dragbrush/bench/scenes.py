"""The benchmark of drawn scenes: the same drags done by every speed and by simple baselines, and scored."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dragbrush.bench.baselines import cut_and_paste, do_nothing
from dragbrush.bench.cases import Case, drag_cases
from dragbrush.bench.grid import results_grid
from dragbrush.bench.scores import score
from dragbrush.bench.table import Entry, Table
from dragbrush.edit import CancelToken
from dragbrush.editor import Editor
from dragbrush.engine.components import Components
from dragbrush.errors import BadRequest, StorageFailed

ROWS: dict[str, str] = {
    "do-nothing": "do nothing",
    "cut-and-paste": "cut-and-paste (exact part mask)",
    "no-drag": "invert and denoise, no drag",
    "instant": "instant",
    "quality": "quality",
    "reference": "reference (DragDiffusion as released)",
    "ceiling": "VAE round trip of the truth",
}
"""What can be measured, by the name that a command line takes."""
MODEL_FREE_ROWS = ("do-nothing", "cut-and-paste", "instant")
SHOWN_ROWS = ("cut-and-paste", "instant", "quality", "reference", "ceiling")
"""Columns of the picture, beside source and truth."""
FILES = ("scores.json", "table.md", "cases.png")

_NO_DRAG_SETTINGS = {"n_pix_step": 0, "warm_start": False, "lora_step": 0, "carry_detail": False}
OnProgress = Callable[[int, int, str], None]
"""Edits done, edits in all, and what comes next."""


def run_scenes(
    editor: Editor,
    *,
    cases: int | Sequence[Case] = 40,
    rows: Sequence[str] | None = None,
    seed: int = 0,
    out_dir: Path | None = None,
    on_progress: OnProgress | None = None,
    cancel: CancelToken | None = None,
) -> Table:
    """Does and scores every case (a count, or given ones) in every row (names of ROWS; None: all), by case.

    The editor's model and device are used, its cache is not: every edit begins with nothing prepared. Rows
    without a model do not load it. `seed` draws the scenes and the noise. `out_dir` receives FILES.
    Raises `BadRequest` for a row that does not exist, `StorageFailed` when a file cannot be written.
    """
    for row in rows or ():
        if row not in ROWS:
            raise BadRequest(f"There is no row '{row}'; choose from {', '.join(ROWS)}.")
    chosen = tuple(row for row in ROWS if rows is None or row in rows)
    drawn = drag_cases(cases, seed=seed) if isinstance(cases, int) else list(cases)
    if not drawn or not chosen:
        raise BadRequest("There is nothing to measure; give at least one case and one row.")
    entries: list[Entry] = []
    results: dict[tuple[str, str], NDArray[np.uint8]] = {}
    with tempfile.TemporaryDirectory(prefix="dragbrush-bench-", ignore_cleanup_errors=True) as cache:
        cold = Editor(editor.model, device=str(editor.device), cache_dir=Path(cache))
        if not set(chosen) <= set(MODEL_FREE_ROWS):
            cold.components  # noqa: B018  loading is not a part of the edits
        total = len(drawn) * len(chosen)
        for case in drawn:
            for row in chosen:
                if on_progress is not None:
                    on_progress(len(entries), total, f"{case.name}: {ROWS[row]}")
                if cancel is not None:
                    cancel.raise_if_cancelled()
                result, seconds, evaluations = _done(cold, case, row, seed, cancel)
                results[case.name, row] = result
                length = float(np.hypot(*case.motion))
                entries.append(Entry(case.name, case.moves, length, row, score(case, result), seconds, evaluations))
        if on_progress is not None:
            on_progress(total, total, "done")
    table = Table(editor.model, str(editor.device), seed, min(drawn[0].mask.shape), ROWS, tuple(entries))
    if out_dir is not None:
        _write(table, drawn, results, out_dir)
    return table


def _done(
    editor: Editor, case: Case, row: str, seed: int, cancel: CancelToken | None
) -> tuple[NDArray[np.uint8], float, int]:
    """Result, seconds and evaluations of one case in one row."""
    started = time.perf_counter()
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
            return edit.picture, edit.report["seconds"], sum(edit.report["unet_evaluations"].values())
    return result, time.perf_counter() - started, 0


def round_trip(components: Components, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture (h, w, 3) encoded and decoded: what no edit in the latent can surpass."""
    canvas = torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32) / 255)[None]
    decoded = components.decode(components.encode(canvas)[0])[0].permute(1, 2, 0).float().cpu().numpy()
    return np.rint(decoded * 255).astype(np.uint8)


def _write(
    table: Table, cases: Sequence[Case], results: dict[tuple[str, str], NDArray[np.uint8]], folder: Path
) -> None:
    judged = next((row for row in ("quality", "instant") if row in table.rows), table.rows[-1])
    shown = [row for row in SHOWN_ROWS if row in table.rows]
    grid = results_grid(table, cases, results, shown=shown, judged=judged)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "table.md").write_text(table.markdown(), encoding="utf-8")
        (folder / "scores.json").write_text(table.to_json(), encoding="utf-8")
        grid.save(folder / "cases.png")
    except OSError as error:
        raise StorageFailed(f"{folder} could not be written to: {error.strerror or error}.") from error

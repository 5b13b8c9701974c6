"""`dragbrush bench scenes`: every way of editing on drawn scenes, scored against the scene drawn again."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray

from dragbrush.bench.cases import SIDE_PX, Case, Picture, grown, make_cases
from dragbrush.bench.metrics import NEAR_PX, Score, score
from dragbrush.bench.sheet import case_sheet
from dragbrush.editor import Editor
from dragbrush.errors import BadRequest, StorageFailed
from dragbrush.imaging import spread

ROWS: dict[str, str] = {
    "do-nothing": "do nothing",
    "cut-and-paste": "cut and paste, given the exact mask of the thing",
    "no-drag": "invert and denoise, no drag",
    "instant": "instant",
    "quality": "quality",
    "reference": "reference (DragDiffusion as released)",
    "ceiling": "ceiling: the truth through the model's autoencoder",
}
"""What can be measured, by the name that a command line takes."""

NO_DRAG = {"n_pix_step": 0, "warm_start": False, "carry_detail": False}
SHEET_ROWS = ("instant", "quality", "reference")
_NOISE_SEED = 0
_SHOWN_EXACT_DB = 99.0

OnProgress = Callable[[int, int, str], None]
"""Edits done, edits in all, and what comes next."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """The means of one row over the parts or over the whole objects."""

    is_whole: bool
    row: str
    cases: int
    remaining_per_64: float
    near: float
    """Share of cases within `NEAR_PX`."""
    template_px: float | None
    inside_db: float
    outside_db: float
    seconds: float


def run_scenes(
    editor: Editor,
    *,
    cases: int = 40,
    rows: Sequence[str] | None = None,
    seed: int = 0,
    side_px: int = SIDE_PX,
    out_dir: Path | None = None,
    on_progress: OnProgress | None = None,
) -> list[TableRow]:
    """Edits `cases` scenes, half of them parts, by every one of `rows` (names of `ROWS`; None: all).

    Writes scores.json, table.md and cases.png (best, middle and worst case) to `out_dir`.
    Raises `BadRequest` for an unknown row and `StorageFailed` when a file cannot be written.
    """
    chosen = list(ROWS) if rows is None else list(rows)
    for row in chosen:
        if row not in ROWS:
            raise BadRequest(f"There is no row '{row}'; choose from {', '.join(ROWS)}.")
    made: list[Case] = []
    edits: list[dict[str, Picture]] = []
    scores: list[Score] = []
    for index, case in enumerate(make_cases(cases, seed=seed, side_px=side_px)):
        made.append(case)
        edits.append({})
        for row in chosen:
            if on_progress is not None:
                on_progress(len(scores), cases * len(chosen), f"{case.name}: {ROWS[row]}")
            started = time.perf_counter()
            edits[-1][row] = _edit(editor, case, row)
            seconds = time.perf_counter() - started
            scores.append(score(case, edits[-1][row], row=row, index=index, seconds=seconds))
    if on_progress is not None:
        on_progress(len(scores), cases * len(chosen), "done")
    table = tabulate(scores)
    if out_dir is not None:
        facts = {"model": editor.model, "device": str(editor.device), "cases": cases, "seed": seed, "side_px": side_px}
        _write(out_dir, facts, table, scores, made, edits)
    return table


def _edit(editor: Editor, case: Case, row: str) -> Picture:
    match row:
        case "do-nothing":
            return case.source
        case "cut-and-paste":
            return cut_and_paste(case)
        case "ceiling":
            return through_autoencoder(editor, case.truth)
        case _:
            speed, settings = ("quality", NO_DRAG) if row == "no-drag" else (row, None)
            result = editor.drag(
                case.source,
                case.drags,
                mask=case.mask,
                speed=speed,
                prompt=case.prompt,
                seed=_NOISE_SEED,
                settings=settings,
            )
            return result.picture


def cut_and_paste(case: Case) -> Picture:
    """The thing cut out along its exact mask and put down at its place; the hole filled smoothly from around it."""
    source = (case.source / np.float32(255)).astype(np.float32)
    kept = 1 - grown(case.leaves > 0, 1.5).astype(np.float32)
    filled = spread(source, kept)
    cut = np.dstack((source * case.leaves[..., None], case.leaves)).astype(np.float32)
    layer = _shifted(cut, case.shift_px)
    result = filled * (1 - layer[..., 3:]) + layer[..., :3]
    return np.rint(result.clip(0, 1) * 255).astype(np.uint8)


def _shifted(values: NDArray[np.float32], by_px: tuple[float, float]) -> NDArray[np.float32]:
    """(h, w, c) moved by (x, y) px, bilinear, 0 from outside."""
    height, width = values.shape[:2]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    grid = torch.stack([(2 * (x - by_px[0]) + 1) / width - 1, (2 * (y - by_px[1]) + 1) / height - 1], 2)
    tensor = torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))
    moved = torch.nn.functional.grid_sample(tensor[None], grid[None].float(), align_corners=False)
    return moved[0].permute(1, 2, 0).numpy()


def through_autoencoder(editor: Editor, picture: Picture) -> Picture:
    """What the model's autoencoder makes of a picture: no edit by this model can be nearer to the truth."""
    canvas = torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32) / 255)[None]
    components = editor.components
    decoded = components.decode(components.encode(canvas)[0])
    return (decoded[0] * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()


def tabulate(scores: Sequence[Score]) -> list[TableRow]:
    """Means per row, first of the parts, then of the whole objects."""
    table = []
    for is_whole in (False, True):
        for row in dict.fromkeys(s.row for s in scores):
            group = [s for s in scores if s.row == row and s.is_whole == is_whole]
            if not group:
                continue
            table.append(
                TableRow(
                    is_whole=is_whole,
                    row=row,
                    cases=len(group),
                    remaining_per_64=fmean(s.remaining_per_64 for s in group),
                    near=fmean(s.remaining_per_64 <= NEAR_PX for s in group),
                    template_px=fmean(s.template_px or 0.0 for s in group) if is_whole else None,
                    inside_db=_mean_db([s.inside_db for s in group]),
                    outside_db=_mean_db([s.outside_db for s in group]),
                    seconds=fmean(s.seconds for s in group),
                )
            )
    return table


def _mean_db(values: list[float]) -> float:
    """The mean, exact pictures counting as `_SHOWN_EXACT_DB`; infinite where all are exact."""
    if all(math.isinf(v) for v in values):
        return math.inf
    return fmean(min(v, _SHOWN_EXACT_DB) for v in values)


def markdown(table: Sequence[TableRow]) -> str:
    """Two tables as text: parts, whole objects."""
    lines = []
    for is_whole, title in ((False, "Parts of objects"), (True, "Whole objects")):
        block = [r for r in table if r.is_whole == is_whole]
        if not block:
            continue
        match_title = " by match |" if is_whole else ""
        lines += [
            f"**{title}**, {block[0].cases} drags",
            "",
            f"| row | px of 64 left |{match_title} within {NEAR_PX:g} px | dB inside | dB outside | seconds |",
            "|---|---|---|---|---|---|" + ("---|" if is_whole else ""),
        ]
        for r in block:
            outside = "exact" if math.isinf(r.outside_db) else f"{r.outside_db:.1f}"
            by_match = f" {r.template_px:.2f} |" if r.template_px is not None else ""
            inside = "exact" if math.isinf(r.inside_db) else f"{r.inside_db:.2f}"
            lines.append(
                f"| {ROWS[r.row]} | {r.remaining_per_64:.2f} |{by_match} {r.near:.0%} | {inside} | {outside} "
                f"| {r.seconds:.2f} |"
            )
        lines.append("")
    return "\n".join(lines)


def _write(
    out_dir: Path,
    facts: dict[str, object],
    table: Sequence[TableRow],
    scores: Sequence[Score],
    cases: Sequence[Case],
    edits: Sequence[dict[str, Picture]],
) -> None:
    data = {**facts, "table": [_finite(asdict(r)) for r in table], "scores": [_finite(asdict(s)) for s in scores]}
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        (out_dir / "scores.json").write_text(json.dumps(data, indent=1), encoding="utf-8")
        (out_dir / "table.md").write_text(markdown(table), encoding="utf-8")
        shown = _telling_cases(scores)
        if shown:
            columns = [row for row in SHEET_ROWS if row in edits[0]]
            sheet = case_sheet([(label, cases[i], {c: edits[i][c] for c in columns}) for label, i in shown])
            sheet.save(out_dir / "cases.png")
    except OSError as error:
        raise StorageFailed(f"{out_dir} could not be written: {error.strerror or error}.") from error


def _finite(values: dict[str, object]) -> dict[str, object]:
    """JSON has no infinity; an exact match is written as null."""
    return {k: None if isinstance(v, float) and math.isinf(v) else v for k, v in values.items()}


def _telling_cases(scores: Sequence[Score]) -> list[tuple[str, int]]:
    """Best, middle and worst case of parts and of whole objects, by `quality`, or else by the last row."""
    judge = "quality" if any(s.row == "quality" for s in scores) else scores[-1].row if scores else ""
    shown = []
    for is_whole in (False, True):
        group = [s for s in scores if s.row == judge and s.is_whole == is_whole]
        group.sort(key=lambda s: (s.remaining_px, -s.inside_db))
        places = {"best": 0, "middle": len(group) // 2, "worst": len(group) - 1}
        shown += [(label, group[place].case) for label, place in places.items() if group]
    return shown

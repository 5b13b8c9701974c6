"""The picture of a benchmark: best, median and worst cases, what was asked for and what each row made of it."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dragbrush.bench.case import Case, Pixels
from dragbrush.bench.scores import Scores
from dragbrush.bench.table import Table

_TILE_PX = 128
_GAP_PX, _TITLE_PX, _LABEL_PX = 6, 20, 18
_PAPER, _INK, _GREY = (250, 250, 250), (30, 30, 30), (110, 110, 110)
_OUTLINE, _SHAFT, _HALO, _HANDLE, _TARGET = (20, 90, 255), (255, 255, 255), (0, 0, 0), (230, 30, 30), (30, 110, 255)


SHOWN_ROWS = (
    "do-nothing",
    "cut-and-paste",
    "plain-pixels",
    "colour-statistics",
    "reference",
    "reference-dragon",
    "reference-diffeditor",
    "instant",
    "quality",
    "dragon-quality",
    "move-instant",
    "move-quality",
)
"""Columns, of the rows that a suite has, between its inputs and the truth."""
_WITH_MOVE = ("instant", "quality")
"""Rows of the Drag tool, left out where those of the Move tool are shown."""


def results_grid(
    table: Table,
    cases: Sequence[Case],
    picture_of: Callable[[str, str], Pixels | None],
    *,
    judged: Mapping[str, str],
) -> Image.Image:
    """The cases of each suite on which its `judged` row has the best, median and worst PSNR inside.

    `picture_of` gives a result by case name and row. Only cases that all shown rows have done are picked, where
    there are any.
    """
    named = {case.name: case for case in cases}
    bands = []
    for suite in table.suites:
        shown = _shown(table.rows_of(suite))
        picked = [(word, named[name]) for word, name in _picked(table, suite, judged[suite], shown)]
        bands.append(_band(table, f"{suite}: {{}} of {judged[suite]}", picked, picture_of, shown))
    sheet = Image.new("RGB", (max(b.width for b in bands), sum(b.height for b in bands)), _PAPER)
    top = 0
    for band in bands:
        sheet.paste(band, (0, top))
        top += band.height
    return sheet


def _shown(rows: Sequence[str]) -> list[str]:
    left_out = _WITH_MOVE if "move-quality" in rows or "move-instant" in rows else ()
    return [row for row in SHOWN_ROWS if row in rows and row not in left_out]


def _band(
    table: Table,
    title: str,
    picked: Sequence[tuple[str, Case]],
    picture_of: Callable[[str, str], Pixels | None],
    shown: Sequence[str],
) -> Image.Image:
    """The picked cases of one suite below each other, one column for each picture of a case."""
    has_reference = any(case.reference is not None for _, case in picked)
    columns = ["source", *(["reference"] if has_reference else []), *shown, "truth"]
    step_x, step_y = _TILE_PX + _GAP_PX, _TITLE_PX + _TILE_PX + _LABEL_PX + _GAP_PX
    sheet = Image.new("RGB", (_GAP_PX + step_x * len(columns), _TITLE_PX + step_y * len(picked)), _PAPER)
    pen = ImageDraw.Draw(sheet)
    font, small = ImageFont.load_default(13), ImageFont.load_default(11)
    for column, label in enumerate(columns):
        pen.text((_GAP_PX + column * step_x, 2), label, fill=_INK, font=font)
    scores = {(e.case, e.row): e.scores for e in reversed(table.entries)}
    for index, (word, case) in enumerate(picked):
        top = _TITLE_PX + index * step_y
        pen.text((_GAP_PX, top + 4), f"{title.format(word)} · {case.thing} · {case.caption}", fill=_INK, font=small)
        for column, name in enumerate(columns):
            tile = _named_tile(case, name, picture_of)
            if tile is None:
                continue
            left = _GAP_PX + column * step_x
            sheet.paste(tile, (left, top + _TITLE_PX))
            if (case.name, name) in scores:
                text = _told(scores[case.name, name])
                pen.text((left, top + _TITLE_PX + _TILE_PX + 2), text, fill=_GREY, font=small)
    return sheet


def _named_tile(case: Case, column: str, picture_of: Callable[[str, str], Pixels | None]) -> Image.Image | None:
    match column:
        case "source":
            return asked(case)
        case "truth":
            return _tile(case.truth)
        case "reference" if case.reference is not None:
            return _with_outline(case.reference.picture, case.reference.alpha > 0.5)
        case row:
            picture = picture_of(case.name, row)
            return None if picture is None else _tile(picture)


def _told(of: Scores) -> str:
    """What a result's label says: the score of its suite that is not seen, and how near it is to the truth."""
    if of.colour_error is not None:
        return f"{of.colour_error:.0%} colour, {of.psnr_inside:.1f} dB"
    px = of.remaining_per_64 if of.centre_per_64 is None else of.centre_per_64
    return f"{of.psnr_inside:.1f} dB" if px is None else f"{px:.1f} px left, {of.psnr_inside:.1f} dB"


def asked(case: Case) -> Image.Image:
    """The source with the mask's outline and the drags as arrows."""
    tile = _with_outline(case.source, case.mask > 0)
    pen = ImageDraw.Draw(tile)
    zoom = tile.width / case.source.shape[1]
    for drag in case.drags:
        start, end = (((x + 0.5) * zoom, (y + 0.5) * zoom) for x, y in (drag.handle, drag.target))
        pen.line([start, end], fill=_HALO, width=4)
        pen.line([start, end], fill=_SHAFT, width=2)
        for (x, y), colour in ((start, _HANDLE), (end, _TARGET)):
            pen.ellipse([x - 4, y - 4, x + 4, y + 4], fill=colour, outline=_SHAFT)
    return tile


def _picked(table: Table, suite: str, judged: str, shown: Sequence[str]) -> list[tuple[str, str]]:
    """Words and names of the best, median and worst case; fewer where there are fewer."""
    done_by = {row: {e.case for e in table.entries if e.row == row} for row in shown}
    score_of = {e.case: e.scores.psnr_inside for e in reversed(table.entries) if e.row == judged and e.suite == suite}
    by_all = {case: value for case, value in score_of.items() if all(case in done for done in done_by.values())}
    ordered = sorted(by_all or score_of, key=lambda case: -score_of[case])
    if not ordered:
        return []
    places = {"best": 0, "worst": len(ordered) - 1, "median": len(ordered) // 2}
    by_place = {place: word for word, place in reversed(places.items())}
    return [(by_place[place], ordered[place]) for place in sorted(by_place)]


def _with_outline(picture: Pixels, inside: NDArray[np.bool_]) -> Image.Image:
    tile = _tile(picture)
    _outline(ImageDraw.Draw(tile), inside, tile.width / picture.shape[1])
    return tile


def _outline(pen: ImageDraw.ImageDraw, inside: NDArray[np.bool_], zoom: float) -> None:
    """Lines along the border between selected and other pixels."""
    padded = np.pad(inside, 1)
    for y, x in np.argwhere(padded[1:-1, :-1] != padded[1:-1, 1:]).tolist():
        pen.line([x * zoom, y * zoom, x * zoom, (y + 1) * zoom], fill=_OUTLINE)
    for y, x in np.argwhere(padded[:-1, 1:-1] != padded[1:, 1:-1]).tolist():
        pen.line([x * zoom, y * zoom, (x + 1) * zoom, y * zoom], fill=_OUTLINE)


def _tile(picture: NDArray[np.uint8]) -> Image.Image:
    factor = max(1, _TILE_PX // picture.shape[1])
    size = (picture.shape[1] * factor, picture.shape[0] * factor)
    return Image.fromarray(np.ascontiguousarray(picture)).resize(size, Image.Resampling.NEAREST)

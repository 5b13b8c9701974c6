"""The picture of a benchmark: best, median and worst cases, what was asked for and what each row made of it."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dragbrush.bench.cases import Case, Pixels
from dragbrush.bench.table import Table

_TILE_PX = 128
_GAP_PX, _TITLE_PX, _LABEL_PX = 6, 20, 18
_PAPER, _INK, _GREY = (250, 250, 250), (30, 30, 30), (110, 110, 110)
_OUTLINE, _SHAFT, _HALO, _HANDLE, _TARGET = (20, 90, 255), (255, 255, 255), (0, 0, 0), (230, 30, 30), (30, 110, 255)


def results_grid(
    table: Table,
    cases: Sequence[Case],
    picture_of: Callable[[str, str], Pixels | None],
    *,
    shown: Sequence[str],
    judged: str,
) -> Image.Image:
    """The cases on which `judged` has the best, median and worst PSNR inside, of each suite.

    `picture_of` gives a result by case name and row. `shown`: the rows that are columns beside source and truth.
    Only cases that all shown rows have done are picked, where there are any.
    """
    named = {case.name: case for case in cases}
    picked = [
        (f"{suite}: {word} of {judged}", named[name])
        for suite in table.suites
        for word, name in _picked(table, suite, judged, shown)
    ]
    columns = ["source", "truth", *shown]
    step_x, step_y = _TILE_PX + _GAP_PX, _TITLE_PX + _TILE_PX + _LABEL_PX + _GAP_PX
    size = (_GAP_PX + step_x * len(columns), _TITLE_PX + step_y * len(picked))
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    font, small = ImageFont.load_default(14), ImageFont.load_default(11)
    for column, label in enumerate(columns):
        pen.text((_GAP_PX + column * step_x, 2), label, fill=_INK, font=font)
    scores = {(e.case, e.row): e.scores for e in reversed(table.entries)}
    for index, (title, case) in enumerate(picked):
        top = _TITLE_PX + index * step_y
        pen.text((_GAP_PX, top + 4), f"{title} · {case.thing} · {case.caption}", fill=_INK, font=small)
        sheet.paste(asked(case), (_GAP_PX, top + _TITLE_PX))
        sheet.paste(_tile(case.truth), (_GAP_PX + step_x, top + _TITLE_PX))
        for column, row in enumerate(shown, start=2):
            picture = picture_of(case.name, row)
            if picture is None:
                continue
            left = _GAP_PX + column * step_x
            sheet.paste(_tile(picture), (left, top + _TITLE_PX))
            of = scores[case.name, row]
            text = f"{of.remaining_per_64:.1f} px left, {of.psnr_inside:.1f} dB"
            pen.text((left, top + _TITLE_PX + _TILE_PX + 2), text, fill=_GREY, font=small)
    return sheet


def asked(case: Case) -> Image.Image:
    """The source with the mask's outline and the drags as arrows."""
    tile = _tile(case.source)
    pen = ImageDraw.Draw(tile)
    zoom = tile.width / case.source.shape[1]
    _outline(pen, case.mask > 0, zoom)
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

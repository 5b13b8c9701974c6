"""Benchmark cases side by side, for a person to look at."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dragbrush.bench.cases import Case, Picture

_PANEL_PX = 256
_GAP_PX, _LABEL_PX = 8, 22
_PAPER, _INK = (247, 247, 247), (40, 40, 40)
_OUTLINE, _ARROW, _HANDLE = (30, 110, 255), (255, 255, 255), (230, 40, 40)


def case_sheet(rows: Sequence[tuple[str, Case, dict[str, Picture]]]) -> Image.Image:
    """One line per (label, case, edits): the source with selection and arrows, the truth, the edits by name."""
    columns = 2 + max(len(edits) for _, _, edits in rows)
    cell = _PANEL_PX + _GAP_PX
    line = _PANEL_PX + _LABEL_PX + _GAP_PX
    sheet = Image.new("RGB", (columns * cell + _GAP_PX, len(rows) * line + _GAP_PX), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for number, (label, case, edits) in enumerate(rows):
        panels = {f"{label}: {case.name}": _asked(case), "truth": _enlarged(case.truth)}
        panels |= {name: _enlarged(picture) for name, picture in edits.items()}
        for column, (name, panel) in enumerate(panels.items()):
            left, top = _GAP_PX + column * cell, _GAP_PX + number * line
            pen.text((left, top + 2), name, fill=_INK, font=font)
            sheet.paste(panel, (left, top + _LABEL_PX))
    return sheet


def _enlarged(picture: Picture) -> Image.Image:
    return Image.fromarray(picture).resize((_PANEL_PX, _PANEL_PX), Image.Resampling.NEAREST)


def _asked(case: Case) -> Image.Image:
    scale = _PANEL_PX / case.source.shape[0]
    inside = np.asarray(Image.fromarray(case.mask).resize((_PANEL_PX, _PANEL_PX), Image.Resampling.NEAREST)) > 0
    padded = np.pad(inside, 1, mode="edge")
    core = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    pixels = np.array(_enlarged(case.source))
    pixels[inside & ~core] = _OUTLINE
    panel = Image.fromarray(pixels)
    pen = ImageDraw.Draw(panel)
    for drag in case.drags:
        (x0, y0), (x1, y1) = (((p[0] + 0.5) * scale, (p[1] + 0.5) * scale) for p in (drag.handle, drag.target))
        pen.line([x0, y0, x1, y1], fill=_ARROW, width=3)
        pen.ellipse([x0 - 4, y0 - 4, x0 + 4, y0 + 4], fill=_HANDLE)
        pen.ellipse([x1 - 3, y1 - 3, x1 + 3, y1 + 3], fill=_OUTLINE)
    return panel

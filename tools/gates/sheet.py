"""A labelled sheet of pictures drawn from noise, each above the render of its caption."""

import textwrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

CELL_PX, GAP_PX, COLUMNS = 144, 8, 6
FONT_PX, LINE_PX, LABEL_LINES = 11, 13, 3
NOTE_COLOUR = {True: (20, 120, 40), False: (190, 40, 30)}


def sheet(drawn: Tensor, renders: Tensor, texts: list[str], notes: list[tuple[str, bool]]) -> Image.Image:
    """`drawn` and `renders` (n, 3, h, w) in [0, 1]; a note is shown under its caption, green or red."""
    font = ImageFont.load_default(FONT_PX)
    label_px = (LABEL_LINES + 1) * LINE_PX
    step_x, step_y = CELL_PX + GAP_PX, 2 * CELL_PX + label_px + GAP_PX
    rows = -(-len(texts) // COLUMNS)
    image = Image.new("RGB", (COLUMNS * step_x + GAP_PX, rows * step_y + GAP_PX + LINE_PX), "white")
    ink = ImageDraw.Draw(image)
    ink.text((GAP_PX, 2), "above: drawn from noise; below: the scene of its caption", "black", font)
    for number, (text, (note, is_good)) in enumerate(zip(texts, notes, strict=True)):
        x, y = GAP_PX + number % COLUMNS * step_x, GAP_PX + LINE_PX + number // COLUMNS * step_y
        for line, words in enumerate(textwrap.wrap(text, CELL_PX * 2 // FONT_PX)[:LABEL_LINES]):
            ink.text((x, y + line * LINE_PX), words, "black", font)
        ink.text((x, y + LABEL_LINES * LINE_PX), note, NOTE_COLOUR[is_good], font)
        for below, picture in enumerate((drawn[number], renders[number])):
            image.paste(_cell(picture), (x, y + label_px + below * CELL_PX))
    return image


def _cell(picture: Tensor) -> Image.Image:
    pixels = (picture * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(np.ascontiguousarray(pixels)).resize((CELL_PX, CELL_PX), Image.Resampling.NEAREST)

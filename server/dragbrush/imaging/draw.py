"""Pictures for a person to look at: what was asked for, what came out, and both enlarged round the edit."""

import math
from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dragbrush.edit import Drag, Point
from dragbrush.errors import BadRequest, StorageFailed
from dragbrush.imaging.canvas import read_canvas
from dragbrush.imaging.fit import Fit, whole_layer
from dragbrush.imaging.mask import Mask, mask_box, mask_on_canvas
from dragbrush.imaging.picture import Picture

_WIDTH_MAX_PX = 2400
_PANEL_PX = 760
"""Longest side of one panel; two of them and the close-ups stay readable on a usual screen."""
_PANEL_MIN_PX = 320
"""Small pictures are enlarged by a whole factor to about this."""
_GAP_PX, _LABEL_PX = 12, 26
_PAPER, _INK = (247, 247, 247), (40, 40, 40)
_TINT = np.array([0.16, 0.55, 1.0], np.float32)
_TINT_SHARE = 0.16
_OUTLINE = np.array([0.1, 0.45, 1.0], np.float32)
_HANDLE, _TARGET, _SHAFT, _HALO = (230, 40, 40), (20, 110, 255), (255, 255, 255), (0, 0, 0)
_CLOSE_UP_BELOW = 0.6
"""Close-ups are added when the edit takes less than this share of the picture's longer side."""
_CHECK_PX, _CHECKS = 8, (0.8, 0.95)
_FRAME_MS = 80


def comparison(source: Picture, mask: Mask, drags: Sequence[Drag], result: Picture | None) -> Image.Image:
    """At most 2400 pixels wide, RGB: the source with selection and arrows, and the result beside it.

    Where the edit is a small part of the picture a second row shows both enlarged round the edit.
    """
    rows = [_row("", whole_layer(source.size, _panel_size(source.size)), source, mask, drags, result)]
    close = _close_up(source, mask, drags)
    if close:
        rows.append(_row(", round the edit", close, source, mask, drags, result))
    width = max(row.width for row in rows)
    sheet = Image.new("RGB", (width, sum(row.height for row in rows)), _PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    if sheet.width > _WIDTH_MAX_PX:
        height = round(sheet.height * _WIDTH_MAX_PX / sheet.width)
        sheet = sheet.resize((_WIDTH_MAX_PX, height), Image.Resampling.LANCZOS)
    return sheet


def save_frames(frames: Sequence[NDArray[np.uint8]], path: str | PathLike[str]) -> None:
    """Write an endless GIF of uint8 pictures (height, width, 3) of one size; the last one stays for a second.

    Raises `BadRequest` without frames or for frames of different sizes, `StorageFailed` when it cannot be
    written.
    """
    if not frames:
        raise BadRequest("There are no frames to write.")
    if any(frame.dtype != np.uint8 or frame.shape != (*frames[0].shape[:2], 3) for frame in frames):
        raise BadRequest("The frames are not all uint8 of one size (height, width, 3).")
    images = [Image.fromarray(np.ascontiguousarray(frame)) for frame in frames]
    durations = [_FRAME_MS] * (len(images) - 1) + [1000]
    try:
        images[0].save(path, format="GIF", save_all=True, append_images=images[1:], duration=durations, loop=0)
    except OSError as error:
        raise StorageFailed(f"{path} could not be written: {error.strerror or error}.") from error


def _panel_size(size: tuple[int, int]) -> tuple[int, int]:
    longest = max(size)
    if longest > _PANEL_PX:
        width, height = (max(1, round(side * _PANEL_PX / longest)) for side in size)
        return width, height
    factor = max(1, round(_PANEL_MIN_PX / longest))
    return size[0] * factor, size[1] * factor


def _close_up(source: Picture, mask: Mask, drags: Sequence[Drag]) -> Fit | None:
    """A box in the panel's proportions round selection and points; None where it would show no more."""
    left, top, width, height = mask_box(mask)
    points = [point for drag in drags for point in (drag.handle, drag.target)]
    xs = [left, left + width, *(x for x, _ in points)] if width else [x for x, _ in points]
    ys = [top, top + height, *(y for _, y in points)] if width else [y for _, y in points]
    if not xs:
        return None
    panel = _panel_size(source.size)
    share = 1.2 * max((max(xs) - min(xs)) / source.width, (max(ys) - min(ys)) / source.height)
    share = max(share, 16 / max(source.size))
    if share > _CLOSE_UP_BELOW:
        return None
    wide, high = max(1, math.ceil(source.width * share)), max(1, math.ceil(source.height * share))
    x = min(max(round((min(xs) + max(xs) - wide) / 2), 0), source.width - wide)
    y = min(max(round((min(ys) + max(ys) - high) / 2), 0), source.height - high)
    return Fit(x, y, wide, high, *panel)


def _row(
    where: str, fit: Fit, source: Picture, mask: Mask, drags: Sequence[Drag], result: Picture | None
) -> Image.Image:
    asked = _selected(_shown(source, fit), mask_on_canvas(mask, fit))
    panels = [("source" + where, _with_arrows(asked, fit, drags))]
    if result is not None:
        panels.append(("result" + where, _image(_shown(result, fit))))
    width, height = fit.canvas_size
    sheet = Image.new("RGB", (_GAP_PX + len(panels) * (width + _GAP_PX), height + _LABEL_PX + _GAP_PX), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for index, (label, panel) in enumerate(panels):
        left = _GAP_PX + index * (width + _GAP_PX)
        pen.text((left, _LABEL_PX - 4), label, fill=_INK, font=ImageFont.load_default(15), anchor="ls")
        sheet.paste(panel, (left, _LABEL_PX))
    return sheet


def _shown(picture: Picture, fit: Fit) -> NDArray[np.float32]:
    """The fit's crop in sRGB, transparency over a chequerboard."""
    rgb, alpha = read_canvas(picture, fit)
    if alpha is None:
        return rgb
    rows, columns = np.indices(alpha.shape) // _CHECK_PX
    board = np.where((rows + columns) % 2, *map(np.float32, _CHECKS))[:, :, None]
    return rgb * alpha[:, :, None] + board * (1 - alpha[:, :, None])


def _selected(rgb: NDArray[np.float32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
    tint = (_TINT_SHARE * mask)[:, :, None]
    rgb = (rgb + (_TINT - rgb) * tint).astype(np.float32, copy=False)
    inside = mask >= 0.5
    padded = np.pad(inside, 1, mode="edge")
    all_inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    any_inside = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    rgb[any_inside & ~inside] = 1
    rgb[inside & ~all_inside] = _OUTLINE
    return rgb


def _image(rgb: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8))


def _with_arrows(rgb: NDArray[np.float32], fit: Fit, drags: Sequence[Drag]) -> Image.Image:
    """Arrows drawn at twice the size and reduced, so that their edges are smooth."""
    image = _image(rgb)
    large = image.resize((2 * image.width, 2 * image.height), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(large)
    unit = 2 * max(1.0, max(image.size) / 380)
    for drag in drags:
        start, end = (_doubled(fit.to_canvas(point)) for point in (drag.handle, drag.target))
        for colour, extra in ((_HALO, 0.9 * unit), (_SHAFT, 0.0)):
            _draw_arrow(pen, start, end, unit, colour=colour, extra=extra)
        _draw_dot(pen, start, 2.6 * unit, _HANDLE)
        _draw_dot(pen, end, 1.7 * unit, _TARGET)
    return large.resize(image.size, Image.Resampling.BOX)


def _doubled(point: Point) -> Point:
    return 2 * point[0] + 0.5, 2 * point[1] + 0.5


def _draw_arrow(pen: Any, start: Point, end: Point, unit: float, *, colour: tuple[int, int, int], extra: float) -> None:
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    if length < 1:
        return
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    head = min(7 * unit, 0.6 * length)
    neck = (end[0] - ux * head, end[1] - uy * head)
    half = 0.5 * head + extra
    tip, back = (end[0] + ux * extra, end[1] + uy * extra), (neck[0] - ux * extra, neck[1] - uy * extra)
    pen.line([start, neck], fill=colour, width=max(1, round(1.6 * unit + 2 * extra)))
    pen.polygon([tip, (back[0] - uy * half, back[1] + ux * half), (back[0] + uy * half, back[1] - ux * half)], colour)


def _draw_dot(pen: Any, centre: Point, radius: float, colour: tuple[int, int, int]) -> None:
    for shade, reach in ((_HALO, radius + 1.5), (_SHAFT, radius), (colour, 0.7 * radius)):
        pen.ellipse([centre[0] - reach, centre[1] - reach, centre[0] + reach, centre[1] + reach], fill=shade)

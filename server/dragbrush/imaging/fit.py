"""Which part of a layer a model sees; the only place that knows coordinates of both layer and canvas."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from dragbrush.edit import Point
from dragbrush.imaging.colour import Box

CONTEXT = 0.25
"""Surroundings shown on each side, as a share of the box that is edited."""
_CONTEXT_MIN_PX = 16
"""Two latent cells of 8 pixels, so that a tiny edit still borders on something."""
_ASPECT_MAX = 4.0
"""Longest canvas: models of square pictures lose the scene beyond about 4:1."""
_AREA_SHARE_MAX = 1.3
"""How far a canvas may be from the asked area, either way; 768 x 384 for a side of 512 is 1.125."""
_AREA_COST, _ENLARGED_COST, _OUTSIDE_COST = 0.5, 2.0, 4.0
"""Against one unit of log aspect: log area, log magnification (shows less, no sharper), the mirrored share."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A crop of the layer, which may reach past it, and the size it has on the model's canvas.

    Points are (x, y) with the centre of the top left pixel at (0, 0), in the layer and on the canvas alike.
    """

    left: int
    top: int
    width: int
    height: int
    canvas_width: int
    canvas_height: int

    @property
    def box(self) -> Box:
        """(left, top, width, height) in layer pixels."""
        return self.left, self.top, self.width, self.height

    @property
    def crop_size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def canvas_size(self) -> tuple[int, int]:
        return self.canvas_width, self.canvas_height

    @property
    def scale(self) -> float:
        """Layer pixels in one canvas pixel, the mean of both directions."""
        return (self.width / self.canvas_width + self.height / self.canvas_height) / 2

    def to_canvas(self, point: Point) -> Point:
        x, y = point
        return (
            (x - self.left + 0.5) * self.canvas_width / self.width - 0.5,
            (y - self.top + 0.5) * self.canvas_height / self.height - 0.5,
        )

    def to_layer(self, point: Point) -> Point:
        x, y = point
        return (
            (x + 0.5) * self.width / self.canvas_width - 0.5 + self.left,
            (y + 0.5) * self.height / self.canvas_height - 0.5 + self.top,
        )


def whole_layer(size: tuple[int, int], canvas_size: tuple[int, int]) -> Fit:
    """All of a layer on a canvas of any size, each direction scaled by itself."""
    return Fit(0, 0, *size, *canvas_size)


def fit_edit(
    layer_size: tuple[int, int],
    mask_box: Box,
    points: Iterable[Point],
    *,
    canvas_area_side: int,
    multiple: int,
    context: float = CONTEXT,
) -> Fit:
    """The smallest crop that holds the selection, all points and their context, at a size the model takes.

    `mask_box` and `points` lie in the layer. The canvas has sides in multiples of `multiple` and an area near
    `canvas_area_side` squared. The crop is scaled alike in both directions up to whole pixels, shown at most
    at its own resolution, and lies inside the layer wherever that is large enough. A layer smaller than the
    canvas is enlarged until the crop lies inside it or holds just what it must; what is then still outside
    mirrors it.
    """
    layer_width, layer_height = layer_size
    left, top, width, height = _needed(layer_size, mask_box, points, context)
    aspect = min(max(width / height, 1 / _ASPECT_MAX), _ASPECT_MAX)

    def crop_scale(canvas: tuple[int, int]) -> float:
        holds_needed = max(width / canvas[0], height / canvas[1])
        lies_inside = min(layer_width / canvas[0], layer_height / canvas[1])
        return max(holds_needed, min(1.0, lies_inside))

    def cost(canvas: tuple[int, int]) -> float:
        crop = [side * crop_scale(canvas) for side in canvas]
        inside = min(crop[0], layer_width) * min(crop[1], layer_height) / (crop[0] * crop[1])
        area = canvas[0] * canvas[1] / canvas_area_side**2
        return (
            abs(math.log(canvas[0] / canvas[1] / aspect))
            + _AREA_COST * abs(math.log(area))
            + _ENLARGED_COST * max(0.0, -math.log(crop_scale(canvas)))
            + _OUTSIDE_COST * (1 - inside)
        )

    canvas = min(_canvases(canvas_area_side, multiple), key=cost)
    scale = crop_scale(canvas)
    crop_width, crop_height = (math.ceil(side * scale - 1e-9) for side in canvas)
    return Fit(
        _placed(left, width, crop_width, layer_width),
        _placed(top, height, crop_height, layer_height),
        crop_width,
        crop_height,
        *canvas,
    )


def _needed(layer_size: tuple[int, int], mask_box: Box, points: Iterable[Point], context: float) -> Box:
    left, top = float(mask_box[0]), float(mask_box[1])
    right, bottom = left + mask_box[2], top + mask_box[3]
    for x, y in points:  # a pixel reaches half a pixel round its centre
        left, top = min(left, math.floor(x + 0.5)), min(top, math.floor(y + 0.5))
        right, bottom = max(right, math.floor(x + 0.5) + 1), max(bottom, math.floor(y + 0.5) + 1)
    beside = max(_CONTEXT_MIN_PX, context * (right - left))
    above = max(_CONTEXT_MIN_PX, context * (bottom - top))
    left, right = max(0, math.floor(left - beside)), min(layer_size[0], math.ceil(right + beside))
    top, bottom = max(0, math.floor(top - above)), min(layer_size[1], math.ceil(bottom + above))
    return left, top, right - left, bottom - top


def _canvases(area_side: int, multiple: int) -> list[tuple[int, int]]:
    longest = math.ceil(area_side * math.sqrt(_ASPECT_MAX) / multiple)
    sides = [multiple * count for count in range(1, longest + 1)]
    area = area_side**2
    fitting = [
        (width, height)
        for width in sides
        for height in sides
        if area / _AREA_SHARE_MAX <= width * height <= area * _AREA_SHARE_MAX
        and max(width, height) <= _ASPECT_MAX * min(width, height)
    ]
    nearest = multiple * max(1, round(area_side / multiple))
    return fitting or [(nearest, nearest)]


def _placed(start: int, length: int, crop: int, layer: int) -> int:
    """Where a crop begins that is centred on [start, start + length), shifted into the layer if it fits."""
    if crop > layer:
        return -((crop - layer) // 2)
    return min(max(start - (crop - length) // 2, 0), layer - crop)

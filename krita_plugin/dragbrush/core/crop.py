"""Which part of a layer is sent, so that the server's result is the one it would give for the whole layer.

The server cuts the crop that its model sees out of what it is sent. Whatever part it is sent, it chooses the same
crop, pixel for pixel, as long as that part holds the crop that it would choose in the whole layer: a smaller picture
only makes every other choice worse. So this module asks, for each canvas that a model may have, which crop the server
would choose, and sends the box round all of them. Without a selection the whole layer is sent: the server then draws
one, whose width is a share of the picture's short side.
"""

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..wire import MAX_PIXELS, MAX_SIDE_PX, Box, Drag
from .points import XY, Pair

CANVASES = ((160, 16), (128, 64), (256, 64), (512, 64), (768, 64), (1024, 64), (512, 32), (768, 32), (1024, 32))
"""Side of the square canvas and what its sides are multiples of: of the warp, of small models, of Stable Diffusion 1,
2 and XL. For a model with another one the part may be a little too small for the very same result."""
GRID_PX = 64
"""The part grows to this grid, so that a target that moves a little needs no other part."""
_MARGIN_PX = 2
"""The server's own arithmetic rounds."""

# The server's rule (its `imaging.fit`): context beside the box that is edited, at least and at most; longest canvas;
# area from the asked one; what area, enlarging and reaching past the layer cost against one unit of log aspect.
_CONTEXT, _CONTEXT_MIN_PX = 0.25, 16
_ASPECT_MAX = 4.0
_AREA_SHARE_MAX = 1.3
_AREA_COST, _ENLARGED_COST, _OUTSIDE_COST = 0.5, 2.0, 4.0

Size = tuple[int, int]
"""Width and height in px."""


class CropTooLarge(Exception):
    """The part is larger than what the server edits at once."""


@dataclass(frozen=True)
class Rect:
    """Whole pixels of a layer."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def of_edges(cls, left: int, top: int, right: int, bottom: int) -> "Rect":
        return cls(left, top, max(0, right - left), max(0, bottom - top))

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def size(self) -> Size:
        return self.width, self.height

    @property
    def is_empty(self) -> bool:
        return not (self.width and self.height)

    def holds(self, other: "Rect") -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def holds_point(self, xy: XY) -> bool:
        """Whether the point lies on one of its pixels; a pixel reaches half a pixel round its centre."""
        x, y = xy
        return self.left - 0.5 <= x < self.right - 0.5 and self.top - 0.5 <= y < self.bottom - 0.5

    def within(self, other: "Rect") -> "Rect":
        """The part of it that lies in `other`."""
        return Rect.of_edges(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def joined(self, other: "Rect") -> "Rect":
        """The box round both."""
        return Rect.of_edges(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    @property
    def corner(self) -> tuple[int, int]:
        return self.left, self.top

    def moved(self, x: int, y: int) -> "Rect":
        return Rect(self.left + x, self.top + y, self.width, self.height)

    def grown(self, by: int) -> "Rect":
        return Rect(self.left - by, self.top - by, self.width + 2 * by, self.height + 2 * by)

    def on_grid(self, step: int) -> "Rect":
        """Grown outward to multiples of `step`."""
        return Rect.of_edges(
            self.left // step * step,
            self.top // step * step,
            -(-self.right // step) * step,
            -(-self.bottom // step) * step,
        )

    # Between the layer and this part of it

    def into(self, xy: XY) -> XY:
        """A point of the layer, counted from this part's top left pixel."""
        return xy[0] - self.left, xy[1] - self.top

    def out_of(self, xy: XY) -> XY:
        """The reverse of `into`."""
        return xy[0] + self.left, xy[1] + self.top

    def box_out_of(self, box: Box) -> "Rect":
        """A box of a result, in the layer."""
        return Rect(box.x + self.left, box.y + self.top, box.width, box.height)

    def drags(self, pairs: Iterable[Pair]) -> tuple[Drag, ...]:
        """The pairs as they are sent with this part."""
        return tuple(Drag(self.into(pair.handle), self.into(pair.target)) for pair in pairs)


def crop_to_send(layer: Size, selection: Rect | None, pairs: Iterable[Pair]) -> Rect:
    """The part of a layer to send for an edit; `selection` is the box of all that is selected at all.

    Points must lie in the layer. Raises: CropTooLarge.
    """
    whole = Rect(0, 0, *layer)
    part = whole
    if selection is not None:
        needed = _needed(
            whole, selection.within(whole), [point for pair in pairs for point in (pair.handle, pair.target)]
        )
        part = needed
        for side, multiple in CANVASES:
            part = part.joined(_chosen(layer, needed, side, multiple))
        part = part.within(whole).grown(_MARGIN_PX).on_grid(GRID_PX).within(whole)
    if part.width * part.height > MAX_PIXELS or max(part.size) > MAX_SIDE_PX:
        raise CropTooLarge(f"{part.width} x {part.height}")
    return part


def crop_to_follow(layer: Size, part: Rect) -> Rect:
    """The part to send for what follows the hand: as for an edit, with room to pull to."""
    whole = Rect(0, 0, *layer)
    roomy = part.grown(max(part.size) // 2).within(whole).on_grid(GRID_PX).within(whole)
    return roomy if roomy.width * roomy.height <= MAX_PIXELS and max(roomy.size) <= MAX_SIDE_PX else part


def crop_of_object(layer: Size, at: Rect, goes_to: Rect) -> Rect:
    """The part to send for an object that goes from one place to another. Raises: CropTooLarge.

    The server shows its model what is round the one, or round both, by its settings.
    """
    there = goes_to.within(Rect(0, 0, *layer))
    part = crop_to_send(layer, at, ())
    return part if there.is_empty else part.joined(crop_to_send(layer, at.joined(there), ()))


def _needed(whole: Rect, selection: Rect, points: Iterable[XY]) -> Rect:
    """Selection, points and their context, within the layer."""
    box = selection
    for x, y in points:
        box = box.joined(Rect(math.floor(x + 0.5), math.floor(y + 0.5), 1, 1))
    beside = max(_CONTEXT_MIN_PX, _CONTEXT * box.width)
    above = max(_CONTEXT_MIN_PX, _CONTEXT * box.height)
    return Rect.of_edges(
        math.floor(box.left - beside),
        math.floor(box.top - above),
        math.ceil(box.right + beside),
        math.ceil(box.bottom + above),
    ).within(whole)


def _chosen(layer: Size, needed: Rect, side: int, multiple: int) -> Rect:
    """The crop that the server chooses for a canvas of about `side` squared; may reach past the layer."""
    width, height = needed.size
    aspect = min(max(width / height, 1 / _ASPECT_MAX), _ASPECT_MAX)

    def scale_of(canvas: Size) -> float:
        holds_needed = max(width / canvas[0], height / canvas[1])
        lies_inside = min(layer[0] / canvas[0], layer[1] / canvas[1])
        return max(holds_needed, min(1.0, lies_inside))

    def cost(canvas: Size) -> float:
        scale = scale_of(canvas)
        across, down = canvas[0] * scale, canvas[1] * scale
        inside = min(across, layer[0]) * min(down, layer[1]) / (across * down)
        area = canvas[0] * canvas[1] / side**2
        return (
            abs(math.log(canvas[0] / canvas[1] / aspect))
            + _AREA_COST * abs(math.log(area))
            + _ENLARGED_COST * max(0.0, -math.log(scale))
            + _OUTSIDE_COST * (1 - inside)
        )

    canvas = min(_canvases(side, multiple), key=cost)
    scale = scale_of(canvas)
    crop_width, crop_height = (math.ceil(length * scale - 1e-9) for length in canvas)
    left = _placed(needed.left, width, crop_width, layer[0])
    top = _placed(needed.top, height, crop_height, layer[1])
    return Rect(left, top, crop_width, crop_height)


@functools.lru_cache(maxsize=len(CANVASES))
def _canvases(side: int, multiple: int) -> tuple[Size, ...]:
    lengths = [multiple * count for count in range(1, math.ceil(side * math.sqrt(_ASPECT_MAX) / multiple) + 1)]
    nearest = multiple * max(1, round(side / multiple))
    return tuple(
        (width, height)
        for width in lengths
        for height in lengths
        if side**2 / _AREA_SHARE_MAX <= width * height <= side**2 * _AREA_SHARE_MAX
        and max(width, height) <= _ASPECT_MAX * min(width, height)
    ) or ((nearest, nearest),)


def _placed(start: int, length: int, crop: int, layer: int) -> int:
    """Where a crop begins that is centred on [start, start + length), shifted into the layer if it fits."""
    if crop > layer:
        return -((crop - layer) // 2)
    return min(max(start - (crop - length) // 2, 0), layer - crop)

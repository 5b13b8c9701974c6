"""Where a picture lies in the widget that shows it. Knows neither Qt nor Krita.

Here alone the two ways of counting pixels meet: points of Dragbrush have the centre of the top left pixel at (0, 0),
Krita has that pixel's outer corner there.
"""

import math
from dataclasses import dataclass

from ..core.points import XY

HALF_PX = 0.5
POINTS_PER_INCH = 72.0  # Krita's zoom is relative to this resolution before 5.3


@dataclass(frozen=True)
class Box:
    """Whole pixels of the picture: columns left to left + width - 1, and rows likewise."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Placement:
    """An affine map from corners of the picture's pixels to px of the widget, and the picture's size.

    x' = m11 x + m21 y + dx and y' = m12 x + m22 y + dy, the names and order of QTransform.
    """

    m11: float
    m12: float
    m21: float
    m22: float
    dx: float
    dy: float
    width_px: int
    height_px: int

    def to_view(self, point: XY) -> XY:
        """Where a point of the picture is in the widget."""
        return self._mapped(point[0] + HALF_PX, point[1] + HALF_PX)

    def to_image(self, at: XY) -> XY:
        """The point of the picture that is at a place in the widget."""
        x, y = at[0] - self.dx, at[1] - self.dy
        determinant = self.m11 * self.m22 - self.m12 * self.m21
        return (
            (self.m22 * x - self.m21 * y) / determinant - HALF_PX,
            (self.m11 * y - self.m12 * x) / determinant - HALF_PX,
        )

    @property
    def scale(self) -> float:
        """Widget px for one px of the picture."""
        return math.sqrt(abs(self.m11 * self.m22 - self.m12 * self.m21))

    def contains(self, at: XY) -> bool:
        """Whether the picture is at a place in the widget."""
        x, y = self.to_image(at)
        return -HALF_PX <= x <= self.width_px - HALF_PX and -HALF_PX <= y <= self.height_px - HALF_PX

    def within(self, point: XY) -> XY:
        """The point, or the nearest pixel centre of the picture when it lies outside."""
        return (min(max(point[0], 0.0), self.width_px - 1.0), min(max(point[1], 0.0), self.height_px - 1.0))

    def _mapped(self, x: float, y: float) -> XY:
        return (self.m11 * x + self.m21 * y + self.dx, self.m12 * x + self.m22 * y + self.dy)


def scrolled(
    size_px: tuple[int, int], *, scale: float, degrees: float, is_mirrored: bool, scroll: tuple[float, float]
) -> Placement:
    """The placement in a Krita that does not tell it (before 5.2).

    The picture is scaled, mirrored from left to right and turned about its centre; the bounding box of that starts
    where the scroll bars say.
    """
    width, height = size_px
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    across = -scale if is_mirrored else scale
    m11, m12, m21, m22 = across * cos, across * sin, -scale * sin, scale * cos
    left = min(m11 * x + m21 * y for x in (0, width) for y in (0, height))
    top = min(m12 * x + m22 * y for x in (0, width) for y in (0, height))
    return Placement(m11, m12, m21, m22, -scroll[0] - left, -scroll[1] - top, width, height)

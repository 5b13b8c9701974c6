"""Draws pixels over a box of the picture: a preview, and the tint that shows what may change."""

from .placement import Box, Placement
from .qt import Qt, QtCore, QtGui

TINT_COLOUR = (40, 200, 170)
TINT_OPACITY = 0.30
MAX_TINT_SIDE_PX = 1024  # a tint has no detail to lose, and each repaint scales it
HARD_PIXELS_FROM = 2.0  # times enlarged: from here on Krita shows single pixels too


def paint_picture(
    painter: QtGui.QPainter, image: QtGui.QImage, box: Box, placement: Placement, *, opacity: float = 1.0
) -> None:
    """Stretches the image over the box, as the canvas shows the picture below."""
    if image.isNull():
        return
    painter.save()
    enlarged = placement.scale * box.width / image.width()
    painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform, enlarged < HARD_PIXELS_FROM)
    painter.setTransform(_matrix(placement), True)
    painter.setOpacity(opacity)
    painter.drawImage(QtCore.QRectF(box.left, box.top, box.width, box.height), image)
    painter.restore()


def tinted(mask: QtGui.QImage) -> QtGui.QImage:
    """The mask's white as the tint's colour, its black as nothing."""
    side = max(mask.width(), mask.height())
    if side > MAX_TINT_SIDE_PX:
        mask = mask.scaled(
            max(1, mask.width() * MAX_TINT_SIDE_PX // side),
            max(1, mask.height() * MAX_TINT_SIDE_PX // side),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    tint = QtGui.QImage(mask.size(), QtGui.QImage.Format.Format_ARGB32)
    tint.fill(QtGui.QColor(*TINT_COLOUR))
    tint.setAlphaChannel(mask.convertToFormat(QtGui.QImage.Format.Format_Grayscale8))
    return tint.convertToFormat(QtGui.QImage.Format.Format_ARGB32_Premultiplied)


def _matrix(placement: Placement) -> QtGui.QTransform:
    """From corners of the picture's pixels to the widget."""
    return QtGui.QTransform(placement.m11, placement.m12, placement.m21, placement.m22, placement.dx, placement.dy)

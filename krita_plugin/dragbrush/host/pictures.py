"""Pixels of the core as pictures of Qt: for the canvas and for thumbnails."""

from ..core.crop import Rect
from ..core.pixels import Raster, shown, to_wire
from ..wire import Layout
from .placement import Box
from .qt import Qt, QtCore, QtGui

THUMBNAIL_PX = 96
SOFT_PX = 1024
"""As large as a preview is made for being looked at."""


def image_of(raster: Raster, icc: bytes | None = None) -> QtGui.QImage:
    """For the screen; the picture owns its pixels. `icc`: of the values, where they are not sRGB's."""
    if (raster.channels, raster.depth) == ("rgba", "u16") and icc is not None:
        return _in_srgb(raster, icc)
    if (raster.channels, raster.depth) != ("rgba", "u8"):
        said, data = to_wire(raster)
        raster = shown(Layout(said.width, said.height, said.channels, said.depth), data)
    data = bytes(raster.data)
    image = QtGui.QImage(data, raster.width, raster.height, 4 * raster.width, QtGui.QImage.Format.Format_ARGB32)
    return image.convertToFormat(QtGui.QImage.Format.Format_ARGB32_Premultiplied)


def mask_image(mask: Raster) -> QtGui.QImage:
    """White where it is selected."""
    data = bytes(mask.data)
    image = QtGui.QImage(data, mask.width, mask.height, mask.width, QtGui.QImage.Format.Format_Grayscale8)
    return image.copy()


def softened(image: QtGui.QImage, rect: Rect) -> QtGui.QImage:
    """A small picture of a larger part, without the squares that it would be made of."""
    share = min(1.0, SOFT_PX / max(rect.size))
    if image.width() >= rect.width * share:
        return image
    size = QtCore.QSize(max(1, round(rect.width * share)), max(1, round(rect.height * share)))
    return image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


def masked(image: QtGui.QImage, mask: Raster, part: Rect) -> QtGui.QImage:
    """Only where it is selected: `part` is what of the mask the picture shows."""
    there = mask_image(mask).copy(part.left, part.top, part.width, part.height)
    there = there.scaled(image.size(), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    window = QtGui.QImage(image.size(), QtGui.QImage.Format.Format_ARGB32)
    window.fill(Qt.GlobalColor.black)
    window.setAlphaChannel(there.convertToFormat(QtGui.QImage.Format.Format_Grayscale8))
    seen = image.convertToFormat(QtGui.QImage.Format.Format_ARGB32_Premultiplied)
    painter = QtGui.QPainter(seen)
    painter.setCompositionMode(QtGui.QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawImage(0, 0, window)
    painter.end()
    return seen


def box_of(rect: Rect) -> Box:
    return Box(rect.left, rect.top, rect.width, rect.height)


def thumbnail(image: QtGui.QImage) -> bytes:
    """An encoded small square: the middle of the picture."""
    scaled = image.scaled(
        THUMBNAIL_PX,
        THUMBNAIL_PX,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    left, top = (scaled.width() - THUMBNAIL_PX) // 2, (scaled.height() - THUMBNAIL_PX) // 2
    buffer = QtCore.QBuffer()
    buffer.open(QtCore.QIODevice.OpenModeFlag.WriteOnly)
    scaled.copy(left, top, THUMBNAIL_PX, THUMBNAIL_PX).save(buffer, "PNG")
    return buffer.data().data()


def _in_srgb(raster: Raster, icc: bytes) -> QtGui.QImage:
    data = bytes(to_wire(raster)[1])
    image = QtGui.QImage(data, raster.width, raster.height, 8 * raster.width, QtGui.QImage.Format.Format_RGBA64).copy()
    space = QtGui.QColorSpace.fromIccProfile(icc)
    if space.isValid():
        image.setColorSpace(space)
        image.convertToColorSpace(QtGui.QColorSpace(QtGui.QColorSpace.NamedColorSpace.SRgb))
    return image.convertToFormat(QtGui.QImage.Format.Format_ARGB32_Premultiplied)

"""Reading pictures and masks: few formats, known by content, sized from the header, exact to the sample."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyvips
from numpy.typing import NDArray

from dragbrush.errors import BadImage, BadRequest, TooLarge
from dragbrush.imaging.container import Format, inspect
from dragbrush.imaging.picture import Picture, Samples

Source = str | PathLike[str] | bytes

_LOADERS: dict[Format, str] = {"PNG": "pngload", "JPEG": "jpegload", "WebP": "webpload", "TIFF": "tiffload"}
_DTYPES: dict[str, type[np.uint8 | np.uint16]] = {"uchar": np.uint8, "ushort": np.uint16}
_SPACES = ("b-w", "grey16", "srgb", "rgb", "rgb16")
_ICC_SPACES = {1: b"GRAY", 3: b"RGB "}
_STRIP_SAMPLES = 2**21
"""Samples worked on at a time where arithmetic needs a wider type than the picture's."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused from the header alone, before a pixel is decoded."""

    side_px: int = 16384
    """Longest side: twice an 8K frame; both hosts' layers stay below it in practice."""
    pixels: int = 200_000_000
    """1.6 GB as 16-bit RGBA, so that source and result fit the memory of a usual machine."""
    icc_bytes: int = 4 * 2**20
    """Display and working profiles take 0.5 to 1500 KB."""


def read_picture(source: Source, *, limits: Limits | None = None) -> Picture:
    """Decode a PNG, JPEG, WebP or TIFF file or its bytes, 8 or 16 bit, upright by its EXIF orientation.

    Palettes, transparent colours and 1-bit pictures are expanded to the same colours at 8 bit.
    Raises `BadImage` for what cannot be read or is not edited, `TooLarge` for what is over `limits`.
    """
    limits = limits or Limits()
    name = _name_of(source)
    with _opened(source, name) as stream:
        container = inspect(stream, name)
    if container.pages > 1:
        raise BadImage(f"{name} holds several pictures; save the one to edit as a file of its own.")
    loader = _LOADERS[container.format] + ("_buffer" if isinstance(source, bytes) else "")
    given = source if isinstance(source, bytes) else fspath(source)
    # tiffload answers a truncated file only at level "error"
    options: dict[str, Any] = {"access": "sequential", "fail_on": "error"}
    try:
        image = getattr(pyvips.Image, loader)(given, **options)
        _check_header(image, name, limits)
        samples = _decoded(image)
    except pyvips.Error as error:
        raise BadImage(f"{name} cannot be decoded; it is damaged or cut short.") from error
    return Picture(
        _upright(samples, _orientation(image)),
        _profile(image, samples, name, limits),
        (image.xres, image.yres),
    )


def read_mask(source: Source, size: tuple[int, int], *, limits: Limits | None = None) -> NDArray[np.uint8]:
    """Read a selection, (height, width) uint8, 255 where the picture may change.

    A mask painted in one colour on transparency is its alpha; any other is its luminance, times alpha.
    Raises `BadRequest` when it is not of `size` (width, height) or selects nothing, and as `read_picture`.
    """
    picture = read_picture(source, limits=limits)
    if picture.size != size:
        raise BadRequest(
            f"The mask is {picture.width} x {picture.height} pixels and the picture {size[0]} x {size[1]}; "
            "give a mask of the picture's size."
        )
    mask = _selection(picture)
    if not mask.any():
        raise BadRequest(f"{_name_of(source)} selects nothing; paint white where the picture may change.")
    return mask


def _name_of(source: Source) -> str:
    return "The picture" if isinstance(source, bytes) else fspath(source)


@contextlib.contextmanager
def _opened(source: Source, name: str) -> Iterator[BinaryIO]:
    try:
        # closed below, past the errors of opening
        stream = io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")  # noqa: SIM115
    except FileNotFoundError as error:
        raise BadImage(f"There is no file {name}; check its path.") from error
    except IsADirectoryError as error:
        raise BadImage(f"{name} is a folder; give a picture file.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable name"
        raise BadImage(f"{name} cannot be opened: {reason}.") from error
    with stream:
        if not stream.read(1):
            raise BadImage(f"{name} is empty; it has no bytes.")
        stream.seek(0)
        yield stream


def _check_header(image: Any, name: str, limits: Limits) -> None:
    width, height = image.width, image.height
    if max(width, height) > limits.side_px or width * height > limits.pixels:
        raise TooLarge(
            f"{name} is {width} x {height} pixels; at most {limits.side_px} a side and "
            f"{limits.pixels // 1_000_000} megapixels are edited. Make it smaller or crop it."
        )
    way_out = "convert it to 8 or 16 bit grey or RGB and save it again."
    if image.interpretation == "cmyk":
        raise BadImage(f"{name} is in CMYK colours; {way_out}")
    if image.format not in _DTYPES:
        raise BadImage(f"{name} has samples of type {image.format}; {way_out}")
    if image.interpretation not in _SPACES or not 1 <= image.bands <= 4:
        raise BadImage(f"{name} has {image.bands} channels of kind {image.interpretation}; {way_out}")


def _decoded(image: Any) -> Samples:
    flat: Samples = np.frombuffer(image.write_to_memory(), dtype=_DTYPES[image.format])
    return flat.reshape(image.height, image.width, image.bands)


def _orientation(image: Any) -> int:
    return int(image.get("orientation")) if image.get_typeof("orientation") else 1


def _upright(samples: Samples, orientation: int) -> Samples:
    """Undo the EXIF orientation (EXIF 3.0, tag 274); a copy only where the order of rows changes."""
    turned = samples.transpose(1, 0, 2) if orientation in (5, 6, 7, 8) else samples
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    return np.ascontiguousarray(turned)


def _profile(image: Any, samples: Samples, name: str, limits: Limits) -> bytes | None:
    if not image.get_typeof("icc-profile-data"):
        return None
    icc = bytes(image.get("icc-profile-data"))
    if len(icc) > limits.icc_bytes:
        raise TooLarge(f"{name} has a colour profile of {len(icc)} bytes; at most {limits.icc_bytes} are read.")
    # a profile of another kind of colour says nothing about these samples
    return icc if icc[16:20] == _ICC_SPACES[3 if samples.shape[2] > 2 else 1] else None


def _strips(samples: Samples) -> Iterator[Samples]:
    rows = max(1, _STRIP_SAMPLES // (samples.shape[1] * samples.shape[2]))
    for start in range(0, samples.shape[0], rows):
        yield samples[start : start + rows]


def _selection(picture: Picture) -> NDArray[np.uint8]:
    colour = picture.samples[:, :, : picture.colour_channels]
    alpha = picture.samples[:, :, -1]
    is_painted = picture.has_alpha and int(alpha.min()) < picture.maximum
    is_one_colour = False
    if is_painted:
        row, column = np.unravel_index(int(alpha.argmax()), alpha.shape)
        is_one_colour = bool(np.all((colour == colour[row, column]).all(axis=2) | (alpha == 0)))
    mask = np.empty(alpha.shape, np.uint8)
    filled = 0
    for strip in _strips(picture.samples):
        values = np.ones(strip.shape[:2], np.float32)
        if is_painted:
            values *= strip[:, :, -1].astype(np.float32) / picture.maximum
        if not is_one_colour:
            values *= _luminance(strip[:, :, : picture.colour_channels]) / picture.maximum
        mask[filled : filled + len(strip)] = np.rint(values * 255)
        filled += len(strip)
    return mask


def _luminance(colour: Samples) -> NDArray[np.float32]:
    if colour.shape[2] == 1:
        return colour[:, :, 0].astype(np.float32)
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec. 709
    return (colour.astype(np.float32) * weights).sum(axis=2, dtype=np.float32)

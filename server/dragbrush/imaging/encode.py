"""Writing a picture: whole or not at all, and never in a format that would drop part of it unasked."""

import os
import secrets
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from dragbrush.errors import BadRequest, StorageFailed
from dragbrush.imaging.picture import Picture

JPEG_QUALITY = 95
_WEBP_SIDE_PX = 16383
"""The container has 14 bits for a side (RFC 9649, section 2.7)."""
_INTERPRETATIONS = {(1, 8): "b-w", (3, 8): "srgb", (1, 16): "grey16", (3, 16): "rgb16"}
_SAVERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("pngsave", {"compression": 6}),
    ".tif": ("tiffsave", {"compression": "deflate", "predictor": "horizontal"}),
    ".tiff": ("tiffsave", {"compression": "deflate", "predictor": "horizontal"}),
    ".webp": ("webpsave", {"lossless": True, "exact": True}),
    ".jpg": ("jpegsave", {"Q": JPEG_QUALITY, "subsample_mode": "off"}),
    ".jpeg": ("jpegsave", {"Q": JPEG_QUALITY, "subsample_mode": "off"}),
}


def write_picture(picture: Picture, path: str | PathLike[str], *, force: bool = False) -> None:
    """Write `picture` in the format its extension names, with its profile and resolution.

    PNG, TIFF and WebP are lossless; JPEG has quality 95. The file appears whole, under its name, or not at
    all.
    Raises `BadRequest` when the file exists and `force` is not set, or the format cannot hold the picture;
    `StorageFailed` when it cannot be written.
    """
    path = Path(path)
    check_writable(picture, path)
    if path.is_dir():
        raise BadRequest(f"{path} is a folder; give the name of a file to write.")
    if not path.parent.is_dir():
        raise BadRequest(f"There is no folder {path.parent}; make it first.")
    _check_absent(path, force)
    saver, options = _SAVERS[path.suffix.lower()]
    partial = path.with_name(f".{path.stem[:64]}-{secrets.token_hex(8)}{path.suffix}")
    try:
        with open(partial, "xb"):  # tells of permission and space in the system's own words
            pass
        getattr(_as_vips(picture), saver)(str(partial), **options)
        with open(partial, "r+b") as written:
            os.fsync(written.fileno())
        _check_absent(path, force)
        os.replace(partial, path)
    except pyvips.Error as error:
        raise StorageFailed(f"{path} could not be written whole; is there space left? Nothing was changed.") from error
    except OSError as error:
        raise StorageFailed(f"{path} could not be written: {error.strerror}. Nothing was changed.") from error
    finally:
        partial.unlink(missing_ok=True)


def check_writable(picture: Picture, path: str | PathLike[str]) -> None:
    """Raise `BadRequest` when the format that `path` names is unknown or cannot hold `picture` as it is."""
    path = Path(path)
    extension = path.suffix.lower()
    if extension not in _SAVERS:
        raise BadRequest(f"{path.name} names no format that is written; end it in {', '.join(_SAVERS)}.")
    format_name = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WebP"}.get(extension)
    if format_name and picture.bits == 16:
        raise BadRequest(f"{format_name} cannot hold 16 bits a sample; write a .png or .tif file.")
    if format_name == "JPEG" and picture.has_alpha:
        raise BadRequest("JPEG cannot hold transparency; write a .png, .webp or .tif file.")
    if format_name == "WebP" and max(picture.size) > _WEBP_SIDE_PX:
        raise BadRequest(f"WebP holds at most {_WEBP_SIDE_PX} pixels a side; write a .png or .tif file.")
    if format_name == "WebP" and picture.colour_channels == 1 and picture.icc:
        raise BadRequest("WebP cannot hold a grey colour profile; write a .png or .tif file.")


def _check_absent(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise BadRequest(f"{path} exists and is not overwritten unless forced; choose another name.")


def _as_vips(picture: Picture) -> Any:
    """A libvips image over the picture's own samples; they are copied only where they are not contiguous."""
    samples = np.ascontiguousarray(picture.samples)
    image = pyvips.Image.new_from_memory(
        samples.data,
        picture.width,
        picture.height,
        picture.channels,
        "uchar" if picture.bits == 8 else "ushort",
    )
    image = image.copy(
        interpretation=_INTERPRETATIONS[picture.colour_channels, picture.bits],
        xres=picture.pixels_per_mm[0],
        yres=picture.pixels_per_mm[1],
    )
    if picture.icc:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", picture.icc)  # type: ignore[arg-type]  # its annotation leaves bytes out
    return image

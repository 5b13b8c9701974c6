"""The files of a task as pictures and masks, and what the engine gives as files."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragbrush.errors import BadRequest
from dragbrush.imaging import Picture
from dragbrush.protocol.messages import Pixels
from dragbrush.protocol.pixels import CHANNELS
from dragbrush.worker.messages import File

_TYPES = {"u8": np.dtype("<u1"), "u16": np.dtype("<u2")}
_CHANNELS: dict[int, Any] = {count: name for name, count in CHANNELS.items()}
_DEPTHS: dict[str, Any] = {"uint8": "u8", "uint16": "u16"}


def picture_in(file: File) -> Picture:
    """Its samples are mapped from the file and read only."""
    icc = None if file.icc is None else Path(file.icc).read_bytes()
    return Picture.from_array(_samples(file), icc=icc)


def mask_in(file: File | None) -> NDArray[np.uint8] | None:
    """(height, width). Raises `BadRequest` for what is no mask."""
    if file is None:
        return None
    if (file.pixels.channels, file.pixels.depth) != ("gray", "u8"):
        raise BadRequest(f"The selection is {file.pixels.channels}, {file.pixels.depth}; send it gray, u8.")
    return _samples(file)[:, :, 0]


def pixels_of(samples: NDArray[Any]) -> Pixels:
    height, width, channels = samples.shape
    return Pixels(width, height, _CHANNELS[channels], _DEPTHS[str(samples.dtype)])


def _samples(file: File) -> NDArray[Any]:
    pixels = file.pixels
    shape = (pixels.height, pixels.width, CHANNELS[pixels.channels])
    return np.memmap(file.path, _TYPES[pixels.depth], mode="r", shape=shape)

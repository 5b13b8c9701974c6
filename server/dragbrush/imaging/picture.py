"""A decoded picture: its samples as stored, straight alpha, and the profile that gives them meaning."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dragbrush.errors import BadImage, BadRequest

Samples = NDArray[np.uint8 | np.uint16]

PIXELS_PER_MM = 72 / 25.4
"""Resolution of a picture that states none: 72 pixels to the inch, as Pillow and libvips assume."""

_KINDS = {1: "grey", 2: "grey with alpha", 3: "RGB", 4: "RGBA"}
_GREY16_MODES = ("I;16", "I;16L", "I;16B", "I;16N")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Samples (height, width, channels), uint8 or uint16: 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA, straight.

    The array is not copied; whoever makes a Picture hands the array over and no longer writes to it.
    Raises `BadImage` for any other type or shape.
    """

    samples: Samples
    icc: bytes | None = None
    """The embedded profile; None reads as sRGB (or grey of the same curve)."""
    pixels_per_mm: tuple[float, float] = (PIXELS_PER_MM, PIXELS_PER_MM)

    def __post_init__(self) -> None:
        shape, dtype = self.samples.shape, self.samples.dtype
        if dtype not in (np.uint8, np.uint16):
            raise BadImage(f"Samples of type {dtype} are not edited; give uint8 or uint16.")
        if len(shape) != 3 or shape[2] not in _KINDS or 0 in shape:
            raise BadImage(f"Samples of shape {shape} are not a picture; give (height, width, 1 to 4 channels).")

    @classmethod
    def from_array(cls, array: NDArray[Any], *, icc: bytes | None = None) -> "Picture":
        """A picture over a uint8 or uint16 array (height, width) or (height, width, channels), not copied."""
        return cls(array[:, :, None] if array.ndim == 2 else array, icc)

    @classmethod
    def from_pillow(cls, image: Image.Image) -> "Picture":
        """The picture of a Pillow image; palettes and transparent colours are expanded to the same colours.

        Pixels are taken as Pillow holds them: an EXIF orientation is not applied.
        Raises `BadImage` for modes that are not edited and for an image whose file cannot be decoded.
        """
        mode = image.mode
        try:
            icc = image.info.get("icc_profile") or None
            if mode == "1":
                image = image.convert("L")
            elif mode == "PA" or (mode in ("P", "RGB", "L") and "transparency" in image.info):
                image = image.convert("RGBA")
            elif mode == "P":
                image = image.convert("RGB")
            if image.mode not in ("L", "LA", "RGB", "RGBA", *_GREY16_MODES):
                raise BadImage(f"A Pillow image of mode {mode} is not edited; convert it to L, LA, RGB, RGBA or I;16.")
            array = np.array(image)
        except OSError as error:
            raise BadImage("The Pillow image cannot be decoded; its file is damaged or cut short.") from error
        if image.mode in _GREY16_MODES:
            array = array.astype(np.uint16, copy=False)
        return cls.from_array(array, icc=icc)

    def to_pillow(self) -> Image.Image:
        """A Pillow image of mode L, LA, RGB, RGBA or, for 16-bit grey, I;16.

        Raises `BadRequest` for 16-bit pictures with colour or alpha, which Pillow cannot hold.
        """
        if self.samples.dtype == np.uint16 and self.channels > 1:
            raise BadRequest(f"Pillow cannot hold 16-bit {self.kind}; use the samples, or write a PNG or TIFF.")
        array = self.samples[:, :, 0] if self.channels == 1 else self.samples
        image = Image.fromarray(np.ascontiguousarray(array))
        if self.icc:
            image.info["icc_profile"] = self.icc
        return image

    @property
    def width(self) -> int:
        return self.samples.shape[1]

    @property
    def height(self) -> int:
        return self.samples.shape[0]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.width, self.height

    @property
    def channels(self) -> int:
        return self.samples.shape[2]

    @property
    def has_alpha(self) -> bool:
        return self.channels in (2, 4)

    @property
    def colour_channels(self) -> int:
        return 3 if self.channels > 2 else 1

    @property
    def bits(self) -> int:
        return 8 * self.samples.dtype.itemsize

    @property
    def maximum(self) -> int:
        """The sample that means 1.0: 255 or 65535."""
        return 2**self.bits - 1

    @property
    def kind(self) -> str:
        """ "grey", "grey with alpha", "RGB" or "RGBA"."""
        return _KINDS[self.channels]

"""The Picture value and its ways from and to Pillow."""

import numpy as np
import pytest
from pictures import noise, picture
from PIL import Image

from dragbrush.errors import BadImage, BadRequest
from dragbrush.imaging import Picture


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_pillow_round_trip(mode: str) -> None:
    source = picture(5, 7, len(mode))

    image = source.to_pillow()

    assert image.mode == mode
    assert np.array_equal(Picture.from_pillow(image).samples, source.samples)


def test_pillow_16_bit_grey_round_trip() -> None:
    source = picture(5, 7, 1, bits=16)

    image = source.to_pillow()

    assert image.mode == "I;16"
    assert np.array_equal(Picture.from_pillow(image).samples, source.samples)


def test_pillow_palette_is_expanded() -> None:
    image = Image.fromarray(noise(4, 4, 1)[:, :, 0]).convert("P")
    image.putpalette(noise(256, 3, 1).tobytes())

    assert np.array_equal(Picture.from_pillow(image).samples, np.asarray(image.convert("RGB")))
    image.info["transparency"] = 3
    assert Picture.from_pillow(image).channels == 4


@pytest.mark.parametrize("mode", ["CMYK", "F", "I", "YCbCr", "HSV"])
def test_other_pillow_modes_are_named(mode: str) -> None:
    with pytest.raises(BadImage, match=f"mode {mode} .*convert"):
        Picture.from_pillow(Image.new(mode, (3, 3)))


def test_16_bit_colour_does_not_go_to_pillow() -> None:
    with pytest.raises(BadRequest, match="16-bit RGBA"):
        picture(3, 3, 4, bits=16).to_pillow()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 3, 3), np.float32),
        np.zeros((3, 3, 3), np.int16),
        np.zeros((3, 3, 5), np.uint8),
        np.zeros((0, 3, 3), np.uint8),
        np.zeros(3, np.uint8),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(BadImage, match="Samples of"):
        Picture.from_array(array)


def test_properties_say_what_it_is() -> None:
    grey = Picture.from_array(np.zeros((2, 5), np.uint16))

    assert (grey.size, grey.channels, grey.maximum, grey.has_alpha, grey.kind) == (
        (5, 2),
        1,
        65535,
        False,
        "grey",
    )
    assert picture(2, 2, 2).has_alpha

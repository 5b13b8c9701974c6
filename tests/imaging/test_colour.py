"""Samples to sRGB and back, profiles, and what shows under no alpha."""

import numpy as np
import pytest
import pyvips
from pictures import SRGB, grey_profile, noise, picture, profile, rgb_profile

from dragbrush.errors import BadImage
from dragbrush.imaging import Picture, crop_to_srgb, srgb_to_samples
from dragbrush.imaging.profile import Tabled, colour_space


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bits", [8, 16])
def test_without_a_profile_every_sample_comes_back(channels: int, bits: int) -> None:
    source = picture(8, 8, channels, bits=bits)

    rgb = crop_to_srgb(source, (0, 0, 8, 8))

    assert rgb.dtype == np.float32
    assert rgb.shape == (8, 8, 3)
    assert np.array_equal(srgb_to_samples(rgb, source), source.samples)


def test_grey_profile_comes_back_exactly_at_16_bit() -> None:
    source = Picture(np.arange(65536, dtype=np.uint16).reshape(256, 256, 1), grey_profile())

    rgb = crop_to_srgb(source, (0, 0, 256, 256))
    back = srgb_to_samples(rgb, source)

    assert np.abs(back.astype(int) - source.samples).max() <= 1
    assert rgb[128, 0, 0] == pytest.approx((0.5**1.8) ** (1 / 2.4) * 1.055 - 0.055, abs=1e-3)


def test_wide_profile_agrees_with_little_cms_and_comes_back() -> None:
    samples = noise(32, 32, 3, bits=16) // 8 + np.uint16(26000)  # inside sRGB
    source = Picture(samples, rgb_profile())

    rgb = crop_to_srgb(source, (0, 0, 32, 32))

    image = pyvips.Image.new_from_memory(samples.tobytes(), 32, 32, 3, "ushort").copy(interpretation="rgb16")
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", rgb_profile())
    expected = image.icc_transform("srgb", embedded=True, depth=16, intent="relative").numpy() / 65535
    assert np.abs(rgb - expected).max() < 0.004
    assert np.abs(srgb_to_samples(rgb, source).astype(int) - samples).max() <= 1


def test_srgb_profile_is_the_identity() -> None:
    source = Picture(noise(8, 8, 3, bits=16), rgb_profile(SRGB, None))

    assert np.array_equal(crop_to_srgb(source, (0, 0, 8, 8)), source.samples.astype(np.float32) / 65535)


def test_white_and_black_stay() -> None:
    source = Picture(np.array([[[0, 0, 0], [65535, 65535, 65535]]], np.uint16), rgb_profile())

    assert np.array_equal(crop_to_srgb(source, (0, 0, 2, 1))[0], [[0, 0, 0], [1, 1, 1]])


@pytest.mark.parametrize("channels", [1, 3])
def test_other_profiles_go_through_little_cms_and_come_back(channels: int) -> None:
    icc = rgb_profile() if channels == 3 else grey_profile()
    colour = (noise(32, 32, channels) / np.float32(1020) + np.float32(0.4)).astype(np.float32)

    rgb = Tabled(icc, channels).to_srgb(colour)
    back = Tabled(icc, channels).from_srgb(rgb)

    assert np.abs(rgb - colour_space(icc, channels).to_srgb(colour)).max() < 0.004
    assert np.abs(back - colour).max() < 0.004


@pytest.mark.parametrize("icc", [b"", b"x" * 140, profile(b"RGB ", {}), rgb_profile()[:300]])
def test_damaged_profiles_are_a_sentence(icc: bytes) -> None:
    with pytest.raises(BadImage, match="colour profile cannot be used"):
        crop_to_srgb(Picture(noise(4, 4, 3), icc), (0, 0, 4, 4))


def test_past_the_edge_the_picture_is_mirrored() -> None:
    source = Picture.from_array(np.arange(6, dtype=np.uint8).reshape(2, 3))

    rgb = crop_to_srgb(source, (-4, -1, 11, 4))[:, :, 0] * 255

    assert np.rint(rgb).tolist() == [
        [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0],
        [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0],
        [5, 5, 4, 3, 3, 4, 5, 5, 4, 3, 3],
        [5, 5, 4, 3, 3, 4, 5, 5, 4, 3, 3],
    ]


def test_under_no_alpha_the_surroundings_show() -> None:
    samples = noise(32, 32, 4)
    samples[:, :, 3] = 0
    samples[8:24, 8:24] = (200, 100, 50, 255)

    rgb = crop_to_srgb(Picture(samples), (0, 0, 32, 32))

    assert np.abs(rgb * 255 - (200, 100, 50)).max() < 0.01


def test_half_transparent_colours_are_straight() -> None:
    samples = np.full((4, 4, 4), 128, np.uint8)

    assert np.allclose(crop_to_srgb(Picture(samples), (0, 0, 4, 4)), 128 / 255)


def test_nothing_visible_is_mid_grey_and_under_is_the_callers() -> None:
    samples = noise(5, 7, 4)
    samples[:, :, 3] = 0
    under = np.full((5, 7, 3), 0.25, np.float32)

    assert np.allclose(crop_to_srgb(Picture(samples), (0, 0, 7, 5)), 0.5)
    assert np.array_equal(crop_to_srgb(Picture(samples), (0, 0, 7, 5), under=under), under)

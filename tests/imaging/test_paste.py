"""Outside the selection not one bit changes; inside, the edit arrives at full depth."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import grey_profile, noise, picture, rgb_profile

from dragbrush.errors import BadRequest, DragbrushError
from dragbrush.imaging import Fit, Picture, crop_to_srgb, paste, srgb_to_samples, write_picture

FIT = Fit(-3, 2, 30, 12, 16, 16)


def a_mask(height: int, width: int, seed: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    inside = noise(12, 20, 1, seed=seed)[:, :, 0]
    inside[inside < 90] = 0
    inside[inside > 200] = 255
    mask[2:14, 3:23] = inside
    return mask


def rows_of(edited: np.ndarray):
    return lambda start, stop: edited[start:stop]


@given(
    st.sampled_from([1, 2, 3, 4]),
    st.sampled_from([8, 16]),
    st.booleans(),
    st.sampled_from([3, 4]),
    st.integers(0, 2**16),
)
def test_unselected_pixels_are_the_same_bits(
    channels: int, bits: int, with_profile: bool, edited_channels: int, seed: int
) -> None:
    icc = (grey_profile() if channels < 3 else rgb_profile()) if with_profile else None
    source = Picture(noise(20, 25, channels, bits=bits, seed=seed), icc)
    if channels in (2, 4):
        source.samples[::3, :, -1] = 0
    before, mask = source.samples.copy(), a_mask(20, 25, seed)
    edited = noise(12, 30, edited_channels, seed=seed + 1) / np.float32(255)

    result = paste(source, FIT, rows_of(edited), mask)

    assert np.array_equal(source.samples, before)
    assert result.samples.dtype == before.dtype
    assert result.icc == icc
    assert np.array_equal(result.samples[mask == 0], before[mask == 0])
    if edited_channels == 3 and channels in (2, 4):
        assert np.array_equal(result.samples[:, :, -1], before[:, :, -1])
        hidden = before[:, :, -1] == 0
        assert np.array_equal(result.samples[hidden], before[hidden])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("with_profile", [False, True])
def test_fully_selected_pixels_are_the_edit(channels: int, bits: int, with_profile: bool) -> None:
    icc = (grey_profile() if channels == 1 else rgb_profile()) if with_profile else None
    source = Picture(noise(20, 25, channels, bits=bits), icc)
    edited = noise(12, 30, 3, seed=3) / np.float32(255)
    mask = np.zeros((20, 25), np.uint8)
    mask[2:14] = 255

    result = paste(source, FIT, rows_of(edited), mask)

    expected = srgb_to_samples(edited, source)[:, 3:28]
    assert np.array_equal(result.samples[2:14], expected)


@given(st.sampled_from([1, 2, 3, 4]), st.sampled_from([8, 16]), st.integers(0, 999))
def test_an_edit_that_changed_nothing_changes_nothing(channels: int, bits: int, seed: int) -> None:
    source = picture(20, 25, channels, bits=bits, seed=seed)
    if source.has_alpha:
        source.samples[:, :, -1] |= source.maximum // 2 + 1  # below 1/16 a colour is not believed

    result = paste(source, FIT, rows_of(crop_to_srgb(source, FIT.box)), a_mask(20, 25, seed))

    assert np.array_equal(result.samples, source.samples)


def test_the_feather_is_a_rounded_mix() -> None:
    source = Picture(np.full((4, 4, 3), 100, np.uint8))
    edited = np.full((4, 4, 3), 200 / 255, np.float32)
    mask = np.array([[0, 1, 64, 128], [127, 191, 254, 255]] * 2, np.uint8)

    result = paste(source, Fit(0, 0, 4, 4, 4, 4), rows_of(edited), mask)

    assert np.array_equal(result.samples[:, :, 0], np.rint(100 + 100 * (mask / 255)))


def test_colours_count_by_their_alpha() -> None:
    source = Picture(np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [9, 8, 7, 0]]], np.uint8))
    edited = np.array([[[0, 0, 1, 0], [0, 0, 1, 1], [0, 0, 1, 0]]], np.float32)
    mask = np.full((1, 3), 51, np.uint8)  # a fifth

    result = paste(source, Fit(0, 0, 3, 1, 3, 1), rows_of(edited), mask)

    assert result.samples[0].tolist() == [[255, 0, 0, 204], [0, 0, 255, 51], [9, 8, 7, 0]]


def test_strips_without_selection_are_not_asked_for() -> None:
    source = picture(4000, 300)
    mask = np.zeros((4000, 300), np.uint8)
    mask[10, 5] = mask[3990, 5] = 255
    asked = []

    def edited_rows(start: int, stop: int) -> np.ndarray:
        asked.append((start, stop))
        return np.zeros((stop - start, 300, 3), np.float32)

    paste(source, Fit(0, 0, 300, 4000, 64, 64), edited_rows, mask)

    assert asked[0][0] == 10
    assert asked[-1][1] == 3991
    assert sum(stop - start for start, stop in asked) < 3600


def test_an_empty_selection_gives_the_source() -> None:
    source = picture(20, 25)

    result = paste(source, FIT, rows_of(np.zeros((12, 30, 3), np.float32)), np.zeros((20, 25), np.uint8))

    assert np.array_equal(result.samples, source.samples)


def test_what_cannot_be_pasted_says_why() -> None:
    source, mask = picture(20, 25), np.full((20, 25), 255, np.uint8)
    edited = np.zeros((12, 30, 3), np.float32)

    with pytest.raises(BadRequest, match="outside the edited crop"):
        paste(source, FIT, rows_of(edited), mask)
    with pytest.raises(BadRequest, match="picture's size"):
        paste(source, FIT, rows_of(edited), mask[1:])
    mask[:2] = mask[14:] = 0
    with pytest.raises(BadRequest, match="strip has shape"):
        paste(source, FIT, rows_of(edited[:, 1:]), mask)
    edited[5, 5] = np.nan
    with pytest.raises(DragbrushError, match="not numbers"):
        paste(source, FIT, rows_of(edited), mask)


_LARGE_EDIT = """
import sys
from pathlib import Path
import numpy as np
import psutil
from dragbrush.imaging import (
    Picture, fit_edit, mask_on_canvas, paste, read_canvas, read_picture, upscale_rows, write_picture,
)
path = sys.argv[1]
def peak():  # ru_maxrss would begin at the size of the process that started this one
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
before = psutil.Process().memory_info().rss
source = read_picture(path + "/in.tif")
mask = np.full((4000, 6000), 255, np.uint8)
fit = fit_edit(source.size, (0, 0, 6000, 4000), [], canvas_area_side=512, multiple=64)
canvas, alpha = read_canvas(source, fit)
mask_on_canvas(mask, fit)
result = paste(source, fit, lambda a, b: upscale_rows(canvas, fit.crop_size, (a, b)), mask)
write_picture(result, path + "/out.tif")
print((peak() - before) / source.samples.nbytes)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_large_16_bit_edit_needs_little_memory(tmp_path) -> None:
    band = noise(40, 6000, 4, bits=16)
    write_picture(Picture(np.tile(band, (100, 1, 1))), tmp_path / "in.tif")

    done = subprocess.run(
        [sys.executable, "-c", _LARGE_EDIT, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert float(done.stdout) <= 3

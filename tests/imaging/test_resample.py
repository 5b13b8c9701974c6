"""Crop to canvas and back: right at the centres, no aliasing, the same whatever the strips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import noise
from PIL import Image

from dragbrush.imaging import downscale, downscale_rows, spread, upscale_rows
from dragbrush.imaging import resample as resample_module


def floats(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    return noise(height, width, channels, seed=seed).astype(np.float32) / 255


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 40), st.integers(1, 40), st.data())
def test_strips_are_rows_of_the_whole(ch: int, cw: int, height: int, width: int, data: st.DataObject) -> None:
    canvas = floats(ch, cw)
    cut = data.draw(st.integers(0, height - 1))

    whole = upscale_rows(canvas, (width, height), (0, height))

    assert whole.dtype == np.float32
    assert np.array_equal(upscale_rows(canvas, (width, height), (cut, height)), whole[cut:])
    if cut:
        assert np.array_equal(upscale_rows(canvas, (width, height), (0, cut)), whole[:cut])


@pytest.mark.parametrize("size", [(31, 57), (16, 12), (5, 7), (16, 90)])
def test_upscale_is_pillows_bicubic(size: tuple[int, int]) -> None:
    canvas = floats(12, 16, 1)

    ours = upscale_rows(canvas, size, (0, size[1]))[:, :, 0]

    theirs = np.asarray(Image.fromarray(canvas[:, :, 0]).resize(size, Image.Resampling.BICUBIC))
    assert np.abs(ours - theirs).max() < 1e-5


def test_a_ramp_keeps_its_place_down_and_up() -> None:
    x = (np.arange(240, dtype=np.float32) + 0.5) / 240
    ramp = np.repeat(np.tile(x, (180, 1))[:, :, None], 3, axis=2)

    canvas = downscale(ramp, (24, 18))
    back = upscale_rows(canvas, (240, 180), (0, 180))

    assert np.abs(canvas[:, 3:-3, 0] - ((np.arange(24) + 0.5) / 24)[3:-3]).max() < 1e-4
    assert np.abs(back - ramp)[:, 40:-40].max() < 1e-3


def test_fine_stripes_become_grey() -> None:
    stripes = np.zeros((64, 640, 1), np.float32)
    stripes[:, ::2] = 1

    assert np.abs(downscale(stripes, (80, 8))[:, 2:-2] - 0.5).max() < 0.02


def test_reading_in_strips_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    array = floats(90, 70, 4)
    whole = downscale(array, (20, 30))

    monkeypatch.setattr(resample_module, "STRIP_PIXELS", 70 * 7)

    assert np.array_equal(downscale_rows(lambda a, b: array[a:b], (70, 90), (20, 30)), whole)


def test_same_size_is_the_same_array() -> None:
    array = floats(9, 8)

    assert np.array_equal(downscale(array, (8, 9)), array)
    assert np.allclose(upscale_rows(array, (8, 9), (0, 9)), array, atol=1e-7)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 99))
def test_spread_keeps_the_known_and_stays_in_its_range(height: int, width: int, seed: int) -> None:
    values = floats(height, width, 2, seed)
    weights = (noise(height, width, 1, seed=seed + 1)[:, :, 0] > 128).astype(np.float32)

    filled = spread(values, weights)

    known = weights == 1
    assert np.array_equal(filled[known], values[known])
    if known.any():
        assert filled.min() >= values[known].min() - 1e-5
        assert filled.max() <= values[known].max() + 1e-5
    else:
        assert np.all(filled == 0.5)

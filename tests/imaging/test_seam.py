"""The colour cast of an edit vanishes at the seam, and nothing is corrected where nothing is wrong."""

import numpy as np
import pytest
from pictures import texture

from dragbrush.imaging import seam_offset


def scene(side: int) -> tuple[np.ndarray, np.ndarray]:
    source = texture(side, side).astype(np.float32) / 255 * 0.6 + 0.2
    mask = np.zeros((side, side), np.float32)
    mask[side // 4 : side // 2, side // 3 : 3 * side // 4] = 1
    mask[side // 4 - 1, side // 3 : 3 * side // 4] = 0.4
    return source, mask


@pytest.mark.parametrize("side", [64, 256])
def test_a_constant_cast_is_removed(side: int) -> None:
    source, mask = scene(side)
    cast = np.array([0.06, -0.03, 0.05], np.float32)

    offset = seam_offset(source, source + cast, mask)

    assert offset.shape == source.shape
    assert np.abs(offset + cast).max() < 0.05 * np.abs(cast).max()


def test_a_constant_cast_is_removed_while_content_moves() -> None:
    source, mask = scene(256)
    cast = np.array([0.06, -0.03, 0.05], np.float32)
    edited = source + cast
    edited[64:128, 85:192] = texture(64, 107, seed=4) / np.float32(255)
    edited[128:140, 85:120] += 0.4  # spilled over the selection

    offset = seam_offset(source, edited, mask)

    assert np.abs(offset + cast)[mask > 0].max() < 0.05 * 0.06


def test_a_slow_gradient_of_the_cast_is_followed_at_the_seam() -> None:
    source, mask = scene(256)
    x = np.linspace(-0.03, 0.03, 256, dtype=np.float32)[None, :, None]

    offset = seam_offset(source, source + x, mask)

    assert np.abs(offset + x)[mask > 0].max() < 0.012


def test_no_difference_outside_is_no_correction() -> None:
    source, mask = scene(128)
    edited = source.copy()
    edited[mask > 0] = 0.9

    assert np.array_equal(seam_offset(source, edited, mask), np.zeros_like(source))


def test_with_everything_selected_nothing_is_corrected() -> None:
    source, _ = scene(64)

    assert not seam_offset(source, source + 0.1, np.ones((64, 64), np.float32)).any()

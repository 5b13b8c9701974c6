"""Previews show a part of the picture and nothing that is not there."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dragbrush.imaging import Picture
from dragbrush.worker.preview import inside, preview_samples

SIDES = st.integers(1, 300)


@given(start=st.integers(-200, 200), length=SIDES, count=st.integers(1, 64), layer=SIDES)
def test_of_a_box_past_the_picture_the_part_inside_is_shown(start: int, length: int, count: int, layer: int) -> None:
    if start >= layer or start + length <= 0:
        return
    samples = np.arange(count, dtype=np.uint8)[None].repeat(2, axis=0)[:, :, None]

    part, (left, top, width, height) = inside(samples, (start, 0, length, 5), (layer, 5))

    assert 0 <= left < left + width <= layer
    assert (top, height) == (0, 5)
    assert 0 < part.shape[1] <= count
    if start >= 0 and start + length <= layer:
        assert (left, width, part.shape[1]) == (start, length, count)


def test_a_preview_is_small_srgb_of_eight_bits() -> None:
    samples = np.full((100, 40, 2), 40_000, np.uint16)

    preview = preview_samples(Picture(samples), 50)

    assert (preview.shape, preview.dtype) == ((50, 20, 4), np.uint8)
    assert (preview == round(40_000 / 257)).all()

"""The instant method: pixels moved along a field."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragbrush.engine.field import Field, Pull
from dragbrush.engine.methods.warp import warp_rows

HEIGHT, WIDTH = 90, 130
GRID = (24, 32)
ROUNDING = 2e-5
"""A place in a picture of this size is known to about 130 x 2^-24 pixels, and neighbours differ by up to 1."""


class Source:
    """A picture of grain, and which parts of it were asked for."""

    def __init__(self, height: int = HEIGHT, width: int = WIDTH) -> None:
        self.pixels = torch.rand(3, height, width, generator=torch.Generator().manual_seed(0))
        self.asked: list[tuple[int, int, int, int]] = []

    def __call__(self, top: int, bottom: int, left: int, right: int) -> Tensor:
        self.asked.append((top, bottom, left, right))
        return self.pixels[:, top:bottom, left:right]


def moving(x: float, y: float) -> Field:
    """Everything goes (x, y) cells of the field's grid."""
    displacement = torch.tensor([x, y])[:, None, None].expand(2, *GRID)
    return Field(displacement, torch.ones(GRID), torch.zeros(GRID, dtype=torch.bool))


def tearing() -> Field:
    guide = np.full((*GRID, 3), 0.4, np.float32)
    guide[8:15, 5:12] = (0.9, 0.2, 0.1)
    mask = np.zeros(GRID, np.float32)
    mask[2:-2, 2:-2] = 1
    return Pull(guide, mask, np.array([[8.0, 11.0]])).to(np.array([[22.0, 13.0]]))


FIELDS = pytest.mark.parametrize("field", [moving(3.3, -1.7), tearing()], ids=["shift", "tear"])


def test_still_field_gives_the_picture_back() -> None:
    source = Source()

    warped = warp_rows(source, (HEIGHT, WIDTH), moving(0, 0), 0, HEIGHT)

    torch.testing.assert_close(warped, source.pixels, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize(("right", "down"), [(7, 0), (0, -5), (12, 9), (-20, 30)])
def test_whole_pixel_shift_is_a_roll(right: int, down: int) -> None:
    source = Source()

    warped = warp_rows(source, (HEIGHT, WIDTH), moving(right * GRID[1] / WIDTH, down * GRID[0] / HEIGHT), 0, HEIGHT)

    rolled = source.pixels.roll((down, right), dims=(1, 2))
    inner = (slice(None), slice(30, -30), slice(20, -20))
    torch.testing.assert_close(warped[inner], rolled[inner], rtol=0, atol=ROUNDING)


def test_what_comes_from_outside_is_the_border() -> None:
    source = Source()

    warped = warp_rows(source, (HEIGHT, WIDTH), moving(GRID[1], 0), 0, HEIGHT)

    torch.testing.assert_close(warped, source.pixels[:, :, :1].expand_as(warped), rtol=0, atol=ROUNDING)


@FIELDS
@given(cuts=st.lists(st.integers(1, HEIGHT - 1), unique=True, max_size=4))
@settings(max_examples=15, deadline=None)
def test_rows_do_not_depend_on_the_strips_they_come_in(field: Field, cuts: list[int]) -> None:
    source, edges = Source(), [0, *sorted(cuts), HEIGHT]
    whole = warp_rows(source, (HEIGHT, WIDTH), field, 0, HEIGHT)

    strips = [warp_rows(source, (HEIGHT, WIDTH), field, start, stop) for start, stop in pairwise(edges)]

    torch.testing.assert_close(torch.cat(strips, dim=1), whole, rtol=0, atol=ROUNDING)


def test_only_what_the_rows_need_is_fetched() -> None:
    source = Source()

    warp_rows(source, (HEIGHT, WIDTH), moving(0, 10 * GRID[0] / HEIGHT), 40, 50)

    (top, bottom, _, _) = source.asked[0]
    assert len(source.asked) == 1
    assert 26 <= top <= 30
    assert 40 <= bottom <= 43


@FIELDS
@given(start=st.integers(0, HEIGHT - 1), rows=st.integers(1, HEIGHT))
@settings(max_examples=15, deadline=None)
def test_fetched_part_lies_in_the_picture(field: Field, start: int, rows: int) -> None:
    source, stop = Source(), min(start + rows, HEIGHT)

    warped = warp_rows(source, (HEIGHT, WIDTH), field, start, stop)

    assert warped.shape == (3, stop - start, WIDTH)
    for top, bottom, left, right in source.asked:
        assert 0 <= top < bottom <= HEIGHT
        assert 0 <= left < right <= WIDTH


def test_torn_field_brings_no_colour_from_between_the_sides() -> None:
    field, source = tearing(), Source()
    source.pixels = torch.zeros(3, HEIGHT, WIDTH)
    source.pixels[0, :, : WIDTH // 2], source.pixels[1, :, WIDTH // 2 :] = 1, 1

    warped = warp_rows(source, (HEIGHT, WIDTH), field, 0, HEIGHT)

    torch.testing.assert_close(warped[0] + warped[1], torch.ones(HEIGHT, WIDTH), rtol=0, atol=1e-4)


def test_large_picture_with_a_still_field_is_returned_to_a_quarter_of_an_8_bit_step() -> None:
    source = Source(8, 6000)

    warped = warp_rows(source, (8, 6000), moving(0, 0), 0, 8)

    torch.testing.assert_close(warped, source.pixels, rtol=0, atol=0.25 / 255)

"""Where a handle's first feature is found again."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragbrush.engine.tracking import track

RADIUS = 3


def feature_map(height: int = 20, width: int = 24) -> Tensor:
    return torch.randn(1, 16, height, width, generator=torch.Generator().manual_seed(1))


@given(
    row=st.integers(5, 14),
    col=st.integers(5, 18),
    down=st.integers(-RADIUS, RADIUS),
    right=st.integers(-RADIUS, RADIUS),
)
@settings(max_examples=40, deadline=None)
def test_shifted_features_are_found(row: int, col: int, down: int, right: int) -> None:
    first, origins = feature_map(), torch.tensor([[row, col]])
    now = first.roll((down, right), dims=(2, 3))

    found = track(first, now, origins, origins, radius=RADIUS)

    assert found.tolist() == [[row + down, col + right]]


@given(row=st.integers(0, 19), col=st.integers(0, 23), seed=st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_found_cells_are_whole_inside_the_map_and_inside_the_window(row: int, col: int, seed: int) -> None:
    now = torch.randn(1, 16, 20, 24, generator=torch.Generator().manual_seed(seed))
    handles = torch.tensor([[row, col]])

    found = track(feature_map(), now, torch.tensor([[10, 10]]), handles, radius=RADIUS)

    assert found.dtype == torch.long
    assert bool((found >= 0).all())
    assert bool((found < torch.tensor([20, 24])).all())
    assert bool(((found - handles).abs() <= RADIUS).all())


def test_window_at_a_corner_still_finds_what_is_in_it() -> None:
    first = feature_map()
    now = first.roll((2, 1), dims=(2, 3))

    found = track(first, now, torch.tensor([[0, 0]]), torch.tensor([[0, 0]]), radius=RADIUS)

    assert found.tolist() == [[2, 1]]


def test_handles_are_looked_for_where_they_are_now_with_the_features_they_began_with() -> None:
    first = feature_map()
    now = first.roll((0, 8), dims=(2, 3))
    origins, handles = torch.tensor([[10, 5], [4, 4]]), torch.tensor([[11, 12], [3, 13]])

    found = track(first, now, origins, handles, radius=RADIUS)

    assert found.tolist() == [[10, 13], [4, 12]]


def test_what_left_the_window_is_not_found() -> None:
    first = feature_map()
    now = first.roll((0, 8), dims=(2, 3))
    origins = torch.tensor([[10, 5]])

    found = track(first, now, origins, origins, radius=RADIUS)

    assert found.tolist() != [[10, 13]]

"""Distances inside a picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragbrush.engine.geodesic import geodesic_distances

SIDE = 48


def seed_at(row: int, col: int, size: tuple[int, int] = (SIDE, SIDE)) -> np.ndarray:
    seeds = np.zeros((1, *size), bool)
    seeds[0, row, col] = True
    return seeds


def flat(size: tuple[int, int] = (SIDE, SIDE), channels: int = 3) -> np.ndarray:
    return np.full((*size, channels), 0.4, np.float32)


def walled(*, gap: bool) -> np.ndarray:
    """A dark wall down the middle, open in its lowest rows on request."""
    guide = flat()
    guide[: SIDE - 8 if gap else SIDE, 22:26] = 0
    return guide


@given(row=st.integers(0, 31), col=st.integers(0, 47))
@settings(max_examples=20, deadline=None)
def test_without_edges_distances_are_nearly_straight(row: int, col: int) -> None:
    size = (32, 48)
    rows, cols = np.mgrid[: size[0], : size[1]]
    straight = np.hypot(rows - row, cols - col) / max(size)

    distances = geodesic_distances(flat(size), seed_at(row, col, size))[0]

    assert (distances >= straight * 0.999).all()
    assert (distances <= straight * 1.09 + 1e-6).all()


def test_edge_costs_more_than_the_way_round() -> None:
    left, right = (10, 12), (10, 36)

    round_it = geodesic_distances(walled(gap=True), seed_at(*left))[0][right]
    across = geodesic_distances(walled(gap=False), seed_at(*left))[0][right]

    way = 2 * np.hypot(SIDE - 8 - left[0], 12) / SIDE
    assert round_it == pytest.approx(way, rel=0.15)
    assert across > 1.2 * round_it


def test_way_back_is_as_long() -> None:
    guide = walled(gap=True)

    there = geodesic_distances(guide, seed_at(10, 12))[0][20, 40]
    back = geodesic_distances(guide, seed_at(20, 40))[0][10, 12]

    assert there == pytest.approx(back, rel=1e-4)


def test_mirrored_picture_has_mirrored_distances() -> None:
    guide, seeds = walled(gap=True), seed_at(10, 12)

    distances = geodesic_distances(guide, seeds)

    mirrored = geodesic_distances(guide[:, ::-1], seeds[:, :, ::-1])[:, :, ::-1]
    np.testing.assert_allclose(mirrored, distances, rtol=1e-3, atol=1e-4)


def test_seed_sets_are_measured_apart() -> None:
    both = np.concatenate([seed_at(4, 4), seed_at(40, 30)])

    distances = geodesic_distances(walled(gap=True), both)

    np.testing.assert_allclose(distances[1:], geodesic_distances(walled(gap=True), seed_at(40, 30)), rtol=1e-5)


def test_seeds_themselves_are_at_no_distance() -> None:
    assert geodesic_distances(flat(), seed_at(4, 4))[0, 4, 4] == 0


def test_empty_seed_set_is_infinitely_far() -> None:
    distances = geodesic_distances(flat(), np.zeros((1, SIDE, SIDE), bool))

    assert np.isinf(distances).all()


@pytest.mark.parametrize("channels", [1, 4])
def test_guide_of_any_number_of_channels_has_edges(channels: int) -> None:
    guide = flat(channels=channels)
    guide[:, 24:, -1] = 1

    distances = geodesic_distances(guide, seed_at(24, 10))[0]

    assert distances[24, 38] > 2 * geodesic_distances(flat(), seed_at(24, 10))[0][24, 38]

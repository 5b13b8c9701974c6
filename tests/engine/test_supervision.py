"""The losses that pull features to targets."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragbrush.engine.supervision import background_loss, patch_loss, region_loss, sample

SIDES = st.integers(1, 9)


def features_of(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def ramp(height: int = 8, width: int = 10) -> Tensor:
    """One channel that rises by 2 with each column."""
    return (2 * torch.arange(width, dtype=torch.float64)).expand(1, 1, height, width).clone()


def cells(*points: tuple[float, float]) -> Tensor:
    return torch.tensor(points, dtype=torch.float64)


@given(data=st.data(), height=SIDES, width=SIDES)
@settings(max_examples=50, deadline=None)
def test_sample_at_whole_cells_is_indexing(data: st.DataObject, height: int, width: int) -> None:
    features = features_of(height, width)
    row, col = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))

    sampled = sample(features, cells((row, col)))

    torch.testing.assert_close(sampled[:, 0], features[0, :, row, col])


@given(data=st.data(), height=st.integers(2, 9), width=st.integers(2, 9))
@settings(max_examples=50, deadline=None)
def test_sample_between_cells_is_bilinear(data: st.DataObject, height: int, width: int) -> None:
    features = features_of(height, width)
    row, col = data.draw(st.floats(0, height - 1.001)), data.draw(st.floats(0, width - 1.001))
    r, c, v, u = int(row), int(col), row - int(row), col - int(col)
    square = features[0, :, r : r + 2, c : c + 2]
    weights = torch.tensor([[(1 - v) * (1 - u), (1 - v) * u], [v * (1 - u), v * u]], dtype=torch.float64)

    sampled = sample(features, cells((row, col)))

    torch.testing.assert_close(sampled[:, 0], (square * weights).sum((1, 2)))


@given(row=st.floats(-20, 30), col=st.floats(-20, 30))
@settings(max_examples=30, deadline=None)
def test_sample_outside_is_held_at_the_border(row: float, col: float) -> None:
    features = features_of(6, 7)

    sampled = sample(features, cells((row, col)))

    held = sample(features, cells((min(max(row, 0), 5), min(max(col, 0), 6))))
    torch.testing.assert_close(sampled, held)


def test_sample_keeps_the_shape_of_the_cells() -> None:
    assert sample(features_of(6, 7), torch.zeros(4, 5, 2)).shape == (3, 4, 5)


@pytest.mark.parametrize(("radius", "expected"), [(0, 2.0), (1, 18.0)])
def test_patch_loss_of_a_ramp_is_its_slope_at_every_place_of_the_patch(radius: int, expected: float) -> None:
    loss = patch_loss(ramp(), cells((3, 3)), cells((3, 7)), radius=radius, reached=2)

    assert float(loss) == pytest.approx(expected)


def test_patch_loss_looks_one_cell_along_the_way() -> None:
    slanted = patch_loss(ramp(), cells((2, 2)), cells((5, 6)), radius=0, reached=2)

    assert float(slanted) == pytest.approx(2 * 4 / 5)


def test_patch_loss_averages_channels() -> None:
    two = torch.cat([ramp(), 0 * ramp()], dim=1)

    assert float(patch_loss(two, cells((3, 3)), cells((3, 7)), radius=0, reached=2)) == pytest.approx(1.0)


def test_patch_loss_sums_the_handles() -> None:
    handles, targets = cells((3, 3), (5, 2)), cells((3, 7), (5, 8))

    loss = patch_loss(ramp(), handles, targets, radius=0, reached=2)

    assert float(loss) == pytest.approx(4.0)


def test_patch_loss_teaches_the_place_ahead_not_the_place_it_learns_from() -> None:
    features = ramp().requires_grad_()

    patch_loss(features, cells((3, 3)), cells((3, 7)), radius=0, reached=2).backward()

    assert features.grad is not None
    assert features.grad[0, 0].nonzero().tolist() == [[3, 4]]


def test_finished_handles_add_nothing() -> None:
    alone = patch_loss(ramp(), cells((3, 3)), cells((3, 7)), radius=1, reached=2)

    both = patch_loss(ramp(), cells((3, 3), (5, 5)), cells((3, 7), (5, 6.5)), radius=1, reached=2)

    assert float(both) == pytest.approx(float(alone))


def test_handle_on_its_target_gives_no_broken_gradient() -> None:
    features = features_of(8, 8).requires_grad_()

    patch_loss(features, cells((3, 3), (5, 5)), cells((3, 3), (5, 1)), radius=1, reached=2).backward()

    assert features.grad is not None
    assert bool(features.grad.isfinite().all())


def test_region_loss_of_equal_features_is_zero() -> None:
    features = features_of(6, 7)

    assert float(region_loss(features, features.clone(), torch.ones(6, 7))) == 0


def test_region_loss_is_the_mean_over_the_region() -> None:
    features, region = torch.zeros(1, 2, 4, 4), torch.zeros(4, 4)
    taught = torch.full_like(features, 100.0)
    region[1, 1:3] = 1
    taught[:, :, 1, 1], taught[:, :, 1, 2] = 3.0, -5.0

    assert float(region_loss(features, taught, region)) == pytest.approx(4.0)


def test_region_loss_of_an_empty_region_is_zero() -> None:
    assert float(region_loss(features_of(4, 4), features_of(4, 4, 1), torch.zeros(4, 4))) == 0


def test_background_loss_sums_what_changed_outside_the_mask() -> None:
    mask = torch.zeros(1, 1, 2, 2)
    mask[..., 0, 0] = 1
    first, now = torch.zeros(1, 4, 2, 2), torch.full((1, 4, 2, 2), -0.5)

    assert float(background_loss(now, first, mask)) == pytest.approx(0.5 * 4 * 3)

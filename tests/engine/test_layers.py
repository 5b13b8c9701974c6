"""A drawn object and what is behind it as two layers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragbrush.engine.layers import lifted, parted

SIZE = (24, 40)
ROUNDING = 1e-5


def colours(seed: int) -> Tensor:
    return torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(seed))


def feathered() -> Tensor:
    """A disc that fades over four pixels."""
    rows, cols = torch.meshgrid(torch.arange(1.0 * SIZE[0]), torch.arange(1.0 * SIZE[1]), indexing="ij")
    return ((9 - torch.hypot(cols - 12, rows - 11)) / 4).clamp(0, 1)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_parted_layers_composited_are_the_drawn_picture(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    background, drawn = (torch.rand(3, *SIZE, generator=generator) for _ in range(2))
    placed = feathered()
    # A drawing of an object that covers by `placed`: elsewhere the model may have changed the background too.
    edited = torch.where(placed > 0, background + placed * (drawn - background), drawn)

    layers = parted(edited, background, placed)

    torch.testing.assert_close(layers.flattened(), edited, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("seed", [4, 5])
def test_lifted_object_is_never_brighter_than_its_alpha(seed: int) -> None:
    alone = lifted(colours(seed), colours(seed + 10), feathered())

    assert float(alone.min()) >= 0
    assert bool((alone <= feathered() + ROUNDING).all())

"""The completed background and the object as two layers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragbrush.engine.layers import Layers, lifted, moved_layers, parted
from dragbrush.engine.transform import Placement, similarity

SIZE = (24, 40)
ROUNDING = 1e-5
GROUND, RED = torch.tensor([0.3, 0.5, 0.2]), torch.tensor([0.9, 0.1, 0.0])


def colours(seed: int) -> Tensor:
    return torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(seed))


def feathered() -> Tensor:
    """A disc that fades over four pixels."""
    rows, cols = torch.meshgrid(torch.arange(1.0 * SIZE[0]), torch.arange(1.0 * SIZE[1]), indexing="ij")
    return ((9 - torch.hypot(cols - 12, rows - 11)) / 4).clamp(0, 1)


def even(colour: Tensor) -> Tensor:
    return colour[:, None, None].expand(3, *SIZE)


def test_object_laid_back_where_it_was_gives_the_picture_again() -> None:
    mask = feathered()
    background = colours(1)
    picture = background + mask * (colours(2) - background)

    layers = moved_layers(picture, background, Placement(mask, similarity((12.0, 11.0)), SIZE))

    torch.testing.assert_close(layers.flattened(), picture, atol=ROUNDING, rtol=0)


def test_mixed_pixels_do_not_carry_the_old_background_along() -> None:
    mask = feathered()
    mixed = even(GROUND) + mask * (even(RED) - even(GROUND))

    layers = moved_layers(mixed, even(GROUND), Placement(mask, similarity((12.0, 11.0), by_px=(14.0, 0.0)), SIZE))

    torch.testing.assert_close(layers.object, layers.alpha * even(RED), atol=ROUNDING, rtol=0)
    visible = layers.alpha[0] > 0.05
    torch.testing.assert_close(layers.straight()[:, visible], even(RED)[:, visible], atol=1e-3, rtol=0)


def test_whole_pixel_shift_copies_the_objects_pixels() -> None:
    mask = torch.zeros(SIZE)
    mask[6:16, 4:14] = 1
    picture, background = even(RED), colours(3)

    layers = moved_layers(picture, background, Placement(mask, similarity((8.5, 10.5), by_px=(20.0, 3.0)), SIZE))

    inside = torch.zeros(SIZE, dtype=torch.bool)
    inside[10:18, 25:33] = True
    torch.testing.assert_close(layers.flattened()[:, inside], picture[:, inside], atol=ROUNDING, rtol=0)
    away = layers.alpha[0] == 0
    assert torch.equal(layers.flattened()[:, away], background[:, away])
    assert int(away.sum()) > SIZE[0] * SIZE[1] / 2


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


def test_straight_colours_of_nothing_are_zero() -> None:
    none = torch.zeros(1, *SIZE)

    assert Layers(colours(1), torch.zeros(3, *SIZE), none).straight().abs().max() == 0

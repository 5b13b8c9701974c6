"""The denoiser opened up says what it says closed."""

import pytest
import torch
from torch import Tensor

from dragbrush.engine.components import Components
from dragbrush.engine.condition import Condition
from dragbrush.engine.features import features_of, noise_and_features, predict_noise

SIZES = [(16, 16), (20, 28), (8, 24), (10, 6)]
"""Latents; the second and the last do not halve evenly all the way down."""


def latent_of(size: tuple[int, int], rows: int = 1) -> Tensor:
    return torch.randn(rows, 4, *size, generator=torch.Generator().manual_seed(5))


@torch.no_grad()
@pytest.mark.parametrize("block", range(5))
@pytest.mark.parametrize("size", SIZES[:2])
def test_early_exit_gives_the_features_of_a_full_pass(
    components: Components, condition: Condition, size: tuple[int, int], block: int
) -> None:
    z = latent_of(size)
    _, (full,) = noise_and_features(components.unet, z, 481, condition, blocks=(block,))

    (early,) = features_of(components.unet, z, 481, condition, blocks=(block,))

    assert torch.equal(early, full)


@torch.no_grad()
@pytest.mark.parametrize("size", SIZES)
def test_noise_is_that_of_the_closed_network(
    components: Components, condition: Condition, size: tuple[int, int]
) -> None:
    z = latent_of(size)

    eps, _ = noise_and_features(components.unet, z, 481, condition, blocks=(3,))

    torch.testing.assert_close(eps, components.unet(z, 481, condition.tokens).sample, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_rows_do_not_see_each_other(components: Components, condition: Condition) -> None:
    z = latent_of((16, 16), rows=2)

    both = predict_noise(components.unet, z, 481, condition)

    torch.testing.assert_close(both[1:], predict_noise(components.unet, z[1:], 481, condition), rtol=1e-4, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize(("block", "side"), [(0, 2), (1, 4), (2, 8), (3, 16), (4, 16)])
def test_features_have_the_resolution_of_their_block(
    components: Components, condition: Condition, block: int, side: int
) -> None:
    (features,) = features_of(components.unet, latent_of((16, 16)), 481, condition, blocks=(block,))

    assert features.shape[-2:] == (side, side)


def test_gradient_reaches_the_latent(components: Components, condition: Condition) -> None:
    z = latent_of((16, 16)).requires_grad_()

    (features,) = features_of(components.unet, z, 481, condition, blocks=(3,))
    features.abs().sum().backward()

    assert z.grad is not None
    assert bool((z.grad != 0).all())

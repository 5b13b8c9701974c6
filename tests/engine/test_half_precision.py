"""A denoiser in half precision does what one in single precision does, as near as its numbers are."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dragbrush.engine.components import Components
from dragbrush.engine.features import features_of, predict_noise
from dragbrush.engine.gradients import gradients
from dragbrush.engine.loading import load_components
from dragbrush.engine.prepare import Prepared, encode_source, invert_source, learn_identity
from dragbrush.engine.supervision import region_loss
from dragbrush.presets import QUALITY
from running import relative, run

HALF = {torch.float16: 0.02, torch.bfloat16: 0.1}
"""Formats, and how far answers of the tiny network may be off."""
SETTINGS = replace(QUALITY, lora_step=3, lora_rank=4, n_inference_step=10)


@pytest.fixture(scope="module", params=HALF, ids=str)
def half(request: pytest.FixtureRequest, tiny_sd15_folder: Path) -> Components:
    return load_components(tiny_sd15_folder, device=torch.device("cpu"), dtype=request.param)


@pytest.fixture(scope="module")
def canvas() -> Tensor:
    coarse = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(4))
    return torch.nn.functional.interpolate(coarse, size=(64, 64), mode="bilinear")


def prepared(components: Components, canvas: Tensor) -> Prepared:
    source = encode_source(components, canvas, "a photo of a cat", SETTINGS)
    identity = run(learn_identity(components, source, SETTINGS, seed=1))[1]
    return Prepared(source, identity, run(invert_source(components, source, identity, SETTINGS))[1])


def test_pixels_and_latents_stay_in_single_precision(half: Components, canvas: Tensor) -> None:
    latent, _ = half.encode(canvas)

    assert half.unet.dtype in HALF
    assert {half.vae.dtype, half.dtype, latent.dtype, half.decode(latent).dtype} == {torch.float32}


def test_preparation_ends_near_that_in_single_precision(
    half: Components, components: Components, canvas: Tensor
) -> None:
    found, expected = prepared(half, canvas), prepared(components, canvas)

    assert found.inversion.latents[-1].dtype == torch.float32
    assert relative(found.inversion.latents[-1], expected.inversion.latents[-1]) < HALF[half.unet.dtype]
    assert found.identity is not None
    assert all(weight.isfinite().all() for weight in found.identity.weights.values())
    taught = {name for name, weight in found.identity.weights.items() if "lora_B" in name and weight.abs().max() > 0}
    assert len(taught) == sum("lora_B" in name for name in found.identity.weights), "each layer has learned"


def test_gradient_of_a_mean_over_many_cells_does_not_vanish(half: Components, components: Components) -> None:
    start = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(5))

    def gradient(of: Components) -> Tensor:
        z, condition = start.clone().requires_grad_(), of.encode_prompt("")
        (features,) = features_of(of.unet, z, 481, condition, blocks=[3])
        few = torch.zeros(features.shape[-2:])
        few[4, 4] = 1e-4  # as small as a cell's share of a large selection
        loss = region_loss(features, torch.zeros_like(features), few) * 1e-4
        return gradients(loss, [z], network=of.unet.dtype)[0]

    found, expected = gradient(half), gradient(components)

    assert expected.norm() > 0
    assert relative(found, expected) < 10 * HALF[half.unet.dtype]


@torch.no_grad()
def test_answer_is_in_the_format_of_the_latent(half: Components) -> None:
    z = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(6))

    assert predict_noise(half.unet, z, 481, half.encode_prompt("")).dtype == torch.float32

"""The reference preset of the engine against the naive float64 transcription, on random weights of SD1.5's layout."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dragbrush.edit import Step
from dragbrush.engine.components import Components
from dragbrush.engine.features import features_of, noise_and_features
from dragbrush.engine.field import Field
from dragbrush.engine.identity import Identity, adapted, train_identity
from dragbrush.engine.loading import load_components
from dragbrush.engine.methods.dragdiffusion import (
    Instruction,
    denoise,
    drag_points,
)
from dragbrush.engine.prepare import Prepared, Source, encode_source, invert_source
from dragbrush.engine.preview import LatentPreview
from dragbrush.presets import REFERENCE
from parity import naive, naive_control, naive_lora
from running import relative, run

SIDE = 128
PROMPT = "a photo of a cat"
HANDLES = [(40.0, 52.0), (90.0, 70.0)]
TARGETS = [(70.0, 60.0), (84.0, 100.0)]
TOLERANCE = 1e-4
UPDATES = 10


@pytest.fixture(scope="module")
def oracle(tiny_sd15_folder: Path) -> naive.Model:
    return naive.load(tiny_sd15_folder)


@pytest.fixture(scope="module")
def components(tiny_sd15_folder: Path) -> Components:
    return load_components(tiny_sd15_folder, device=torch.device("cpu"), dtype=torch.float64)


@pytest.fixture(scope="module")
def picture() -> Tensor:
    rows, cols = torch.meshgrid(torch.linspace(0, 6, SIDE), torch.linspace(0, 6, SIDE), indexing="ij")
    noise = torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    return (0.5 + 0.3 * torch.stack([rows.sin(), cols.cos(), (rows * cols).sin()]) + 0.2 * (noise - 0.5))[None]


@pytest.fixture(scope="module")
def mask() -> Tensor:
    mask = torch.zeros(SIDE, SIDE)
    mask[24:112, 24:112] = 1
    return mask


@pytest.fixture(scope="module")
def source(components: Components, picture: Tensor) -> Source:
    return encode_source(components, picture, PROMPT, REFERENCE)


@pytest.fixture(scope="module")
def prepared(components: Components, source: Source) -> Prepared:
    _, inversion = run(invert_source(components, source, None, REFERENCE))
    return Prepared(source, None, inversion)


@pytest.fixture(scope="module")
def instruction(mask: Tensor) -> Instruction:
    still = Field(torch.zeros(2, 16, 16), torch.zeros(16, 16), torch.zeros(16, 16, dtype=torch.bool))
    return Instruction(
        handles=torch.tensor(HANDLES),
        targets=torch.tensor(TARGETS),
        mask=mask[::8, ::8][None, None].double(),
        field=still,
        warped=torch.zeros(1, 4, 16, 16),
    )


def test_inverted_latent(components: Components, oracle: naive.Model, picture: Tensor, prepared: Prepared) -> None:
    text = naive.embed_text(oracle, PROMPT)
    expected = naive.invert(oracle, naive.encode(oracle, picture * 2 - 1), text)

    assert prepared.inversion.timesteps[-1] == 681
    assert relative(prepared.source.condition.tokens, text) < TOLERANCE
    assert relative(prepared.inversion.latents[-1], expected[-1]) < TOLERANCE


def test_features_and_noise(components: Components, oracle: naive.Model, prepared: Prepared) -> None:
    z, condition = prepared.inversion.latents[-1], prepared.source.condition
    expected_eps, expected = naive.noise_and_features(oracle, z, 681, condition.tokens, grid=(16, 16))

    eps, (features,) = noise_and_features(components.unet, z, 681, condition, blocks=(3,))
    (early,) = features_of(components.unet, z, 681, condition, blocks=(3,))

    assert relative(eps, expected_eps) < TOLERANCE
    assert relative(features, expected) < TOLERANCE
    assert torch.equal(early, features)


def test_first_ten_updates(
    components: Components,
    oracle: naive.Model,
    prepared: Prepared,
    instruction: Instruction,
    mask: Tensor,
) -> None:
    z0 = prepared.inversion.latents[-1]
    expected_z, trace = naive.drag(
        oracle,
        z0,
        prepared.source.condition.tokens,
        handles=[naive.to_cell(p, SIDE, SIDE) for p in HANDLES],
        targets=[naive.to_cell(p, SIDE, SIDE) for p in TARGETS],
        mask=mask,
        updates=UPDATES,
    )
    settings = replace(REFERENCE, n_pix_step=UPDATES)

    steps, z = run(drag_points(components, prepared, instruction, settings, z0))

    assert [s.loss for s in steps] == pytest.approx(trace.losses, rel=TOLERANCE)
    cells = [[(round((y + 0.5) / 2 - 0.5), round((x + 0.5) / 2 - 0.5)) for x, y in s.handles or ()] for s in steps]
    assert cells == trace.handles
    assert relative(z, expected_z) < TOLERANCE
    assert relative(z - z0, expected_z - z0) < TOLERANCE


def test_reference_latent_control(
    components: Components, oracle: naive.Model, prepared: Prepared, instruction: Instruction
) -> None:
    z0, condition = prepared.inversion.latents[-1], prepared.source.condition
    edited = z0 + 0.3 * torch.randn(z0.shape, generator=torch.Generator().manual_seed(2)).double()
    expected = naive_control.denoise(oracle, z0, edited, condition.tokens)[1:]
    preview = LatentPreview(prepared.source.latent, prepared.source.canvas)

    steps, latent = run(denoise(components, prepared, instruction, REFERENCE, edited, preview))

    assert len(steps) == 35
    assert relative(latent, expected) < TOLERANCE
    assert relative(components.decode(latent), naive.decode(oracle, expected)) < TOLERANCE


def test_identity_training(components: Components, oracle: naive.Model, picture: Tensor, source: Source) -> None:
    steps, rank, batch = 3, 4, 2

    def trained(count: int) -> tuple[list[Step], Identity]:
        return run(
            train_identity(
                components.unet,
                source.schedule,
                (source.latent, source.deviation),
                source.condition,
                rank=rank,
                steps=count,
                rate=5e-4,
                batch_size=batch,
                generator=torch.Generator().manual_seed(7),
            )
        )

    draws = torch.Generator().manual_seed(7)
    torch.randint(2**31, (1,), generator=draws)
    posterior_noises, noises, times = [], [], []
    for _ in range(steps):
        posterior_noises.append(torch.randn(batch, 4, 16, 16, generator=draws))
        noises.append(torch.randn(batch, 4, 16, 16, generator=draws))
        times.append(torch.randint(0, 1000, (batch,), generator=draws).tolist())
    _, begun = trained(0)

    taken, identity = trained(steps)
    expected, losses = naive_lora.train_lora(
        oracle,
        _as_pairs(begun),
        picture=picture * 2 - 1,
        text=source.condition.tokens,
        timesteps=times,
        posterior_noises=posterior_noises,
        diffusion_noises=noises,
    )

    assert [s.loss for s in taken] == pytest.approx(losses, rel=TOLERANCE)
    for name, (_, b) in _as_pairs(identity).items():
        # Adam makes a whole step of a gradient that is all rounding, so single weights may differ.
        assert relative(b, expected[name][1]) < 10 * TOLERANCE
    z = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(3)).double()
    with adapted(components.unet, identity):
        eps, _ = noise_and_features(components.unet, z, 500, source.condition, blocks=(3,))
    with naive_lora.lora_applied(oracle.unet, _as_pairs(identity)):
        expected_eps, _ = naive.noise_and_features(oracle, z, 500, source.condition.tokens, grid=(16, 16))
    assert eps is not None
    assert relative(eps, expected_eps) < TOLERANCE
    without, _ = noise_and_features(components.unet, z, 500, source.condition, blocks=(3,))
    assert without is not None
    assert relative(without, eps) > 1e-6


def _as_pairs(identity: Identity) -> naive_lora.Lora:
    names = {k.removesuffix(".lora_A.weight") for k in identity.weights if k.endswith(".lora_A.weight")}
    return {
        n: (identity.weights[f"{n}.lora_A.weight"].double(), identity.weights[f"{n}.lora_B.weight"].double())
        for n in names
    }

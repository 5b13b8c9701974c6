"""A model that predicts velocity answers with the noise that it means."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor

from dragbrush.engine.components import Components
from dragbrush.engine.features import noise_and_features, predict_noise
from dragbrush.engine.identity import adapted, train_identity
from dragbrush.engine.inversion import invert
from dragbrush.engine.loading import load_components
from dragbrush.engine.velocity import VelocityUNet
from dragbrush.errors import BadModel
from running import relative, run

ROUNDING = 1e-5


@pytest.fixture(scope="module")
def folder(tiny_sd15_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as one that predicts velocity: its weights are random either way."""
    copy = Path(shutil.copytree(tiny_sd15_folder, tmp_path_factory.mktemp("velocity") / "model"))
    change_scheduler(copy, prediction_type="v_prediction")
    return copy


@pytest.fixture(scope="module")
def components(folder: Path) -> Components:
    return load_components(folder, device=torch.device("cpu"))


@pytest.fixture(scope="module")
def plain(folder: Path) -> UNet2DConditionModel:
    return UNet2DConditionModel.from_pretrained(folder, subfolder="unet")


def change_scheduler(folder: Path, **values: object) -> None:
    file = folder / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def latent(seed: int) -> Tensor:
    return torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
@pytest.mark.parametrize("t", [1, 481, 981])
def test_step_along_the_noise_is_the_step_of_diffusers_along_the_velocity(
    components: Components, plain: UNet2DConditionModel, t: int
) -> None:
    condition, schedule, z = components.encode_prompt("a cat"), components.schedule(50), latent(1)
    theirs = DDIMScheduler.from_config(components.scheduler_config, clip_sample=False, set_alpha_to_one=False)
    theirs.set_timesteps(50)

    ours = schedule.move(z, predict_noise(components.unet, z, t, condition), t, t - schedule.stride)

    velocity = plain(z, t, condition.tokens, return_dict=False)[0]
    assert relative(ours, theirs.step(velocity, t, z).prev_sample) < ROUNDING


@torch.no_grad()
def test_noise_is_the_same_with_features_and_for_rows_of_different_timesteps(components: Components) -> None:
    condition, z = components.encode_prompt("a cat"), torch.cat([latent(1), latent(2)])

    both = predict_noise(components.unet, z, torch.tensor([21, 681]), condition)

    for row, t in enumerate((21, 681)):
        eps, _ = noise_and_features(components.unet, z[row : row + 1], t, condition, blocks=(3,))
        assert relative(both[row : row + 1], eps) < ROUNDING


def test_identity_is_learned(components: Components) -> None:
    schedule, source = components.schedule(50), latent(3)
    condition = components.encode_prompt("")
    identity = run(
        train_identity(
            components.unet, schedule, (source, 0.01 * torch.ones_like(source)), condition, rank=4, steps=12, rate=5e-3,
            batch_size=2, generator=torch.Generator().manual_seed(0),
        )
    )[1]  # fmt: skip

    def error() -> float:
        noise, t = latent(4), 301
        a = schedule.alpha(t)
        with torch.no_grad():
            guess = predict_noise(components.unet, a**0.5 * source + (1 - a) ** 0.5 * noise, t, condition)
        return float((guess - noise).square().mean())

    before = error()
    with adapted(components.unet, identity):
        assert error() < before


def test_inversion_goes_back(components: Components) -> None:
    """Small steps back along the way up come near to where it began."""
    schedule, source, condition = components.schedule(200), latent(5), components.encode_prompt("")
    inversion = run(invert(components.unet, schedule, source, condition, strength=0.1, first_layer=16))[1]

    z = inversion.latents[-1]
    with torch.no_grad():
        for t in reversed(inversion.timesteps):
            z = schedule.move(z, predict_noise(components.unet, z, t, condition), t, t - schedule.stride)

    assert relative(z, source) < 0.05


def test_model_of_noise_stays_one(tiny_sd15_folder: Path) -> None:
    loaded = load_components(tiny_sd15_folder, device=torch.device("cpu"))

    assert not isinstance(loaded.unet, VelocityUNet)


def test_model_that_knows_no_signal_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "model"))
    change_scheduler(copy, rescale_betas_zero_snr=True)

    with pytest.raises(BadModel, match="no signal at all"):
        load_components(copy, device=torch.device("cpu"))

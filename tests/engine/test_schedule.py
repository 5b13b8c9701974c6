"""DDIM's steps against diffusers' schedulers, and the way there and back."""

import pytest
import torch
from diffusers import DDIMInverseScheduler, DDIMScheduler
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragbrush.engine.components import Components
from dragbrush.engine.condition import Condition
from dragbrush.engine.features import predict_noise
from dragbrush.engine.inversion import invert
from dragbrush.engine.schedule import ddim_schedule
from running import relative, run

SD15 = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
CONVENTIONS = {"clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1}
SCHEDULE = ddim_schedule(SD15, 50)


def noise(seed: int) -> Tensor:
    return torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_timesteps_are_stable_diffusions() -> None:
    assert SCHEDULE.timesteps[::-1] == tuple(range(981, 0, -20))


@pytest.mark.parametrize("steps", [4, 30, 50, 333, 500])
def test_timesteps_are_those_of_diffusers(steps: int) -> None:
    theirs = DDIMScheduler(**SD15, **CONVENTIONS)
    theirs.set_timesteps(steps)

    timesteps = ddim_schedule(SD15, steps).timesteps

    assert list(timesteps[::-1]) == theirs.timesteps.tolist()


@pytest.mark.parametrize("t", [1, 21, 481, 981])
def test_step_down_is_that_of_diffusers(t: int) -> None:
    theirs = DDIMScheduler(**SD15, **CONVENTIONS)
    theirs.set_timesteps(50)
    z, eps = noise(1), noise(2)

    ours = SCHEDULE.move(z, eps, t, t - SCHEDULE.stride)

    torch.testing.assert_close(ours, theirs.step(eps, t, z).prev_sample, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("t", [1, 21, 481, 981])
def test_step_up_is_that_of_diffusers(t: int) -> None:
    theirs = DDIMInverseScheduler(**SD15, **CONVENTIONS)
    theirs.set_timesteps(50)
    z, eps = noise(1), noise(2)

    ours = SCHEDULE.move(z, eps, t - SCHEDULE.stride, t)

    torch.testing.assert_close(ours, theirs.step(eps, t, z).prev_sample, rtol=1e-5, atol=1e-6)


@given(start=st.integers(-20, 999), end=st.integers(-20, 999), seed=st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_move_back_with_the_same_noise_undoes_a_move(start: int, end: int, seed: int) -> None:
    z, eps = noise(seed), noise(seed + 1)

    back = SCHEDULE.move(SCHEDULE.move(z, eps, start, end), eps, end, start)

    torch.testing.assert_close(back, z, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("strength", "last"), [(0.7, 681), (0.8, 781), (0.5, 481), (1.0, 981), (0.001, 1)])
def test_inversion_ends_at_the_timestep_of_its_strength(strength: float, last: int) -> None:
    assert SCHEDULE.inverted(strength)[-1] == last


@pytest.mark.parametrize("name", ["scaled_linear", "linear"])
def test_signal_shares_are_those_of_diffusers(name: str) -> None:
    config = {**SD15, "beta_schedule": name}

    ours = torch.tensor(ddim_schedule(config, 50).alphas_cumprod)

    torch.testing.assert_close(ours, DDIMScheduler(**config).alphas_cumprod, rtol=1e-5, atol=1e-7)


@torch.no_grad()
def test_weak_inversion_then_denoising_returns_near(
    components: Components, latent: Tensor, condition: Condition
) -> None:
    _, inversion = run(invert(components.unet, SCHEDULE, latent, condition, strength=0.1, first_layer=10))

    z = inversion.latents[-1]
    for t in reversed(inversion.timesteps):
        z = SCHEDULE.move(z, predict_noise(components.unet, z, t, condition), t, t - SCHEDULE.stride)

    assert relative(z, latent) < 0.05
    assert relative(z, latent) < 0.25 * relative(inversion.latents[-1], latent)


def test_inversion_records_a_latent_for_each_timestep(
    components: Components, latent: Tensor, condition: Condition
) -> None:
    steps, inversion = run(invert(components.unet, SCHEDULE, latent, condition, strength=0.06, first_layer=10))

    assert inversion.timesteps == (1, 21, 41)
    assert len(inversion.latents) == len(steps) == 3

"""The guided noise and the step that uses it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dragbrush.engine.components import Components
from dragbrush.engine.condition import Condition
from dragbrush.engine.energies import Maps
from dragbrush.engine.features import features_of, guided_blocks
from dragbrush.engine.guidance import feature_grid, guidance, guided_move, observe
from dragbrush.engine.loading import load_components
from dragbrush.engine.schedule import Schedule, ddim_schedule

T, STRIDE = 481, 20
SCALE = 0.04
STEP = 1e-5


class Pulls:
    """Energies that pull features towards given ones, the first block by E_edit, the second by E_content."""

    def __init__(self, wanted: Maps) -> None:
        self.wanted = wanted

    def __call__(self, now: Maps, base: Maps, reference: Maps) -> tuple[Tensor, Tensor]:
        first, second = (((f - w) ** 2).mean() for f, w in zip(now, self.wanted, strict=True))
        return first, second


@pytest.fixture(scope="module")
def precise(tiny_sd15_folder: Path) -> Components:
    return load_components(tiny_sd15_folder, device=torch.device("cpu"), dtype=torch.float64)


@pytest.fixture(scope="module")
def precise_condition(precise: Components) -> Condition:
    return precise.encode_prompt("a photo of a cat")


@pytest.fixture(scope="module")
def schedule() -> Schedule:
    return ddim_schedule({}, 50)


@pytest.fixture(scope="module")
def pulls(precise: Components, precise_condition: Condition) -> Pulls:
    return Pulls(observe(precise.unet, noise_of(2), T, precise_condition))


def noise_of(seed: int) -> Tensor:
    return torch.randn(1, 4, 8, 16, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def half(left: bool) -> Tensor:
    mask = torch.zeros(1, 1, 8, 16, dtype=torch.float64)
    mask[..., :8] = 1
    return mask if left else 1 - mask


def guided(
    components: Components, condition: Condition, pulls: Pulls, edit: Tensor, keep: Tensor
) -> tuple[Tensor, Tensor]:
    return guidance(components.unet, noise_of(1), T, condition, pulls, (), (), edit=edit, keep=keep, scale=SCALE)


@torch.no_grad()
def test_several_blocks_are_what_each_is_alone(components: Components, latent: Tensor, condition: Condition) -> None:
    several = features_of(components.unet, latent, T, condition, blocks=(0, 2, 3))

    for block, features in zip((0, 2, 3), several, strict=True):
        (alone,) = features_of(components.unet, latent, T, condition, blocks=(block,))
        assert torch.equal(features, alone)


@torch.no_grad()
def test_network_is_left_after_the_last_observed_block(
    components: Components, latent: Tensor, condition: Condition
) -> None:
    passed: list[int] = []
    hooks = [
        up.register_forward_hook(lambda *_, i=i: passed.append(i)) for i, up in enumerate(components.unet.up_blocks, 1)
    ]

    observe(components.unet, latent, T, condition)

    for hook in hooks:
        hook.remove()
    assert passed == list(range(1, max(guided_blocks(components.unet)) + 1))


@torch.no_grad()
def test_observed_features_lie_on_a_grid_twice_as_fine_as_the_latent(
    components: Components, condition: Condition
) -> None:
    z = noise_of(1).float()

    coarse, fine = observe(components.unet, z, T, condition)

    assert feature_grid(z) == coarse.shape[-2:] == fine.shape[-2:] == (16, 32)
    assert torch.equal(coarse[..., ::4, ::4], coarse[..., 3::4, 3::4])
    assert torch.equal(fine[..., ::2, ::2], fine[..., 1::2, 1::2])


def test_guidance_is_the_gradient_of_the_energies(
    precise: Components, precise_condition: Condition, pulls: Pulls
) -> None:
    everywhere = torch.ones(1, 1, 8, 16, dtype=torch.float64)

    added, energy = guided(precise, precise_condition, pulls, everywhere, everywhere)

    def energy_at(z: Tensor) -> float:
        with torch.no_grad():
            return float(sum(pulls(observe(precise.unet, z, T, precise_condition), (), ())))

    assert energy.item() == pytest.approx(energy_at(noise_of(1)))
    for cell in ((0, 0, 1, 2), (0, 3, 7, 15), (0, 2, 4, 8)):
        nudge = torch.zeros_like(added)
        nudge[cell] = STEP
        slope = (energy_at(noise_of(1) + nudge) - energy_at(noise_of(1) - nudge)) / (2 * STEP)
        assert added[cell].item() == pytest.approx(1000 * SCALE * slope, rel=1e-4)


def test_each_energy_acts_in_its_own_place(precise: Components, precise_condition: Condition, pulls: Pulls) -> None:
    nowhere, everywhere = torch.zeros(1, 1, 8, 16), torch.ones(1, 1, 8, 16)
    by_edit, _ = guided(precise, precise_condition, pulls, everywhere, nowhere)
    by_content, _ = guided(precise, precise_condition, pulls, nowhere, everywhere)

    added, _ = guided(precise, precise_condition, pulls, half(left=True), half(left=False))

    torch.testing.assert_close(added, by_edit * half(left=True) + by_content * half(left=False))
    assert (by_edit - by_content).abs().max() > 1e-3


def test_one_place_for_both_energies_needs_one_gradient(
    precise: Components, precise_condition: Condition, pulls: Pulls, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = half(left=True)
    two, _ = guided(precise, precise_condition, pulls, here, here.clone())
    asked: list[Tensor] = []
    grad = torch.autograd.grad
    monkeypatch.setattr(
        torch.autograd, "grad", lambda *given, **options: (asked.append(given[0]), grad(*given, **options))[1]
    )

    one, _ = guided(precise, precise_condition, pulls, here, here)

    assert len(asked) == 1
    torch.testing.assert_close(one, two)


def test_guidance_leaves_latent_and_weights_without_gradients(
    precise: Components, precise_condition: Condition, pulls: Pulls
) -> None:
    everywhere = torch.ones(1, 1, 8, 16)

    added, energy = guided(precise, precise_condition, pulls, everywhere, everywhere)

    assert not added.requires_grad
    assert not energy.requires_grad
    assert all(weight.grad is None for weight in precise.unet.parameters())


def eps_and_z() -> Iterator[Tensor]:
    return map(noise_of, (3, 4))


def test_step_without_guidance_is_ddims(schedule: Schedule) -> None:
    eps, z = eps_and_z()

    below = guided_move(schedule, z, eps, torch.zeros_like(z), T)

    torch.testing.assert_close(below, schedule.move(z, eps, T, T - STRIDE))


def test_guidance_moves_the_picture_and_not_the_direction(schedule: Schedule) -> None:
    (eps, z), added = eps_and_z(), noise_of(5)
    a, b = schedule.alpha(T), schedule.alpha(T - STRIDE)

    below = guided_move(schedule, z, eps, added, T)

    moved = below - schedule.move(z, eps, T, T - STRIDE)
    torch.testing.assert_close(moved, -((b * (1 - a) / a) ** 0.5) * added)


def test_sde_draws_anew_only_in_its_region_and_keeps_the_variance(schedule: Schedule) -> None:
    none, noise, region = torch.zeros(1, 4, 8, 16), noise_of(6), half(left=True)
    a, b = schedule.alpha(T), schedule.alpha(T - STRIDE)
    eta = 0.4

    drawn = guided_move(schedule, none, none, none, T, eta=eta * region, noise=noise)
    along = guided_move(schedule, none, noise, none, T, eta=eta * region, noise=none)

    sigma = eta * ((1 - b) / (1 - a) * (1 - a / b)) ** 0.5
    torch.testing.assert_close(drawn, sigma * region * noise)
    direction = along - schedule.move(none, noise, T, T - STRIDE) + (1 - b) ** 0.5 * noise
    torch.testing.assert_close(direction**2 + drawn**2, (1 - b) * noise**2)

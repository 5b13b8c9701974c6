"""Keys and values shared between source and edit."""

import pytest
import torch
from torch import Tensor

from dragbrush.engine.attention import (
    KeyValueBank,
    first_shared_layer,
    from_first_row,
    self_attention_layers,
    shared_attention,
)
from dragbrush.engine.components import Components
from dragbrush.engine.condition import Condition
from dragbrush.engine.features import predict_noise

T = 481
FIRST = 10


@pytest.fixture(scope="module")
def bank(components: Components, latent: Tensor, condition: Condition) -> KeyValueBank:
    bank = KeyValueBank()
    with torch.no_grad(), shared_attention(components.unet, FIRST, bank.recording(T)):
        predict_noise(components.unet, latent, T, condition)
    return bank


@pytest.fixture(scope="module")
def edited(latent: Tensor) -> Tensor:
    return latent + torch.randn(latent.shape, generator=torch.Generator().manual_seed(9))


def test_layers_of_the_stable_diffusion_layout(components: Components) -> None:
    assert len(self_attention_layers(components.unet)) == 16
    assert first_shared_layer(components.unet) == 10


def test_processors_are_restored(components: Components) -> None:
    before = [layer.processor for layer in self_attention_layers(components.unet)]

    with shared_attention(components.unet, 0, from_first_row):
        within = [layer.processor for layer in self_attention_layers(components.unet)]

    assert not set(map(id, before)) & set(map(id, within))
    assert [layer.processor for layer in self_attention_layers(components.unet)] == before


def test_processors_are_restored_after_an_error(components: Components) -> None:
    before = [layer.processor for layer in self_attention_layers(components.unet)]

    with pytest.raises(KeyError), shared_attention(components.unet, 0, from_first_row):
        raise KeyError

    assert [layer.processor for layer in self_attention_layers(components.unet)] == before


@torch.no_grad()
def test_recording_changes_nothing(components: Components, latent: Tensor, condition: Condition) -> None:
    with shared_attention(components.unet, 0, KeyValueBank().recording(T)):
        recorded = predict_noise(components.unet, latent, T, condition)

    torch.testing.assert_close(recorded, predict_noise(components.unet, latent, T, condition), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_layers_before_the_first_are_left_alone(components: Components, latent: Tensor, condition: Condition) -> None:
    seen: list[int] = []

    def rule(layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        seen.append(layer)
        return keys, values

    with shared_attention(components.unet, FIRST, rule):
        predict_noise(components.unet, latent, T, condition)

    assert seen == list(range(FIRST, 16))


@torch.no_grad()
def test_bank_gives_the_edit_what_a_row_beside_it_gives(
    components: Components, latent: Tensor, edited: Tensor, condition: Condition, bank: KeyValueBank
) -> None:
    with shared_attention(components.unet, FIRST, from_first_row):
        by_row = predict_noise(components.unet, torch.cat([latent, edited]), T, condition)[1:]

    with shared_attention(components.unet, FIRST, bank.replaying(T)):
        by_bank = predict_noise(components.unet, edited, T, condition)

    torch.testing.assert_close(by_bank, by_row, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_sharing_changes_the_edit(
    components: Components, edited: Tensor, condition: Condition, bank: KeyValueBank
) -> None:
    with shared_attention(components.unet, FIRST, bank.replaying(T)):
        shared = predict_noise(components.unet, edited, T, condition)

    assert (shared - predict_noise(components.unet, edited, T, condition)).abs().max() > 1e-3


@torch.no_grad()
def test_sharing_leaves_the_source_row_as_it_was(
    components: Components, latent: Tensor, edited: Tensor, condition: Condition
) -> None:
    with shared_attention(components.unet, FIRST, from_first_row):
        source = predict_noise(components.unet, torch.cat([latent, edited]), T, condition)[:1]

    torch.testing.assert_close(source, predict_noise(components.unet, latent, T, condition), rtol=1e-4, atol=1e-5)


def test_bank_survives_the_way_through_tensors(bank: KeyValueBank) -> None:
    tensors = bank.tensors()

    again = KeyValueBank.from_tensors(tensors).tensors()

    assert len(tensors) == 2 * (16 - FIRST)
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[name], tensors[name]) for name in tensors)

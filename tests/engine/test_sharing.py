"""What each rule lets an edit look up."""

import pytest
import torch
from torch import Tensor

from dragbrush.engine.attention import KeyValueBank, first_up_layer, self_attention_layers, shared_attention
from dragbrush.engine.components import Components
from dragbrush.engine.condition import Condition
from dragbrush.engine.features import predict_noise
from dragbrush.engine.sharing import appended, by_object, gathered, grid_of, tokens_of

T, LAYER = 481, 9
SIZE = (32, 64)
GRID = (4, 8)
TOKENS = GRID[0] * GRID[1]


def bank(first: float, tokens: int = TOKENS) -> KeyValueBank:
    """A bank whose keys count from `first` and whose values are their negatives."""
    keys = first + torch.arange(float(tokens)).reshape(1, tokens, 1)
    return KeyValueBank.from_tensors({f"key.{T}.{LAYER}": keys, f"value.{T}.{LAYER}": -keys})


def box(rows: slice, cols: slice, size: tuple[int, int] = SIZE) -> Tensor:
    mask = torch.zeros(size)
    mask[rows, cols] = 1
    return mask


def cells(mask: Tensor) -> set[int]:
    """The tokens of an 8-pixel cell mask."""
    return {int(i) for i in mask[::8, ::8].flatten().nonzero()}


ORG, CUR = box(slice(8, 24), slice(0, 16)), box(slice(8, 24), slice(40, 56))
OWN = torch.full((2, TOKENS, 1), 1e4)


def test_appended_tokens_come_after_the_edits_own() -> None:
    keys, values = appended(bank(0), T)(LAYER, OWN, OWN)

    assert keys.shape == values.shape == (2, 2 * TOKENS, 1)
    assert torch.equal(keys[:, :TOKENS], OWN)
    assert torch.equal(keys[1, TOKENS:, 0], torch.arange(float(TOKENS)))
    assert torch.equal(values[:, TOKENS:], -keys[:, TOKENS:])


def test_gathered_tokens_are_those_inside_each_region() -> None:
    keys, values = gathered([(bank(0), CUR < 0.5), (bank(1000), ORG >= 0.5)], T)(LAYER, OWN, OWN)

    assert set(keys[1, :, 0].tolist()) == (set(range(TOKENS)) - cells(CUR)) | {1000 + i for i in cells(ORG)}
    assert keys.shape[0] == 2
    assert torch.equal(values, -keys)


def test_gathered_pictures_may_have_other_sizes() -> None:
    small = box(slice(0, 8), slice(0, 8), (16, 16))

    keys, _ = gathered([(bank(0), CUR < 0.5), (bank(1000, 4), small >= 0.5)], T)(LAYER, OWN, OWN)

    assert [key for key in keys[0, :, 0].tolist() if key >= 1000] == [1000]


def test_places_of_the_object_look_up_the_object_and_others_the_rest() -> None:
    keys, values, seen = by_object(bank(0), bank(1000), T, org=ORG, cur=CUR, left=ORG)(LAYER, OWN, OWN)

    for query in range(TOKENS):
        looked_up = set(keys[0, seen[query], 0].tolist())
        if query in cells(CUR):
            assert looked_up == {1000 + i for i in cells(ORG)}
        else:
            assert looked_up == set(range(TOKENS)) - cells(ORG)
    assert torch.equal(values, -keys)


def test_every_query_sees_something_where_the_object_fills_the_picture() -> None:
    full = torch.ones(SIZE)

    _, _, seen = by_object(bank(0), bank(1000), T, org=full, cur=ORG, left=full)(LAYER, OWN, OWN)

    assert bool(seen.any(dim=1).all())


@pytest.mark.parametrize(
    ("tokens", "size", "expected"),
    [
        (4096, (512, 512), (64, 64)),
        (32, (32, 64), (4, 8)),
        (8, (64, 32), (4, 2)),
        (96, (512, 768), (8, 12)),
        (1, (8, 8), (1, 1)),
    ],
)
def test_grid_of_tokens_has_the_proportions_of_the_canvas(
    tokens: int, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert grid_of(tokens, size) == expected


def test_tokens_of_a_region_run_row_by_row() -> None:
    assert {int(i) for i in tokens_of(box(slice(8, 16), slice(16, 32)), TOKENS).nonzero()} == {10, 11}


def test_up_blocks_begin_after_the_mid_block(components: Components) -> None:
    assert first_up_layer(components.unet) == 7
    assert len(self_attention_layers(components.unet)) == 16


@torch.no_grad()
def test_tokens_that_no_query_sees_change_nothing(components: Components, latent: Tensor, condition: Condition) -> None:
    def with_noise(_layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        count = keys.shape[1]
        seen = (torch.arange(2 * count) < count).expand(count, -1)
        return torch.cat([keys, keys.flip(1)], 1), torch.cat([values, 9 + values], 1), seen

    first = first_up_layer(components.unet)

    with shared_attention(components.unet, first, with_noise):
        masked = predict_noise(components.unet, latent, T, condition)

    torch.testing.assert_close(masked, predict_noise(components.unet, latent, T, condition), rtol=1e-4, atol=1e-5)

"""An object wears another's colours in its own light."""

import pytest
import torch
from torch import Tensor

from dragbrush.engine.look import BRIGHTNESS, PARTS, clusters, painted, worn

RED, BLUE, GREEN = torch.tensor([[0.9, 0.3, 0.3], [0.3, 0.4, 0.9], [0.3, 0.8, 0.4]])
SIDE = 24
LEAST_LIGHT = 0.7


def two_coloured(left: Tensor, right: Tensor, *, light: Tensor | float = 1.0) -> Tensor:
    """(3, SIDE, SIDE): one colour beside another, lit."""
    picture = left[:, None, None].expand(3, SIDE, SIDE).clone()
    picture[:, :, SIDE // 2 :] = right[:, None, None]
    return (picture * light).clamp(0, 1)


def shading() -> Tensor:
    """(SIDE, SIDE): from full light at the top to less at the bottom."""
    return torch.linspace(1.0, LEAST_LIGHT, SIDE)[:, None].expand(SIDE, SIDE)


EVERYWHERE = torch.ones(SIDE, SIDE, dtype=torch.bool)


def as_picture(pixels: Tensor) -> Tensor:
    return pixels.T.reshape(3, SIDE, SIDE)


def test_each_part_wears_what_is_at_its_place() -> None:
    own, other = painted(two_coloured(RED, BLUE), EVERYWHERE), painted(two_coloured(GREEN, RED), EVERYWHERE)

    result = as_picture(worn(own, other))

    assert torch.allclose(result[:, 12, 3], GREEN, atol=0.03)
    assert torch.allclose(result[:, 12, -4], RED, atol=0.03)


def test_the_own_light_and_shade_stay() -> None:
    own = painted(two_coloured(RED, BLUE, light=shading()), EVERYWHERE)
    other = painted(two_coloured(GREEN, GREEN), EVERYWHERE)

    result = as_picture(worn(own, other))

    brightness = torch.einsum("c,crk->rk", torch.tensor(BRIGHTNESS), result)[:, 3]
    assert float(brightness[-1] / brightness[0]) == pytest.approx(LEAST_LIGHT, abs=0.03)
    assert brightness.diff().max() < 0


def test_an_object_in_a_darker_scene_gets_a_darker_mean() -> None:
    dim = painted(two_coloured(RED, BLUE, light=shading()), EVERYWHERE)
    bright = painted(two_coloured(GREEN, GREEN), EVERYWHERE)

    mean = worn(dim, bright).mean(0)

    assert float(mean @ torch.tensor(BRIGHTNESS)) == pytest.approx(
        float(GREEN @ torch.tensor(BRIGHTNESS) * dim.level), rel=0.01
    )
    assert float(dim.level) == pytest.approx(0.85 / 0.94, abs=0.02)


def test_a_mirrored_outline_is_found() -> None:
    wedge = torch.arange(SIDE)[:, None] >= torch.arange(SIDE)  # wide at the left
    own = painted(two_coloured(RED, RED), wedge)
    other = painted(two_coloured(BLUE, GREEN).flip(2).flip(2), wedge.flip(1))

    result = worn(own, other)

    left = own.places[:, 0] < 0.2
    assert torch.allclose(result[left].mean(0), GREEN, atol=0.05)


def test_dark_pixels_stay_dark() -> None:
    inked = two_coloured(RED, RED)
    inked[:, :2] = 0.02
    own, other = painted(inked, EVERYWHERE), painted(two_coloured(GREEN, GREEN), EVERYWHERE)

    result = as_picture(worn(own, other))

    assert result[:, :2].max() < 0.05


def test_an_object_wears_its_own_look_unchanged() -> None:
    picture = two_coloured(RED, BLUE, light=shading())
    own = painted(picture, EVERYWHERE)

    result = as_picture(worn(own, own))

    away = [column for column in range(SIDE) if abs(column - SIDE / 2) > 5]
    assert (result - picture)[:, :, away].abs().max() < 0.03


def test_clusters_part_what_is_far_apart() -> None:
    values = torch.cat([centre + 0.01 * torch.randn(20, 2) for centre in torch.eye(2) * 4])

    found = clusters(values)

    assert not set(found[:20].tolist()) & set(found[20:].tolist())
    assert found.max() < PARTS
    assert torch.equal(clusters(torch.ones(5, 2)).unique(), torch.tensor([0]))

"""The shadow of a pasted object."""

import pytest
import torch

from dragbrush.dragon_presets import LIGHT_NOISES
from dragbrush.engine.cast import DARKNESS, fitted_shadow, laid_outline
from dragbrush.engine.components import Components
from dragbrush.engine.methods.expected_light import expected_light
from dragbrush.engine.prepare import Source

SIZE = (40, 60)


def pillar() -> torch.Tensor:
    """(h, w): 6 columns wide, foot at the row 29."""
    alpha = torch.zeros(SIZE)
    alpha[10:30, 27:33] = 1
    return alpha


@pytest.mark.parametrize(("slope", "is_right"), [(0.8, False), (-0.8, True)])
def test_outline_falls_to_its_side_and_begins_at_the_foot(slope: float, is_right: bool) -> None:
    fallen = laid_outline(pillar(), slope, 0.35)

    rows, cols = (fallen > 0.3).nonzero(as_tuple=True)
    assert rows.max() in (29, 30)
    assert rows.min() >= 20
    middle = float(cols[rows < 25].float().mean())
    assert (middle > 33) if is_right else (middle < 27)


@pytest.mark.parametrize("slope", [-0.8, 0.5])
def test_the_fallen_outline_is_found_again(slope: float) -> None:
    shadow = laid_outline(pillar(), slope, 0.35)

    found = fitted_shadow(1 - 0.12 * shadow, pillar())

    beside = pillar() == 0
    assert torch.corrcoef(torch.stack([found[beside], shadow[beside]]))[0, 1] > 0.99
    assert float(found[beside].max() / shadow[beside].max()) == pytest.approx(0.24, abs=0.02)
    assert found[pillar() == 1].max() == 0


@pytest.mark.parametrize("light", [1.0, 1.2])
def test_where_no_shadow_is_expected_there_is_none(light: float) -> None:
    assert fitted_shadow(torch.full(SIZE, light), pillar()).max() == 0
    assert fitted_shadow(torch.full(SIZE, 0.5), torch.zeros(SIZE)).max() == 0


def test_a_shadow_is_never_darker_than_the_darkest() -> None:
    found = fitted_shadow(1 - 0.6 * laid_outline(pillar(), 0.0, 0.2), pillar())

    assert float(found.max()) <= DARKNESS[1]


def test_a_picture_that_gets_nothing_keeps_its_light(components: Components) -> None:
    canvas = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    source = Source(canvas, *components.encode(canvas), components.encode_prompt("a cat"), components.schedule(20))
    steps = expected_light(components, source, source.latent, seed=3)

    heard = 0
    while True:
        try:
            next(steps)
            heard += 1
        except StopIteration as end:
            light = end.value
            break

    assert heard == LIGHT_NOISES
    assert light.shape == source.canvas.shape[-2:]
    assert light.std() < 1e-4

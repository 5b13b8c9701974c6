"""Sky and ground."""

from dataclasses import replace

import pytest
import torch
from lone import scenes

from dragbrush.bench.backdrop import backdrop
from dragbrush.bench.paint import scene_grid
from dragbrush.bench.world import MATERIALS, WALL, Scene

SIDE = 64


def drawn(scene: Scene) -> torch.Tensor:
    return backdrop(scene, *scene_grid(SIDE, SIDE, torch.device("cpu")))


def of_material(name: str) -> Scene:
    scene = scenes(6, seed=8)
    return replace(scene, material=torch.full((6,), MATERIALS.index(name)), hills=torch.zeros(6, 3))


def test_the_sky_is_above_the_horizon_and_is_of_no_material() -> None:
    pictures = [drawn(replace(of_material(name), horizon=torch.zeros(6))) for name in MATERIALS]

    for picture in pictures:
        assert torch.equal(picture[:, :, : SIDE // 2 - 1], pictures[0][:, :, : SIDE // 2 - 1])
    down = pictures[0][:, :, SIDE // 2 + 2 :] - pictures[0][:, :, : SIDE // 2 - 2].mean(2, keepdim=True)
    assert (down.abs().mean((1, 2, 3)) > 0.05).all()


@pytest.mark.parametrize("name", MATERIALS)
def test_a_wall_is_all_ground(name: str) -> None:
    scene = replace(of_material(name), horizon=torch.full((6,), WALL))
    other_sky = replace(scene, sky=1 - scene.sky)

    assert torch.equal(drawn(scene), drawn(other_sky))


@pytest.mark.parametrize("name", MATERIALS)
def test_ground_is_between_its_tones(name: str) -> None:
    scene = replace(of_material(name), horizon=torch.full((6,), WALL))

    picture = drawn(scene)

    low, high = scene.ground.amin(1)[..., None, None], scene.ground.amax(1)[..., None, None]
    assert (picture >= low - 1e-5).all()
    assert (picture <= high + 1e-5).all()


def test_structured_grounds_have_more_edges_than_the_even_one() -> None:
    steps = []
    for name in MATERIALS:
        picture = drawn(replace(of_material(name), horizon=torch.full((6,), WALL)))
        steps.append(float(picture.diff(dim=3).abs().mean()))

    assert min(steps[1:]) > 2 * steps[0]

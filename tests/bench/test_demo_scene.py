"""The demo's drawn picture."""

import numpy as np
import pytest
import torch

from dragbrush.bench import demo_scene as demo
from dragbrush.bench.cases import as_pixels
from dragbrush.bench.demo_scene import HEIGHT_PX, WIDTH_PX, DemoScene, demo_scene
from dragbrush.bench.edits import moved, only
from dragbrush.bench.paint import render, visible_alpha


@pytest.fixture(scope="module")
def scene() -> DemoScene:
    return demo_scene()


@pytest.mark.parametrize("size", [(384, 256), (192, 128)])
def test_demo_drags_one_thing_at_any_size(size: tuple[int, int]) -> None:
    width, height = size
    scene = demo_scene(width, height)

    assert scene.picture.shape == scene.truth.shape == (height, width, 3)
    assert scene.mask.shape == (height, width)
    assert len(scene.drags) == 5
    changed = np.abs(scene.picture.astype(int) - scene.truth).max(2) > 2
    assert 0.005 < changed.mean() < 0.2
    assert (scene.mask[changed] > 0).all()
    for x, y in [point for drag in scene.drags for point in (drag.handle, drag.target)]:
        assert scene.mask[round(y), round(x)] == 255


def test_the_ball_is_at_the_targets_in_the_truth(scene: DemoScene) -> None:
    for drag in scene.drags:
        (x, y), (u, v) = (np.round(p).astype(int) for p in (drag.handle, drag.target))
        before = scene.picture[y - 15 : y + 16, x - 15 : x + 16].astype(int)
        after = scene.truth[v - 15 : v + 16, u - 15 : u + 16]
        assert np.abs(before - after).mean() < 4  # a fraction of a pixel at the stripes' edges


def test_nothing_hides_the_ball_and_the_mask_leaves_the_other_things(scene: DemoScene) -> None:
    size = (HEIGHT_PX // 4, WIDTH_PX // 4)
    start = demo._scene()
    end = moved(start, demo._BALL, torch.tensor(demo._ROLL))

    for place in (start, end):
        seen, whole = (visible_alpha(s, *size, demo._BALL, (1,)) for s in (place, only(place, demo._BALL)))
        assert torch.equal(seen, whole)
        assert whole[0, [0, -1]].max() == whole[0, :, [0, -1]].max() == 0
    others = [visible_alpha(start, *size, slot, (1, 2, 3))[0].numpy() > 0.5 for slot in range(demo._BALL)]
    assert [scene.mask[::4, ::4][other].mean() / 255 < 0.02 for other in others] == [True] * 3


def test_the_mask_holds_the_ball_and_its_shadow_on_all_the_way(scene: DemoScene) -> None:
    on_its_way = [moved(demo._scene(), demo._BALL, f * torch.tensor(demo._ROLL)) for f in (99.0, 0.5)]
    gone, half_way = (as_pixels(render(s, HEIGHT_PX, WIDTH_PX))[0] for s in on_its_way)
    bare = gone.astype(int)

    for picture in (scene.picture, half_way, scene.truth):
        is_touched = np.abs(bare - picture).max(2) > 4
        assert is_touched.mean() > 0.03
        assert (scene.mask[is_touched] > 200).all()


def test_demo_is_the_same_every_time() -> None:
    assert (demo_scene(96, 64).picture == demo_scene(96, 64).picture).all()

"""The demo's drawn picture."""

import numpy as np

from dragbrush.bench.demo_scene import demo_scene


def test_demo_drags_one_thing_at_any_size():
    scene = demo_scene(192, 128)

    assert scene.picture.shape == scene.truth.shape == (128, 192, 3)
    assert scene.mask.shape == (128, 192)
    assert len(scene.drags) == 3
    changed = np.abs(scene.picture.astype(int) - scene.truth).max(2) > 2
    assert 0.005 < changed.mean() < 0.2
    assert (scene.mask[changed] > 0).all()
    for x, y in [point for drag in scene.drags for point in (drag.handle, drag.target)]:
        assert scene.mask[round(y), round(x)] == 255


def test_demo_is_the_same_every_time():
    assert (demo_scene(96, 64).picture == demo_scene(96, 64).picture).all()

"""The toy world: the same seed draws the same pictures, an edit of a value is an edit of the picture."""

import pytest
import torch

from dragbrush.bench.paint import render, to_pixels, visible_alpha
from dragbrush.bench.shapes import BODY, PART, PARTS, SECOND_PART, SHADOW
from dragbrush.bench.world import EMPTY, KINDS, anchors, captions, draw_scenes, moved, part_moved, vocabulary


def _scenes(count: int, *, seed: int = 3, aspect: float = 1.0):
    return draw_scenes(count, torch.Generator().manual_seed(seed), aspect=aspect)


def test_same_seed_draws_the_same_pictures():
    first, again, other = (render(_scenes(4, seed=seed), 32, 32) for seed in (5, 5, 6))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_scene_alone_looks_as_in_a_batch():
    scenes = _scenes(6)

    together = render(scenes, 32, 32)

    alone = torch.cat([render(scenes[i : i + 1], 32, 32) for i in range(6)])
    assert (together - alone).abs().max() < 1e-5


@pytest.mark.parametrize(("height", "width"), [(48, 48), (32, 80), (80, 32)])
def test_every_shape_of_picture_is_filled(height: int, width: int):
    pictures = render(_scenes(3, aspect=width / height), height, width)

    assert pictures.shape == (3, 3, height, width)
    assert pictures.isfinite().all()
    assert pictures.min() >= 0
    assert pictures.max() <= 1


def test_a_larger_picture_shows_the_same_scene():
    scenes = _scenes(4)

    small, large = render(scenes, 32, 32), render(scenes, 128, 128)

    reduced = torch.nn.functional.avg_pool2d(large, 4)
    assert (small - reduced).abs().mean() < 0.01


def test_moving_by_whole_pixels_moves_the_alpha():
    scenes = _scenes(8)
    groups = (BODY, PART, SECOND_PART)

    before = visible_alpha(scenes, 64, 64, 0, groups)
    after = visible_alpha(moved(scenes, 0, torch.tensor([4 / 64, 0.0])), 64, 64, 0, groups)

    alone = (scenes.kind != EMPTY).sum(1) == 1
    assert alone.any()
    assert (before[alone, :, 10:50] - after[alone, :, 14:54]).abs().max() < 1e-3


def test_anchors_follow_their_part():
    scenes = _scenes(60)
    by = torch.tensor([0.03, -0.02])
    tried = set()
    for index, slot in (scenes.kind != EMPTY).nonzero().tolist():
        kind, scene = KINDS[int(scenes.kind[index, slot])], scenes[index : index + 1]
        for group in PARTS.get(kind, {}):
            shift = anchors(part_moved(scene, slot, group, by), slot, group) - anchors(scene, slot, group)
            assert torch.allclose(shift, by.expand_as(shift), atol=1e-5), kind
            tried.add((kind, group))

    assert tried == {(kind, group) for kind, groups in PARTS.items() for group in groups}


def test_objects_are_seen_and_shadows_hide_nothing():
    scenes = _scenes(16)

    body = visible_alpha(scenes, 48, 48, 0, (BODY, PART, SECOND_PART))
    shadow = visible_alpha(scenes, 48, 48, 0, (SHADOW,))

    one = (scenes.kind != EMPTY).sum(1) == 1
    assert (body.flatten(1).amax(1)[one] > 0.99).all()
    assert (shadow[one] * (body[one] > 0.999)).max() < 1e-3


def test_pixel_centres():
    assert to_pixels(torch.zeros(2), 64, 96).tolist() == [47.5, 31.5]


def test_captions_use_the_vocabulary_only():
    known = set(vocabulary())

    texts = captions(_scenes(200))

    assert all(set(text.replace(",", " ,").split()) <= known for text in texts)
    assert all(text.endswith(" ground") for text in texts)

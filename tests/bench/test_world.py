"""The toy world: the same seed draws the same pictures at any size, and a caption says what they show."""

from dataclasses import fields, replace

import pytest
import torch
from lone import EVERY_GROUP, lone, scenes

from dragbrush.bench.kinds import KIND_NAMES, KINDS, Kind
from dragbrush.bench.objects import anchors
from dragbrush.bench.paint import render, to_pixels, visible_alpha
from dragbrush.bench.primitives import FIELD, MAX_MARKS, MAX_PRIMITIVES, TEXTURES, Sketch
from dragbrush.bench.words import NEVER_TEXTURED, captions, vocabulary
from dragbrush.bench.world import EMPTY, LOOKS, MATERIALS
from toybox_parts import TEXT_TOKENS, make_tokenizer


def sketched(kind: Kind) -> Sketch:
    """One thing of the kind at rest, striped if its kind can be."""
    colour = torch.full((1, 3), 0.5)
    sketch = Sketch(colour, colour, torch.ones(1), torch.ones(1))
    kind.draw(sketch, *torch.zeros(4, 1), *torch.full((2, 1), 0.5))
    return sketch


def test_same_seed_draws_the_same_pictures() -> None:
    first, again, other = (render(scenes(4, seed=seed), 32, 32) for seed in (5, 5, 6))

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_scene_alone_looks_as_in_a_batch() -> None:
    batch = scenes(12)

    together = render(batch, 32, 32)

    alone = torch.cat([render(batch[i : i + 1], 32, 32) for i in range(12)])
    assert (together - alone).abs().max() < 1e-5


@pytest.mark.parametrize(("height", "width"), [(48, 48), (24, 96), (96, 24)])
def test_every_shape_of_picture_is_filled(height: int, width: int) -> None:
    pictures = render(scenes(8, aspect=width / height), height, width)

    assert pictures.shape == (8, 3, height, width)
    assert pictures.isfinite().all()
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert (pictures.flatten(2).std(2).amax(1) > 0.02).all()


def test_a_larger_picture_shows_the_same_scene() -> None:
    batch = scenes(8)

    small, large = render(batch, 48, 48), render(batch, 192, 192)

    reduced = torch.nn.functional.avg_pool2d(large, 4)
    assert (small - reduced).abs().mean((1, 2, 3)).max() < 0.012


def test_pixel_centres() -> None:
    assert to_pixels(torch.zeros(2), 64, 96).tolist() == [47.5, 31.5]


def test_a_scene_on_a_device_keeps_its_values() -> None:
    scene = scenes(3)

    same, there = scene.to(torch.device("cpu")), scene.to(torch.device("meta"))

    for f in fields(scene):
        value, moved = getattr(scene, f.name), getattr(there, f.name)
        assert torch.equal(getattr(same, f.name), value), f.name
        assert (moved.device.type, moved.shape, moved.dtype) == ("meta", value.shape, value.dtype), f.name


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_a_kind_fits_its_tables(kind: Kind) -> None:
    sketch = sketched(kind)

    rows = torch.cat(sketch.rows)
    assert len(rows) <= MAX_PRIMITIVES
    assert set(sketch.marks) == set(kind.parts)
    assert all(1 <= len(points) <= MAX_MARKS for points in sketch.marks.values())
    assert set(kind.parts) <= set(rows[:, FIELD["group"]].tolist())
    assert bool((rows[:, FIELD["texture"]] == TEXTURES.index("striped")).any()) == (kind.name not in NEVER_TEXTURED)
    for number in (2, 3):
        ranges = kind.pose[2 * number - 4 : 2 * number - 2]
        assert all(low <= 0 <= high for low, high in ranges)
        assert (number in kind.parts) == any(low < high for low, high in ranges)


def test_most_kinds_have_parts() -> None:
    assert len(KINDS) == len(set(KIND_NAMES))
    assert sum(bool(kind.parts) for kind in KINDS) >= 12


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_marks_lie_on_what_is_seen_of_their_part(kind: Kind) -> None:
    for style in torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 2):
        scene = lone(kind.name, style=torch.cat([style, torch.tensor([0.5])]))
        for group in kind.parts:
            shown = visible_alpha(scene, 128, 128, 0, (group,))[0]
            for x, y in to_pixels(anchors(scene, 0, group), 128, 128).tolist():
                assert shown[round(y), round(x)] > 0.9, (kind.name, kind.parts[group], style)


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_a_mirrored_thing_is_the_mirror_image(kind: Kind) -> None:
    scene = lone(kind.name, turn=0.3, style=torch.tensor([0.2, 0.9, 0.5]))
    scene = replace(scene, pose=torch.tensor([kind.pose])[..., 1].expand(1, 3, 4))
    mirrored = replace(
        scene, facing=-scene.facing, turn=-scene.turn, light=scene.light * torch.tensor([-1.0, 1.0, 1.0])
    )

    for group in kind.parts:
        shown, other = (visible_alpha(s, 96, 96, 0, (group,)) for s in (scene, mirrored))
        assert (shown - other.flip(2)).abs().max() < 1e-3
    is_thing = visible_alpha(scene, 96, 96, 0, EVERY_GROUP) == 1
    difference = (render(scene, 96, 96) - render(mirrored, 96, 96).flip(3)).abs().amax(1)
    assert is_thing.any()
    assert difference[is_thing].max() < 1e-3


def test_a_thing_stands_on_its_place() -> None:
    scene = lone("ball")

    rows = visible_alpha(scene, 128, 128, 0, EVERY_GROUP)[0].amax(1)

    _, foot = to_pixels(scene.xy[0, 0], 128, 128).tolist()
    seen = (rows > 0.5).nonzero()[:, 0]
    assert seen[-1] == pytest.approx(foot, abs=1)
    assert seen[0] == pytest.approx(foot - 1.8 * 0.25 * 128, abs=1)  # its radius is 0.9 of its size


def test_things_are_seen_whole() -> None:
    batch = scenes(32)

    shown = visible_alpha(batch, 48, 48, 0, EVERY_GROUP)

    is_one = (batch.kind != EMPTY).sum(1) == 1
    assert (shown.flatten(1).amax(1)[is_one] > 0.99).all()


@pytest.mark.parametrize(("name", "values"), [("look", LOOKS), ("material", MATERIALS)])
def test_each_look_and_material_draws_something_else(name: str, values: tuple[str, ...]) -> None:
    scene = lone("creature")

    pictures = [render(replace(scene, **{name: torch.tensor([i])}), 64, 64) for i in range(len(values))]

    for i, picture in enumerate(pictures):
        for other in pictures[:i]:
            assert (picture - other).abs().mean() > 0.005


@pytest.mark.parametrize("light", [(-0.6, -0.8, 0.0), (0.6, -0.8, 0.0), (0.0, -0.8, 0.6), (0.0, -0.8, -0.2)])
def test_shadows_fall_away_from_the_light(light: tuple[float, float, float]) -> None:
    scene = replace(lone("ball"), light=torch.nn.functional.normalize(torch.tensor([light]), dim=1))
    bare = replace(scene, shadow=torch.zeros(1))

    taken = (render(bare, 64, 64) - render(scene, 64, 64)).sum((0, 1))

    assert taken.max() > 0.1
    towards = torch.tensor([light[0], light[2]]).sign()
    grid = torch.arange(64) + 0.5
    x, y = (taken.sum(0) * grid).sum() / taken.sum(), (taken.sum(1) * grid).sum() / taken.sum()
    foot_x, foot_y = to_pixels(scene.xy[0, 0], 64, 64).tolist()
    assert (x - foot_x) * towards[0] <= 0
    assert (y - foot_y) * towards[1] <= 0
    assert abs(x - foot_x) > 2 or light[0] == 0
    assert abs(y - foot_y) > 1 or light[2] == 0


def test_captions_use_the_vocabulary_only() -> None:
    known = set(vocabulary())

    texts = captions(scenes(300))

    assert all(set(text.replace(",", " ,").split()) <= known for text in texts)
    for word in (*KIND_NAMES, *MATERIALS, *LOOKS[1:], *TEXTURES[1:]):
        assert any(word in text for text in texts), word


def test_captions_fit_the_text_encoder() -> None:
    tokenizer = make_tokenizer(vocabulary())

    for text in captions(scenes(300)):
        ids = tokenizer(text).input_ids
        assert len(ids) == len(text.replace(",", " ,").split()) + 2 <= TEXT_TOKENS

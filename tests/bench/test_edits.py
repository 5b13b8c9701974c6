"""Edits of scenes: each changes what it says and nothing else."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lone import EVERY_GROUP, lone, scenes

from dragbrush.bench.edits import moved, only, part_moved, pasted, recoloured, repeated, resized, turned
from dragbrush.bench.kinds import KIND_NAMES, KINDS
from dragbrush.bench.objects import anchors, primitive_table
from dragbrush.bench.paint import render, visible_alpha
from dragbrush.bench.world import EMPTY, SLOTS

PARTS = [(kind.name, group) for kind in KINDS for group in kind.parts]
STEP = st.floats(-0.2, 0.2)


def test_moving_by_whole_pixels_moves_the_alpha() -> None:
    batch = only(scenes(8), 0)

    before = visible_alpha(batch, 64, 64, 0, EVERY_GROUP)
    after = visible_alpha(moved(batch, 0, torch.tensor([4 / 64, -3 / 64])), 64, 64, 0, EVERY_GROUP)

    assert (before[:, 10:50, 10:50] - after[:, 7:47, 14:54]).abs().max() < 1e-3


def test_a_shadow_moves_with_its_thing() -> None:
    scene = lone("crate")
    there = moved(scene, 0, torch.tensor([5 / 64, 2 / 64]))

    # On the ground, what is left of the light has nothing to do with the ground's own tone.
    left, left_there = (render(s, 64, 64) / render(replace(s, shadow=torch.zeros(1)), 64, 64) for s in (scene, there))

    assert left.min() < 0.9
    assert (left[..., :50, :50] - left_there[..., 2:52, 5:55]).abs().max() < 1e-3


@given(
    part=st.sampled_from(PARTS),
    slot=st.integers(0, SLOTS - 1),
    facing=st.sampled_from([-1.0, 1.0]),
    turn=st.floats(-4, 4),
    by=st.tuples(STEP, STEP),
)
def test_a_moved_part_takes_its_marks_along(
    part: tuple[str, int], slot: int, facing: float, turn: float, by: tuple[float, float]
) -> None:
    name, group = part
    scene, by_xy = lone(name, facing=facing, turn=turn, slot=slot), torch.tensor(by)

    shift = anchors(part_moved(scene, slot, group, by_xy), slot, group) - anchors(scene, slot, group)

    assert len(shift)
    assert torch.allclose(shift, by_xy.expand_as(shift), atol=1e-5)


@pytest.mark.parametrize(("name", "group"), PARTS)
def test_a_moved_part_leaves_the_body_and_the_other_part(name: str, group: int) -> None:
    scene = lone(name)
    after = part_moved(scene, 0, group, torch.tensor([0.04, -0.03]))

    table, other = primitive_table(scene)[0], primitive_table(after)[0]

    is_changed = (table != other).any(1)
    assert is_changed.any()
    assert set(table[is_changed, table.shape[1] - 7].tolist()) == {float(group)}


def test_a_whole_turn_is_none() -> None:
    batch = scenes(4)

    around = turned(batch, 0, torch.tensor(2 * torch.pi))

    assert (render(batch, 48, 48) - render(around, 48, 48)).abs().max() < 1e-3


@pytest.mark.parametrize("by", [0.5, -2.0])
def test_turning_keeps_the_middle(by: float) -> None:
    scene = lone("creature", turn=0.2)
    middle = scene.xy[0, 0] - torch.tensor([0.0, float(scene.size[0, 0])])

    before, after = (anchors(s, 0, 2)[0] - middle for s in (scene, turned(scene, 0, torch.tensor(by))))

    cos, sin = torch.tensor(by).cos(), torch.tensor(by).sin()
    expected = torch.stack([before[0] * cos - before[1] * sin, before[0] * sin + before[1] * cos])
    assert torch.allclose(after, expected, atol=1e-5)


@pytest.mark.parametrize("factor", [0.6, 1.6])
@pytest.mark.parametrize("turn", [0.0, 0.4])
def test_resizing_keeps_the_foot(factor: float, turn: float) -> None:
    scene = lone("cactus", turn=turn)
    after = resized(scene, 0, torch.tensor(factor))

    assert torch.equal(after.xy, scene.xy)
    for group in (2, 3):
        was, now = (anchors(s, 0, group) - s.xy[0, 0] for s in (scene, after))
        assert torch.allclose(now, was * factor, atol=1e-5)


def test_other_colours_change_no_outline() -> None:
    batch = scenes(6)
    worn = recoloured(batch, 0, scenes(6, seed=4), 1)

    before, after = (visible_alpha(s, 48, 48, 0, EVERY_GROUP) for s in (batch, worn))

    assert torch.equal(before, after)
    changed = (render(batch, 48, 48) - render(worn, 48, 48)).abs().amax(1)
    assert (changed.amax((1, 2)) > 0.02).sum() >= 5
    assert changed[before == 0].max() == 0


def test_a_pasted_thing_stands_at_its_place_in_this_light() -> None:
    scene, other = lone("tree"), lone("cat", facing=-1.0, turn=0.3, slot=1)
    xy, size = torch.tensor([0.2, 0.4]), torch.tensor(0.15)

    both = pasted(scene, 2, other, 1, xy, size)

    assert [KIND_NAMES[k] if k != EMPTY else None for k in both.kind[0].tolist()] == ["tree", None, "cat"]
    at_place = replace(other, xy=xy.expand(1, SLOTS, 2), size=size.expand(1, SLOTS))
    shown = visible_alpha(both, 64, 64, 2, EVERY_GROUP)
    assert torch.equal(shown, visible_alpha(at_place, 64, 64, 1, EVERY_GROUP))
    same_light = replace(at_place, light=scene.light, shadow=scene.shadow)
    pictures, expected = render(both, 64, 64), render(same_light, 64, 64)
    assert torch.allclose(pictures.where(shown == 1, 0), expected.where(shown == 1, 0), atol=1e-6)


def test_only_one_thing_is_left() -> None:
    batch = scenes(8)

    alone = only(batch, 1)

    assert torch.equal(alone.kind[:, 1], batch.kind[:, 1])
    assert (alone.kind[:, [0, 2]] == EMPTY).all()


def test_an_edit_takes_one_value_for_each_scene_and_leaves_its_input() -> None:
    scene = lone("robot")
    xy = scene.xy.clone()

    way = moved(repeated(scene, 3), 0, torch.tensor([[0.0, 0.0], [0.1, 0.0], [0.2, 0.1]]))

    assert torch.allclose(way.xy[:, 0] - xy[0, 0], torch.tensor([[0.0, 0.0], [0.1, 0.0], [0.2, 0.1]]))
    assert torch.equal(scene.xy, xy)

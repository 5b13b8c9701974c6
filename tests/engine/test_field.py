"""The displacement field of drags."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dragbrush.engine.field import Field, Pull
from dragbrush.engine.supervision import sample

SIDE = 96
BORDER = 8
ROWS, COLS = np.mgrid[:SIDE, :SIDE]
GROUND, RED = (0.4, 0.4, 0.4), (0.9, 0.2, 0.1)
HALF_A_CELL, ONE_CELL = 0.5, 1.0
ROUNDING = 1e-3
"""Of shares that are carried on along their slope."""
OUTLINE = 8
"""Cells round an outline, of 96, where the field may give way."""
INNER = st.integers(BORDER + 4, SIDE - BORDER - 5)


def ground() -> np.ndarray:
    return np.full((SIDE, SIDE, 3), GROUND, np.float32)


def with_disc(x: float, y: float, radius: float) -> np.ndarray:
    guide = ground()
    guide[np.hypot(COLS - x, ROWS - y) <= radius] = RED
    return guide


def selected() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[BORDER:-BORDER, BORDER:-BORDER] = 1
    return mask


def pulled(guide: np.ndarray, *drags: tuple[tuple[float, float], tuple[float, float]]) -> Field:
    handles, targets = (np.array(points, np.float64) for points in zip(*drags, strict=True))
    return Pull(guide, selected(), handles).to(targets)


def at(field: Field, x: float, y: float) -> np.ndarray:
    """The displacement (x, y) of the content found at a place."""
    return sample(field.displacement[None], torch.tensor([[y, x]], dtype=torch.float32))[:, 0].numpy()


@pytest.mark.parametrize("target", [(48, 48), (56, 52), (70, 48), (44, 46), (40, 76)])
@pytest.mark.parametrize("guide", [ground, partial(with_disc, 40, 48, 10)], ids=["flat", "object"])
def test_handle_arrives_at_its_target(guide: partial[np.ndarray], target: tuple[int, int]) -> None:
    field = pulled(guide(), ((40, 48), target))

    np.testing.assert_allclose(at(field, *target), np.subtract(target, (40, 48)), atol=HALF_A_CELL)


def test_each_of_several_handles_arrives() -> None:
    drags = (((30, 30), (40, 30)), ((66, 30), (66, 42)), ((48, 70), (42, 64)))

    field = pulled(ground(), *drags)

    for handle, target in drags:
        np.testing.assert_allclose(at(field, *target), np.subtract(target, handle), atol=ONE_CELL)


def test_whole_object_comes_along() -> None:
    field = pulled(with_disc(36, 48, 10), ((36, 48), (60, 48)))

    inside = np.hypot(COLS - 60, ROWS - 48) <= 8
    np.testing.assert_allclose(field.displacement.numpy()[:, inside].T, [(24, 0)] * inside.sum(), atol=ONE_CELL)


def test_a_thing_pulled_wide_stretches_without_gaps() -> None:
    field = pulled(with_disc(48, 48, 16), ((38.4, 48), (26.9, 48)), ((57.6, 48), (69.1, 48)))

    assert not field.hole[np.hypot(COLS - 48, ROWS - 48) <= 21].any()


@given(
    drags=st.lists(st.tuples(st.tuples(INNER, INNER), st.tuples(INNER, INNER)), min_size=1, max_size=3),
    disc=st.tuples(INNER, INNER, st.integers(3, 20)),
)
@settings(max_examples=15, deadline=None)
def test_nothing_moves_outside_the_selection(drags: list, disc: tuple[int, int, int]) -> None:
    field = pulled(with_disc(*disc), *drags)

    outside = torch.from_numpy(selected() == 0)
    assert bool((field.displacement[:, outside] == 0).all())
    assert bool((field.moved[outside] == 0).all())
    assert not bool(field.hole[outside].any())


@given(
    drags=st.lists(st.tuples(st.tuples(INNER, INNER), st.tuples(INNER, INNER)), min_size=1, max_size=3),
    disc=st.tuples(INNER, INNER, st.integers(3, 20)),
)
@settings(max_examples=15, deadline=None)
def test_field_is_made_of_finite_numbers_and_shares(drags: list, disc: tuple[int, int, int]) -> None:
    field = pulled(with_disc(*disc), *drags)

    assert bool(field.displacement.isfinite().all())
    assert float(field.moved.min()) >= 0
    assert float(field.moved.max()) <= 1 + ROUNDING


@pytest.mark.parametrize("guide", [ground(), with_disc(40, 48, 10)], ids=["flat", "object"])
@pytest.mark.parametrize("handles", [[(40, 48)], [(40, 48), (60, 30)]], ids=["one", "two"])
def test_drag_of_no_length_moves_nothing(guide: np.ndarray, handles: list[tuple[int, int]]) -> None:
    field = pulled(guide, *((handle, handle) for handle in handles))

    assert field.displacement.abs().max() < 0.05
    assert not field.hole.any()


def test_selection_of_the_whole_picture_is_held_at_its_border() -> None:
    field = Pull(ground(), np.ones((SIDE, SIDE), np.float32), np.array([[40.0, 48.0]])).to(np.array([[60.0, 48.0]]))

    assert bool((field.displacement[:, [0, -1], :] == 0).all())
    assert bool((field.displacement[:, :, [0, -1]] == 0).all())
    np.testing.assert_allclose(at(field, 60, 48), (20, 0), atol=HALF_A_CELL)


@pytest.mark.parametrize("degrees", [-25, 10, 25])
def test_two_handles_turn_the_object_between_them(degrees: float) -> None:
    bar, centre = ground(), np.array([48.0, 48.0])
    bar[42:55, 24:73] = RED
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    handles = [np.array([28.0, 48.0]), np.array([68.0, 48.0])]

    field = pulled(bar, *((tuple(p), tuple(centre + turn @ (p - centre))) for p in handles))

    for x in range(34, 63, 4):
        for y in (46, 48, 50):
            place = centre + turn @ (np.array([x, y]) - centre)
            np.testing.assert_allclose(at(field, *place), place - (x, y), atol=ONE_CELL, err_msg=f"{x}, {y}")


def test_object_moved_clear_leaves_a_hole_where_it_was_and_nowhere_else() -> None:
    field = pulled(with_disc(30, 48, 9), ((30, 48), (66, 48)))

    from_old_place = np.hypot(COLS - 30, ROWS - 48)
    hole = field.hole.numpy()
    assert hole[from_old_place <= 9 - 2].all()
    assert not hole[from_old_place > 9 + OUTLINE].any()


def test_holes_say_no_displacement() -> None:
    field = pulled(with_disc(30, 48, 9), ((30, 48), (66, 48)))

    assert bool((field.displacement[:, field.hole] == 0).all())
    assert bool((field.moved[field.hole] == 0).all())


def test_moved_content_covers_what_rested_there() -> None:
    guide = with_disc(36, 48, 8)
    guide[40:57, 60:77] = (0.1, 0.3, 0.9)

    field = pulled(guide, ((36, 48), (68, 48)))

    np.testing.assert_allclose(at(field, 68, 48), (32, 0), atol=HALF_A_CELL)
    assert field.moved[48, 68] > 0.9


def test_pull_serves_any_targets_in_any_order() -> None:
    pull = Pull(with_disc(40, 48, 10), selected(), np.array([[40.0, 48.0]]))
    first = pull.to(np.array([[60.0, 48.0]]))

    pull.to(np.array([[30.0, 70.0]]))

    assert torch.equal(pull.to(np.array([[60.0, 48.0]])).displacement, first.displacement)


@pytest.mark.parametrize("channels", [1, 4])
def test_guide_may_have_any_number_of_channels(channels: int) -> None:
    guide = np.repeat(with_disc(40, 48, 10)[..., :1], channels, axis=2)

    field = pulled(guide, ((40, 48), (56, 52)))

    np.testing.assert_allclose(at(field, 56, 52), (16, 4), atol=HALF_A_CELL)


@pytest.mark.parametrize("size", [(48, 48), (192, 192), (16, 40), (96, 97)])
def test_resized_field_counts_in_the_cells_of_the_new_grid(size: tuple[int, int]) -> None:
    displacement = torch.tensor([12.0, -6.0])[:, None, None].expand(2, SIDE, SIDE)
    field = Field(displacement, torch.ones(SIDE, SIDE), torch.zeros(SIDE, SIDE, dtype=torch.bool))

    resized = field.resized(*size)

    assert resized.hole.shape == resized.moved.shape == size
    expected = torch.tensor([12.0 * size[1] / SIDE, -6.0 * size[0] / SIDE])[:, None, None].expand(2, *size)
    torch.testing.assert_close(resized.displacement, expected)


def test_resized_field_keeps_its_places() -> None:
    field = pulled(with_disc(40, 48, 10), ((40, 48), (60, 56)))

    doubled = field.resized(2 * SIDE, 2 * SIDE)

    np.testing.assert_allclose(at(doubled, 120.5, 112.5), (40, 16), atol=2 * HALF_A_CELL)
    assert int(doubled.hole.sum()) == 4 * int(field.hole.sum())


def test_source_cells_are_rows_and_columns_the_content_came_from() -> None:
    displacement = torch.tensor([3.0, -2.0])[:, None, None].expand(2, 6, 8)
    field = Field(displacement, torch.ones(6, 8), torch.zeros(6, 8, dtype=torch.bool))

    assert field.source_cells()[4, 5].tolist() == [6.0, 2.0]

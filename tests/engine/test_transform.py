"""Rigid changes of an object as correspondences of cells, and as a displacement field."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dragbrush.edit import Point
from dragbrush.engine.transform import (
    Placement,
    background_field,
    cells_of,
    share_of,
    similarity,
    vacated,
)

SIZE = (48, 80)
"""Rows and columns of the canvas: wide, so that a swapped axis shows."""
GRID = (12, 20)
CELL_PX = 4
BOX = (slice(16, 28), slice(20, 36))
"""An object of whole cells."""
CENTRE = (27.5, 21.5)
OBJECTS = st.tuples(st.floats(-12, 12), st.floats(-8, 8), st.floats(0.5, 1.8), st.floats(-180, 180), st.booleans())


def box(size: tuple[int, int] = SIZE, where: tuple[slice, slice] = BOX) -> Tensor:
    mask = torch.zeros(size)
    mask[where] = 1
    return mask


def disc(x: float, y: float, radius: float, size: tuple[int, int] = SIZE) -> Tensor:
    rows, cols = torch.meshgrid(torch.arange(1.0 * size[0]), torch.arange(1.0 * size[1]), indexing="ij")
    return (torch.hypot(cols - x, rows - y) <= radius).float()


def placed(by_px: Point = (0.0, 0.0), *, scale: float = 1.0, degrees: float = 0.0, mirror: bool = False) -> Placement:
    return Placement(box(), similarity(CENTRE, by_px=by_px, scale=scale, degrees=degrees, mirror=mirror), SIZE)


def centre_of(mask: Tensor) -> Point:
    """The middle (x, y) of the box round what a mask selects by half or more."""
    rows, cols = (mask >= 0.5).nonzero(as_tuple=True)
    return float(cols.min() + cols.max()) / 2, float(rows.min() + rows.max()) / 2


def goes_to(matrix: Tensor, point: Point) -> tuple[float, float]:
    x, y = (matrix[:, :2] @ torch.tensor(point, dtype=torch.float64) + matrix[:, 2]).tolist()
    return x, y


@given(change=OBJECTS)
@settings(max_examples=40, deadline=None)
def test_centre_is_shifted_only(change: tuple[float, float, float, float, bool]) -> None:
    dx, dy, scale, degrees, mirror = change
    matrix = similarity(CENTRE, by_px=(dx, dy), scale=scale, degrees=degrees, mirror=mirror)

    assert goes_to(matrix, CENTRE) == pytest.approx((CENTRE[0] + dx, CENTRE[1] + dy))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"by_px": (7.0, -3.0)}, (17, -3)),
        ({"scale": 2.0}, (20, 0)),
        ({"degrees": 90.0}, (0, 10)),
        ({"degrees": -90.0}, (0, -10)),
        ({"mirror": True}, (-10, 0)),
        ({"mirror": True, "degrees": 90.0, "scale": 0.5, "by_px": (1.0, 2.0)}, (1, -3)),
    ],
    ids=["shift", "resize", "clockwise", "anticlockwise", "mirror", "all"],
)
def test_a_point_to_the_right_of_the_centre_goes_where_it_should(change: dict, expected: Point) -> None:
    x, y = goes_to(similarity(CENTRE, **change), (CENTRE[0] + 10, CENTRE[1]))

    assert (x - CENTRE[0], y - CENTRE[1]) == pytest.approx(expected)


@pytest.mark.parametrize("cells", [(3, 0), (0, -2), (-4, 3), (6, 2)])
@pytest.mark.parametrize("finer", [1, 2, 4])
def test_a_shift_by_whole_cells_is_that_shift_on_every_grid(cells: tuple[int, int], finer: int) -> None:
    grid = (GRID[0] * finer, GRID[1] * finer)
    placement = placed((cells[0] * CELL_PX, cells[1] * CELL_PX))

    cur, org = cells_of(placement.placed(), *grid), cells_of(placement.mask, *grid)
    sources = placement.sources(grid, grid)

    down, right = finer * cells[1], finer * cells[0]
    assert torch.equal(cur, org.roll((down, right), (0, 1)))
    at = torch.stack(torch.meshgrid(*(torch.arange(n) for n in grid), indexing="ij"), -1).float()
    torch.testing.assert_close(sources, at - torch.tensor([down, right]), atol=1e-4, rtol=0)


@given(change=OBJECTS)
@settings(max_examples=25, deadline=None)
def test_every_placed_cell_comes_from_the_object(change: tuple[float, float, float, float, bool]) -> None:
    dx, dy, scale, degrees, mirror = change
    placement = placed((dx, dy), scale=scale, degrees=degrees, mirror=mirror)

    rows, cols = placement.sources(SIZE, SIZE)[cells_of(placement.placed(), *SIZE)].unbind(-1)

    assert 15.4 <= float(rows.min()) <= float(rows.max()) <= 27.6
    assert 19.4 <= float(cols.min()) <= float(cols.max()) <= 35.6


@pytest.mark.parametrize("degrees", [0, 30, 90, 145])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.6])
def test_area_grows_with_the_square_of_the_scale(scale: float, degrees: float) -> None:
    area = placed(scale=scale, degrees=degrees).placed().sum()

    assert float(area) == pytest.approx(float(box().sum()) * scale**2, rel=0.02)


def test_mirror_and_turns_bring_the_right_end() -> None:
    mark = disc(34, 22, 1.5)
    ends = {"mirror": {"mirror": True}, "half turn": {"degrees": 180.0}, "quarter turn": {"degrees": 90.0}}

    middles = {}
    for name, change in ends.items():
        there = Placement(mark, similarity(CENTRE, **change), SIZE).placed()
        middles[name] = centre_of(there)

    assert middles["mirror"] == pytest.approx((21, 22))
    assert middles["half turn"] == pytest.approx((21, 21))
    assert middles["quarter turn"] == pytest.approx((27, 28))


def test_object_moved_partly_outside_is_cut_at_the_border() -> None:
    there = placed((48.0, 0.0)).placed()

    assert float(there.sum()) == pytest.approx(12 * 12)
    assert centre_of(there) == (73.5, 21.5)


def test_object_moved_wholly_outside_is_nowhere() -> None:
    there = placed((200.0, 0.0)).placed()

    assert not cells_of(there, *GRID).any()


def test_object_that_is_gone_leaves_its_place_and_is_nowhere() -> None:
    gone = placed((32.0, 8.0), degrees=20).gone()

    assert gone.placed().max() == 0


def test_object_of_another_canvas_keeps_the_proportions_of_its_grid() -> None:
    mask = box((32, 32), (slice(8, 16), slice(4, 12)))
    matrix = similarity((7.5, 11.5), by_px=(40.0, 10.0))

    placement = Placement(mask, matrix, SIZE)
    sources = placement.sources(GRID, (8, 8))

    assert centre_of(placement.placed()) == pytest.approx((47.5, 21.5))
    rows, cols = sources[cells_of(placement.placed(), *GRID)].unbind(-1)
    assert (float(rows.mean()), float(cols.mean())) == pytest.approx((2.5, 1.5), abs=0.3)


def test_a_thing_smaller_than_a_cell_still_has_one() -> None:
    assert int(cells_of(disc(30, 20, 1), *GRID).sum()) == 1
    assert not cells_of(torch.zeros(SIZE), *GRID).any()


def test_share_of_cells_keeps_the_covered_area() -> None:
    assert float(share_of(disc(30, 20, 7), *GRID).sum()) * CELL_PX**2 == pytest.approx(float(disc(30, 20, 7).sum()))


def test_background_field_is_empty_where_the_object_was_and_rests_elsewhere() -> None:
    field = background_field(box(), *SIZE)

    assert torch.equal(field.hole, vacated(box(), *SIZE))
    assert field.displacement.abs().max() == field.moved.max() == 0
    assert int(field.hole.sum()) == (12 + 2) * (16 + 2)

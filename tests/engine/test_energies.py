"""The energies against values worked out by hand, and their gradients against finite differences."""

import pytest
import torch
from torch import Tensor

from dragbrush.engine.energies import (
    AppearanceEnergies,
    DragEnergies,
    Energies,
    Maps,
    MoveEnergies,
    PasteEnergies,
    S,
    Sn,
    carried,
    g,
    mean_over,
    vector_of,
)

W_EDIT, W_CONTENT, W_CONTRAST, W_INPAINT = 4.0, 6.0, 0.2, 0.8
ROWS, COLS = 3, 5
EQUAL, CROSS, OPPOSITE = 1.0, 0.0, -1.0
STEP = 1e-6


def line(*vectors: tuple[float, float]) -> Tensor:
    """A map of one row of cells with two channels."""
    return torch.tensor(vectors, dtype=torch.float64).T[None, :, None]


def row(*values: float) -> Tensor:
    return torch.tensor([values], dtype=torch.float64)


def still(width: int) -> Tensor:
    """Every cell of a row comes from itself."""
    return torch.tensor([[[0.0, float(col)] for col in range(width)]], dtype=torch.float64)


def random_maps(seed: int, *, rows: int = ROWS, cols: int = COLS) -> Maps:
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(1, c, rows, cols, generator=generator, dtype=torch.float64) for c in (4, 3))


def region(*cells: tuple[int, int], rows: int = ROWS, cols: int = COLS) -> Tensor:
    chosen = torch.zeros(rows, cols, dtype=torch.float64)
    for cell in cells:
        chosen[cell] = 1
    return chosen


def shifted_sources(down: float, right: float) -> Tensor:
    at = torch.meshgrid(torch.arange(ROWS, dtype=torch.float64), torch.arange(COLS, dtype=torch.float64), indexing="ij")
    return torch.stack([at[0] - down, at[1] - right], -1)


CUR, WAS = region((1, 3), (2, 3), (2, 4)), region((0, 1), (1, 1), (1, 3))
MOVE = MoveEnergies(
    sources=shifted_sources(1, 1.5),
    cur=CUR,
    non_overlap=WAS * (1 - CUR),
    other=(1 - WAS) * (1 - CUR),
    w_edit=W_EDIT,
    w_content=W_CONTENT,
    w_contrast=W_CONTRAST,
    w_inpaint=W_INPAINT,
)
PASTE = PasteEnergies(sources=shifted_sources(1, 0.5), cur=CUR, other=1 - CUR, w_edit=W_EDIT, w_content=W_CONTENT)
APPEARANCE = AppearanceEnergies(cur=CUR, other=1 - CUR, reference=WAS, w_edit=W_EDIT, w_content=W_CONTENT)
DRAG = DragEnergies(
    sources=torch.tensor([[[[1, 1], [1, 2]]], [[[0, 0], [0, 1]]]]),
    targets=torch.tensor([[[[1, 2], [1, 3]]], [[[2, 3], [2, 4]]]]),
    left=torch.tensor([[[1.0, 0.0]], [[1.0, 1.0]]], dtype=torch.float64),
    other=region((2, 0), (2, 1)),
    w_edit=W_EDIT,
    w_content=W_CONTENT,
    w_inpaint=0.2,
)
TASKS = pytest.mark.parametrize(
    "energies", [MOVE, PASTE, APPEARANCE, DRAG], ids=["move", "paste", "appearance", "drag"]
)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [((3, 4), (6, 8), EQUAL), ((1, 0), (0, 5), CROSS), ((2, 1), (-4, -2), OPPOSITE), ((1, 0), (1, 1), 0.5**0.5)],
)
def test_similarity_is_the_cosine(a: tuple[float, float], b: tuple[float, float], expected: float) -> None:
    assert S(line(a), line(b)).item() == pytest.approx(expected)
    assert Sn(line(a), line(b)).item() == pytest.approx((expected + 1) / 2)


def test_similarity_of_maps_is_taken_cell_by_cell() -> None:
    similar = S(line((1, 0), (1, 0), (1, 0)), line((2, 0), (0, 2), (-2, 0)))

    torch.testing.assert_close(similar, row(EQUAL, CROSS, OPPOSITE))


@pytest.mark.parametrize(("s", "expected"), [(0.0, 4.0), (1.0, 0.8), (0.5, 4 / 3), (-0.1, 4 / 0.6)])
def test_g_falls_as_the_similarity_rises(s: float, expected: float) -> None:
    assert g(4.0, torch.tensor(s, dtype=torch.float64)).item() == pytest.approx(expected)


def test_mean_over_a_region_leaves_the_rest_out() -> None:
    values = torch.tensor([[1.0, 2.0, 30.0], [4.0, 50.0, 60.0]])

    assert mean_over(torch.tensor([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), values).item() == pytest.approx(7 / 3)
    assert mean_over(torch.zeros(2, 3), values).item() == 0


def test_vector_of_a_region_is_its_mean_feature() -> None:
    vector = vector_of(row(1, 0, 1), line((1, 5), (100, 100), (3, 7)))

    torch.testing.assert_close(vector, line((2, 6)))


def test_carried_features_come_from_their_sources() -> None:
    features = line((1, 10), (2, 20), (3, 30))

    moved = carried(features, torch.tensor([[[0.0, 2.0], [0.0, 0.5], [0.0, -3.0]]]))

    torch.testing.assert_close(moved, line((3, 30), (1.5, 15), (1, 10)))


def test_move_energies_of_a_row_worked_out_by_hand() -> None:
    # The object of cell 0 is wanted in cell 1; cell 2 is surroundings. Features now: crosswise at the object's new
    # place, still the old ones where it was, half turned in the surroundings.
    base = (line((1, 0), (0, 1), (0, 1)),)
    now = (line((1, 0), (0, 1), (1, 1)),)
    energies = MoveEnergies(
        sources=still(3) - torch.tensor([0.0, 1.0]),
        cur=row(0, 1, 0),
        non_overlap=row(1, 0, 0),
        other=row(0, 0, 1),
        w_edit=W_EDIT,
        w_content=W_CONTENT,
        w_contrast=W_CONTRAST,
        w_inpaint=W_INPAINT,
    )

    edit, content = energies(now, base, base)

    assert edit.item() == pytest.approx(4 / (1 + 4 * CROSS))
    keep, contrast, inpaint = 6 / (1 + 4 * 0.5**0.5), 0.2 * 1, 0.8 / (1 + 4 * 0.5)
    assert content.item() == pytest.approx(keep + contrast + inpaint)


def test_move_energies_average_layers_but_sum_their_inpainting() -> None:
    one, two = random_maps(1), random_maps(2)
    alone = [MOVE((now,), (base,), (base,)) for now, base in zip(one, two, strict=True)]
    inpaint = [
        g(W_INPAINT, Sn(vector_of(MOVE.non_overlap, now), vector_of(MOVE.other, base))).item()
        for now, base in zip(one, two, strict=True)
    ]

    edit, content = MOVE(one, two, two)

    assert edit.item() == pytest.approx(sum(e.item() for e, _ in alone) / 2)
    assert content.item() == pytest.approx(sum(c.item() for _, c in alone) / 2 + sum(inpaint) / 2)


def test_paste_energies_of_a_row_worked_out_by_hand() -> None:
    # The reference is a wider picture: its cell 3 is wanted in cell 0, against the direction that is there.
    base, reference = (line((1, 0), (0, 1)),), (line((5, 5), (5, 5), (5, 5), (-1, 0)),)
    energies = PasteEnergies(
        sources=torch.tensor([[[0.0, 3.0], [0.0, 0.0]]], dtype=torch.float64),
        cur=row(1, 0),
        other=row(0, 1),
        w_edit=W_EDIT,
        w_content=W_CONTENT,
    )

    edit, content = energies(base, base, reference)

    assert edit.item() == pytest.approx(4 / (1 + 4 * 0))
    assert content.item() == pytest.approx(6 / (1 + 4 * 1))


def test_appearance_energies_compare_mean_features() -> None:
    # Every cell differs from the reference's, but their means agree in direction.
    now, base = (line((2, 0), (0, 2), (0, 1)),), (line((9, 9), (9, 9), (1, 0)),)
    reference = (line((1, 1), (7, -7)),)
    energies = AppearanceEnergies(cur=row(1, 1, 0), other=row(0, 0, 1), reference=row(1, 0), w_edit=3.5, w_content=5.0)

    edit, content = energies(now, base, reference)

    assert edit.item() == pytest.approx(3.5 / (1 + 4 * 1))
    assert content.item() == pytest.approx(5 / (1 + 4 * 0.5))


def test_drag_energies_of_a_row_worked_out_by_hand() -> None:
    # The block of cells 0 and 1 is wanted at cells 1 and 2, so cell 0 is left: it is pushed from what it was.
    base = (line((1, 0), (0, 1), (1, 1), (1, 0)),)
    now = (line((1, 0), (1, 0), (0, -1), (0, 1)),)
    energies = DragEnergies(
        sources=torch.tensor([[[[0, 0], [0, 1]]]]),
        targets=torch.tensor([[[[0, 1], [0, 2]]]]),
        left=torch.tensor([[[1.0, 0.0]]], dtype=torch.float64),
        other=row(0, 0, 0, 1),
        w_edit=W_EDIT,
        w_content=W_CONTENT,
        w_inpaint=0.2,
    )

    edit, content = energies(now, base, base)

    assert edit.item() == pytest.approx(4 / (1 + 4 * (1 + 0) / 2) + 0.2 * 1)
    assert content.item() == pytest.approx(6 / (1 + 4 * 0.5))


@TASKS
@pytest.mark.parametrize("which", [0, 1], ids=["edit", "content"])
def test_gradient_is_what_finite_differences_say(energies: Energies, which: int) -> None:
    now, base, reference = random_maps(3), random_maps(4), random_maps(5)
    now = tuple(f.requires_grad_() for f in now)
    gradients = torch.autograd.grad(energies(now, base, reference)[which], now)
    for layer, gradient in enumerate(gradients):
        for cell in ((0, 0, 1, 3), (0, 1, 0, 0), (0, 2, 2, 4), (0, 2, 1, 1), (0, 0, 0, 1)):

            def at(offset: float, layer: int = layer, cell: tuple[int, ...] = cell) -> float:
                changed = [f.detach().clone() for f in now]
                changed[layer][cell] += offset
                return energies(tuple(changed), base, reference)[which].item()

            assert gradient[cell].item() == pytest.approx((at(STEP) - at(-STEP)) / (2 * STEP), rel=1e-5, abs=1e-8)


@TASKS
def test_features_outside_every_region_have_no_gradient(energies: Energies) -> None:
    now = tuple(f.requires_grad_() for f in random_maps(6))

    (gradient, _) = torch.autograd.grad(energies(now, random_maps(7), random_maps(8))[0], now)

    assert gradient[0, :, 0, 2].abs().max() == 0


def emptied(energies: MoveEnergies) -> MoveEnergies:
    none = torch.zeros(ROWS, COLS, dtype=torch.float64)
    return MoveEnergies(energies.sources, none, none, none, W_EDIT, W_CONTENT, W_CONTRAST, W_INPAINT)


def test_empty_regions_have_no_gradient_and_finite_energies() -> None:
    now = tuple(f.requires_grad_() for f in random_maps(9))

    edit, content = emptied(MOVE)(now, random_maps(10), random_maps(10))
    gradients = torch.autograd.grad(edit + content, now)

    assert bool((edit + content).isfinite())
    assert all(gradient.abs().max() == 0 for gradient in gradients)


@pytest.mark.parametrize("length", [0.1, 1.0, 10.0])
def test_features_where_they_are_wanted_have_the_least_edit_energy(length: float) -> None:
    base = random_maps(11)
    wanted = tuple(length * carried(f, MOVE.sources) for f in base)

    edit, _ = MOVE(wanted, base, base)

    assert edit.item() == pytest.approx(W_EDIT / 5)

"""Edits with a second picture: an object pasted from it, and a look taken from it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scene import HANDLE, HEIGHT, KINDS, WIDTH, NewEditor, picture

from dragbrush import Editor
from dragbrush.edit import EditResult, Transform
from dragbrush.errors import BadRequest
from dragbrush.imaging import Picture
from dragbrush.live import LivePaste
from dragbrush.tools import speeds_of

SHORT = {"n_inference_step": 4, "inversion_strength": 0.5, "guided_until": 2}
AT = (70.0, 30.0)
BLUE = (20, 60, 220)
SPEEDS = pytest.mark.parametrize("speed", speeds_of("paste"))
Edit = Callable[..., EditResult]


def disc() -> NDArray[np.uint8]:
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    return np.where(np.hypot(cols - HANDLE[0], rows - HANDLE[1]) <= 10, 255, 0).astype(np.uint8)


def other(*, alpha: int | None = None) -> NDArray[np.uint8]:
    """A picture of another size with a blue box; with an alpha, that of the box over nothing."""
    samples = np.full((60, 80, 3 if alpha is None else 4), 90, np.uint8)
    samples[20:40, 30:56, :3] = BLUE
    if alpha is not None:
        samples[:, :, 3] = 0
        samples[20:40, 30:56, 3] = alpha
    return samples


def box() -> NDArray[np.uint8]:
    mask = np.zeros((60, 80), np.uint8)
    mask[20:40, 30:56] = 255
    return mask


def paste(editor: Editor, given: Any = None, **what: Any) -> EditResult:
    speed = what.pop("speed", "instant")
    return editor.paste(
        picture() if given is None else given, what.pop("object_", other()), what.pop("at", AT),
        object_mask=what.pop("object_mask", box()), speed=speed, settings=None if speed == "instant" else SHORT, **what,
    )  # fmt: skip


def appearance(editor: Editor, given: Any = None, **what: Any) -> EditResult:
    speed = what.pop("speed", "instant")
    return editor.appearance(
        picture() if given is None else given, what.pop("mask", disc()), what.pop("reference", other()),
        what.pop("reference_mask", box()), speed=speed, settings=None if speed == "instant" else SHORT, **what,
    )  # fmt: skip


@SPEEDS
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("edit", [paste, appearance])
def test_nothing_changes_but_where_the_mask_says(editor: Editor, edit: Edit, kind: str, speed: str) -> None:
    source = picture(kind, 16)

    result = edit(editor, source, speed=speed)

    assert (result.picture[result.mask == 0] == source[result.mask == 0]).all()
    assert (result.picture != source).any()
    assert 0 < (result.mask > 0).mean() < 0.5


def test_pasted_object_lies_at_its_place(editor: Editor) -> None:
    result = paste(editor).picture

    middle = result[24:36, 62:79].reshape(-1, 3)
    assert (np.abs(middle.astype(int) - BLUE) <= 1).all()


@pytest.mark.parametrize("transform", [Transform(dx=-8, dy=4), Transform(scale=0.5), Transform(degrees=90)])
def test_pasted_object_is_transformed(editor: Editor, transform: Transform) -> None:
    result = paste(editor, transform=transform)

    rows, cols = np.nonzero(np.abs(result.picture.astype(int) - BLUE).max(axis=2) <= 40)
    wide, high = 26 * transform.scale, 20 * transform.scale
    wide, high = (high, wide) if transform.degrees else (wide, high)
    assert (cols.min() + cols.max()) / 2 == pytest.approx(AT[0] + transform.dx, abs=1)
    assert (rows.min() + rows.max()) / 2 == pytest.approx(AT[1] + transform.dy, abs=1)
    assert (np.ptp(cols) + 1, np.ptp(rows) + 1) == pytest.approx((wide, high), abs=2)


def test_alpha_of_the_object_is_its_mask(editor: Editor) -> None:
    solid = paste(editor, object_=other(alpha=255), object_mask=None)
    half = paste(editor, object_=other(alpha=128), object_mask=None).picture

    assert (solid.picture == paste(editor).picture).all()
    between = half[30, 70].astype(int)
    assert np.abs(between - (picture()[30, 70].astype(int) + BLUE) / 2).max() <= 3


def test_live_paste_shows_the_instant_edit(editor: Editor) -> None:
    source, transform = picture(), Transform(degrees=15, scale=1.2)

    (left, top), region = LivePaste(Picture.from_array(source), Picture.from_array(other()), box()).region(
        AT, transform
    )

    shown = source.copy()
    shown[top : top + region.height, left : left + region.width] = region.samples
    assert (shown == paste(editor, transform=transform).picture).all()


def test_object_gets_the_other_ones_colour(editor: Editor) -> None:
    result = appearance(editor).picture

    inside = result[disc() == 255].astype(float).mean(axis=0)
    assert np.abs(inside - BLUE).max() < 12


@pytest.mark.parametrize("edit", [paste, appearance])
def test_second_edit_with_both_pictures_inverts_nothing(new_editor: NewEditor, tmp_path: Any, edit: Edit) -> None:
    editor = new_editor(tmp_path)
    cold, warm = (edit(editor, speed="quality").report for _ in range(2))

    assert (cold["warm"]["inversion"], warm["warm"]["inversion"]) == (False, True)
    assert cold["unet_evaluations"]["forward"] - warm["unet_evaluations"]["forward"] == 2 * 2


def test_prepared_look_is_taken_without_an_inversion(new_editor: NewEditor, tmp_path: Any) -> None:
    editor = new_editor(tmp_path)
    editor.prepare(picture(), mask=disc(), tool="appearance", reference=other(), reference_mask=box(), settings=SHORT)

    assert appearance(editor, speed="quality").report["warm"]["inversion"]


@pytest.mark.parametrize(
    ("edit", "given", "words"),
    [
        (paste, {"object_mask": np.zeros((60, 80), np.uint8)}, "selects nothing"),
        (paste, {"object_mask": disc()}, "112 x 96"),
        (paste, {"object_mask": None}, "Nothing says which part"),
        (paste, {"object_mask": None, "object_": other(alpha=0)}, "all transparent"),
        (paste, {"at": (900.0, 30.0)}, "wholly outside"),
        (appearance, {"mask": np.zeros((HEIGHT, WIDTH), np.uint8)}, "selects nothing"),
        (appearance, {"mask": np.full((HEIGHT, WIDTH), 255, np.uint8)}, "whole picture"),
        (appearance, {"mask": box()}, "80 x 60"),
        (appearance, {"reference_mask": np.zeros((60, 80), np.uint8)}, "selects nothing"),
        (appearance, {"reference_mask": None}, "Nothing says which part"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(
    editor: Editor, edit: Edit, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadRequest, match=words):
        edit(editor, **given)

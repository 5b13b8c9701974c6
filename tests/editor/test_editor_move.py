"""Objects moved: what changes, what does not, in one layer and in two, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scene import HANDLE, HEIGHT, KINDS, WIDTH, NewEditor, picture

from dragbrush import Editor
from dragbrush.edit import EditResult, Step, Transform
from dragbrush.errors import BadRequest
from dragbrush.imaging import Picture
from dragbrush.live import LiveMove
from dragbrush.tools import speeds_of

SHORT = {"n_inference_step": 4, "inversion_strength": 0.5, "guided_until": 2}
AWAY = Transform(dx=40, dy=20)
SPEEDS = pytest.mark.parametrize("speed", speeds_of("move"))


def disc() -> NDArray[np.uint8]:
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    return np.where(np.hypot(cols - HANDLE[0], rows - HANDLE[1]) <= 10, 255, 0).astype(np.uint8)


def move(editor: Editor, given: Any = None, transform: Transform = AWAY, **other: Any) -> EditResult:
    speed = other.pop("speed", "instant")
    settings = None if speed == "instant" else SHORT
    given = picture() if given is None else given
    return editor.move(given, other.pop("mask", disc()), transform, speed=speed, settings=settings, **other)


def red_at(samples: NDArray[Any], point: tuple[float, float]) -> bool:
    red, green, _ = samples[round(point[1]), round(point[0])][:3] / np.iinfo(samples.dtype).max
    return red > 0.75 and green < 0.3


@SPEEDS
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_changes_but_where_the_mask_says(editor: Editor, kind: str, speed: str) -> None:
    source = picture(kind, 16)

    result = move(editor, source, speed=speed)

    assert (result.picture[result.mask == 0] == source[result.mask == 0]).all()
    assert result.picture.shape == source.shape
    assert 0 < (result.mask > 0).mean() < 0.5


def test_object_is_where_it_was_moved_and_gone_where_it_was(editor: Editor) -> None:
    result = move(editor).picture

    assert red_at(result, (80, 64))
    assert not red_at(result, HANDLE)


@pytest.mark.parametrize("speed", ["instant", "quality"])
def test_objects_own_pixels_are_kept_to_the_sample(editor: Editor, speed: str) -> None:
    result = move(editor, speed=speed).picture

    assert (result[60:69, 76:85] == picture()[40:49, 36:45]).all()


@SPEEDS
@pytest.mark.parametrize(("kind", "bits"), [("RGB", 8), ("RGBA", 16), ("grey", 8)])
def test_layers_laid_over_each_other_are_the_edit(editor: Editor, kind: str, bits: int, speed: str) -> None:
    result = move(editor, picture(kind, bits), transform=Transform(30.5, 14, 1.2, 20), speed=speed, in_layers=True)

    assert result.layers is not None
    top = float(2**bits - 1)
    background, object_, whole = (
        Picture.from_array(array).samples / top
        for array in (result.layers.background, result.layers.object, result.picture)
    )
    share, colours = object_[:, :, -1:], object_.shape[2] - 1
    behind = background[:, :, colours:] if background.shape[2] > colours else np.ones_like(share)
    alpha = share + (1 - share) * behind
    laid = (object_[:, :, :-1] * share + background[:, :, :colours] * behind * (1 - share)) / np.maximum(alpha, 1e-6)
    visible = alpha[:, :, 0] > 0.1
    assert np.abs(laid - whole[:, :, :colours])[visible].max() <= 2.5 / 255
    assert (object_[:, :, -1] > 0.75).sum() > 200


def test_one_layer_is_what_two_give(editor: Editor) -> None:
    assert (move(editor).picture == move(editor, in_layers=True).picture).all()


def test_background_does_not_depend_on_where_the_object_goes(editor: Editor) -> None:
    one, other = (
        move(editor, transform=transform, speed="quality", in_layers=True).layers
        for transform in (AWAY, Transform(-20, 5, 1.4, 70, mirror=True))
    )

    assert one is not None
    assert other is not None
    assert (one.background == other.background).all()


def test_second_move_of_an_object_inverts_nothing(new_editor: NewEditor, tmp_path: Any) -> None:
    editor = new_editor(tmp_path)
    cold = move(editor, speed="quality").report
    warm = move(editor, transform=Transform(-15, 30, 0.7), speed="quality").report

    assert (cold["warm"]["inversion"], warm["warm"]["inversion"]) == (False, True)
    assert cold["unet_evaluations"]["forward"] - warm["unet_evaluations"]["forward"] == 2
    assert "inversion" not in warm["phase_seconds"]


def test_prepared_object_is_moved_without_an_inversion(new_editor: NewEditor, tmp_path: Any) -> None:
    editor = new_editor(tmp_path)
    editor.prepare(picture(), mask=disc(), tool="move", settings=SHORT)

    assert move(editor, speed="quality").report["warm"]["inversion"]


def test_object_partly_moved_out_is_clipped(editor: Editor) -> None:
    result = move(editor, transform=Transform(dx=70)).picture

    assert red_at(result, (108, 44))
    assert not red_at(result, HANDLE)


def test_moved_layer_of_a_transparent_picture_leaves_transparency(editor: Editor) -> None:
    source = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    source[disc() > 0] = (230, 40, 20, 255)
    lasso = np.zeros((HEIGHT, WIDTH), np.uint8)
    lasso[30:60, 25:56] = 255

    result = move(editor, source, mask=lasso).picture

    assert result[44, 40, 3] == 0
    assert tuple(result[64, 80]) == (230, 40, 20, 255)
    assert result[52, 70, 3] == 0, "transparent pixels of the selection are no part of the object"


def test_live_move_shows_the_instant_edit(editor: Editor) -> None:
    source = picture()
    transform = Transform(22.5, 8, 1.3, 30)

    (left, top), region = LiveMove(Picture.from_array(source), disc()).region(transform)

    shown = source.copy()
    shown[top : top + region.height, left : left + region.width] = region.samples
    assert (shown == move(editor, transform=transform).picture).all()


def test_previews_of_a_move_show_the_object_at_its_new_place(editor: Editor) -> None:
    seen: list[Step] = []
    move(editor, transform=Transform(dx=16, dy=10), speed="quality", on_step=seen.append)

    last = [step for step in seen if step.preview is not None][-1]
    assert last.box is not None
    left, top, width, height = last.box
    row, column = (54 - top) * last.preview.shape[0] // height, (56 - left) * last.preview.shape[1] // width
    red, green, _ = last.preview[row, column].astype(int)
    assert red - green > 60


def test_same_seed_gives_the_same_picture(editor: Editor) -> None:
    assert (move(editor, speed="quality").picture == move(editor, speed="quality").picture).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mask": np.zeros((HEIGHT, WIDTH), np.uint8)}, "selects nothing"),
        ({"mask": np.full((HEIGHT, WIDTH), 255, np.uint8)}, "whole picture"),
        ({"mask": disc()[:50]}, "50 pixels"),
        ({"transform": Transform()}, "changes nothing"),
        ({"transform": Transform(degrees=-360)}, "changes nothing"),
        ({"transform": Transform(dx=400)}, "wholly outside"),
        ({"speed": "paper"}, "no speed 'paper'"),
        ({"given": np.zeros((HEIGHT, WIDTH, 4), np.uint8)}, "transparent"),
    ],
)
def test_what_cannot_be_moved_is_refused_with_a_reason(editor: Editor, given: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        move(editor, **given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"scale": 0.0}, "scale is 0"),
        ({"scale": -1.0}, "scale is -1"),
        ({"scale": 1000.0}, "0.05 to 20"),
        ({"dx": math.nan}, "no numbers"),
        ({"degrees": math.inf}, "no numbers"),
    ],
)
def test_absurd_transform_is_refused(given: dict[str, float], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        Transform(**given)

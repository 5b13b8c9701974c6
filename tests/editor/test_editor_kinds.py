"""Pictures come back as the kind they were given, and the same seed gives the same picture."""

import numpy as np
import pytest
from PIL import Image
from scene import DRAGS, HANDLE, KINDS, MODEL_SPEEDS, SHORT, TARGET, picture, selection

from dragbrush import Drag, Editor
from dragbrush.errors import BadRequest
from dragbrush.imaging import Picture


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_array_comes_back_as_an_array_of_its_shape_and_depth(editor: Editor, kind: str, bits: int) -> None:
    source = picture(kind, bits)

    result = editor.drag(source, DRAGS, speed="instant").picture

    assert isinstance(result, np.ndarray)
    assert (result.shape, result.dtype) == (source.shape, source.dtype)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_pillow_image_comes_back_as_one_of_its_mode(editor: Editor, mode: str) -> None:
    array = picture("grey", 16) if mode == "I;16" else picture("RGB")
    source = Image.fromarray(array) if mode == "I;16" else Image.fromarray(array).convert(mode)

    result = editor.drag(source, DRAGS, speed="instant").picture

    assert isinstance(result, Image.Image)
    assert (result.mode, result.size) == (source.mode, source.size)


def test_picture_comes_back_as_a_picture_with_its_profile_and_resolution(editor: Editor) -> None:
    source = Picture(picture("RGBA", 16), pixels_per_mm=(11.8, 11.8))

    result = editor.drag(source, DRAGS, speed="instant").picture

    assert isinstance(result, Picture)
    assert (result.size, result.kind, result.bits) == (source.size, "RGBA", 16)
    assert result.pixels_per_mm == (11.8, 11.8)


def test_all_kinds_of_input_give_the_same_edit(editor: Editor) -> None:
    array = picture()

    results = [editor.drag(given, DRAGS, speed="instant").picture for given in (array, Image.fromarray(array))]

    assert (results[0] == np.asarray(results[1])).all()


def test_instant_moves_the_object(editor: Editor) -> None:
    source = picture()

    result = editor.drag(source, DRAGS, mask=selection(), speed="instant").picture

    moved, handle = (tuple(round(v) for v in point[::-1]) for point in (TARGET, HANDLE))
    assert np.abs(result[moved].astype(int) - source[handle]).max() < 8


@pytest.mark.parametrize("speed", ["instant", *MODEL_SPEEDS])
def test_same_seed_gives_the_same_bytes(editor: Editor, speed: str) -> None:
    settings = None if speed == "instant" else SHORT

    first, second = (
        editor.drag(picture(), DRAGS, speed=speed, seed=5, settings=settings).picture.tobytes() for _ in range(2)
    )

    assert first == second


def test_other_seed_gives_another_picture(editor: Editor) -> None:
    first, second = (
        editor.drag(picture(), DRAGS, seed=seed, settings={**SHORT, "lora_lr": 0.05}).picture.tobytes()
        for seed in (5, 6)
    )

    assert first != second


def test_unknown_speed_is_refused_with_the_known_ones(editor: Editor) -> None:
    with pytest.raises(BadRequest, match=r"'fastest'.*instant, quality, paper, reference"):
        editor.drag(picture(), DRAGS, speed="fastest")


def test_settings_for_instant_are_refused(editor: Editor) -> None:
    with pytest.raises(BadRequest, match="n_pix_step"):
        editor.drag(picture(), DRAGS, speed="instant", settings={"n_pix_step": 3})


@pytest.mark.parametrize(
    "drags",
    [[], [Drag((3, 3), (3, 3))], [Drag((3, 3), (400, 3))], [Drag((float("nan"), 3), (4, 4))]],
    ids=["none", "no way", "outside", "not a number"],
)
def test_drags_that_cannot_be_used_are_refused(editor: Editor, drags: list[Drag]) -> None:
    with pytest.raises(BadRequest):
        editor.drag(picture(), drags, settings=SHORT)


@pytest.mark.parametrize("seed", [2**70, -(2**70)])
def test_seed_no_generator_takes_is_refused(editor: Editor, seed: int) -> None:
    with pytest.raises(BadRequest, match="seed"):
        editor.drag(picture(), DRAGS, seed=seed, settings=SHORT)

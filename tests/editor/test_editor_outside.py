"""Outside the selection not one sample changes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scene import DRAGS, KINDS, MODEL_SPEEDS, PLAIN, picture, selection

from dragbrush import Drag, Editor

CASES = [
    *(("quality", kind, bits) for kind in ("grey", "RGB", "RGBA") for bits in (8, 16)),
    ("paper", "RGBA", 8),
    ("paper", "RGB", 16),
    ("reference", "RGBA", 16),
    ("reference", "grey", 8),
]


def identical_outside(result: NDArray[Any], source: NDArray[Any], mask: NDArray[np.uint8]) -> bool:
    return bool((result[mask == 0] == source[mask == 0]).all())


@pytest.mark.parametrize(("speed", "kind", "bits"), CASES)
def test_model_changes_nothing_outside_the_selection(editor: Editor, speed: str, kind: str, bits: int) -> None:
    source = picture(kind, bits)

    result = editor.drag(source, DRAGS, mask=selection(), speed=speed, settings=PLAIN).picture

    assert identical_outside(result, source, selection())


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", KINDS)
def test_instant_changes_nothing_outside_the_selection(editor: Editor, kind: str, bits: int) -> None:
    source = picture(kind, bits)

    result = editor.drag(source, DRAGS, mask=selection(), speed="instant").picture

    assert identical_outside(result, source, selection())


@given(
    size=st.tuples(st.integers(20, 90), st.integers(20, 90)),
    kind=st.sampled_from(list(KINDS)),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    seed=st.integers(0, 1000),
    data=st.data(),
)
@settings(max_examples=20, deadline=None)
def test_instant_changes_nothing_outside_any_selection(
    editor: Editor, size: tuple[int, int], kind: str, dtype: type, seed: int, data: st.DataObject
) -> None:
    height, width = size
    random = np.random.default_rng(seed)
    source = random.integers(0, np.iinfo(dtype).max, (height, width, *KINDS[kind]), dtype, endpoint=True)
    points = st.tuples(st.integers(0, width - 1), st.integers(0, height - 1))
    handle, target = data.draw(st.tuples(points, points).filter(lambda pair: pair[0] != pair[1]))
    mask = random.choice(np.array([0, 0, 90, 255], np.uint8), (height, width))
    mask[handle[1], handle[0]] = 255
    mask[: height // 4] = 0 if handle[1] >= height // 4 else mask[: height // 4]

    result = editor.drag(source, [Drag(handle, target)], mask=mask, speed="instant")

    assert identical_outside(result.picture, source, mask)
    assert result.picture.shape == source.shape
    assert result.picture.dtype == source.dtype


def test_selection_made_for_the_drags_is_kept_too(editor: Editor) -> None:
    source = picture()

    result = editor.drag(source, [Drag((20, 20), (26, 20))], speed="instant")

    assert (result.mask == 0).any()
    assert identical_outside(result.picture, source, result.mask)


@pytest.mark.parametrize("speed", ["instant", *MODEL_SPEEDS])
def test_something_changes_inside(editor: Editor, speed: str) -> None:
    source = picture("RGBA", 8)

    result = editor.drag(
        source, DRAGS, mask=selection(), speed=speed, settings=None if speed == "instant" else PLAIN
    ).picture

    assert (result[selection() == 255] != source[selection() == 255]).any()


def test_source_is_not_written_to(editor: Editor) -> None:
    source, mask = picture(), selection()

    editor.drag(source, DRAGS, mask=mask, settings=PLAIN)

    assert (source == picture()).all()
    assert (mask == selection()).all()


def test_selection_that_was_used_is_returned(editor: Editor) -> None:
    result = editor.drag(picture(), DRAGS, mask=selection(), speed="instant")

    assert (result.mask == selection()).all()

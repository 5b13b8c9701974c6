"""Pictures to look at: sizes, signs, and frames that open again."""

from pathlib import Path

import numpy as np
import pytest
from pictures import picture, texture
from PIL import Image

from dragbrush.edit import Drag
from dragbrush.errors import BadRequest, StorageFailed
from dragbrush.imaging import Picture, comparison, save_frames, selection_for


@pytest.mark.parametrize("size", [(64, 64), (700, 300), (300, 2500), (3000, 2000)])
def test_comparison_is_of_a_size_to_look_at(size: tuple[int, int]) -> None:
    source = Picture(np.full((size[1], size[0], 3), 120, np.uint8))
    drags = [Drag((size[0] * 0.4, size[1] * 0.5), (size[0] * 0.45, size[1] * 0.55))]

    sheet = comparison(source, selection_for(None, size, drags), drags, source)

    assert sheet.mode == "RGB"
    assert 150 <= sheet.width <= 2400
    assert sheet.height <= 2400


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [8, 16])
def test_every_kind_of_picture_can_be_shown(channels: int, bits: int) -> None:
    source = picture(60, 80, channels, bits=bits)
    drags = [Drag((20, 20), (40, 30))]

    comparison(source, selection_for(None, (80, 60), drags), drags, None)


def test_the_handle_is_red_and_the_target_blue() -> None:
    source = Picture(np.full((400, 400, 3), 128, np.uint8))
    drags = [Drag((100, 200), (300, 200))]

    sheet = np.asarray(comparison(source, np.zeros((400, 400), np.uint8), drags, None)).astype(int)

    panel = sheet[26:426, 12:412]
    assert panel[200, 100, 0] - panel[200, 100, 2] > 100
    assert panel[200, 300, 2] - panel[200, 300, 0] > 100


def test_frames_become_a_gif(tmp_path: Path) -> None:
    frames = [texture(20, 30, seed=seed) for seed in range(3)]

    save_frames(frames, tmp_path / "x.gif")

    with Image.open(tmp_path / "x.gif") as image:
        assert (image.format, image.size, getattr(image, "n_frames", 1)) == ("GIF", (30, 20), 3)


def test_unusable_frames_and_places_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no frames"):
        save_frames([], tmp_path / "x.gif")
    with pytest.raises(BadRequest, match="one size"):
        save_frames([texture(4, 4), texture(4, 5)], tmp_path / "x.gif")
    with pytest.raises(StorageFailed, match="could not be written"):
        save_frames([texture(4, 4)], tmp_path / "none" / "x.gif")

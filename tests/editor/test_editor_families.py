"""Every family of models through whole edits: loaded, prepared, dragged, moved, pasted back."""

from pathlib import Path

import numpy as np
import pytest
from scene import DRAGS, HANDLE, HEIGHT, SHORT, WIDTH, picture, selection

from dragbrush import Editor
from dragbrush.edit import Transform
from dragbrush.presets import PRESETS
from tiny_families import MAKERS, tiny_lcm

MOVED = Transform(dx=40, dy=20)


@pytest.fixture(scope="module", params=MAKERS)
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def of_family(family: str, tmp_path_factory: pytest.TempPathFactory) -> Editor:
    folder = MAKERS[family](tmp_path_factory.mktemp(family))
    return Editor(str(folder), device="cpu", cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("speed", ["quality", "reference"])
def test_drag(of_family: Editor, speed: str) -> None:
    source, mask = picture("RGBA", 16), selection()
    of_family.prepare(source, DRAGS, mask=mask, speed=speed, settings=SHORT)

    result = of_family.drag(source, DRAGS, mask=mask, speed=speed, settings=SHORT)

    assert result.report["warm"] == {"identity": True, "inversion": True}
    assert (result.picture[mask == 0] == source[mask == 0]).all()
    assert (result.picture[mask == 255] != source[mask == 255]).mean() > 0.5


def test_move(of_family: Editor) -> None:
    source = picture()
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    disc = np.where(np.hypot(cols - HANDLE[0], rows - HANDLE[1]) <= 10, 255, 0).astype(np.uint8)

    result = of_family.move(source, disc, MOVED, settings={"n_inference_step": 4, "guided_until": 1})

    assert (result.picture[result.mask == 0] == source[result.mask == 0]).all()
    red, green, _ = result.picture[round(HANDLE[1] + MOVED.dy), round(HANDLE[0] + MOVED.dx)]
    assert red > 200, "the disc is where it was moved"
    assert green < 80


def test_only_a_model_distilled_for_few_steps_takes_few(tmp_path: Path, editor: Editor) -> None:
    few = Editor(str(tiny_lcm(tmp_path / "model")), device="cpu", cache_dir=tmp_path)
    cheap = {"lora_step": 0, "n_pix_step": 0, "inversion_strength": 0.1}

    told, usual = (each.drag(picture(), DRAGS, settings=cheap).report["settings"] for each in (few, editor))

    assert told["n_inference_step"] == 10
    assert usual["n_inference_step"] == PRESETS["quality"].n_inference_step
    assert few.drag(picture(), DRAGS, settings=SHORT).report["settings"]["n_inference_step"] == 4, "what was asked for"


def test_caches_of_two_precisions_are_kept_apart(tiny_sd15_folder: Path, tmp_path: Path) -> None:
    full, half = (
        Editor(str(tiny_sd15_folder), device="cpu", precision=precision, cache_dir=tmp_path)
        for precision in ("full", "half")
    )
    expected = full.drag(picture(), DRAGS, settings=SHORT)

    result = half.drag(picture(), DRAGS, settings=SHORT)

    assert result.report["warm"] == {"identity": False, "inversion": False}
    assert np.abs(result.picture.astype(int) - expected.picture).mean() < 4

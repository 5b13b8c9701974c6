"""Models by name or folder, and what is said of folders that cannot be used."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dragbrush import Drag, Editor
from dragbrush.errors import BadModel
from dragbrush.models import check_folder, find_model, list_models

WEIGHTS = "diffusion_pytorch_model.safetensors"
PICTURE = np.zeros((48, 48, 3), np.uint8)
DRAG = [Drag((20, 20), (30, 24))]


@pytest.fixture
def model(tiny_sd15_folder: Path, tmp_path: Path) -> Path:
    """A model folder of the test's own to spoil."""
    return Path(shutil.copytree(tiny_sd15_folder, tmp_path / "model"))


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(BadModel) as error:
        action()
    return str(error.value)


def is_one_line_with_a_full_stop(text: str) -> bool:
    return "\n" not in text and text.endswith(".") and len(text) < 400


def test_whole_folder_is_found_by_its_path(model: Path) -> None:
    assert find_model(str(model)) == model


def test_embedded_model_is_listed() -> None:
    assert [m.name for m in list_models()] == ["toybox"]


def test_unknown_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    text = refusal(lambda: find_model("no-such-model"))

    assert "'no-such-model'" in text
    assert "toybox" in text


def test_file_instead_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")

    assert "model.safetensors" in refusal(lambda: find_model(str(tmp_path / "model.safetensors")))


def test_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    text = refusal(lambda: check_folder(tmp_path))

    assert str(tmp_path) in text
    assert "model_index.json" in text


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b"", b"null"])
def test_damaged_index_is_refused(model: Path, content: bytes) -> None:
    (model / "model_index.json").write_bytes(content)

    text = refusal(lambda: check_folder(model))

    assert str(model / "model_index.json") in text
    assert is_one_line_with_a_full_stop(text)


@pytest.mark.parametrize("kind", ["StableDiffusionXLPipeline", "StableDiffusionInpaintPipeline", None])
def test_other_pipeline_is_named(model: Path, kind: str | None) -> None:
    (model / "model_index.json").write_text(json.dumps({"_class_name": kind}))

    text = refusal(lambda: check_folder(model))

    assert str(kind) in text
    assert "StableDiffusionPipeline" in text


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
def test_missing_part_is_named(model: Path, part: str) -> None:
    shutil.rmtree(model / part)

    text = refusal(lambda: check_folder(model))

    assert f"'{part}'" in text
    assert is_one_line_with_a_full_stop(text)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_missing_config_is_named(model: Path, part: str) -> None:
    (model / part / "config.json").unlink()

    assert f"'{part}/config.json'" in refusal(lambda: check_folder(model))


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_missing_weights_are_named(model: Path, part: str) -> None:
    next((model / part).glob("*.safetensors")).unlink()

    text = refusal(lambda: check_folder(model))

    assert f"'{part}'" in text
    assert ".safetensors" in text


@pytest.mark.parametrize("name", ["diffusion_pytorch_model.bin", "model.ckpt", "model.pt"])
def test_weights_that_are_only_a_pickle_are_refused_unopened(model: Path, name: str) -> None:
    (model / "unet" / WEIGHTS).unlink()
    (model / "unet" / name).write_bytes(b"cos\nsystem\n(S'false'\ntR.")

    text = refusal(lambda: check_folder(model))

    assert name in text
    assert "pickle" in text
    assert is_one_line_with_a_full_stop(text)


SPOILT = {
    "unet weights": f"unet/{WEIGHTS}",
    "vae weights": f"vae/{WEIGHTS}",
    "text encoder weights": "text_encoder/model.safetensors",
    "unet config": "unet/config.json",
    "vae config": "vae/config.json",
    "scheduler": "scheduler/scheduler_config.json",
}


@pytest.mark.parametrize("file", SPOILT.values(), ids=SPOILT.keys())
def test_damaged_file_is_refused_when_the_model_is_loaded(model: Path, tmp_path: Path, file: str) -> None:
    (model / file).write_bytes(b"damaged")

    text = refusal(lambda: Editor(str(model), device="cpu", cache_dir=tmp_path / "cache").components)

    assert str(model) in text
    assert is_one_line_with_a_full_stop(text)


def test_cut_weights_are_refused_when_an_edit_needs_them(model: Path, tmp_path: Path) -> None:
    file = model / "unet" / WEIGHTS
    file.write_bytes(file.read_bytes()[:-100])
    editor = Editor(str(model), device="cpu", cache_dir=tmp_path / "cache")

    assert str(model) in refusal(lambda: editor.drag(PICTURE, DRAG))


@pytest.mark.parametrize("file", ["scheduler/scheduler_config.json", "tokenizer/tokenizer.json"])
def test_missing_file_of_a_part_is_refused(model: Path, tmp_path: Path, file: str) -> None:
    for same_part in (model / file).parent.iterdir():
        same_part.unlink()

    text = refusal(lambda: Editor(str(model), device="cpu", cache_dir=tmp_path / "cache").components)

    assert str(model) in text


def test_weights_of_other_widths_than_the_config_are_refused(model: Path, tmp_path: Path) -> None:
    file = model / "unet" / "config.json"
    file.write_text(
        re.sub(r'"block_out_channels": \[[^]]*\]', '"block_out_channels": [32, 64, 64, 64]', file.read_text())
    )

    assert str(model) in refusal(lambda: Editor(str(model), device="cpu", cache_dir=tmp_path / "cache").components)


def test_model_that_predicts_something_else_is_refused(model: Path, tmp_path: Path) -> None:
    file = model / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "prediction_type": "sample"}))

    text = refusal(lambda: Editor(str(model), device="cpu", cache_dir=tmp_path / "cache").components)

    assert "predicts sample" in text
    assert "epsilon or v_prediction" in text


def test_schedule_of_betas_nobody_knows_is_refused(model: Path, tmp_path: Path) -> None:
    file = model / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "beta_schedule": "squaredcos_cap_v2"}))

    text = refusal(lambda: Editor(str(model), device="cpu", cache_dir=tmp_path / "cache").components.schedule(50))

    assert "squaredcos_cap_v2" in text


def test_making_an_editor_loads_nothing_but_looks_at_the_folder(model: Path, tmp_path: Path) -> None:
    shutil.rmtree(model / "vae")

    assert "'vae'" in refusal(lambda: Editor(str(model), device="cpu", cache_dir=tmp_path / "cache"))

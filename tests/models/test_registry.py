"""Models by name or folder, and what is said of folders that cannot be used."""

import contextlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from dragbrush import Editor
from dragbrush.errors import BadModel
from dragbrush.models import check_folder, find_model, list_models

WEIGHTS = "diffusion_pytorch_model.safetensors"


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


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b"", b"null", b"[" * 10**5])
def test_damaged_index_is_refused(model: Path, content: bytes) -> None:
    (model / "model_index.json").write_bytes(content)

    text = refusal(lambda: check_folder(model))

    assert str(model / "model_index.json") in text
    assert is_one_line_with_a_full_stop(text)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("StableDiffusion3Pipeline", "StableDiffusion3Pipeline"),
        ("FluxPipeline", "StableDiffusionXLPipeline"),
        ("StableDiffusionXLImg2ImgPipeline", "XL refiner"),
        ("StableDiffusionXLInpaintPipeline", "XL inpainting"),
        (None, "StableDiffusionPipeline"),
    ],
)
def test_other_pipeline_is_named(model: Path, kind: str | None, word: str) -> None:
    (model / "model_index.json").write_text(json.dumps({"_class_name": kind}))

    text = refusal(lambda: check_folder(model))

    assert word in text
    assert is_one_line_with_a_full_stop(text)


@pytest.mark.parametrize("part", ["text_encoder_2", "tokenizer_2"])
def test_second_text_encoder_of_an_xl_model_is_needed(model: Path, part: str) -> None:
    (model / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionXLPipeline"}))
    for folder in ("text_encoder", "tokenizer"):
        if f"{folder}_2" != part:
            shutil.copytree(model / folder, model / f"{folder}_2")

    assert f"'{part}" in refusal(lambda: check_folder(model))


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
def test_missing_part_is_named(model: Path, part: str) -> None:
    shutil.rmtree(model / part)

    text = refusal(lambda: check_folder(model))

    assert f"'{part}" in text
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


@pytest.mark.parametrize("file", [f"unet/{WEIGHTS}", f"vae/{WEIGHTS}", "text_encoder/model.safetensors"])
def test_cut_weights_are_refused_before_anything_is_loaded(model: Path, file: str) -> None:
    (model / file).write_bytes((model / file).read_bytes()[:-100])

    text = refusal(lambda: check_folder(model))

    assert str(model / file) in text
    assert "100 of its" in text


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (f"unet/{WEIGHTS}", "up_blocks.2.attentions.1.transformer_blocks.0.attn2.to_k.weight"),
        (f"vae/{WEIGHTS}", "decoder.mid_block.attentions.0.to_q.bias"),
        ("text_encoder/model.safetensors", "encoder.layers.1.mlp.fc2.bias"),
    ],
)
def test_missing_tensor_is_named(model: Path, file: str, name: str) -> None:
    tensors = load_file(model / file)
    key = next(key for key in tensors if key.removeprefix("text_model.") == name)
    save_file({other: value for other, value in tensors.items() if other != key}, model / file)

    text = refusal(lambda: check_folder(model))

    assert name in text
    assert "lacks 1 of" in text
    assert is_one_line_with_a_full_stop(text)


def test_older_names_of_a_vae_are_known(model: Path) -> None:
    file = model / "vae" / WEIGHTS
    names = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = load_file(file)
    for new, old in names.items():
        tensors = {name.replace(f".{new}.", f".{old}."): value for name, value in tensors.items()}
    save_file(tensors, file)

    check_folder(model)


def test_weights_in_several_files_are_used_when_all_are_there(model: Path, tmp_path: Path) -> None:
    unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet")
    shutil.rmtree(model / "unet")
    unet.save_pretrained(model / "unet", max_shard_size="15MB")

    loaded = Editor(str(model), device="cpu", cache_dir=tmp_path / "cache").components.unet

    assert torch.equal(loaded.conv_out.weight, unet.conv_out.weight)
    piece = sorted((model / "unet").glob("*-of-*.safetensors"))[-1]
    piece.unlink()
    assert piece.name in refusal(lambda: check_folder(model))


def test_weights_that_would_not_be_found_under_their_name_are_told_the_way(model: Path) -> None:
    (model / "unet" / WEIGHTS).rename(model / "unet" / WEIGHTS.replace(".safetensors", ".fp16.safetensors"))

    assert f"models import {model}" in refusal(lambda: check_folder(model))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**12) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def own_model(tiny_sd15_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder for all examples of a property; each puts back what it changed."""
    return Path(shutil.copytree(tiny_sd15_folder, tmp_path_factory.mktemp("own") / "model"))


@pytest.mark.parametrize(
    "file",
    ["model_index.json", "unet/config.json", "vae/config.json", "text_encoder/config.json",
     "scheduler/scheduler_config.json"],
)  # fmt: skip
@given(data=st.data())
@settings(max_examples=40)
def test_settings_of_any_content_are_refused_or_left_to_the_loader(
    own_model: Path, file: str, data: st.DataObject
) -> None:
    text = (own_model / file).read_text()
    key = data.draw(st.sampled_from(sorted(json.loads(text))))
    try:
        (own_model / file).write_text(json.dumps({**json.loads(text), key: data.draw(ANYTHING)}))
        with contextlib.suppress(BadModel):
            check_folder(own_model)
    finally:
        (own_model / file).write_text(text)


def test_settings_of_an_unknown_kind_are_left_to_the_loader(model: Path) -> None:
    file = model / "unet" / "config.json"
    content = json.loads(file.read_text())
    for change in ({"mid_block_type": "UNetMidBlock2D"}, {"layers_per_block": [2, 2, 2, 2]}, {"down_block_types": 7}):
        file.write_text(json.dumps({**content, **change}))

        check_folder(model)


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

    assert "'vae/config.json'" in refusal(lambda: Editor(str(model), device="cpu", cache_dir=tmp_path / "cache"))

"""LoRAs of users: which are let through to a model, and what is said of the others."""

import contextlib
import json
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import convert_state_dict_to_diffusers, convert_state_dict_to_kohya
from headers import FIRST, entries, write
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file

from dragbrush.errors import BadModel
from dragbrush.models.lora import check_lora

KOHYA = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight"
SGM = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_down.weight"
DIFFUSERS = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.processor.to_k_lora.down.weight"
PEFT = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight"
BARE_PEFT = "base_model.model.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight"
LOCON = "lora_unet_down_blocks_1_resnets_0_conv1.lora_down.weight"
WORDS = "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight"
SECOND = "lora_te2_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight"
WIDTHS = {"SD1": 768, "SD2": 1024, "SDXL": 2048}
TITLES = {"SD1": "Stable Diffusion 1.x", "SD2": "Stable Diffusion 2.x", "SDXL": "Stable Diffusion XL"}


def model_of(folder: Path, family: str) -> Path:
    """As much of a released model's folder as tells its family."""
    unet = {"cross_attention_dim": WIDTHS[family], "in_channels": 4}
    parts = {"unet": unet, "text_encoder": {"hidden_size": min(WIDTHS[family], 1024) if family != "SDXL" else 768}}
    if family == "SDXL":
        unet["addition_embed_type"] = "text_time"
        parts["text_encoder_2"] = {"hidden_size": 1280}
    for part, settings in parts.items():
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text(json.dumps(settings))
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text("{}")
    return folder


def refusal(file: Path, folder: Path) -> str:
    with pytest.raises(BadModel) as error:
        check_lora(file, folder)
    text = str(error.value)
    assert str(file) in text
    assert text.endswith(".")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("name", [KOHYA, SGM, DIFFUSERS, PEFT, BARE_PEFT])
@pytest.mark.parametrize("made_for", WIDTHS)
@pytest.mark.parametrize("family", WIDTHS)
def test_lora_goes_with_models_of_its_family_only(tmp_path: Path, family: str, made_for: str, name: str) -> None:
    folder = model_of(tmp_path / "model", family)
    file = write(tmp_path / "style.safetensors", entries({name: (8, WIDTHS[made_for]), LOCON: (8, 320, 3, 3)}))

    if made_for == family:
        check_lora(file, folder)
    else:
        text = refusal(file, folder)
        assert f"made for {TITLES[made_for]}," in text
        assert f"is {TITLES[family]};" in text


@pytest.mark.parametrize("name", [SECOND, "text_encoder_2.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight"])
def test_second_text_encoder_tells_xl(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / "style.safetensors", entries({name: (8, 1280)}))

    check_lora(file, model_of(tmp_path / "xl", "SDXL"))
    assert "made for Stable Diffusion XL," in refusal(file, model_of(tmp_path / "sd1", "SD1"))


def test_lora_of_words_alone_is_told_by_their_width(tmp_path: Path) -> None:
    file = write(tmp_path / "style.safetensors", entries({WORDS: (8, 768)}))

    check_lora(file, model_of(tmp_path / "sd1", "SD1"))
    assert "made for Stable Diffusion 1.x," in refusal(file, model_of(tmp_path / "sd2", "SD2"))


def test_model_of_another_size_is_told_by_its_width(tmp_path: Path, tiny_sd15_folder: Path) -> None:
    file = write(tmp_path / "style.safetensors", entries({KOHYA: (8, 48)}))

    assert "width 48 instead of 32" in refusal(file, tiny_sd15_folder)


def test_loras_as_they_are_written_are_let_through(tmp_path: Path, tiny_sd15_folder: Path) -> None:
    """The namings of peft, diffusers and kohya, as diffusers and peft write them."""
    unet = UNet2DConditionModel.from_pretrained(tiny_sd15_folder, subfolder="unet")
    unet.add_adapter(LoraConfig(r=2, target_modules=["to_k", "to_q"]))
    of_peft = get_peft_model_state_dict(unet)
    older = convert_state_dict_to_diffusers(of_peft)
    kohya = convert_state_dict_to_kohya({f"unet.{name}": value for name, value in of_peft.items()})
    save_file(of_peft, tmp_path / "peft.safetensors")
    save_file({f"unet.{name}": value for name, value in older.items()}, tmp_path / "older.safetensors")
    save_file(kohya, tmp_path / "kohya.safetensors")
    StableDiffusionPipeline.save_lora_weights(tmp_path, unet_lora_layers=of_peft)
    xl = model_of(tmp_path / "xl", "SDXL")

    for name in ("peft", "older", "kohya", "pytorch_lora_weights"):
        file = tmp_path / f"{name}.safetensors"
        check_lora(file, tiny_sd15_folder)
        assert "width 32 instead of 2048" in refusal(file, xl)


@pytest.mark.parametrize(
    "name",
    [
        "transformer.single_transformer_blocks.0.attn.to_k.lora_A.weight",
        "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight",
        "lora_transformer_joint_blocks_0_attn_to_k.lora_down.weight",
        "diffusion_model.double_blocks.0.img_attn.qkv.lora_A.weight",
    ],
)
def test_lora_of_a_transformer_is_refused(tmp_path: Path, tiny_sd15_folder: Path, name: str) -> None:
    file = write(tmp_path / "style.safetensors", entries({name: (8, 3072)}))

    assert "transformer instead of a UNet" in refusal(file, tiny_sd15_folder)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        (FIRST, "whole model"),
        ("lora_unet_mid_block_attentions_0_proj_in.hada_w1_a", "LoHa"),
        ("lora_unet_mid_block_attentions_0_proj_in.lokr_w1", "LoKr"),
        ("emb_params", "textual inversion"),
        ("decoder.conv_in.weight", "none of its tensors"),
    ],
)
def test_what_is_no_lora_is_named(tmp_path: Path, tiny_sd15_folder: Path, name: str, word: str) -> None:
    assert word in refusal(write(tmp_path / "style.safetensors", entries({name: (8, 8)})), tiny_sd15_folder)


@given(
    name=st.text(max_size=20) | st.sampled_from([KOHYA, DIFFUSERS, PEFT, WORDS, SECOND]),
    shape=st.lists(st.integers(0, 9), max_size=4),
)
def test_tensors_of_any_shape_are_refused_or_left_to_the_loader(
    tmp_path_factory: pytest.TempPathFactory, tiny_sd15_folder: Path, name: str, shape: list[int]
) -> None:
    file = write(tmp_path_factory.mktemp("any") / "style.safetensors", entries({name: tuple(shape)}))

    with contextlib.suppress(BadModel):
        check_lora(file, tiny_sd15_folder)


def test_pickle_cut_and_missing_files_are_refused(tmp_path: Path, tiny_sd15_folder: Path) -> None:
    for name in ("style.pt", "style.safetensors"):
        (tmp_path / name).write_bytes(b"PK\x03\x04" + bytes(100))
        assert "pickle" in refusal(tmp_path / name, tiny_sd15_folder)
    file = write(tmp_path / "cut.safetensors", entries({KOHYA: (8, 32)}), data=100)
    assert "412 of its" in refusal(file, tiny_sd15_folder)
    assert "cannot be read" in refusal(tmp_path / "none.safetensors", tiny_sd15_folder)


def test_lora_is_loaded_by_diffusers_after_the_look(tmp_path: Path, tiny_sd15_folder: Path) -> None:
    """The matrices that are looked at are those that diffusers reads the width of the text from."""
    names = {
        f"lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.{kind}.weight": shape
        for kind, shape in {"lora_down": (2, 32), "lora_up": (96, 2)}.items()
    }
    file = tmp_path / "style.safetensors"
    save_file({name: torch.ones(shape) for name, shape in names.items()}, file)
    pipeline = StableDiffusionPipeline.from_pretrained(tiny_sd15_folder, local_files_only=True)

    check_lora(file, tiny_sd15_folder)
    pipeline.load_lora_weights(tmp_path, weight_name=file.name)

    assert pipeline.get_active_adapters()

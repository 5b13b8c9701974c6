"""`--style`: a LoRA of the user's own to draw with."""

import json
from pathlib import Path

import pytest
import torch
from command_line import Command
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image, ImageChops
from safetensors.torch import save_file

POINT = ("--point", "55,60:80,60")
DRAG = ("drag", "in.png", "-o", "out.png", *POINT, "--set", "lora_step=0", "--set", "n_pix_step=1", "--force")


@pytest.fixture
def style(folder: Path, tiny_sd15_folder: Path) -> Path:
    unet = UNet2DConditionModel.from_pretrained(tiny_sd15_folder, subfolder="unet")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        unet.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=["to_k", "to_v"], init_lora_weights=False))
    weights = get_peft_model_state_dict(unet)
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=weights, weight_name="style.safetensors")
    return folder / "style.safetensors"


def test_weight_says_how_much_of_a_style_there_is(edit: Command, folder: Path, style: Path) -> None:
    def drawn(*options: str) -> Image.Image:
        outcome = edit(*DRAG, *options)
        assert outcome.code == 0, outcome.err
        return Image.open("out.png").convert("RGB").copy()

    plain, without = drawn(), drawn("--style", f"{style}:0")
    with_style = drawn("--style", f"{style}:0.7", "--report", "r.json")

    assert ImageChops.difference(plain, with_style).getbbox() is not None
    assert ImageChops.difference(plain, without).getbbox() is None
    assert json.loads((folder / "r.json").read_text())["styles"] == [{"file": str(style), "weight": 0.7}]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("missing.safetensors", "No such file"),
        ("style.ckpt", "pickle"),
        ("cut.safetensors", "cut"),
        ("other.safetensors", "Stable Diffusion XL"),
        ("style.safetensors:9", "not a number from -4 to 4"),
    ],
)
def test_style_that_cannot_be_used_is_one_sentence(
    edit: Command, folder: Path, style: Path, name: str, word: str
) -> None:
    (folder / "style.ckpt").write_bytes(b"\x80\x04pickled")
    (folder / "cut.safetensors").write_bytes(style.read_bytes()[:-10])
    of_xl = {"lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight": torch.ones(2, 2048)}
    save_file(of_xl, folder / "other.safetensors")

    outcome = edit(*DRAG, "--style", name)

    assert outcome.code == 2
    assert word in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1
    assert not (folder / "out.png").exists()


def test_server_was_given_its_styles_when_it_started(dragbrush: Command, style: Path) -> None:
    outcome = dragbrush(*DRAG, "--style", str(style), "--server")

    assert outcome.code == 2
    assert "--style was given to 'dragbrush serve'" in outcome.err

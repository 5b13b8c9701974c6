"""Model folders that lack something, and LoRAs that are fused into a model."""

import shutil
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import Tensor

from dragbrush.engine.components import Components
from dragbrush.engine.features import predict_noise
from dragbrush.engine.loading import load_components
from dragbrush.engine.style import Style
from dragbrush.errors import BadModel
from running import relative
from tiny_families import tiny_sdxl

CPU = torch.device("cpu")
T = 481
LACKING = {
    "unet/diffusion_pytorch_model.safetensors": "up_blocks.3.resnets.0.conv1.weight",
    "vae/diffusion_pytorch_model.safetensors": "decoder.conv_in.weight",
    "text_encoder/model.safetensors": "encoder.layers.1.mlp.fc1.weight",
}


@pytest.mark.parametrize("file", LACKING)
def test_folder_that_lacks_a_tensor_names_it(tiny_sd15_folder: Path, tmp_path: Path, file: str) -> None:
    folder = shutil.copytree(tiny_sd15_folder, tmp_path / "model")
    tensors = load_file(folder / file)
    name = next(name for name in tensors if name.endswith(LACKING[file]))
    save_file({key: value for key, value in tensors.items() if key != name}, folder / file, {"format": "pt"})

    with pytest.raises(BadModel, match=r"is incomplete: its \w+ lacks 1 tensors") as raised:
        load_components(folder, device=CPU)

    assert LACKING[file] in str(raised.value)


def test_folder_with_a_cut_file_is_told(tiny_sd15_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_sd15_folder, tmp_path / "model")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])

    with pytest.raises(BadModel, match="could not be loaded"):
        load_components(folder, device=CPU)


@pytest.fixture(scope="module")
def lora(tiny_sd15_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Tensor]]:
    """A LoRA of the cross-attentions as diffusers writes one, and what it adds to each weight."""
    unet = UNet2DConditionModel.from_pretrained(tiny_sd15_folder, subfolder="unet")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        unet.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=["attn2.to_k"], init_lora_weights=False))
    weights = get_peft_model_state_dict(unet)
    folder = tmp_path_factory.mktemp("lora")
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=weights, weight_name="style.safetensors")
    added = {
        name.removesuffix(".lora_A.weight") + ".weight": weights[name.replace("lora_A", "lora_B")] @ down
        for name, down in weights.items()
        if name.endswith("lora_A.weight")
    }
    return folder / "style.safetensors", added


@torch.no_grad()
@pytest.mark.parametrize("weight", [1.0, 0.5])
def test_style_is_added_to_the_weights(
    components: Components, tiny_sd15_folder: Path, lora: tuple[Path, dict[str, Tensor]], weight: float
) -> None:
    file, added = lora

    styled = load_components(tiny_sd15_folder, device=CPU, styles=[Style(file, weight)])

    plain, changed = components.unet.state_dict(), styled.unet.state_dict()
    assert changed.keys() == plain.keys()
    for name, tensor in plain.items():
        torch.testing.assert_close(changed[name], tensor + weight * added[name] if name in added else tensor)
    assert styled.fingerprint != components.fingerprint
    z, condition = torch.ones(1, 4, 16, 16), components.encode_prompt("a cat")
    assert relative(predict_noise(styled.unet, z, T, condition), predict_noise(components.unet, z, T, condition)) > 0.01


def test_style_of_another_family_is_told(tmp_path: Path, lora: tuple[Path, dict[str, Tensor]]) -> None:
    folder = tiny_sdxl(tmp_path / "sdxl")

    with pytest.raises(BadModel, match="does not fit this model"):
        load_components(folder, device=CPU, styles=[Style(lora[0])])

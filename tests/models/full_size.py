"""The released models at their full size, without numbers: for names and shapes."""

from types import SimpleNamespace

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from original import CLIP_WORDS, original_tensors
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from dragbrush.bench import architectures

Shapes = dict[str, tuple[int, ...]]

_SD2 = {"cross_attention_dim": 1024, "attention_head_dim": (5, 10, 20, 20), "use_linear_projection": True}
UNETS = {
    "sd1": {"cross_attention_dim": 768},
    "sd1 inpainting": {"cross_attention_dim": 768, "in_channels": 9},
    "sd2": _SD2,
    "sd2 inpainting": {**_SD2, "in_channels": 9},
    "sdxl": architectures.UNETS["sdxl"],
}


def full_size(model: str) -> tuple[Shapes, dict[str, Shapes]]:
    """The tensors of the single file, and those of the folder's parts, of a key of `UNETS`."""
    with torch.device("meta"):
        parts = {"unet": UNet2DConditionModel(**UNETS[model]), "vae": _vae()}
        if model == "sdxl":
            parts |= {"text_encoder": _text(768, 12), "text_encoder_2": _text(1280, 32, CLIPTextModelWithProjection)}
        else:
            parts["text_encoder"] = _text(1024, 23) if model.startswith("sd2") else _text(768, 12)
        tensors = original_tensors(SimpleNamespace(**parts))
    shapes = {
        name: {_folder_name(name, key): tuple(value.shape) for key, value in part.state_dict().items()}
        for name, part in parts.items()
    }
    return {name: tuple(value.shape) for name, value in tensors.items()}, shapes


def _folder_name(part: str, name: str) -> str:
    is_bare = part.startswith("text") and not name.startswith(("text_model.", "text_projection."))
    return f"text_model.{name}" if is_bare else name


def _vae() -> AutoencoderKL:
    return AutoencoderKL(
        latent_channels=4,
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )


def _text(width: int, layers: int, kind: type[CLIPTextModel] = CLIPTextModel) -> CLIPTextModel:
    return kind(
        CLIPTextConfig(
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=layers,
            num_attention_heads=width // 64,
            projection_dim=width,
            vocab_size=CLIP_WORDS,
        )
    )

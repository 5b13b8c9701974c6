"""Models of the released sizes with random weights, or with none at all, for measuring memory and time."""

from typing import Any, Literal

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from dragbrush.engine.components import Components
from dragbrush.engine.prompts import Reader
from dragbrush.models import TOYBOX

Architecture = Literal["sd15", "sdxl"]
TITLES: dict[Architecture, str] = {"sd15": "Stable Diffusion 1.5", "sdxl": "Stable Diffusion XL"}
_DOWN, _UP = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
_TOKENS = 77
_BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
UNETS: dict[Architecture, dict[str, Any]] = {
    "sd15": {
        "sample_size": 64,
        "block_out_channels": (320, 640, 1280, 1280),
        "down_block_types": (_DOWN, _DOWN, _DOWN, "DownBlock2D"),
        "up_block_types": ("UpBlock2D", _UP, _UP, _UP),
        "cross_attention_dim": 768,
        "attention_head_dim": 8,
    },
    "sdxl": {
        "sample_size": 128,
        "block_out_channels": (320, 640, 1280),
        "down_block_types": ("DownBlock2D", _DOWN, _DOWN),
        "up_block_types": (_UP, _UP, "UpBlock2D"),
        "transformer_layers_per_block": (1, 2, 10),
        "cross_attention_dim": 2048,
        "attention_head_dim": (5, 10, 20),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    },
}
_TINY: dict[Architecture, dict[str, Any]] = {
    "sd15": {"sample_size": 16, "block_out_channels": (32, 32, 64, 64), "cross_attention_dim": 32},
    "sdxl": {
        "sample_size": 16,
        "block_out_channels": (32, 32, 64),
        "attention_head_dim": (1, 1, 2),
        "cross_attention_dim": 64,
        "projection_class_embeddings_input_dim": 32 + 6 * 256,
    },
}
_VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "latent_channels": 4,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
}


def make_components(
    architecture: Architecture, *, device: torch.device, dtype: torch.dtype, is_tiny: bool = False
) -> Components:
    """The model with random weights; on torch's "meta" device with none. Tiny ones have few channels."""
    options = {**UNETS[architecture], **(_TINY[architecture] if is_tiny else {})}
    vae_options = {**_VAE, **({"block_out_channels": (32, 32, 32, 32)} if is_tiny else {})}
    with torch.device(device):
        unet: Any = UNet2DConditionModel(**options)
        vae: Any = AutoencoderKL(sample_size=8 * options["sample_size"], **vae_options)
        encoders = [_text_encoder(768, 12, 12, is_tiny=is_tiny)]
        if architecture == "sdxl":
            encoders.append(_text_encoder(1280, 32, 20, is_tiny=is_tiny, projects=True))
    for part in (unet, *encoders):
        torch.nn.Module.to(part, dtype)  # diffusers' own warns of what is not the case here
    for part in (unet, vae, *encoders):
        part.requires_grad_(False).eval()
    tokenizer = CLIPTokenizer.from_pretrained(TOYBOX.folder / "tokenizer", local_files_only=True)
    tokenizer.model_max_length = _TOKENS
    readers = tuple(Reader(tokenizer, encoder) for encoder in encoders)
    return Components(unet, vae, readers, dict(_BETAS), architecture, device)


def _text_encoder(width: int, layers: int, heads: int, *, is_tiny: bool, projects: bool = False) -> Any:
    if is_tiny:
        width, layers, heads = 32, 2, 2
    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        projection_dim=width,
    )
    return CLIPTextModelWithProjection(config) if projects else CLIPTextModel(config)

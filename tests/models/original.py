"""Random models as the single file that people have, under the names of the code they were first trained with.

Widths are multiples of 32, because single files do not tell how their normalisations are grouped and all real ones
use 32 groups; the text encoders know all of CLIP's tokens.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DiffusionPipeline,
    PNDMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

TEXT_WIDTH = 64
CLIP_WORDS = 49408
TEXT_ENCODERS = ("text_encoder", "text_encoder_2")
LEVELS = 4
_CROSS_DOWN, _CROSS_UP = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"


def small_model() -> StableDiffusionPipeline:
    """Stable Diffusion 1 in half precision, as most files are; the tokenizer is of no matter."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        unet = UNet2DConditionModel(
            sample_size=64,
            block_out_channels=(32, 64, 96, 96),
            layers_per_block=2,
            down_block_types=(_CROSS_DOWN, _CROSS_DOWN, _CROSS_DOWN, "DownBlock2D"),
            up_block_types=("UpBlock2D", _CROSS_UP, _CROSS_UP, _CROSS_UP),
            cross_attention_dim=TEXT_WIDTH,
            attention_head_dim=8,
        )
        vae = AutoencoderKL(
            sample_size=512,
            latent_channels=4,
            block_out_channels=(32, 64, 96, 96),
            layers_per_block=2,
            down_block_types=("DownEncoderBlock2D",) * LEVELS,
            up_block_types=("UpDecoderBlock2D",) * LEVELS,
        )
        text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=CLIP_WORDS,
                hidden_size=TEXT_WIDTH,
                intermediate_size=2 * TEXT_WIDTH,
                num_hidden_layers=2,
                num_attention_heads=1,
                projection_dim=TEXT_WIDTH,
                bos_token_id=49406,
                eos_token_id=49407,
            )
        )
    return StableDiffusionPipeline(
        vae=vae.half(),
        text_encoder=text_encoder.half(),
        tokenizer=CLIPTokenizer(vocab={"<|startoftext|>": 0, "<|endoftext|>": 1}, merges=[]),
        unet=unet.half(),
        scheduler=PNDMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            skip_prk_steps=True,
            set_alpha_to_one=False,
            steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def read_model(folder: Path) -> DiffusionPipeline:
    """A tiny folder in half precision, with as many words as CLIP has, as the single file of a model needs them."""
    model = DiffusionPipeline.from_pretrained(folder, local_files_only=True, torch_dtype=torch.float16)
    for part in TEXT_ENCODERS:
        if encoder := getattr(model, part, None):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(6)
                encoder.resize_token_embeddings(CLIP_WORDS)
    return model


def save_original(
    model: DiffusionPipeline, file: Path, *, text_prefix: str = "text_model.", metadata: dict[str, str] | None = None
) -> Path:
    """Writes the model under the names of the code it was first trained with, with what else such files hold."""
    tensors = original_tensors(model, text_prefix)
    prefix = "conditioner.embedders.0." if "text_encoder_2" in model.components else "cond_stage_model."
    if f"{prefix}transformer.{text_prefix}final_layer_norm.bias" in tensors:
        tensors[f"{prefix}transformer.{text_prefix}embeddings.position_ids"] = torch.arange(77)[None]
        tensors[f"{prefix}transformer.text_projection.weight"] = torch.eye(TEXT_WIDTH)
    tensors[f"{prefix}logit_scale"] = torch.tensor(4.6)
    tensors["alphas_cumprod"] = torch.linspace(1, 0, 1000)
    tensors["model_ema.decay"] = torch.tensor(0.9999)
    save_file({name: value.contiguous() for name, value in tensors.items()}, file, metadata)
    return file


def original_tensors(model: Any, text_prefix: str = "text_model.") -> dict[str, Tensor]:
    """The tensors of UNet, VAE and text encoders by their first names."""
    unet, vae = model.unet.state_dict(), model.vae.state_dict()
    tensors = {f"model.diffusion_model.{_unet(name, model.unet.config)}": value for name, value in unet.items()}
    tensors |= {f"first_stage_model.{_vae(name)}": _vae_value(name, value) for name, value in vae.items()}
    first = {name.removeprefix("text_model."): value for name, value in model.text_encoder.state_dict().items()}
    if second := getattr(model, "text_encoder_2", None):
        second = {name.removeprefix("text_model."): value for name, value in second.state_dict().items()}
        tensors |= {f"conditioner.embedders.0.transformer.{text_prefix}{name}": value for name, value in first.items()}
        tensors |= {f"conditioner.embedders.1.model.{name}": value for name, value in open_clip(second).items()}
    elif model.unet.config["use_linear_projection"]:
        tensors |= {
            f"cond_stage_model.model.{name}": value for name, value in open_clip(with_last_layer(first)).items()
        }
    else:
        tensors |= {f"cond_stage_model.transformer.{text_prefix}{name}": value for name, value in first.items()}
    return tensors


def with_last_layer(text: dict[str, Tensor]) -> dict[str, Tensor]:
    """The text encoder as it was before its last layer was cut off for Stable Diffusion 2."""
    prefix = "encoder.layers."
    count = len({name.split(".")[2] for name in text if name.startswith(prefix)})
    last = {name.removeprefix(f"{prefix}0."): value for name, value in text.items() if name.startswith(f"{prefix}0.")}
    width = text["final_layer_norm.bias"]
    return {
        **text,
        **{f"{prefix}{count}.{name}": value + 1 for name, value in last.items()},
        "text_projection.weight": width[:, None] * width,
    }


def open_clip(text: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a text encoder under OpenCLIP's names; queries, keys and values are one tensor there."""
    ends = {
        "embeddings.token_embedding.weight": "token_embedding.weight",
        "embeddings.position_embedding.weight": "positional_embedding",
        "final_layer_norm.weight": "ln_final.weight",
        "final_layer_norm.bias": "ln_final.bias",
    }
    layers = {
        "layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
        "self_attn.out_proj": "attn.out_proj",
    }  # fmt: skip
    found = {
        "logit_scale": torch.ones((), device=text["final_layer_norm.bias"].device),
        "text_projection": text["text_projection.weight"].T,
    }
    for name, value in text.items():
        if name in ends:
            found[ends[name]] = value
        elif match := re.fullmatch(r"encoder\.layers\.(\d+)\.(.+)\.(weight|bias)", name):
            block, layer, kind = f"transformer.resblocks.{match[1]}", match[2], match[3]
            if layer in layers:
                found[f"{block}.{layers[layer]}.{kind}"] = value
            elif layer == "self_attn.q_proj":
                others = [text[name.replace("q_proj", f"{what}_proj")] for what in "kv"]
                found[f"{block}.attn.in_proj_{kind}"] = torch.cat([value, *others])
    return found


def _unet(name: str, config: Mapping[str, Any]) -> str:
    for new, old in _unet_places(config):
        if name.startswith(new + "."):
            rest = name[len(new) + 1 :]
            if "resnets" in new:
                for new_layer, old_layer in _RESNET.items():
                    rest = rest.replace(new_layer, old_layer)
            return f"{old}.{rest}"
    raise ValueError(name)


def _unet_places(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [
        ("time_embedding.linear_1", "time_embed.0"),
        ("time_embedding.linear_2", "time_embed.2"),
        ("time_embedding.cond_proj", "time_embed.cond_proj"),
        ("add_embedding.linear_1", "label_emb.0.0"),
        ("add_embedding.linear_2", "label_emb.0.2"),
        ("conv_in", "input_blocks.0.0"),
        ("conv_norm_out", "out.0"),
        ("conv_out", "out.2"),
        ("mid_block.resnets.0", "middle_block.0"),
        ("mid_block.attentions.0", "middle_block.1"),
        ("mid_block.resnets.1", "middle_block.2"),
    ]
    for level, kind in enumerate(config["up_block_types"]):
        for layer in range(2):
            block = f"input_blocks.{3 * level + layer + 1}"
            found.append((f"down_blocks.{level}.resnets.{layer}", f"{block}.0"))
            found.append((f"down_blocks.{level}.attentions.{layer}", f"{block}.1"))
        for layer in range(3):
            block = f"output_blocks.{3 * level + layer}"
            found.append((f"up_blocks.{level}.resnets.{layer}", f"{block}.0"))
            found.append((f"up_blocks.{level}.attentions.{layer}", f"{block}.1"))
        found.append((f"down_blocks.{level}.downsamplers.0.conv", f"input_blocks.{3 * level + 3}.0.op"))
        after = 2 if kind.startswith("CrossAttn") else 1
        found.append((f"up_blocks.{level}.upsamplers.0.conv", f"output_blocks.{3 * level + 2}.{after}.conv"))
    return found


_RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection",
}  # fmt: skip


def _vae(name: str) -> str:
    changes = [
        ("conv_shortcut", "nin_shortcut"),
        ("conv_norm_out", "norm_out"),
        ("mid_block.attentions.0.", "mid.attn_1."),
        ("mid_block.resnets.0.", "mid.block_1."),
        ("mid_block.resnets.1.", "mid.block_2."),
    ]
    for level in range(LEVELS):
        changes += [
            (f"encoder.down_blocks.{level}.resnets.{layer}.", f"encoder.down.{level}.block.{layer}.")
            for layer in range(2)
        ]
        changes += [
            (f"decoder.up_blocks.{level}.resnets.{layer}.", f"decoder.up.{3 - level}.block.{layer}.")
            for layer in range(3)
        ]
        changes += [
            (f"down_blocks.{level}.downsamplers.0.", f"down.{level}.downsample."),
            (f"up_blocks.{level}.upsamplers.0.", f"up.{3 - level}.upsample."),
        ]
    if "attentions" in name:
        changes += [
            ("group_norm.", "norm."),
            ("to_q.", "q."),
            ("to_k.", "k."),
            ("to_v.", "v."),
            ("to_out.0.", "proj_out."),
        ]
    for new, old in changes:
        name = name.replace(new, old)
    return name


def _vae_value(name: str, value: Tensor) -> Tensor:
    """Its attention was made of convolutions."""
    is_linear = "attentions" in name and value.ndim == 2
    return value[:, :, None, None] if is_linear else value

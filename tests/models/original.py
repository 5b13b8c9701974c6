"""A small random Stable Diffusion 1 model, as a diffusers folder and as the single file people have.

Widths are multiples of 32, because single files do not tell how their normalisations are grouped and all real ones
use 32 groups; the text encoder knows all 49408 of CLIP's tokens.
"""

from pathlib import Path

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

TEXT_WIDTH = 64
LEVELS = 4
_CROSS_DOWN, _CROSS_UP = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"


def small_model() -> StableDiffusionPipeline:
    """In half precision, as most files are; the tokenizer is of no matter."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        unet = UNet2DConditionModel(
            sample_size=64,
            block_out_channels=(32, 64, 64, 96),
            layers_per_block=2,
            down_block_types=(_CROSS_DOWN, _CROSS_DOWN, _CROSS_DOWN, "DownBlock2D"),
            up_block_types=("UpBlock2D", _CROSS_UP, _CROSS_UP, _CROSS_UP),
            cross_attention_dim=TEXT_WIDTH,
            attention_head_dim=8,
        )
        vae = AutoencoderKL(
            sample_size=512,
            latent_channels=4,
            block_out_channels=(32, 32, 64, 64),
            layers_per_block=2,
            down_block_types=("DownEncoderBlock2D",) * LEVELS,
            up_block_types=("UpDecoderBlock2D",) * LEVELS,
        )
        text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=49408,
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


def full_size_shapes() -> tuple[dict[str, tuple[int, ...]], dict[str, set[str]]]:
    """Stable Diffusion 1.5 itself: the shapes of its single file, and the names of its parts' tensors in a folder."""
    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768)
        vae = AutoencoderKL(
            latent_channels=4,
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
            down_block_types=("DownEncoderBlock2D",) * LEVELS,
            up_block_types=("UpDecoderBlock2D",) * LEVELS,
        )
        text_encoder = CLIPTextModel(
            CLIPTextConfig(
                hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, vocab_size=49408
            )
        )
    shapes = {
        **{f"model.diffusion_model.{_unet(name)}": tuple(value.shape) for name, value in unet.state_dict().items()},
        **{
            f"first_stage_model.{_vae(name)}": tuple(_vae_value(name, value).shape)
            for name, value in vae.state_dict().items()
        },
    }
    text = {name.removeprefix("text_model."): tuple(value.shape) for name, value in text_encoder.state_dict().items()}
    shapes |= {f"cond_stage_model.transformer.text_model.{name}": shape for name, shape in text.items()}
    names = {
        "unet": set(unet.state_dict()),
        "vae": set(vae.state_dict()),
        "text_encoder": {f"text_model.{name}" for name in text},
    }
    return shapes, names


def save_original(model: StableDiffusionPipeline, file: Path, *, text_prefix: str = "text_model.") -> Path:
    """Writes the model under the names of the code it was first trained with, with what else such files hold."""
    tensors = {
        **{f"model.diffusion_model.{_unet(name)}": value for name, value in model.unet.state_dict().items()},
        **{
            f"first_stage_model.{_vae(name)}": _vae_value(name, value) for name, value in model.vae.state_dict().items()
        },
    }
    for name, value in model.text_encoder.state_dict().items():
        tensors[f"cond_stage_model.transformer.{text_prefix}{name.removeprefix('text_model.')}"] = value
    tensors[f"cond_stage_model.transformer.{text_prefix}embeddings.position_ids"] = torch.arange(77)[None]
    tensors["cond_stage_model.transformer.text_projection.weight"] = torch.eye(TEXT_WIDTH)
    tensors["cond_stage_model.logit_scale"] = torch.tensor(4.6)
    tensors["alphas_cumprod"] = torch.linspace(1, 0, 1000)
    tensors["model_ema.decay"] = torch.tensor(0.9999)
    save_file({name: value.contiguous() for name, value in tensors.items()}, file)
    return file


def _unet(name: str) -> str:
    for new, old in _unet_places():
        if name.startswith(new + "."):
            rest = name[len(new) + 1 :]
            if "resnets" in new:
                for new_layer, old_layer in _RESNET.items():
                    rest = rest.replace(new_layer, old_layer)
            return f"{old}.{rest}"
    raise ValueError(name)


def _unet_places() -> list[tuple[str, str]]:
    found = [
        ("time_embedding.linear_1", "time_embed.0"),
        ("time_embedding.linear_2", "time_embed.2"),
        ("conv_in", "input_blocks.0.0"),
        ("conv_norm_out", "out.0"),
        ("conv_out", "out.2"),
        ("mid_block.resnets.0", "middle_block.0"),
        ("mid_block.attentions.0", "middle_block.1"),
        ("mid_block.resnets.1", "middle_block.2"),
    ]
    for level in range(LEVELS):
        for layer in range(2):
            block = f"input_blocks.{3 * level + layer + 1}"
            found.append((f"down_blocks.{level}.resnets.{layer}", f"{block}.0"))
            found.append((f"down_blocks.{level}.attentions.{layer}", f"{block}.1"))
        for layer in range(3):
            block = f"output_blocks.{3 * level + layer}"
            found.append((f"up_blocks.{level}.resnets.{layer}", f"{block}.0"))
            found.append((f"up_blocks.{level}.attentions.{layer}", f"{block}.1"))
        found.append((f"down_blocks.{level}.downsamplers.0.conv", f"input_blocks.{3 * level + 3}.0.op"))
        after = 1 if level == 0 else 2  # the first level on the way up has no attention before its upsampling
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

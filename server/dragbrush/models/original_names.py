"""The names of a single-file checkpoint's tensors, told as the names that a diffusers folder has for them.

Single files keep the names of the code that Stable Diffusion 1 was trained with (CompVis/stable-diffusion, `ldm`).
Both sides hold the same numbers: nothing is computed, so a checkpoint is converted by naming its bytes anew.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models.header import Place

LEVELS = 4
"""Of the UNet, as of all Stable Diffusion 1 models."""
UNET_LAYERS = 2
"""Residual blocks of a level on the way down; one more on the way up."""

_UNET_RESNET = {
    "in_layers.0": "norm1", "in_layers.2": "conv1", "out_layers.0": "norm2", "out_layers.3": "conv2",
    "emb_layers.1": "time_emb_proj", "skip_connection": "conv_shortcut",
}  # fmt: skip
_UNET_ENDS = {
    "time_embed.0": "time_embedding.linear_1", "time_embed.2": "time_embedding.linear_2",
    "input_blocks.0.0": "conv_in", "out.0": "conv_norm_out", "out.2": "conv_out",
    "middle_block.1": "mid_block.attentions.0",
}  # fmt: skip
_VAE_ATTENTIONS = ("encoder.mid_block.attentions.", "decoder.mid_block.attentions.")
_VAE_ATTENTION = {"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}
_UNUSED = re.compile(r"(text_model\.)?(embeddings\.position_ids|text_projection(\.weight)?|logit_scale)|loss\..+")
"""What some programs save beside the model: numbers of training, and of CLIP's comparison with pictures."""


Part = dict[str, Place]
"""One part of a model folder: where its tensors lie in the single file, by their new names."""


def parts_of(tensors: Mapping[str, Place], file: Path) -> dict[str, Part]:
    """UNet, VAE and text encoder of a Stable Diffusion 1 checkpoint.

    Raises `BadModel` where one is missing or has tensors that no Stable Diffusion 1 model has.
    """
    return {
        "unet": _part(tensors, file, "model.diffusion_model.", "a UNet", _unet_name),
        "vae": _part(tensors, file, "first_stage_model.", "a VAE ('baked VAE')", _vae_name),
        "text_encoder": _part(tensors, file, "cond_stage_model.transformer.", "a text encoder", _text_name),
    }


def _part(
    tensors: Mapping[str, Place], file: Path, prefix: str, title: str, rename: Callable[[str], str | None]
) -> Part:
    places: Part = {}
    for name, place in tensors.items():
        if not name.startswith(prefix) or _UNUSED.fullmatch(name.removeprefix(prefix)):
            continue
        new = rename(name.removeprefix(prefix))
        if new is None:
            raise BadModel(f"'{file}' is not of the Stable Diffusion 1 layout: it has a tensor '{name}'.")
        places[new] = _as_linear(place) if new.startswith(_VAE_ATTENTIONS) else place
    if not places:
        raise BadModel(f"'{file}' is incomplete: it has no '{prefix}*'; get the model's edition with {title}.")
    return places


def _as_linear(place: Place) -> Place:
    """The VAE's attention was written with convolutions of one pixel; the bytes of both are the same."""
    return replace(place, shape=place.shape[:2]) if place.shape[2:] == (1, 1) else place


def _unet_name(name: str) -> str | None:
    for old, new in _UNET_ENDS.items():
        if name.startswith(old + "."):
            return new + name[len(old) :]
    if match := re.fullmatch(r"middle_block\.([02])\.(.+)", name):
        return _resnet(f"mid_block.resnets.{int(match[1]) // 2}", match[2])
    match = re.fullmatch(r"(input|output)_blocks\.(\d+)\.(\d)\.(.+)", name)
    if not match:
        return None
    side, index, layer, rest = match[1], int(match[2]), int(match[3]), match[4]
    # The first input block is the first convolution; each level's downsampling is a block of its own.
    level, block = divmod(index - 1, UNET_LAYERS + 1) if side == "input" else divmod(index, UNET_LAYERS + 1)
    way = "down" if side == "input" else "up"
    if rest.startswith("op."):
        return f"down_blocks.{level}.downsamplers.0.conv.{rest.removeprefix('op.')}"
    if rest.startswith("conv."):
        return f"up_blocks.{level}.upsamplers.0.{rest}"
    if layer == 0:
        return _resnet(f"{way}_blocks.{level}.resnets.{block}", rest)
    return f"{way}_blocks.{level}.attentions.{block}.{rest}" if layer == 1 else None


def _resnet(place: str, rest: str) -> str | None:
    layer, _, kind = rest.rpartition(".")
    return f"{place}.{_UNET_RESNET[layer]}.{kind}" if layer in _UNET_RESNET else None


def _vae_name(name: str) -> str | None:
    name = name.replace("nin_shortcut", "conv_shortcut").replace(".norm_out.", ".conv_norm_out.")
    if match := re.fullmatch(r"(encoder|decoder)\.mid\.block_([12])\.(.+)", name):
        return f"{match[1]}.mid_block.resnets.{int(match[2]) - 1}.{match[3]}"
    if match := re.fullmatch(r"(encoder|decoder)\.mid\.attn_1\.(\w+)\.(\w+)", name):
        layer = _VAE_ATTENTION.get(match[2])
        return f"{match[1]}.mid_block.attentions.0.{layer}.{match[3]}" if layer else None
    if match := re.fullmatch(r"(encoder|decoder)\.(down|up)\.(\d)\.(block|downsample|upsample)\.(.+)", name):
        side, way, level, kind, rest = match[1], match[2], int(match[3]), match[4], match[5]
        level = LEVELS - 1 - level if way == "up" else level  # the decoder's levels are numbered from the picture
        if kind == "block":
            return f"{side}.{way}_blocks.{level}.resnets.{rest}"
        return f"{side}.{way}_blocks.{level}.{kind}rs.0.{rest}"
    if re.fullmatch(r"(encoder|decoder)\.(conv_in|conv_out|conv_norm_out)\.\w+|(post_)?quant_conv\.\w+", name):
        return name
    return None


def _text_name(name: str) -> str | None:
    name = name if name.startswith("text_model.") else f"text_model.{name}"  # some merged models leave it out
    return name if re.match(r"text_model\.(embeddings|encoder|final_layer_norm)\.", name) else None

"""The names of a single-file checkpoint's tensors, told as the names that a diffusers folder has for them.

Single files keep the names of the code that the models were trained with (CompVis/stable-diffusion `ldm`,
Stability-AI/generative-models `sgm`). Both sides hold the same numbers: nothing is computed, so a checkpoint is
converted by naming its bytes anew.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models.families import UNET
from dragbrush.models.header import Place
from dragbrush.models.original_text import Part, Tower, clip_tensors, open_clip_tensors, towers_of, without_last_layer

VAE_LEVELS = 4
UNET_LAYERS = 2
"""Residual blocks of a level on the way down; one more on the way up."""

_UNET_RESNET = {
    "in_layers.0": "norm1", "in_layers.2": "conv1", "out_layers.0": "norm2", "out_layers.3": "conv2",
    "emb_layers.1": "time_emb_proj", "skip_connection": "conv_shortcut",
}  # fmt: skip
_UNET_ENDS = {
    "time_embed.0": "time_embedding.linear_1", "time_embed.2": "time_embedding.linear_2",
    "time_embed.cond_proj": "time_embedding.cond_proj",
    "label_emb.0.0": "add_embedding.linear_1", "label_emb.0.2": "add_embedding.linear_2",
    "input_blocks.0.0": "conv_in", "out.0": "conv_norm_out", "out.2": "conv_out",
    "middle_block.1": "mid_block.attentions.0",
}  # fmt: skip
_VAE_ATTENTION = {"norm": "group_norm", "q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}
_VAE_UNUSED = re.compile(r"(loss|model_ema)\..+")
"""What some programs save beside the VAE: the numbers of its training."""


def parts_of(tensors: Mapping[str, Place], file: Path) -> dict[str, Part]:
    """UNet, VAE and text encoders of a checkpoint.

    Raises `BadModel` where one is missing or has tensors that no such model has.
    """
    parts = {
        "unet": _part(tensors, file, UNET, "a UNet", _unet_tensors),
        "vae": _part(tensors, file, "first_stage_model.", "a VAE ('baked VAE')", _vae_tensors),
    }
    for name, tower in towers_of(tensors).items():
        parts[name] = _text_encoder(tensors, file, tower)
    return parts


def _text_encoder(tensors: Mapping[str, Place], file: Path, tower: Tower) -> Part:
    if not tower.is_open_clip:
        return _part(tensors, file, tower.prefix, "a text encoder", clip_tensors)
    part = _part(tensors, file, tower.prefix, "a text encoder", open_clip_tensors)
    if tower.has_projection:
        return part
    part.pop("text_projection.weight", None)
    return without_last_layer(part)


def _part(
    tensors: Mapping[str, Place],
    file: Path,
    prefix: str,
    title: str,
    rename: Callable[[str, Place], Part | None],
) -> Part:
    part: Part = {}
    for name, place in tensors.items():
        if not name.startswith(prefix):
            continue
        renamed = rename(name.removeprefix(prefix), place)
        if renamed is None:
            raise BadModel(f"'{file}' is not of the layout of Stable Diffusion: it has a tensor '{name}'.")
        part |= renamed
    if not part:
        raise BadModel(f"'{file}' is incomplete: it has no '{prefix}*'; get the model's edition with {title}.")
    return part


def _unet_tensors(name: str, place: Place) -> Part | None:
    new = _unet_name(name)
    return {new: place} if new else None


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


def _vae_tensors(name: str, place: Place) -> Part | None:
    if _VAE_UNUSED.fullmatch(name):
        return {}
    new = _vae_name(name)
    if new and ".attentions." in new and place.shape[2:] == (1, 1):
        place = replace(place, shape=place.shape[:2])  # written as convolutions of one pixel; the bytes are the same
    return {new: place} if new else None


def _vae_name(name: str) -> str | None:
    name = name.replace("nin_shortcut", "conv_shortcut").replace(".norm_out.", ".conv_norm_out.")
    if match := re.fullmatch(r"(encoder|decoder)\.mid\.block_([12])\.(.+)", name):
        return f"{match[1]}.mid_block.resnets.{int(match[2]) - 1}.{match[3]}"
    if match := re.fullmatch(r"(encoder|decoder)\.mid\.attn_1\.(\w+)\.(\w+)", name):
        layer = _VAE_ATTENTION.get(match[2])
        return f"{match[1]}.mid_block.attentions.0.{layer}.{match[3]}" if layer else None
    if match := re.fullmatch(r"(encoder|decoder)\.(down|up)\.(\d)\.(block|downsample|upsample)\.(.+)", name):
        side, way, level, kind, rest = match[1], match[2], int(match[3]), match[4], match[5]
        level = VAE_LEVELS - 1 - level if way == "up" else level  # the decoder's levels are numbered from the picture
        if kind == "block":
            return f"{side}.{way}_blocks.{level}.resnets.{rest}"
        return f"{side}.{way}_blocks.{level}.{kind}rs.0.{rest}"
    if re.fullmatch(r"(encoder|decoder)\.(conv_in|conv_out|conv_norm_out)\.\w+|(post_)?quant_conv\.\w+", name):
        return name
    return None

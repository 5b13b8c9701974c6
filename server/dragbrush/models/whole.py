"""Every tensor that a part of a model consists of, by its name in a diffusers folder, told from the part's settings.

Loaders fill what is missing with random numbers or fail in ways that tell nothing; here a gap has a name.
"""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from dragbrush.errors import BadModel
from dragbrush.models.families import Settings, read_settings
from dragbrush.models.header import read_header
from dragbrush.models.layout import WEIGHTS, Choice

_TRANSFORMER = ("norm1", "norm2", "norm3", "attn1.to_out.0", "attn2.to_out.0", "ff.net.0.proj", "ff.net.2")
_TRANSFORMER_WITHOUT_BIAS = tuple(f"attn{which}.to_{what}" for which in (1, 2) for what in "qkv")
_RESNET = ("norm1", "conv1", "norm2", "conv2")
_VAE_ATTENTION = ("group_norm", "to_q", "to_k", "to_v", "to_out.0")
_OLD_VAE_ATTENTION = {".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0."}
_TEXT_LAYER = (
    "layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2",
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj",
)  # fmt: skip
_MOST_LAYERS = 1000
"""Of one kind; settings are untrusted, and an absurd number would take all memory before the loader sees it."""
_UNET_BLOCKS = {"DownBlock2D", "CrossAttnDownBlock2D", "UpBlock2D", "CrossAttnUpBlock2D"}
_VAE_BLOCKS = {"DownEncoderBlock2D", "UpDecoderBlock2D"}
_USUAL = {
    "unet": {
        "mid_block_type": "UNetMidBlock2DCrossAttn", "class_embed_type": None, "num_class_embeds": None,
        "encoder_hid_dim": None, "encoder_hid_dim_type": None, "dual_cross_attention": False,
        "only_cross_attention": False, "cross_attention_norm": None, "attention_type": "default",
        "reverse_transformer_layers_per_block": None,
    },
    "vae": {"mid_block_add_attention": True, "use_quant_conv": True, "use_post_quant_conv": True},
}  # fmt: skip
"""Settings of which other values bring other tensors, and their values in all models of Stable Diffusion."""


def check_weights(folder: Path, choice: Choice) -> None:
    """Raises `BadModel` for files of a model folder that are cut short or no safetensors, and for missing tensors."""
    for part in WEIGHTS:
        sources = [source for source in choice.files.values() if re.fullmatch(rf"{part}/[^/]+\.safetensors", source)]
        if not sources:
            continue
        found = {_newer(name) for source in sources for name in read_header(folder / source)}
        if part.startswith("text_encoder"):
            found |= {f"text_model.{name}" for name in found}  # newer programs leave it out
        required = names_of(part, read_settings(folder / part / "config.json"))
        if required is not None:
            check_complete(f"The {part} of the model folder '{folder}'", found, required)


def check_complete(what: str, found: Collection[str], required: set[str]) -> None:
    """Raises `BadModel` that names a tensor which is missing."""
    if missing := sorted(required.difference(found)):
        raise BadModel(
            f"{what} is incomplete: it lacks {len(missing)} of {len(required)} tensors, such as '{missing[0]}'; get "
            "the whole model."
        )


def names_of(part: str, settings: Settings) -> set[str] | None:
    """The tensors of a part; None for settings of a kind that no model of Stable Diffusion has."""
    usual = _USUAL.get(part, {})
    if any(settings.get(key, value) != value for key, value in usual.items()):
        return None
    try:
        return {"unet": _unet, "vae": _vae}.get(part, _text_encoder)(settings)
    except (KeyError, IndexError, TypeError, ValueError):
        return None  # the program that loads the part says what is wrong with its settings


def _unet(settings: Settings) -> set[str]:
    widths, count = settings["block_out_channels"], _number(settings["layers_per_block"])
    down, up, last = settings["down_block_types"], settings["up_block_types"], len(widths) - 1
    depths = settings.get("transformer_layers_per_block") or 1
    depths = [_number(depth) for depth in ([depths] * len(widths) if isinstance(depths, int) else depths)]
    if not {*down, *up} <= _UNET_BLOCKS or settings.get("addition_embed_type") not in (None, "text_time"):
        raise ValueError("blocks or conditions of another kind")
    resnets = [("mid_block.resnets.0", False), ("mid_block.resnets.1", False)]
    attentions = [("mid_block.attentions.0", depths[-1])]
    layers = ["time_embedding.linear_1", "time_embedding.linear_2", "conv_in", "conv_norm_out", "conv_out"]
    for level, kind in enumerate(down):
        block, before = f"down_blocks.{level}", widths[max(0, level - 1)]
        resnets += [(f"{block}.resnets.{index}", index == 0 and before != widths[level]) for index in range(count)]
        if kind.startswith("CrossAttn"):
            attentions += [(f"{block}.attentions.{index}", depths[level]) for index in range(count)]
        layers += [f"{block}.downsamplers.0.conv"] if level < last else []
    for level, kind in enumerate(up):
        block = f"up_blocks.{level}"
        resnets += [(f"{block}.resnets.{index}", True) for index in range(count + 1)]
        if kind.startswith("CrossAttn"):
            attentions += [(f"{block}.attentions.{index}", depths[last - level]) for index in range(count + 1)]
        layers += [f"{block}.upsamplers.0.conv"] if level < last else []
    without_bias = ["time_embedding.cond_proj"] if settings.get("time_cond_proj_dim") else []
    if settings.get("addition_embed_type"):
        layers += ["add_embedding.linear_1", "add_embedding.linear_2"]
    for attention, depth in attentions:
        layers += [f"{attention}.{layer}" for layer in ("norm", "proj_in", "proj_out")]
        blocks = [f"{attention}.transformer_blocks.{index}" for index in range(depth)]
        layers += [f"{block}.{layer}" for block in blocks for layer in _TRANSFORMER]
        without_bias += [f"{block}.{layer}" for block in blocks for layer in _TRANSFORMER_WITHOUT_BIAS]
    return _both(layers + _resnets(resnets, "time_emb_proj")) | {f"{layer}.weight" for layer in without_bias}


def _vae(settings: Settings) -> set[str]:
    widths, count = settings["block_out_channels"], _number(settings["layers_per_block"])
    if not {*settings["down_block_types"], *settings["up_block_types"]} <= _VAE_BLOCKS:
        raise ValueError("blocks of another kind")
    layers, resnets = ["quant_conv", "post_quant_conv"], []
    for side, way, ordered, more in (("encoder", "down", widths, 0), ("decoder", "up", widths[::-1], 1)):
        layers += [f"{side}.{layer}" for layer in ("conv_in", "conv_norm_out", "conv_out")]
        layers += [f"{side}.mid_block.attentions.0.{layer}" for layer in _VAE_ATTENTION]
        resnets += [(f"{side}.mid_block.resnets.{index}", False) for index in (0, 1)]
        for level, width in enumerate(ordered):
            block, before = f"{side}.{way}_blocks.{level}", ordered[max(0, level - 1)]
            resnets += [(f"{block}.resnets.{index}", index == 0 and before != width) for index in range(count + more)]
            layers += [f"{block}.{way}samplers.0.conv"] if level < len(widths) - 1 else []
    return _both(layers + _resnets(resnets))


def _text_encoder(settings: Settings) -> set[str]:
    prefix, count = "text_model.encoder.layers.", _number(settings["num_hidden_layers"])
    layers = [f"{prefix}{index}.{layer}" for index in range(count) for layer in _TEXT_LAYER]
    names = {f"text_model.embeddings.{kind}_embedding.weight" for kind in ("token", "position")}
    if "CLIPTextModelWithProjection" in (settings.get("architectures") or ()):
        names.add("text_projection.weight")
    return names | _both([*layers, "text_model.final_layer_norm"])


def _resnets(resnets: Iterable[tuple[str, bool]], *more: str) -> list[str]:
    """The layers of residual blocks, each with whether it changes the width."""
    return [
        f"{resnet}.{layer}"
        for resnet, is_wider in resnets
        for layer in (*_RESNET, *more, *(["conv_shortcut"] if is_wider else []))
    ]


def _number(value: Any) -> int:  # whatever a settings file may hold
    """Raises ValueError for what is no number of layers."""
    if not isinstance(value, int) or value > _MOST_LAYERS:
        raise ValueError("no number of layers")
    return value


def _both(layers: Iterable[str]) -> set[str]:
    return {f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")}


def _newer(name: str) -> str:
    """The name that today's diffusers gives to a tensor of an older folder."""
    for old, new in _OLD_VAE_ATTENTION.items():
        name = name.replace(old, new)
    return name

"""Every tensor that a Stable Diffusion 1 model consists of, by its name in a diffusers folder.

Loaders fill what is missing with random numbers or fail in ways that tell nothing; here a gap has a name.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models.original_names import LEVELS, UNET_LAYERS, Part

_BLOCK = "transformer_blocks.0."
_ATTENTION = ["norm", "proj_in", "proj_out"] + [
    _BLOCK + layer
    for layer in ("norm1", "norm2", "norm3", "attn1.to_out.0", "attn2.to_out.0", "ff.net.0.proj", "ff.net.2")
]
_WITHOUT_BIAS = [f"{_BLOCK}attn{which}.to_{what}" for which in (1, 2) for what in "qkv"]
_VAE_ATTENTION = ["group_norm", "to_q", "to_k", "to_v", "to_out.0"]
_TEXT_LAYER = [
    "layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2",
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj",
]  # fmt: skip


def check_whole(parts: Mapping[str, Part], file: Path) -> None:
    """Raises `BadModel` that names a tensor which is missing from a part, or that no such model has."""
    for part, required in (("unet", _unet), ("vae", _vae), ("text_encoder", _text_encoder)):
        names = required(parts[part])
        if missing := sorted(names - parts[part].keys()):
            raise BadModel(
                f"'{file}' is incomplete: its {part} lacks {len(missing)} of {len(names)} tensors, such as "
                f"'{missing[0]}'; get the whole model."
            )
        if surplus := sorted(parts[part].keys() - names):
            raise BadModel(f"'{file}' is not of the Stable Diffusion 1 layout: its {part} has a '{surplus[0]}'.")


def _unet(places: Part) -> set[str]:
    layers = ["time_embedding.linear_1", "time_embedding.linear_2", "conv_in", "conv_norm_out", "conv_out"]
    resnets, attentions = ["mid_block.resnets.0", "mid_block.resnets.1"], ["mid_block.attentions.0"]
    for way, count in (("down", UNET_LAYERS), ("up", UNET_LAYERS + 1)):
        for level in range(LEVELS):
            block = f"{way}_blocks.{level}"
            resnets += [f"{block}.resnets.{index}" for index in range(count)]
            if any(name.startswith(f"{block}.attentions.") for name in places):
                attentions += [f"{block}.attentions.{index}" for index in range(count)]
            if level < LEVELS - 1:
                layers.append(f"{block}.{way}samplers.0.conv")
    layers += _resnet_layers(places, resnets, ["time_emb_proj"])
    layers += [f"{attention}.{layer}" for attention in attentions for layer in _ATTENTION]
    return _both(layers) | {f"{attention}.{layer}.weight" for attention in attentions for layer in _WITHOUT_BIAS}


def _vae(places: Part) -> set[str]:
    layers = ["quant_conv", "post_quant_conv"]
    layers_per_block = _numbered(places, "encoder.down_blocks.0.resnets.")
    resnets = []
    for side, way, more in (("encoder", "down", 0), ("decoder", "up", 1)):
        layers += [f"{side}.{layer}" for layer in ("conv_in", "conv_norm_out", "conv_out")]
        layers += [f"{side}.mid_block.attentions.0.{layer}" for layer in _VAE_ATTENTION]
        resnets += [f"{side}.mid_block.resnets.{index}" for index in (0, 1)]
        for level in range(LEVELS):
            block = f"{side}.{way}_blocks.{level}"
            resnets += [f"{block}.resnets.{index}" for index in range(layers_per_block + more)]
            if level < LEVELS - 1:
                layers.append(f"{block}.{way}samplers.0.conv")
    return _both(layers + _resnet_layers(places, resnets, []))


def _text_encoder(places: Part) -> set[str]:
    prefix = "text_model.encoder.layers."
    count = _numbered(places, prefix)
    layers = [f"{prefix}{index}.{layer}" for index in range(count) for layer in _TEXT_LAYER]
    embeddings = {f"text_model.embeddings.{kind}_embedding.weight" for kind in ("token", "position")}
    return _both([*layers, "text_model.final_layer_norm"]) | embeddings


def _numbered(places: Part, prefix: str) -> int:
    """How many layers follow a prefix; at least one. Their numbers are not trusted, only how many there are."""
    return max(1, len({name.removeprefix(prefix).split(".")[0] for name in places if name.startswith(prefix)}))


def _resnet_layers(places: Part, resnets: Iterable[str], more: list[str]) -> list[str]:
    layers = []
    for resnet in resnets:
        layers += [f"{resnet}.{layer}" for layer in ("norm1", "conv1", "norm2", "conv2", *more)]
        first = places.get(f"{resnet}.conv1.weight")
        if first and first.shape[0] != first.shape[1]:
            layers.append(f"{resnet}.conv_shortcut")
    return layers


def _both(layers: Iterable[str]) -> set[str]:
    return {f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")}

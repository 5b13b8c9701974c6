"""The text encoders of single-file checkpoints: where they lie, and their tensors by the names of a diffusers folder.

Stable Diffusion 1 reads with CLIP, under the names of transformers; 2 reads with OpenCLIP, which keeps queries, keys
and values in one tensor; XL reads with both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dragbrush.models.families import CLASS_EMBEDDING
from dragbrush.models.header import Place

Part = dict[str, Place]
"""One part of a model folder: where its tensors lie in the single file, by their new names."""
TRANSPOSED = "text_projection.weight"
"""The one tensor of an OpenCLIP tower whose rows are columns in a folder; its `Place` has the folder's shape."""

_LAYERS = "text_model.encoder.layers."
_SD2_LAYERS = 23
"""Layers of the text encoder that Stable Diffusion 2 uses: all but the last."""
_OPEN_CLIP_ENDS = {
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
}
_OPEN_CLIP_LAYER = {
    "ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2",
    "attn.out_proj": "self_attn.out_proj",
}  # fmt: skip
_CLIP_UNUSED = re.compile(r"(text_model\.)?(embeddings\.position_ids|text_projection(\.weight)?|logit_scale)")
_OPEN_CLIP_UNUSED = ("logit_scale", "attn_mask")
"""What some programs save beside the model: numbers of CLIP's comparison with pictures, and what can be counted."""


@dataclass(frozen=True, slots=True)
class Tower:
    """Where a text encoder lies in a single file."""

    prefix: str
    is_open_clip: bool
    has_projection: bool = False
    """Its pooled text is used, and the last layer with it."""


def towers_of(tensors: Mapping[str, Place]) -> dict[str, Tower]:
    """The text encoders that a checkpoint should have, by the names of a folder's parts."""
    if CLASS_EMBEDDING in tensors:
        return {
            "text_encoder": Tower("conditioner.embedders.0.transformer.", is_open_clip=False),
            "text_encoder_2": Tower("conditioner.embedders.1.model.", is_open_clip=True, has_projection=True),
        }
    open_clip = Tower("cond_stage_model.model.", is_open_clip=True)
    if any(name.startswith(open_clip.prefix) for name in tensors):
        return {"text_encoder": open_clip}
    return {"text_encoder": Tower("cond_stage_model.transformer.", is_open_clip=False)}


def clip_tensors(name: str, place: Place) -> Part | None:
    """A tensor of CLIP, empty for what is of no use, None for what CLIP does not have."""
    if _CLIP_UNUSED.fullmatch(name):
        return {}
    name = name if name.startswith("text_model.") else f"text_model.{name}"  # some merged models leave it out
    return {name: place} if re.match(r"text_model\.(embeddings|encoder|final_layer_norm)\.", name) else None


def open_clip_tensors(name: str, place: Place) -> Part | None:
    """A tensor of OpenCLIP as one or three of a folder; empty for what is of no use, None for what it does not have."""
    if name in _OPEN_CLIP_UNUSED:
        return {}
    if name == "text_projection":
        return {TRANSPOSED: replace(place, shape=place.shape[::-1])}
    if name in _OPEN_CLIP_ENDS:
        return {_OPEN_CLIP_ENDS[name]: place}
    match = re.fullmatch(r"transformer\.resblocks\.(\d+)\.(.+?)[._](weight|bias)", name)
    if not match:
        return None
    layer, what, kind = _LAYERS + match[1], match[2], match[3]
    if what == "attn.in_proj" and place.shape and place.shape[0] % 3 == 0:
        return {
            f"{layer}.self_attn.{what}_proj.{kind}": third for what, third in zip("qkv", _thirds(place), strict=True)
        }
    return {f"{layer}.{_OPEN_CLIP_LAYER[what]}.{kind}": place} if what in _OPEN_CLIP_LAYER else None


def without_last_layer(part: Part) -> Part:
    """The layers whose result Stable Diffusion 2 uses; some programs leave the last one out of the file."""
    numbers = {int(name.split(".")[3]) for name in part if name.startswith(_LAYERS)}
    if len(numbers) == _SD2_LAYERS:
        return part
    last = f"{_LAYERS}{max(numbers, default=0)}."
    return {name: place for name, place in part.items() if not name.startswith(last)}


def _thirds(place: Place) -> list[Place]:
    """Queries, keys and values: rows that follow each other, and so do their bytes."""
    shape = (place.shape[0] // 3, *place.shape[1:])
    size = (place.end - place.start) // 3
    starts = [place.start + index * size for index in range(3)]
    return [replace(place, shape=shape, start=start, end=start + size) for start in starts]

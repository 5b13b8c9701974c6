"""A user's own LoRA, looked at before it is loaded: what it is, and which models it was made for. No torch.

Its names and shapes tell, in the three namings that are in use: kohya's `lora_unet_..._attn2_to_k.lora_down.weight`,
diffusers' `unet....attn2.processor.to_k_lora.down.weight` and peft's `unet....attn2.to_k.lora_A.weight`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models.families import (
    FIRST_CONV,
    SD1,
    SD2,
    SDXL,
    WIDTH_SD1,
    WIDTH_SD2,
    WIDTH_SDXL,
    family_of_folder,
    read_settings,
)
from dragbrush.models.header import Place, read_header

_DOWN = re.compile(r".*[._](lora_down|lora\.down|lora_A|lora_A\.default|lora_linear_layer\.down)\.weight")
"""The matrix of a pair that reads what the changed layer reads."""
_TEXT_KEY = re.compile(r".*attn2[._](processor\.)?to_[kv][._]lora.*")
_WORD_KEY = re.compile(r"(lora_te1?_|text_encoder\.).*[._]self_attn[._](q|k|v)_proj[._]lora.*")
_SECOND_TEXT_ENCODER = ("lora_te2_", "text_encoder_2.")
_OTHER_KINDS = re.compile(r".*\.(hada|lokr|oft|boft|glora)_\w+|.*\.oft_blocks")
_TRANSFORMER = re.compile(
    r"(transformer|diffusion_model)\..*|lora_transformer_.*|.*(double|single|joint)_(transformer_)?blocks.*"
)
_BY_TEXT_WIDTH = {WIDTH_SD1: SD1, WIDTH_SD2: SD2, WIDTH_SDXL: SDXL}


def check_lora(file: Path, folder: Path) -> None:
    """Raises `BadModel` unless the LoRA in `file` can be added to the model in `folder`, as far as its header tells."""
    tensors = read_header(file)
    down = {name: place for name, place in tensors.items() if _DOWN.fullmatch(name)}
    if not down:
        raise BadModel(f"'{file}' is no LoRA: {_what_else(tensors)}")
    if any(_TRANSFORMER.fullmatch(name) for name in down):
        raise _misfit(file, "a model with a transformer instead of a UNet (Stable Diffusion 3, Flux)", folder)
    settings = {part: read_settings(folder / part / "config.json") for part in ("unet", "text_encoder")}
    _check_width(file, _widths(down, _TEXT_KEY), settings["unet"].get("cross_attention_dim"), folder)
    if any(name.startswith(_SECOND_TEXT_ENCODER) for name in down) and not (folder / "text_encoder_2").is_dir():
        raise _misfit(file, SDXL.title, folder)
    _check_width(file, _widths(down, _WORD_KEY), settings["text_encoder"].get("hidden_size"), folder)


def _widths(down: Mapping[str, Place], which: re.Pattern[str]) -> set[int]:
    return {place.shape[1] for name, place in down.items() if which.fullmatch(name) and len(place.shape) > 1}


def _check_width(file: Path, widths: set[int], expected: object, folder: Path) -> None:
    if other := sorted(width for width in widths if width != expected):
        family = _BY_TEXT_WIDTH.get(other[0])
        raise _misfit(file, family.title if family else f"a text of width {other[0]} instead of {expected}", folder)


def _misfit(file: Path, made_for: str, folder: Path) -> BadModel:
    return BadModel(
        f"The LoRA '{file}' was made for {made_for}, and the model in '{folder}' is {family_of_folder(folder).title}; "
        "use one that was made for models of the same family."
    )


def _what_else(tensors: Mapping[str, Place]) -> str:
    if FIRST_CONV in tensors:
        return "it is a whole model; 'dragbrush models import' makes it one that can be named."
    if any(_OTHER_KINDS.fullmatch(name) for name in tensors):
        return "it changes a model in another way (LoHa, LoKr, OFT); use one that is a plain LoRA."
    if "emb_params" in tensors or {"clip_l", "clip_g"} & tensors.keys():
        return "it is a word that was learned (textual inversion); use a LoRA."
    return "none of its tensors has the name of one; give a .safetensors LoRA of kohya, diffusers or peft."

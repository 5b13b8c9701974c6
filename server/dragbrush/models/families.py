"""Which family a model belongs to, told from its settings or from the names and shapes of its tensors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dragbrush.errors import BadModel
from dragbrush.models.header import Place

_UNET = "model.diffusion_model."
_FIRST_CONV = _UNET + "input_blocks.0.0.weight"
_TEXT_KEYS = _UNET + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_CLASS_EMBEDDING = _UNET + "label_emb.0.0.weight"
_GUIDANCE_EMBEDDING = _UNET + "time_embed.cond_proj.weight"
_VELOCITY_MARK = "v_pred"
_PICTURE_CHANNELS, _INPAINTING_CHANNELS = 4, 9
_WIDTH_SD1, _WIDTH_SD2 = 768, 1024


@dataclass(frozen=True, slots=True)
class Family:
    """What a model is built like."""

    id: str
    title: str
    obstacle: str = ""
    """Why this version cannot edit with it; empty where it can."""


SD1 = Family("sd1", "Stable Diffusion 1.x")
SD2 = Family("sd2", "Stable Diffusion 2.x")
OTHER_SIZE = Family("other", "Stable Diffusion of another size")
VELOCITY = Family("v-prediction", "Stable Diffusion with v-prediction")
SDXL = Family("sdxl", "Stable Diffusion XL", "it has two text encoders")
INPAINTING = Family("inpainting", "Stable Diffusion inpainting", "its UNet takes 9 channels instead of 4")
DISTILLED = Family("distilled", "distilled Stable Diffusion", "it was distilled for few steps (LCM)")
FAMILIES = {family.id: family for family in (SD1, SD2, OTHER_SIZE, VELOCITY, SDXL, INPAINTING, DISTILLED)}


def check_editable(family: Family, what: str) -> None:
    """Raises `BadModel` where this version cannot edit with the family of the model that `what` names."""
    if family.obstacle:
        raise BadModel(
            f"{what} is a {family.title} model, which this version cannot edit with yet: {family.obstacle}. "
            "'dragbrush models list' names models that work."
        )


def family_of_folder(folder: Path) -> Family:
    """The family of a diffusers folder, from its small JSON files. Raises `BadModel` where they cannot be read."""
    unet = _json(folder / "unet" / "config.json")
    if _json(folder / "model_index.json").get("_class_name") == "StableDiffusionXLPipeline":
        return SDXL
    if unet.get("addition_embed_type") == "text_time":
        return SDXL
    if unet.get("in_channels", _PICTURE_CHANNELS) == _INPAINTING_CHANNELS:
        return INPAINTING
    if unet.get("time_cond_proj_dim") is not None:
        return DISTILLED
    if _json(folder / "scheduler" / "scheduler_config.json").get("prediction_type") == "v_prediction":
        return VELOCITY
    return _by_text_width(unet.get("cross_attention_dim"))


def family_of_checkpoint(tensors: Mapping[str, Place], file: Path) -> Family:
    """The family of a single-file checkpoint. Raises `BadModel` for files that are no whole model."""
    if _FIRST_CONV not in tensors:
        raise BadModel(f"'{file}' is no whole model: {_what_else(tensors)}")
    if tensors[_FIRST_CONV].shape[1:2] == (_INPAINTING_CHANNELS,):
        return INPAINTING
    if _CLASS_EMBEDDING in tensors:
        return SDXL
    if _GUIDANCE_EMBEDDING in tensors:
        return DISTILLED
    if _VELOCITY_MARK in tensors:
        return VELOCITY
    return _by_text_width(tensors[_TEXT_KEYS].shape[-1] if _TEXT_KEYS in tensors else None)


def _by_text_width(width: object) -> Family:
    return {_WIDTH_SD1: SD1, _WIDTH_SD2: SD2}.get(width, OTHER_SIZE) if isinstance(width, int) else OTHER_SIZE


def _what_else(tensors: Mapping[str, Place]) -> str:
    names = list(tensors)
    if any(mark in name for name in names for mark in ("lora_", ".hada_", ".lokr_", ".dora_")):
        return "it is a LoRA, which changes a model and needs one to change; import the model itself."
    if any(name.startswith("control_model.") or name.startswith("controlnet_") for name in names):
        return "it is a ControlNet; import a Stable Diffusion checkpoint."
    if any(name.endswith(("encoder.conv_in.weight", "decoder.conv_in.weight")) for name in names):
        return "it is a VAE only; import a checkpoint that has UNet, VAE and text encoder."
    if any(name.startswith(("down_blocks.", "text_model.")) for name in names):
        return "it is one part of a diffusers folder; import the folder that holds model_index.json."
    return "it has no Stable Diffusion UNet; import a Stable Diffusion 1.x checkpoint."


def _json(file: Path) -> dict:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadModel(f"'{file}' is missing or not readable JSON; the model folder is damaged.") from error
    if not isinstance(content, dict):
        raise BadModel(f"'{file}' holds no settings; the model folder is damaged.")
    return content

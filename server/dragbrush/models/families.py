"""Which family a model belongs to, told from its settings or from the names and shapes of its tensors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragbrush.errors import BadModel
from dragbrush.models.header import Place

UNET = "model.diffusion_model."
"""Prefix of the UNet's tensors in a single file."""
FIRST_CONV = UNET + "input_blocks.0.0.weight"
VELOCITY_MARK, NO_SIGNAL_MARK = "v_pred", "ztsnr"
"""Empty tensors by which makers of models say what the numbers cannot tell."""
_TEXT_KEYS = UNET + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
CLASS_EMBEDDING = UNET + "label_emb.0.0.weight"
"""Of Stable Diffusion XL: what it is told beside the text."""
_GUIDANCE_EMBEDDING = UNET + "time_embed.cond_proj.weight"
_OTHER_NOISE_MARKS = ("edm_mean", "edm_vpred.sigma_max")
_ONE_TEXT_ENCODER, _REFINER_TEXT_ENCODER = "cond_stage_model.", "conditioner.embedders.0.model."
Settings = dict[str, Any]
"""The content of one JSON file of a model folder."""
_PICTURE_CHANNELS, _INPAINTING_CHANNELS = 4, 9
WIDTH_SD1, WIDTH_SD2, WIDTH_SDXL = 768, 1024, 2048
"""Of the text that the released models read."""


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
SDXL = Family("sdxl", "Stable Diffusion XL")
INPAINTING = Family("inpainting", "Stable Diffusion inpainting")
DISTILLED = Family("distilled", "distilled Stable Diffusion (LCM)")
XL_INPAINTING = Family(
    "sdxl-inpainting",
    "Stable Diffusion XL inpainting",
    "of inpainting models it knows those of Stable Diffusion 1 and 2",
)
XL_REFINER = Family(
    "sdxl-refiner",
    "Stable Diffusion XL refiner",
    "it only goes over pictures of the base model, which is the one to use",
)
NO_SIGNAL = Family(
    "no-signal",
    "Stable Diffusion with zero terminal SNR",
    "it was trained down to pure noise, in which a picture cannot be found again",
)
OTHER_NOISE = Family(
    "other-noise", "Stable Diffusion XL (EDM)", "it was trained with another schedule of noise (Playground, CosXL)"
)
OTHER_TASK = Family(
    "other-task",
    "Stable Diffusion for another task",
    "it wants to be told more than a text, such as a depth or a picture",
)
FAMILIES = {
    family.id: family
    for family in (
        SD1, SD2, OTHER_SIZE, VELOCITY, SDXL, INPAINTING, DISTILLED,
        XL_INPAINTING, XL_REFINER, NO_SIGNAL, OTHER_NOISE, OTHER_TASK,
    )
}  # fmt: skip


def check_editable(family: Family, what: str) -> None:
    """Raises `BadModel` where this version cannot edit with the family of the model that `what` names."""
    if family.obstacle:
        raise BadModel(
            f"{what} is a {family.title} model, which this version cannot edit with: {family.obstacle}. "
            "'dragbrush models list' names models that work."
        )


def family_of_folder(folder: Path) -> Family:
    """The family of a diffusers folder, from its small JSON files. Raises `BadModel` where they cannot be read."""
    unet = read_settings(folder / "unet" / "config.json")
    scheduler = read_settings(folder / "scheduler" / "scheduler_config.json")
    is_xl = unet.get("addition_embed_type") == "text_time"
    channels = unet.get("in_channels", _PICTURE_CHANNELS)
    if channels not in (_PICTURE_CHANNELS, _INPAINTING_CHANNELS) or unet.get("class_embed_type") is not None:
        return OTHER_TASK
    if str(scheduler.get("_class_name")).startswith("EDM"):
        return OTHER_NOISE
    if scheduler.get("rescale_betas_zero_snr"):
        return NO_SIGNAL
    if channels == _INPAINTING_CHANNELS:
        return XL_INPAINTING if is_xl else INPAINTING
    if is_xl:
        return SDXL
    if unet.get("time_cond_proj_dim") is not None:
        return DISTILLED
    if scheduler.get("prediction_type") == "v_prediction":
        return VELOCITY
    return _by_text_width(unet.get("cross_attention_dim"))


def family_of_checkpoint(tensors: Mapping[str, Place], file: Path) -> Family:
    """The family of a single-file checkpoint. Raises `BadModel` for files that are no whole model.

    A file of Stable Diffusion 2 need not tell whether it is `VELOCITY`; `prediction` asks for what it does not tell.
    """
    if FIRST_CONV not in tensors:
        raise BadModel(f"'{file}' is no whole model: {_what_else(tensors)}")
    channels = tensors[FIRST_CONV].shape[1:2]
    if channels not in ((_PICTURE_CHANNELS,), (_INPAINTING_CHANNELS,)):
        return OTHER_TASK
    if any(mark in tensors for mark in _OTHER_NOISE_MARKS):
        return OTHER_NOISE
    if NO_SIGNAL_MARK in tensors:
        return NO_SIGNAL
    if CLASS_EMBEDDING in tensors:
        if any(name.startswith(_ONE_TEXT_ENCODER) for name in tensors):
            return OTHER_TASK  # Stable unCLIP
        if any(name.startswith(_REFINER_TEXT_ENCODER) for name in tensors):
            return XL_REFINER
        return XL_INPAINTING if channels == (_INPAINTING_CHANNELS,) else SDXL
    if channels == (_INPAINTING_CHANNELS,):
        return INPAINTING
    if _GUIDANCE_EMBEDDING in tensors:
        return DISTILLED
    if VELOCITY_MARK in tensors:
        return VELOCITY
    return _by_text_width(tensors[_TEXT_KEYS].shape[-1] if _TEXT_KEYS in tensors else None)


def _by_text_width(width: object) -> Family:
    return {WIDTH_SD1: SD1, WIDTH_SD2: SD2}.get(width, OTHER_SIZE) if isinstance(width, int) else OTHER_SIZE


def _what_else(tensors: Mapping[str, Place]) -> str:
    names = list(tensors)
    if any(mark in name for name in names for mark in ("lora_", ".hada_", ".lokr_", ".dora_")):
        return "it is a LoRA, which changes a model and needs one to change; import the model itself."
    if any(name.startswith("control_model.") or name.startswith("controlnet_") for name in names):
        return "it is a ControlNet; import a Stable Diffusion checkpoint."
    if any("joint_blocks." in name or "double_blocks." in name for name in names):
        return "it has a transformer instead of a UNet (Stable Diffusion 3, Flux); import Stable Diffusion 1, 2 or XL."
    if any(name.endswith(("encoder.conv_in.weight", "decoder.conv_in.weight")) for name in names):
        return "it is a VAE only; import a checkpoint that has UNet, VAE and text encoder."
    if any(name.startswith(("down_blocks.", "text_model.")) for name in names):
        return "it is one part of a diffusers folder; import the folder that holds model_index.json."
    if any(name.startswith("input_blocks.") for name in names):
        return "it is a UNet only; import a checkpoint that has UNet, VAE and text encoder."
    return "it has no Stable Diffusion UNet; import a checkpoint of Stable Diffusion 1, 2 or XL."


def read_settings(file: Path) -> Settings:
    """One JSON file of a model folder. Raises `BadModel`."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadModel(f"'{file}' is missing or not readable JSON; the model folder is damaged.") from error
    if not isinstance(content, dict):
        raise BadModel(f"'{file}' holds no settings; the model folder is damaged.")
    return content

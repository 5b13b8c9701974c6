"""Models loaded from diffusers folders: the only place of the engine that knows how their files lie.

Weights are safetensors; nothing is unpickled or downloaded.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from dragbrush.engine.components import LATENT_CHANNELS, MASKED_CHANNELS, Components
from dragbrush.engine.prompts import Reader
from dragbrush.engine.schedule import BETA_SCHEDULES, ddim_schedule
from dragbrush.engine.style import Style, fuse_styles
from dragbrush.engine.velocity import VelocityUNet
from dragbrush.errors import BadModel

PREDICTIONS = ("epsilon", "v_prediction")
READERS = (("text_encoder", "tokenizer", CLIPTextModel), ("text_encoder_2", "tokenizer_2", CLIPTextModelWithProjection))


def load_components(
    folder: Path, *, device: torch.device, dtype: torch.dtype = torch.float32, styles: Sequence[Style] = ()
) -> Components:
    """Loads a diffusers folder of the Stable Diffusion 1, 2 or XL layout, frozen and in evaluation mode.

    `dtype`: of the denoiser and the text encoders. The VAE never goes below single precision: many give black
    pictures in half (its `force_upcast`), and it draws every pixel that is shown. `models.check_folder` has looked
    at the folder before. Raises `BadModel` for damaged or unsuited files.
    """
    at_least_single = torch.promote_types(dtype, torch.float32)
    try:
        scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text(encoding="utf-8"))
        kind = VelocityUNet if scheduler.get("prediction_type") == "v_prediction" else UNet2DConditionModel
        unet = _loaded(kind, folder, "unet", torch_dtype=dtype)
        vae = _loaded(AutoencoderKL, folder, "vae", torch_dtype=at_least_single)
        readers = tuple(
            Reader(
                CLIPTokenizer.from_pretrained(folder / tokenizer, local_files_only=True),
                _loaded(kind, folder, encoder, dtype=dtype),
            )
            for encoder, tokenizer, kind in READERS
            if (folder / encoder).is_dir()
        )
    except BadModel:
        raise
    except Exception as error:  # loaders of three libraries raise whatever they meet in a damaged file
        raise BadModel(
            f"The model folder '{folder}' could not be loaded; a file is damaged or of another layout "
            f"({type(error).__name__})."
        ) from error
    _check_latents(folder, unet, vae)
    _check_schedule(folder, scheduler)
    if isinstance(unet, VelocityUNet):
        unet.signal = ddim_schedule(scheduler, 1).alphas_cumprod
    parts: list[Any] = [unet, vae, *(reader.encoder for reader in readers)]
    fuse_styles(unet, readers, styles)
    for part in parts:  # `to` of diffusers and transformers is typed for pipelines only
        part.requires_grad_(False).eval().to(device)
    return Components(unet, vae, readers, scheduler, _fingerprint(folder, styles), device)


def _loaded(kind: Any, folder: Path, part: str, **options: Any) -> Any:
    """One part, whole: loaders draw at random what a file lacks, or leave it empty."""
    model, found = kind.from_pretrained(
        folder, subfolder=part, use_safetensors=True, local_files_only=True, output_loading_info=True, **options
    )
    if missing := sorted(found["missing_keys"]):
        raise BadModel(
            f"The model folder '{folder}' is incomplete: its {part} lacks {len(missing)} tensors, such as "
            f"'{missing[0]}'; get the whole model."
        )
    return model


def _check_latents(folder: Path, unet: Any, vae: Any) -> None:
    taken = unet.config["in_channels"]
    if taken not in (LATENT_CHANNELS, MASKED_CHANNELS) or vae.config["latent_channels"] != LATENT_CHANNELS:
        raise BadModel(
            f"The model in '{folder}' takes {taken} latent channels; only models with {LATENT_CHANNELS}, and "
            f"inpainting models with {MASKED_CHANNELS}, are edited with."
        )


def _check_schedule(folder: Path, scheduler: dict[str, Any]) -> None:
    if scheduler.get("prediction_type", "epsilon") not in PREDICTIONS:
        raise BadModel(
            f"The model in '{folder}' predicts {scheduler['prediction_type']}; this version needs a model that "
            f"predicts {' or '.join(PREDICTIONS)}."
        )
    if scheduler.get("rescale_betas_zero_snr"):
        raise BadModel(
            f"The model in '{folder}' was trained down to no signal at all (rescale_betas_zero_snr); this version "
            "cannot invert with it."
        )
    if scheduler.get("trained_betas") or scheduler.get("beta_schedule", "scaled_linear") not in BETA_SCHEDULES:
        raise BadModel(
            f"The model in '{folder}' was trained with the noise schedule "
            f"'{scheduler.get('beta_schedule')}'; this version knows {' and '.join(BETA_SCHEDULES)} only."
        )


def _fingerprint(folder: Path, styles: Sequence[Style]) -> str:
    # Hashing gigabytes at each start would cost seconds; a file that changes changes its size or its time.
    digest = hashlib.sha256()
    parts = ("unet", "vae", "scheduler", *(name for encoder, tokenizer, _ in READERS for name in (encoder, tokenizer)))
    for file in sorted(f for part in parts for f in (folder / part).rglob("*") if f.is_file()):
        _note(digest, str(file.relative_to(folder)), file)
    for style in styles:
        _note(digest, f"{style.file}:{style.weight}", style.file)
    return digest.hexdigest()[:16]


def _note(digest: Any, name: str, file: Path) -> None:
    stat = file.stat()
    digest.update(f"{name}:{stat.st_size}:{stat.st_mtime_ns};".encode())

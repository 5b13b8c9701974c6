"""A Stable Diffusion model taken apart into what the methods need, loaded from a diffusers folder.

The only place that knows file layouts of models. Weights are safetensors; nothing is unpickled or downloaded.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from dragbrush.engine.schedule import BETA_SCHEDULES, Schedule, ddim_schedule
from dragbrush.engine.velocity import VelocityUNet
from dragbrush.errors import BadModel, BadRequest

PARTS = ("unet", "vae", "text_encoder", "tokenizer", "scheduler")
PREDICTIONS = ("epsilon", "v_prediction")


@dataclass(frozen=True, slots=True)
class Components:
    """The frozen parts of one model on one device. The denoiser is lent to one edit at a time."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    scheduler_config: dict[str, Any]
    fingerprint: str
    """Changes when the model's files change."""

    @property
    def device(self) -> torch.device:
        return self.unet.device

    @property
    def dtype(self) -> torch.dtype:
        return self.unet.dtype

    @property
    def factor(self) -> int:
        """Pixels along one side of a latent cell."""
        return 2 ** (len(self.vae.config["block_out_channels"]) - 1)

    @property
    def canvas_side(self) -> int:
        """Side in pixels of the square the model was trained on."""
        return int(self.unet.config["sample_size"]) * self.factor

    @property
    def canvas_multiple(self) -> int:
        """What the sides of a canvas must be multiples of, in pixels; 64 for Stable Diffusion."""
        return self.factor * 2 ** (len(self.unet.config["block_out_channels"]) - 1)

    def schedule(self, steps: int) -> Schedule:
        return ddim_schedule(self.scheduler_config, steps)

    @torch.no_grad()
    def encode_prompt(self, prompt: str) -> Tensor:
        """The text encoder's last hidden state, (1, tokens, channels)."""
        tokens = self.tokenizer(
            prompt,
            padding="max_length",
            max_length=self.tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        return self.text_encoder(tokens.input_ids.to(self.device))[0]

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the scaled latent (1, 4, h, w) of a canvas (1, 3, H, W) in [0, 1]."""
        posterior = self.vae.encode(canvas.to(self.device, self.dtype) * 2 - 1, return_dict=False)[0]
        scale = self.vae.config["scaling_factor"]
        return posterior.mean * scale, posterior.std * scale

    @torch.no_grad()
    def decode(self, latent: Tensor) -> Tensor:
        """The picture (1, 3, H, W) in [0, 1] of a scaled latent."""
        pixels = self.vae.decode(latent / self.vae.config["scaling_factor"], return_dict=False)[0]
        return (pixels / 2 + 0.5).clamp(0, 1)


def pick_device(name: str = "auto") -> torch.device:
    """`auto` is the fastest present; a named device must be present."""
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if present[kind]))
    if name not in present:
        raise BadRequest(f"There is no device '{name}'; choose one of auto, {', '.join(present)}.")
    if not present[name]:
        raise BadRequest(f"This machine has no {name} device that torch can use; choose --device auto or cpu.")
    return torch.device(name)


def load_components(folder: Path, *, device: torch.device, dtype: torch.dtype = torch.float32) -> Components:
    """Loads a diffusers folder of the Stable Diffusion 1 or 2 layout, frozen and in evaluation mode.

    `models.check_folder` has looked at the folder before. Raises `BadModel` for damaged or unsuited files.
    """
    options: dict[str, Any] = {"use_safetensors": True, "local_files_only": True, "torch_dtype": dtype}
    try:
        scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text(encoding="utf-8"))
        predicts_velocity = scheduler.get("prediction_type") == "v_prediction"
        kind = VelocityUNet if predicts_velocity else UNet2DConditionModel
        unet = kind.from_pretrained(folder, subfolder="unet", **options)
        vae = AutoencoderKL.from_pretrained(folder, subfolder="vae", **options)
        options["dtype"] = options.pop("torch_dtype")
        text_encoder = CLIPTextModel.from_pretrained(folder, subfolder="text_encoder", **options)
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    except Exception as error:  # loaders of three libraries raise whatever they meet in a damaged file
        raise BadModel(
            f"The model folder '{folder}' could not be loaded; a file is damaged or of another layout "
            f"({type(error).__name__})."
        ) from error
    if unet.config["in_channels"] != 4 or vae.config["latent_channels"] != 4:
        raise BadModel(
            f"The model in '{folder}' takes {unet.config['in_channels']} latent channels; only models with 4 "
            "are edited with."
        )
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
    if isinstance(unet, VelocityUNet):
        unet.signal = ddim_schedule(scheduler, 1).alphas_cumprod
    parts: list[Any] = [unet, vae, text_encoder]  # `to` of diffusers and transformers is typed for pipelines only
    for part in parts:
        part.requires_grad_(False).eval().to(device)
    return Components(unet, vae, text_encoder, tokenizer, scheduler, _fingerprint(folder))


def _fingerprint(folder: Path) -> str:
    # Hashing gigabytes at each start would cost seconds; a file that changes changes its size or its time.
    digest = hashlib.sha256()
    for file in sorted(f for part in PARTS for f in (folder / part).rglob("*") if f.is_file()):
        stat = file.stat()
        digest.update(f"{file.relative_to(folder)}:{stat.st_size}:{stat.st_mtime_ns};".encode())
    return digest.hexdigest()[:16]

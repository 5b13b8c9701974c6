"""A Stable Diffusion model taken apart into what the methods need."""

from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor

from dragbrush.engine.condition import Condition
from dragbrush.engine.prompts import Reader, read
from dragbrush.engine.schedule import Schedule, ddim_schedule

LATENT_CHANNELS = 4
MASKED_CHANNELS = 2 * LATENT_CHANNELS + 1
"""What an inpainting model takes: the latent, a mask, and the latent of what the mask leaves."""
_GREY = 0.5


@dataclass(frozen=True, slots=True)
class Components:
    """The frozen parts of one model on one device. The denoiser is lent to one edit at a time."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    readers: tuple[Reader, ...]
    """One text encoder, or the two of Stable Diffusion XL."""
    scheduler_config: dict[str, Any]
    fingerprint: str
    """Changes when the model's files change."""
    device: torch.device
    """Where it computes; a part that waits may be elsewhere."""

    @property
    def dtype(self) -> torch.dtype:
        """Of latents and of all arithmetic on them: steps of 0.01 would vanish in half precision."""
        return torch.promote_types(self.unet.dtype, torch.float32)

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

    def encode_prompt(self, prompt: str, size: tuple[int, int] | None = None) -> Condition:
        """What the denoiser is told of a prompt for a canvas of `size` (height, width) pixels; None: the trained one.

        An inpainting model is told to draw all of the canvas.
        """
        size = size or (self.canvas_side, self.canvas_side)
        tokens, pooled = read(self.readers, prompt)
        told: dict[str, Any] = {"tokens": tokens, "pooled": pooled}
        if pooled is not None:
            told["sizes"] = torch.tensor([[*size, 0, 0, *size]], device=self.device, dtype=pooled.dtype)
        if (channels := self.unet.config["time_cond_proj_dim"]) is not None:
            told["guidance"] = _unguided(channels).to(self.device)
        if self.unet.config["in_channels"] == MASKED_CHANNELS:
            blank, _ = self.encode(torch.full((1, 3, *size), _GREY))
            told["seen"] = torch.cat([torch.ones_like(blank[:, :1]), blank], dim=1)
        return Condition(**told)

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the scaled latent (1, 4, h, w) of a canvas (1, 3, H, W) in [0, 1]."""
        posterior = self.vae.encode(canvas.to(self.device, self.vae.dtype) * 2 - 1, return_dict=False)[0]
        scale = self.vae.config["scaling_factor"]
        return (posterior.mean * scale).to(self.dtype), (posterior.std * scale).to(self.dtype)

    @torch.no_grad()
    def decode(self, latent: Tensor) -> Tensor:
        """The picture (1, 3, H, W) in [0, 1] of a scaled latent."""
        vae: Any = self.vae  # diffusers asks for a type that only its documentation knows
        pixels = vae.decode((latent / vae.config["scaling_factor"]).to(vae.dtype), return_dict=False)[0]
        return (pixels.to(self.dtype) / 2 + 0.5).clamp(0, 1)


def _unguided(channels: int) -> Tensor:
    """The embedding of no guidance, w = 0 (Luo et al. 2023, equation 13): sines of zero, then cosines."""
    return torch.cat([torch.zeros(1, channels // 2), torch.ones(1, channels - channels // 2)], dim=1)

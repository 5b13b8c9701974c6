"""Denoisers that predict velocity (Stable Diffusion 2.1 of 768 px), made to answer in noise like the others."""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor


class VelocityUNet(UNet2DConditionModel):
    """A network that predicts v = sqrt(a) eps - sqrt(1 - a) x0, a the signal share (Salimans & Ho 2022, section 4).

    Its answer is the noise that v means beside the latent: eps = sqrt(a) v + sqrt(1 - a) z.
    """

    signal: Sequence[float]
    """Share of each training step; set after loading."""

    def forward(self, sample: Tensor, timestep: Tensor | int, *args: Any, **options: Any) -> Any:
        """As diffusers' forward without a returned dict."""
        velocity, *rest = super().forward(sample, timestep, *args, **{**options, "return_dict": False})
        latent = sample[:, : velocity.shape[1]]  # inpainting models get more beside it
        return self.noise_of(velocity, latent, timestep), *rest

    def noise_of(self, velocity: Tensor, z: Tensor, t: Tensor | int) -> Tensor:
        """The noise in latents (b, 4, h, w) at one timestep or one for each."""
        signal = torch.tensor(self.signal, device=z.device, dtype=torch.promote_types(z.dtype, torch.float32))
        a = signal[torch.as_tensor(t, device=z.device)].reshape(-1, 1, 1, 1)
        return a.sqrt().to(z) * velocity + (1 - a).sqrt().to(z) * z

"""What a model knows without a picture: the noise it finds at every noise level, and what it draws from noise."""

import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.engine.components import Components

STEPS = 50
GUIDANCE = 3.0
TRAINED_STEPS = 1000
NOISES = 2
"""Noises and timesteps tried on each latent, for each fifth."""


@torch.no_grad()
def noise_errors(components: Components, latents: Tensor, texts: list[str], *, parts: int = 5) -> list[float]:
    """Mean squared error of the predicted noise over each fifth of the timesteps, from little noise to much.

    `latents` (n, 4, h, w), scaled; `texts`: their n captions.
    """
    schedule, generator = components.schedule(STEPS), torch.Generator().manual_seed(0)
    text, latents = encode_all(components, texts).repeat(NOISES, 1, 1), latents.repeat(NOISES, 1, 1, 1)
    share, errors = TRAINED_STEPS // parts, []
    for part in range(parts):
        t = torch.randint(part * share, (part + 1) * share, (len(latents),), generator=generator)
        a = latents.new_tensor([schedule.alpha(int(x)) for x in t]).reshape(-1, 1, 1, 1)
        noise = torch.randn(latents.shape, generator=generator).to(latents)
        predicted = components.unet(a.sqrt() * latents + (1 - a).sqrt() * noise, t.to(latents.device), text).sample
        errors.append(F.mse_loss(predicted, noise).item())
    return errors


@torch.no_grad()
def draw(components: Components, texts: list[str], *, seed: int = 0) -> Tensor:
    """Pictures (n, 3, H, W) in [0, 1] of captions from noise: 50 DDIM steps with classifier-free guidance."""
    schedule = components.schedule(STEPS)
    text = encode_all(components, texts)
    both = torch.cat([text, components.encode_prompt("").tokens.expand_as(text)])
    side = components.canvas_side // components.factor
    z = torch.randn(len(texts), 4, side, side, generator=torch.Generator().manual_seed(seed)).to(text)
    for t in reversed(schedule.timesteps):
        guided, free = components.unet(torch.cat([z, z]), t, both).sample.chunk(2)
        z = schedule.move(z, free + GUIDANCE * (guided - free), t, t - schedule.stride)
    return components.decode(z)


def encode_all(components: Components, texts: list[str]) -> Tensor:
    """(n, tokens, channels)"""
    return torch.cat([components.encode_prompt(text).tokens for text in texts])

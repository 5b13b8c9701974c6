"""The denoiser, opened up: its noise prediction and the features of one block, stopping early on request."""

from typing import Any

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor


def predict_noise(unet: UNet2DConditionModel, z: Tensor, t: int | Tensor, text: Tensor) -> Tensor:
    """Noise prediction (b, 4, h, w) for latents `z` at timestep `t`; `text` (1, tokens, channels) serves every row."""
    return unet(z, t, text.expand(len(z), -1, -1), return_dict=False)[0]


def noise_and_features(
    unet: UNet2DConditionModel, z: Tensor, t: int, text: Tensor, *, block: int, only_features: bool = False
) -> tuple[Tensor | None, Tensor]:
    """Noise prediction and the output of a block: 0 is the mid block, i the i-th up block.

    Index 3 is the block DragDiffusion supervises: for SD1.5 at 512 px, 640 channels of 64 x 64.
    With `only_features` the network is left after that block and the noise prediction is None.
    """
    parts: Any = unet  # diffusers declares its blocks as plain modules
    text = text.expand(len(z), -1, -1)
    timestep = torch.full((len(z),), t, device=z.device, dtype=torch.long)
    emb = parts.time_embedding(parts.time_proj(timestep).to(z.dtype))
    x = parts.conv_in(z)
    skips = [x]
    for down in parts.down_blocks:
        x, states = down(x, emb, text) if _attends(down) else down(x, emb)
        skips.extend(states)
    x = parts.mid_block(x, emb, encoder_hidden_states=text)
    features = x
    for i, up in enumerate(parts.up_blocks, start=1):
        if only_features and i > block:
            return None, features
        count = len(up.resnets)
        states, skips = tuple(skips[-count:]), skips[:-count]
        # Sides that do not halve evenly need the skip's size back.
        size = tuple(skips[-1].shape[-2:]) if skips and i < len(parts.up_blocks) else None
        x = up(x, states, emb, text, upsample_size=size) if _attends(up) else up(x, states, emb, size)
        if i == block:
            features = x
    if only_features:
        return None, features
    return parts.conv_out(parts.conv_act(parts.conv_norm_out(x))), features


def _attends(block: torch.nn.Module) -> bool:
    return bool(getattr(block, "has_cross_attention", False))

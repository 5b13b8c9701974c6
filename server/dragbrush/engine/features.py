"""The denoiser, opened up: its noise prediction and the features of its blocks, stopping early on request."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor

from dragbrush.engine.velocity import VelocityUNet


def predict_noise(unet: UNet2DConditionModel, z: Tensor, t: int | Tensor, text: Tensor) -> Tensor:
    """Noise prediction (b, 4, h, w) for latents `z` at timestep `t`; `text` (1, tokens, channels) serves every row."""
    return unet(z, t, text.expand(len(z), -1, -1), return_dict=False)[0]


def noise_and_features(
    unet: UNet2DConditionModel, z: Tensor, t: int, text: Tensor, *, blocks: Collection[int]
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Noise prediction and the outputs of several blocks, first to last: 0 is the mid block, i the i-th up block.

    Index 3 is the block DragDiffusion supervises: for SD1.5 at 512 px, 640 channels of 64 x 64.
    """
    parts: Any = unet  # diffusers declares its blocks as plain modules
    outputs = list(_outputs(unet, z, t, text))
    eps = parts.conv_out(parts.conv_act(parts.conv_norm_out(outputs[-1])))
    if isinstance(unet, VelocityUNet):
        eps = unet.noise_of(eps, z, t)
    return eps, tuple(outputs[i] for i in sorted(blocks))


def features_of(
    unet: UNet2DConditionModel, z: Tensor, t: int, text: Tensor, *, blocks: Collection[int]
) -> tuple[Tensor, ...]:
    """The outputs of several blocks, first to last; the network is left after the last of them."""
    outputs = islice(_outputs(unet, z, t, text), max(blocks) + 1)
    return tuple(x for i, x in enumerate(outputs) if i in blocks)


def _outputs(unet: UNet2DConditionModel, z: Tensor, t: int, text: Tensor) -> Iterator[Tensor]:
    """The outputs of the mid block and of each up block, computed as they are asked for."""
    parts: Any = unet
    text = text.expand(len(z), -1, -1)
    timestep = torch.full((len(z),), t, device=z.device, dtype=torch.long)
    emb = parts.time_embedding(parts.time_proj(timestep).to(z.dtype))
    x = parts.conv_in(z)
    skips = [x]
    for down in parts.down_blocks:
        x, states = down(x, emb, text) if _attends(down) else down(x, emb)
        skips.extend(states)
    x = parts.mid_block(x, emb, encoder_hidden_states=text)
    yield x
    for i, up in enumerate(parts.up_blocks, start=1):
        count = len(up.resnets)
        states, skips = tuple(skips[-count:]), skips[:-count]
        # Sides that do not halve evenly need the skip's size back.
        size = tuple(skips[-1].shape[-2:]) if skips and i < len(parts.up_blocks) else None
        x = up(x, states, emb, text, upsample_size=size) if _attends(up) else up(x, states, emb, size)
        yield x


def _attends(block: torch.nn.Module) -> bool:
    return bool(getattr(block, "has_cross_attention", False))

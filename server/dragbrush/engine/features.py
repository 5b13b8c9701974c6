"""The denoiser, opened up: its noise prediction and the features of its blocks, stopping early on request.

Latents come and answers go in the caller's number format; the network computes in its own.
"""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor

from dragbrush.engine.condition import Condition
from dragbrush.engine.velocity import VelocityUNet


def predict_noise(unet: UNet2DConditionModel, z: Tensor, t: int | Tensor, condition: Condition) -> Tensor:
    """Noise prediction (b, 4, h, w) for latents `z` at timestep `t`; a condition of one row serves every latent."""
    told = condition.for_rows(len(z), unet.dtype)
    answer = unet(
        told.beside(z.to(unet.dtype)),
        t,
        told.tokens,
        timestep_cond=told.guidance,
        added_cond_kwargs=told.added,
        return_dict=False,
    )[0]
    return answer.to(z.dtype)


def noise_and_features(
    unet: UNet2DConditionModel, z: Tensor, t: int, condition: Condition, *, blocks: Collection[int]
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Noise prediction and the outputs of several blocks, first to last: 0 is the mid block, i the i-th up block.

    Index 3 is the block DragDiffusion supervises: for SD1.5 at 512 px, 640 channels of 64 x 64.
    """
    parts: Any = unet  # diffusers declares its blocks as plain modules
    outputs = list(_outputs(unet, z, t, condition))
    answer = parts.conv_out(parts.conv_act(parts.conv_norm_out(outputs[-1]))).to(z.dtype)
    eps = unet.noise_of(answer, z, t) if isinstance(unet, VelocityUNet) else answer
    return eps, tuple(outputs[i].to(z.dtype) for i in sorted(blocks))


def features_of(
    unet: UNet2DConditionModel, z: Tensor, t: int, condition: Condition, *, blocks: Collection[int]
) -> tuple[Tensor, ...]:
    """The outputs of several blocks, first to last; the network is left after the last of them."""
    outputs = islice(_outputs(unet, z, t, condition), max(blocks) + 1)
    return tuple(x.to(z.dtype) for i, x in enumerate(outputs) if i in blocks)


def supervised_block(unet: UNet2DConditionModel) -> int:
    """The block that DragDiffusion supervises, the last but one: 3 for SD1.5, 2 for SDXL."""
    return len(unet.up_blocks) - 1


def guided_blocks(unet: UNet2DConditionModel) -> tuple[int, int]:
    """The blocks whose features DragonDiffusion compares, the two before the last: (2, 3) for SD1.5, (1, 2) for SDXL.

    Both have 1280 and 640 channels there.
    """
    return supervised_block(unet) - 1, supervised_block(unet)


def _outputs(unet: UNet2DConditionModel, z: Tensor, t: int, condition: Condition) -> Iterator[Tensor]:
    """The outputs of the mid block and of each up block, computed as they are asked for."""
    parts: Any = unet
    told = condition.for_rows(len(z), unet.dtype)
    text = told.tokens
    timestep = torch.full((len(z),), t, device=z.device, dtype=torch.long)
    emb = parts.time_embedding(parts.time_proj(timestep).to(unet.dtype), told.guidance)
    added = parts.get_aug_embed(emb=emb, encoder_hidden_states=text, added_cond_kwargs=told.added)
    emb = emb if added is None else emb + added
    x = parts.conv_in(told.beside(z.to(unet.dtype)))
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

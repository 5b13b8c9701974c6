"""Section 1.6 of the algorithm notes, written naively: mutual self-attention and the final denoising."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from naive import STRENGTH, STRIDE, Model, executed_steps, move
from torch import Tensor

SHARED_FROM_LAYER = 10


class NaiveAttention:
    """softmax(Q K^T / sqrt d) V, one row and one head at a time."""

    def __init__(self, *, shares_row_0: bool) -> None:
        self.shares_row_0 = shares_row_0

    def __call__(
        self,
        attn: torch.nn.Module,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        **_: object,
    ) -> Tensor:
        source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = attn.to_q(hidden_states), attn.to_k(source), attn.to_v(source)
        rows = []
        for row in range(query.shape[0]):
            memory = 0 if self.shares_row_0 else row
            heads = [
                (q @ k.T / math.sqrt(q.shape[1])).softmax(dim=1) @ v
                for q, k, v in zip(
                    query[row].chunk(attn.heads, dim=1),
                    key[memory].chunk(attn.heads, dim=1),
                    value[memory].chunk(attn.heads, dim=1),
                    strict=True,
                )
            ]
            rows.append(torch.cat(heads, dim=1))
        return attn.to_out[0](torch.stack(rows))


def transformer_blocks(unet: torch.nn.Module) -> list[torch.nn.Module]:
    """In the order they run: 0-5 down, 6 mid, 7-15 up. `attn1` is the self-attention of each."""
    order = [*unet.down_blocks, unet.mid_block, *unet.up_blocks]
    with_attention = [block for block in order if hasattr(block, "attentions")]
    return [layer for block in with_attention for stack in block.attentions for layer in stack.transformer_blocks]


@contextmanager
def naive_attention(unet: torch.nn.Module, *, shared_from: int | None) -> Iterator[None]:
    """Swaps every attention of the UNet; from layer `shared_from` on, rows read K and V of row 0."""
    layers = transformer_blocks(unet)
    before = [(layer.attn1.processor, layer.attn2.processor) for layer in layers]
    for index, layer in enumerate(layers):
        is_shared = shared_from is not None and index >= shared_from
        layer.attn1.set_processor(NaiveAttention(shares_row_0=is_shared))
        layer.attn2.set_processor(NaiveAttention(shares_row_0=False))
    try:
        yield
    finally:
        for layer, (own, cross) in zip(layers, before, strict=True):
            layer.attn1.set_processor(own)
            layer.attn2.set_processor(cross)


@torch.no_grad()
def denoise(
    model: Model,
    z0: Tensor,
    z: Tensor,
    text: Tensor,
    *,
    strength: float = STRENGTH,
    shared_from: int | None = SHARED_FROM_LAYER,
) -> Tensor:
    """1.6: both latents from t* to the picture, (2, 4, h, w); row 0 the reference, row 1 the edit."""
    rows, prompts = torch.cat([z0, z]), torch.cat([text, text])
    with naive_attention(model.unet, shared_from=shared_from):
        for t in executed_steps(strength):
            eps = model.unet(rows, t, encoder_hidden_states=prompts).sample
            rows = move(rows, eps, source=t, destination=t - STRIDE)
    return rows

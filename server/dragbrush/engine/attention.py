"""Mutual self-attention: the edit looks up its keys and values in the source picture.

MasaCtrl (Cao et al. 2023, section 3.2), which DragDiffusion uses as reference-latent control (section 3.4).
Queries stay the edit's own; keys and values of the later self-attention layers are replaced by the source's.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch.nn.functional as F
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor

Rule = Callable[[int, Tensor, Tensor], tuple[Tensor, ...]]
"""(layer, keys, values) -> the keys and values to attend to, both (rows, tokens, channels), and where not every query
sees every token, a third: (queries, tokens) bool."""


def self_attention_layers(unet: UNet2DConditionModel) -> list[Any]:
    """All self-attention layers in the order of the forward pass: down, mid, up. SD1.5 has 16."""
    blocks = [*unet.down_blocks, unet.mid_block, *unet.up_blocks]
    return [
        transformer.attn1
        for block in blocks
        for attention in getattr(block, "attentions", [])
        for transformer in attention.transformer_blocks
    ]


def first_shared_layer(unet: UNet2DConditionModel) -> int:
    """The first layer of the last two up blocks: DragDiffusion's start_layer, 10 for SD1.5, and 64 for SDXL."""
    return len(self_attention_layers(unet)) - _count(unet.up_blocks[-2:])


def first_up_layer(unet: UNet2DConditionModel) -> int:
    """The first layer of the up blocks: where DragonDiffusion's memory bank begins, 7 for SD1.5, and 34 for SDXL."""
    return len(self_attention_layers(unet)) - _count(unet.up_blocks)


def _count(blocks: Iterable[Any]) -> int:
    return sum(len(a.transformer_blocks) for block in blocks for a in getattr(block, "attentions", []))


@contextmanager
def shared_attention(unet: UNet2DConditionModel, first_layer: int, rule: Rule) -> Iterator[None]:
    """Within the block, self-attention from `first_layer` on takes its keys and values from `rule`."""
    layers = self_attention_layers(unet)[first_layer:]
    originals = [layer.processor for layer in layers]
    for number, layer in enumerate(layers, start=first_layer):
        layer.processor = _Processor(number, rule)
    try:
        yield
    finally:
        for layer, original in zip(layers, originals, strict=True):
            layer.processor = original


def from_first_row(layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Every row attends to row 0, the source that is denoised beside the edit."""
    return keys[:1].expand_as(keys), values[:1].expand_as(values)


class KeyValueBank:
    """Keys and values of the source, recorded once during inversion and looked up while denoising."""

    def __init__(self) -> None:
        self._entries: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def recording(self, t: int) -> Rule:
        def record(layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
            self._entries[t, layer] = (keys.detach(), values.detach())
            return keys, values

        return record

    def replaying(self, t: int) -> Rule:
        def replay(layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
            source_keys, source_values = self.at(t, layer)
            return source_keys.expand_as(keys), source_values.expand_as(values)

        return replay

    def at(self, t: int, layer: int) -> tuple[Tensor, Tensor]:
        """The keys and values of one layer, each (1, tokens, channels)."""
        return self._entries[t, layer]

    def tensors(self) -> dict[str, Tensor]:
        """All entries by name, for a file."""
        return {
            f"{part}.{t}.{layer}": tensor
            for (t, layer), pair in self._entries.items()
            for part, tensor in zip(("key", "value"), pair, strict=True)
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> "KeyValueBank":
        bank = cls()
        for name, keys in tensors.items():
            if name.startswith("key."):
                _, t, layer = name.split(".")
                bank._entries[int(t), int(layer)] = (keys, tensors[f"value.{t}.{layer}"])
        return bank


class _Processor:
    """Scaled dot-product self-attention of Stable Diffusion's transformer blocks, under a rule."""

    def __init__(self, layer: int, rule: Rule) -> None:
        self.layer, self.rule = layer, rule

    def __call__(self, attn: Any, hidden_states: Tensor, *_args: object, **_kwargs: object) -> Tensor:
        rows, tokens, _ = hidden_states.shape
        query = attn.to_q(hidden_states)
        key, value, *seen = self.rule(self.layer, attn.to_k(hidden_states), attn.to_v(hidden_states))

        def heads(x: Tensor) -> Tensor:
            return x.reshape(rows, x.shape[1], attn.heads, -1).transpose(1, 2)

        attended = F.scaled_dot_product_attention(
            heads(query), heads(key), heads(value), attn_mask=seen[0] if seen else None
        )
        attended = attended.transpose(1, 2).reshape(rows, tokens, -1)
        return attn.to_out[1](attn.to_out[0](attended)) / attn.rescale_output_factor

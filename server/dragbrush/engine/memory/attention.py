"""Attention for some queries at a time, for devices whose own attention holds the weights of all at once."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils.checkpoint import checkpoint

SLICE_WEIGHTS = 2**24
"""Attention weights of a slice; 64 MB in single precision."""


class SlicedAttention(TorchFunctionMode):
    """Within the block torch's attention is `sliced_attention`, whoever calls it."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.scaled_dot_product_attention:
            return sliced_attention(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def sliced_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, **options: Any
) -> Tensor:
    """`F.scaled_dot_product_attention` slice by slice; queries (rows, heads, tokens, channels), mask (queries, keys).

    With gradients, a slice's weights are computed again on the way back.
    """

    def attended(queries: Tensor, mask: Tensor | None) -> Tensor:
        return F.scaled_dot_product_attention(queries, key, value, attn_mask=mask, **options)

    rows, heads, tokens, _ = query.shape
    length = max(1, SLICE_WEIGHTS // (rows * heads * key.shape[2]))
    if tokens <= length:
        return attended(query, attn_mask)
    slices = []
    for start in range(0, tokens, length):
        queries = query[:, :, start : start + length]
        mask = attn_mask if attn_mask is None else attn_mask[..., start : start + length, :]
        if torch.is_grad_enabled():
            slices.append(checkpoint(attended, queries, mask, use_reentrant=False))
        else:
            slices.append(attended(queries, mask))
    return torch.cat(slices, dim=2)

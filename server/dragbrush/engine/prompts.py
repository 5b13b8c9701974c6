"""Prompts read by a model's text encoders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Reader:
    """A text encoder and its tokenizer."""

    tokenizer: Any
    encoder: Any


@torch.no_grad()
def read(readers: Sequence[Reader], prompt: str) -> tuple[Tensor, Tensor | None]:
    """Hidden states (1, tokens, channels) of a prompt and, of two readers, the whole of it (1, channels).

    One reader gives its last layer (Stable Diffusion 1; folders of 2 have the last one cut off). Two give their
    last but one, side by side, and the second one its projection (Podell et al. 2023, section 2.1).
    """
    if len(readers) == 1:
        return _run(readers[0], prompt).last_hidden_state, None
    answers = [_run(reader, prompt) for reader in readers]
    return torch.cat([answer.hidden_states[-2] for answer in answers], dim=-1), answers[-1].text_embeds


def _run(reader: Reader, prompt: str) -> Any:
    tokens = reader.tokenizer(
        prompt,
        padding="max_length",
        max_length=reader.tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    return reader.encoder(tokens.input_ids.to(reader.encoder.device), output_hidden_states=True)

"""What is ready before a drag begins and serves every drag on the same picture: `Prepared`."""

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from dragbrush.edit import Step
from dragbrush.engine.attention import first_shared_layer
from dragbrush.engine.components import Components
from dragbrush.engine.identity import Identity, adapted, train_identity
from dragbrush.engine.inversion import Inversion, invert
from dragbrush.engine.schedule import Schedule
from dragbrush.presets import DragSettings


@dataclass(frozen=True, slots=True)
class Source:
    """A picture as the model sees it; cheap, made for every edit."""

    canvas: Tensor
    """(1, 3, H, W) in [0, 1]."""
    latent: Tensor
    """The posterior's mean, scaled: (1, 4, h, w)."""
    deviation: Tensor
    text: Tensor
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source with its identity LoRA (None: without one) and its inversion."""

    source: Source
    identity: Identity | None
    inversion: Inversion


def encode_source(components: Components, canvas: Tensor, prompt: str, settings: DragSettings) -> Source:
    """`canvas`: (1, 3, H, W) in [0, 1], sides multiples of `components.canvas_multiple`."""
    latent, deviation = components.encode(canvas)
    return Source(
        canvas, latent, deviation, components.encode_prompt(prompt), components.schedule(settings.n_inference_step)
    )


def learn_identity(
    components: Components, source: Source, settings: DragSettings, seed: int
) -> Generator[Step, None, Identity | None]:
    """The identity LoRA of the settings, or None where they leave it out."""
    if settings.lora_step == 0:
        return None
    return (
        yield from train_identity(
            components.unet,
            source.schedule,
            (source.latent, source.deviation),
            source.text,
            rank=settings.lora_rank,
            steps=settings.lora_step,
            rate=settings.lora_lr,
            batch_size=settings.lora_batch_size,
            generator=torch.Generator().manual_seed(seed),
        )
    )


def invert_source(
    components: Components, source: Source, identity: Identity | None, settings: DragSettings
) -> Generator[Step, None, Inversion]:
    with adapted(components.unet, identity):
        return (
            yield from invert(
                components.unet,
                source.schedule,
                source.latent,
                source.text,
                strength=settings.inversion_strength,
                first_layer=shared_from(components, settings),
            )
        )


def shared_from(components: Components, settings: DragSettings) -> int:
    """The first self-attention layer that shares keys and values."""
    return first_shared_layer(components.unet) if settings.start_layer is None else settings.start_layer

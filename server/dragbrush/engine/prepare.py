"""What is ready before a drag begins and serves every drag on the same picture: identity LoRA and inversion."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dragbrush.edit import Step
from dragbrush.engine.attention import first_shared_layer
from dragbrush.engine.cache import DiskCache, MemoryCache, content_key
from dragbrush.engine.components import Components
from dragbrush.engine.condition import Condition
from dragbrush.engine.identity import Identity, adapted, train_identity
from dragbrush.engine.inversion import Inversion, invert
from dragbrush.engine.schedule import Schedule
from dragbrush.presets import DragSettings

DISK_INVERSION_BYTES = 256 * 1024**2
"""Larger inversions are done anew: reading a bank of SD1.5 (830 MB) takes as long as recording it on a GPU."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture as the model sees it; cheap, made for every edit."""

    canvas: Tensor
    """(1, 3, H, W) in [0, 1]."""
    latent: Tensor
    """The posterior's mean, scaled: (1, 4, h, w)."""
    deviation: Tensor
    condition: Condition
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source with its identity LoRA (None: without one) and its inversion."""

    source: Source
    identity: Identity | None
    inversion: Inversion
    warm: frozenset[str] = frozenset()
    """Which of "identity" and "inversion" were at hand already."""


def encode_source(components: Components, canvas: Tensor, prompt: str, settings: DragSettings) -> Source:
    """`canvas`: (1, 3, H, W) in [0, 1], sides multiples of `components.canvas_multiple`."""
    latent, deviation = components.encode(canvas)
    height, width = canvas.shape[-2:]
    condition = components.encode_prompt(prompt, (height, width))
    return Source(canvas.to(latent), latent, deviation, condition, components.schedule(settings.n_inference_step))


def learn_identity(
    components: Components, source: Source, settings: DragSettings, *, seed: int
) -> Generator[Step, None, Identity]:
    """Trains the identity LoRA of the settings."""
    return (
        yield from train_identity(
            components.unet,
            source.schedule,
            (source.latent, source.deviation),
            source.condition,
            rank=settings.lora_rank,
            steps=settings.lora_step,
            rate=settings.lora_lr,
            batch_size=settings.lora_batch_size,
            generator=torch.Generator().manual_seed(seed),
        )
    )


def invert_source(
    components: Components,
    source: Source,
    identity: Identity | None,
    settings: DragSettings,
    *,
    blocks: tuple[int, ...] = (),
) -> Generator[Step, None, Inversion]:
    """Inverts the picture with its identity LoRA in place, recording the outputs of `blocks`."""
    with adapted(components.unet, identity):
        return (
            yield from invert(
                components.unet,
                source.schedule,
                source.latent,
                source.condition,
                strength=settings.inversion_strength,
                first_layer=shared_from(components, settings),
                blocks=blocks,
            )
        )


def shared_from(components: Components, settings: DragSettings) -> int:
    """The first self-attention layer that shares keys and values."""
    return first_shared_layer(components.unet) if settings.start_layer is None else settings.start_layer


class Preparer:
    """Prepares pictures for one model and keeps what it made, in memory and on disk, by content."""

    def __init__(self, components: Components, cache_folder: Path) -> None:
        self._components = components
        self._identities: MemoryCache[Identity] = MemoryCache()
        self._inversions: MemoryCache[Inversion] = MemoryCache()
        self._disk = DiskCache(cache_folder)

    def prepare(
        self,
        canvas: Tensor,
        *,
        prompt: str,
        settings: DragSettings,
        seed: int,
        identity: Identity | None = None,
        blocks: tuple[int, ...] = (),
    ) -> Generator[Step, None, Prepared]:
        """`canvas`: (1, 3, H, W) in [0, 1]. A given identity LoRA is used instead of one of the settings.

        `blocks`: whose outputs the inversion records.
        """
        source = encode_source(self._components, canvas, prompt, settings)
        warm = set()
        model = f"{self._components.fingerprint} {self._components.unet.dtype}"
        key = content_key(canvas.cpu().numpy().tobytes(), list(canvas.shape), model, prompt)
        if identity is not None:
            key = content_key(key, *(v.cpu().numpy().tobytes() for v in identity.weights.values()))
            warm.add("identity")
        elif settings.lora_step > 0:
            key = content_key(
                key, settings.lora_step, settings.lora_rank, settings.lora_lr, settings.lora_batch_size, seed
            )
            identity = self._kept_identity(key)
            if identity is not None:
                warm.add("identity")
            else:
                identity = yield from learn_identity(self._components, source, settings, seed=seed)
                self._identities.put(key, identity)
                self._disk.put(key, identity.weights, {"rank": str(identity.rank)})

        first_layer = shared_from(self._components, settings)
        key = content_key(key, settings.n_inference_step, settings.inversion_strength, first_layer, *blocks)
        inversion = self._kept_inversion(key, source, settings)
        if inversion is not None:
            warm.add("inversion")
        else:
            inversion = yield from invert_source(self._components, source, identity, settings, blocks=blocks)
            self._inversions.put(key, inversion)
            tensors = inversion.tensors()
            if sum(t.numel() * t.element_size() for t in tensors.values()) <= DISK_INVERSION_BYTES:
                self._disk.put(key, tensors, {})
        return Prepared(source, identity, inversion, frozenset(warm))

    def _kept_identity(self, key: str) -> Identity | None:
        kept = self._identities.get(key)
        if kept is None and (found := self._disk.get(key)):
            tensors, metadata = found
            if not metadata.get("rank", "").isdecimal():
                return None  # not what this cache writes
            kept = Identity(int(metadata["rank"]), tensors)
            self._identities.put(key, kept)
        return kept

    def _kept_inversion(self, key: str, source: Source, settings: DragSettings) -> Inversion | None:
        kept = self._inversions.get(key)
        if kept is None and (found := self._disk.get(key)):
            tensors = {name: t.to(source.latent.device) for name, t in found[0].items()}
            timesteps = source.schedule.inverted(settings.inversion_strength)
            kept = Inversion.from_tensors(tensors, timesteps)
            self._inversions.put(key, kept)
        return kept

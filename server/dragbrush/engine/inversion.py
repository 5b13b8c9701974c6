"""DDIM inversion: the picture's latent taken up to noise along the model's own predictions."""

from collections.abc import Generator
from dataclasses import dataclass, field

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor

from dragbrush.edit import Phase, Step
from dragbrush.engine.attention import KeyValueBank, shared_attention
from dragbrush.engine.condition import Condition
from dragbrush.engine.features import noise_and_features, predict_noise
from dragbrush.engine.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Inversion:
    """The way from the picture to noise: `latents[i]` belongs to `timesteps[i]`; the last is edited."""

    source: Tensor
    """The picture's latent, (1, 4, h, w)."""
    timesteps: tuple[int, ...]
    latents: tuple[Tensor, ...]
    bank: KeyValueBank
    features: dict[int, tuple[Tensor, ...]] = field(default_factory=dict)
    """By timestep, the outputs of the recorded blocks, each (1, c, ...); empty where none were recorded."""

    def tensors(self) -> dict[str, Tensor]:
        """All of it by name, for a file."""
        latents = {f"latent.{t}": z for t, z in zip(self.timesteps, self.latents, strict=True)}
        features = {f"feature.{t}.{i}": f for t, maps in self.features.items() for i, f in enumerate(maps)}
        return {"source": self.source, **latents, **features, **self.bank.tensors()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor], timesteps: tuple[int, ...]) -> "Inversion":
        latents = tuple(tensors[f"latent.{t}"] for t in timesteps)
        blocks = sum(name.startswith(f"feature.{timesteps[0]}.") for name in tensors)
        features = {t: tuple(tensors[f"feature.{t}.{i}"] for i in range(blocks)) for t in timesteps if blocks}
        return cls(tensors["source"], timesteps, latents, KeyValueBank.from_tensors(tensors), features)


@torch.no_grad()
def invert(
    unet: UNet2DConditionModel,
    schedule: Schedule,
    latent: Tensor,
    condition: Condition,
    *,
    strength: float,
    first_layer: int,
    blocks: tuple[int, ...] = (),
    phase: Phase = "inversion",
) -> Generator[Step, None, Inversion]:
    """Inverts a latent (1, 4, h, w), recording the trajectory and the keys and values from `first_layer` on.

    The outputs of `blocks` are recorded too, of the same passes. The noise is predicted at the timestep a step
    leads to, the usual shortcut of DDIM inversion. Steps are reported as steps of `phase`.
    """
    timesteps = schedule.inverted(strength)
    bank = KeyValueBank()
    latents: list[Tensor] = []
    features: dict[int, tuple[Tensor, ...]] = {}
    z = latent
    for index, t in enumerate(timesteps, start=1):
        with shared_attention(unet, first_layer, bank.recording(t)):
            if blocks:
                eps, outputs = noise_and_features(unet, z, t, condition, blocks=blocks)
                features[t] = tuple(x.to(unet.dtype) for x in outputs)
            else:
                eps = predict_noise(unet, z, t, condition)
        z = schedule.move(z, eps, t - schedule.stride, t)
        latents.append(z)
        yield Step(phase, index, len(timesteps))
    return Inversion(latent, timesteps, tuple(latents), bank, features)

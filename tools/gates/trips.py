"""Pictures inverted to noise and denoised again with nothing changed in between."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from dragbrush.bench.cases import Case, as_pixels
from dragbrush.edit import Step
from dragbrush.engine.attention import self_attention_layers
from dragbrush.engine.components import Components
from dragbrush.engine.condition import Condition
from dragbrush.engine.features import predict_noise
from dragbrush.engine.inversion import Inversion, invert
from dragbrush.engine.prepare import Prepared, encode_source
from dragbrush.presets import REFERENCE
from gates.measures import psnr

SETTINGS = replace(REFERENCE, lora_step=0)
"""50 steps, strength 0.7, keys and values from the source denoised beside; no identity LoRA."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One case's source, inverted and denoised."""

    case: Case
    prepared: Prepared
    back: Tensor
    """The latent (1, 4, h, w) that denoising came back to."""


def make_trip(components: Components, case: Case) -> Trip:
    prepared = prepared_for(components, case.source, case.caption)
    return Trip(case, prepared, denoised(components, prepared.inversion, prepared.source.condition))


def prepared_for(components: Components, picture: NDArray[Any], caption: str) -> Prepared:
    """A picture (h, w, 3) uint8 inverted under its caption."""
    source = encode_source(components, as_canvas(picture), caption, SETTINGS)
    # No layer's keys and values are recorded: the row denoised beside has its own.
    steps = invert(
        components.unet,
        source.schedule,
        source.latent,
        source.condition,
        strength=SETTINGS.inversion_strength,
        first_layer=len(self_attention_layers(components.unet)),
    )
    return Prepared(source, None, finished(steps))


@torch.no_grad()
def denoised(components: Components, inversion: Inversion, condition: Condition) -> Tensor:
    """The inverted latent denoised with nothing shared, (1, 4, h, w)."""
    schedule, z = components.schedule(SETTINGS.n_inference_step), inversion.latents[-1]
    for t in reversed(inversion.timesteps):
        z = schedule.move(z, predict_noise(components.unet, z, t, condition), t, t - schedule.stride)
    return z


def round_trip_psnr(components: Components, trip: Trip) -> float:
    """In dB inside the mask, against what the autoencoder makes of the source."""
    inside = torch.from_numpy(trip.case.mask > 0).to(trip.back.device)
    return psnr(components.decode(trip.back), components.decode(trip.prepared.source.latent), inside)


def as_canvas(picture: NDArray[Any]) -> Tensor:
    """(h, w, 3) uint8 to (1, 3, h, w) in [0, 1]."""
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


def as_picture(components: Components, latent: Tensor) -> NDArray[Any]:
    """A latent (1, 4, h, w) decoded to (H, W, 3) uint8."""
    return as_pixels(components.decode(latent).float().cpu())[0]


def finished(steps: Generator[Step, None, Any]) -> Any:
    """The value of a generator of steps, run to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value

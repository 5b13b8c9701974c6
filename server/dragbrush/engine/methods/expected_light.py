"""How the light of a picture is expected to change where an object was pasted into it."""

from collections.abc import Generator

import torch
from torch import Tensor

from dragbrush.dragon_presets import LIGHT_NOISES
from dragbrush.edit import Step
from dragbrush.engine.components import Components
from dragbrush.engine.features import predict_noise
from dragbrush.engine.look import BRIGHTNESS
from dragbrush.engine.prepare import Source

TIMESTEP = 561
"""Noise that hides texture but not things; of 441 to 901 the best by far for shadows of drawn scenes."""
_DARKEST = 0.05


@torch.no_grad()
def expected_light(
    components: Components, source: Source, pasted: Tensor, *, seed: int
) -> Generator[Step, None, Tensor]:
    """(H, W): the brightness of the picture with the object as a share of that without it, as the model expects both.

    `pasted` (1, 4, h, w): the latent of the canvas with the object's pixels. Both pictures get the same noise, so
    that what differs in the expected pictures E[x0 | z_t] (Tweedie's formula) is what the object does.
    """
    schedule, generator = source.schedule, torch.Generator().manual_seed(seed)
    a = schedule.alpha(TIMESTEP)
    both = torch.cat([pasted, source.latent])
    expected = torch.zeros_like(both)
    for index in range(LIGHT_NOISES):
        noise = torch.randn(pasted.shape, generator=generator).to(both)
        z = a**0.5 * both + (1 - a) ** 0.5 * noise
        eps = predict_noise(components.unet, z, TIMESTEP, source.condition)
        expected += schedule.move(z, eps, TIMESTEP, -1) / LIGHT_NOISES
        yield Step("warp", index + 1, LIGHT_NOISES)
    weights = source.canvas.new_tensor(BRIGHTNESS)
    with_object, without = (
        (components.decode(latent[None])[0].to(weights) * weights[:, None, None]).sum(0) for latent in expected
    )
    return with_object / without.clamp_min(_DARKEST)

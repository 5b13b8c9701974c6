"""What the denoiser is told besides the latent and its timestep."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Condition:
    """One row for each prompt; what a model has no use for is None."""

    tokens: Tensor
    """The prompt's hidden states, (n, tokens, channels), for cross-attention."""
    pooled: Tensor | None = None
    """Stable Diffusion XL: the whole prompt as one vector, (n, channels)."""
    sizes: Tensor | None = None
    """Stable Diffusion XL: original size, top left of the crop, target size, each (height, width) in pixels, (n, 6)."""
    guidance: Tensor | None = None
    """Models distilled for few steps: the embedded guidance scale, (n, channels)."""
    seen: Tensor | None = None
    """Inpainting models: the mask of what is to be drawn and the latent of the rest, (n, 5, h, w)."""

    @property
    def added(self) -> dict[str, Tensor] | None:
        """The vectors of Stable Diffusion XL as diffusers' UNet wants them."""
        if self.pooled is None or self.sizes is None:
            return None
        return {"text_embeds": self.pooled, "time_ids": self.sizes}

    def beside(self, z: Tensor) -> Tensor:
        """The network's input (n, 4 or 9, h, w) for latents (n, 4, h, w)."""
        return z if self.seen is None else torch.cat([z, self.seen], dim=1)

    def for_rows(self, count: int, dtype: torch.dtype) -> "Condition":
        """Each of `count` latents told the same, or each its own row, in the network's number format."""
        return self._each(lambda told: told.expand(count, *told.shape[1:]).to(dtype))

    def with_hole(self, latent: Tensor, hole: Tensor) -> "Condition":
        """An inpainting model shown a picture's latent (1, 4, h, w) except where `hole` (1, 1, h, w) is 1.

        Others are told what they were.
        """
        if self.seen is None:
            return self
        blank = self.seen[:, 1:]
        return replace(self, seen=torch.cat([hole, torch.lerp(latent, blank, hole)], dim=1))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Condition":
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: change(value) for name, value in told.items() if value is not None})


def stacked(first: Condition, second: Condition) -> Condition:
    """The rows of both, one after the other."""
    pairs = {field.name: (getattr(first, field.name), getattr(second, field.name)) for field in fields(first)}
    return replace(first, **{name: torch.cat(pair) for name, pair in pairs.items() if pair[0] is not None})

"""DDIM's timesteps and its deterministic step, both ways (Song et al. 2021, equation 12 with eta 0)."""

from dataclasses import dataclass

import torch
from torch import Tensor

BETA_SCHEDULES = ("scaled_linear", "linear")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A DDIM schedule of evenly spaced timesteps over the model's training schedule.

    The conventions are Stable Diffusion's: steps are offset by one, and the last step ends at the first
    training step's noise level instead of at no noise at all.
    """

    alphas_cumprod: tuple[float, ...]
    """Signal share of each training step."""
    timesteps: tuple[int, ...]
    """Rising: 1, 21, ... 981 for 50 of 1000."""
    stride: int

    def alpha(self, t: int) -> float:
        """The signal share at `t`; below the first training step it stays that of the first."""
        return self.alphas_cumprod[max(t, 0)]

    def inverted(self, strength: float) -> tuple[int, ...]:
        """The rising timesteps that an inversion of this strength (0 to 1) goes through; at least one."""
        return self.timesteps[: max(1, round(strength * len(self.timesteps)))]

    def move(self, z: Tensor, eps: Tensor, start: int, end: int) -> Tensor:
        """`z` at timestep `start` taken to `end` along the predicted noise, in either direction."""
        a, b = self.alpha(start), self.alpha(end)
        x0 = (z - (1 - a) ** 0.5 * eps) / a**0.5
        return b**0.5 * x0 + (1 - b) ** 0.5 * eps


def ddim_schedule(scheduler_config: dict, steps: int) -> Schedule:
    """`steps` timesteps over the betas of a diffusers scheduler config, one of `BETA_SCHEDULES`."""
    trained = int(scheduler_config.get("num_train_timesteps", 1000))
    start, end = scheduler_config.get("beta_start", 0.00085), scheduler_config.get("beta_end", 0.012)
    if scheduler_config.get("beta_schedule", "scaled_linear") == "scaled_linear":
        betas = torch.linspace(start**0.5, end**0.5, trained, dtype=torch.float64) ** 2
    else:
        betas = torch.linspace(start, end, trained, dtype=torch.float64)
    stride = trained // steps
    return Schedule(
        alphas_cumprod=tuple(torch.cumprod(1 - betas, 0).tolist()),
        timesteps=tuple(i * stride + 1 for i in range(steps)),
        stride=stride,
    )

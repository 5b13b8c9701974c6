"""The guided noise: the gradient of the energies with respect to the latent, added to the predicted noise.

DragonDiffusion section 3; regional SDE and time travel are DiffEditor's (Mou et al., CVPR 2024).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor

from dragbrush.engine.condition import Condition
from dragbrush.engine.energies import Energies, Maps
from dragbrush.engine.features import features_of, guided_blocks
from dragbrush.engine.gradients import gradients
from dragbrush.engine.schedule import Schedule

CELLS_PER_LATENT = 2
"""Feature cells along a latent cell; blocks are brought there by picking the nearest."""
ENERGY_UNIT = 1000.0
"""The released code's energies count in thousandths."""


def feature_grid(latent: Tensor) -> tuple[int, int]:
    """Rows and columns of the grid that energies of a latent (1, 4, h, w) are taken on."""
    return CELLS_PER_LATENT * latent.shape[-2], CELLS_PER_LATENT * latent.shape[-1]


def on_grid(features: Sequence[Tensor], latent: Tensor) -> Maps:
    """The blocks' outputs brought to the feature grid."""
    return tuple(F.interpolate(f, size=feature_grid(latent), mode="nearest") for f in features)


def observe(unet: UNet2DConditionModel, z: Tensor, t: int, condition: Condition) -> Maps:
    """The features of a latent on the feature grid; the network is left after the last observed block."""
    return on_grid(features_of(unet, z, t, condition, blocks=guided_blocks(unet)), z)


def guidance(
    unet: UNet2DConditionModel,
    z: Tensor,
    t: int,
    condition: Condition,
    energies: Energies,
    base: Maps,
    reference: Maps,
    *,
    edit: Tensor,
    keep: Tensor,
    scale: float,
) -> tuple[Tensor, Tensor]:
    """What is added to the noise (1, 4, h, w), and the energy there is.

    The gradient of E_edit counts inside `edit` and that of E_content inside `keep`, (1, 1, h, w) both; where the
    two are one and the same, one gradient of the sum does.
    """
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        e_edit, e_content = energies(observe(unet, z, t, condition), base, reference)
        energy = e_edit + e_content
        if edit is keep:
            added = gradients(energy, [z], network=unet.dtype)[0] * edit
        else:
            (by_edit,) = gradients(e_edit, [z], network=unet.dtype, keep_graph=True)
            (by_content,) = gradients(e_content, [z], network=unet.dtype)
            added = by_edit * edit + by_content * keep
    return ENERGY_UNIT * scale * added, energy.detach()


def guided_move(
    schedule: Schedule,
    z: Tensor,
    eps: Tensor,
    added: Tensor,
    t: int,
    *,
    eta: Tensor | float = 0.0,
    noise: Tensor | float = 0.0,
) -> Tensor:
    """One DDIM step down from `t`: the guided noise says where x0 is, the unguided one the direction back.

    `eta` (DiffEditor's regional SDE) is the share of the step's variance that is drawn anew from `noise`; it
    may differ from cell to cell.
    """
    a, b = schedule.alpha(t), schedule.alpha(t - schedule.stride)
    x0 = (z - (1 - a) ** 0.5 * (eps + added)) / a**0.5
    variance = (1 - b) / (1 - a) * (1 - a / b)
    sigma = eta * variance**0.5
    return b**0.5 * x0 + (1 - b - sigma**2) ** 0.5 * eps + sigma * noise

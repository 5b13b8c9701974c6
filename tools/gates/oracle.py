"""A drag that is told the answer: the features of the inverted true result are its goal.

It is no method; it says whether a model's features can carry an edit at all, whatever teaches them.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.bench.scores import Scores, score
from dragbrush.engine.components import Components
from dragbrush.engine.features import noise_and_features, supervised_block
from dragbrush.engine.field import Field
from dragbrush.engine.methods.dragdiffusion import Instruction, denoise
from dragbrush.engine.prepare import Prepared
from dragbrush.engine.preview import LatentPreview
from dragbrush.engine.supervision import background_loss, region_loss
from gates.trips import SETTINGS, Trip, as_picture, finished, prepared_for

ORACLE = replace(SETTINGS, latent_lr=0.03, n_pix_step=160)
FEATURE_WEIGHT = 10.0


def oracle_scores(components: Components, trip: Trip) -> Scores:
    """The result of dragging a case's inverted source to the features of its inverted truth, denoised and judged."""
    truth = prepared_for(components, trip.case.truth, trip.case.caption)
    instruction = _instruction(trip)
    dragged = drag_to(components, trip.prepared, truth.inversion.latents[-1], instruction.mask)
    preview = LatentPreview(trip.prepared.source.latent, trip.prepared.source.canvas)
    latent = finished(denoise(components, trip.prepared, instruction, ORACLE, dragged, preview))
    return score(trip.case, as_picture(components, latent))


def drag_to(components: Components, prepared: Prepared, goal_latent: Tensor, mask: Tensor) -> Tensor:
    """The inverted latent (1, 4, h, w) optimised inside `mask` (1, 1, h, w) until its features are the goal's."""
    t, condition, schedule = prepared.inversion.timesteps[-1], prepared.source.condition, prepared.source.schedule
    block = supervised_block(components.unet)

    def observe(z: Tensor) -> tuple[Tensor, Tensor]:
        eps, (features,) = noise_and_features(components.unet, z, t, condition, blocks=[block])
        assert eps is not None
        return schedule.move(z, eps, t, t - schedule.stride), features

    start = prepared.inversion.latents[-1]
    with torch.no_grad():
        first_previous, goal = observe(start)[0], observe(goal_latent)[1]
    region = F.interpolate(mask, size=goal.shape[-2:], mode="area")[0, 0]
    z = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([z], lr=ORACLE.latent_lr)
    for _ in range(ORACLE.n_pix_step):
        with torch.enable_grad():
            previous, features = observe(z)
            loss = FEATURE_WEIGHT * region_loss(features, goal, region)
            loss = loss + ORACLE.lam * background_loss(previous, first_previous, mask)
            optimiser.zero_grad()
            loss.backward()
        assert z.grad is not None
        z.grad *= mask
        optimiser.step()
    return z.detach()


def _instruction(trip: Trip) -> Instruction:
    """Only the mask counts for denoising; nothing is displaced."""
    latent = trip.prepared.source.latent
    height, width = latent.shape[-2:]
    mask = torch.from_numpy(trip.case.mask > 0).float()[None, None].to(latent)
    still = Field(torch.zeros(2, height, width), torch.zeros(height, width), torch.zeros(height, width).bool())
    return Instruction(
        handles=torch.empty(0, 2),
        targets=torch.empty(0, 2),
        mask=F.adaptive_max_pool2d(mask, (height, width)),
        field=still,
        warped=latent,
    )

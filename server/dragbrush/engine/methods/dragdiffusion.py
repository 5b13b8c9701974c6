"""DragDiffusion (Shi et al., CVPR 2024): the latent of one noisy step is optimised until the features have moved.

Every preset runs through here; the settings say what teaches, what holds the background and what is shared.
Handles and targets are canvas pixels (x, y) outside and cells (row, column) inside.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.edit import Step
from dragbrush.engine.attention import from_first_row, self_attention_layers, shared_attention
from dragbrush.engine.components import Components
from dragbrush.engine.features import features_of, noise_and_features, predict_noise, supervised_block
from dragbrush.engine.field import Field
from dragbrush.engine.gradients import gradients
from dragbrush.engine.identity import adapted
from dragbrush.engine.inversion import invert
from dragbrush.engine.prepare import Prepared, shared_from
from dragbrush.engine.preview import LatentPreview
from dragbrush.engine.supervision import background_loss, patch_loss, region_loss, sample
from dragbrush.engine.tracking import track
from dragbrush.errors import BadRequest
from dragbrush.presets import DragSettings

CELLS_PER_LATENT = 4
"""Supervision cells along a latent cell: the released code's half-resolution grid at a factor of 8."""
REACHED = 2.0
"""A handle is there when it is nearer than this, in supervision cells."""
REPORT_EVERY = 5
"""Updates between two readings of the loss where nothing else needs one; reading waits for the device."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What to drag, on the canvas."""

    handles: Tensor
    """(n, 2) canvas pixels (x, y)."""
    targets: Tensor
    mask: Tensor
    """(1, 1, h, w) on the latent grid, 1 where the edit may change things."""
    field: Field
    """The displacement field on the latent grid."""
    warped: Tensor
    """(1, 4, h, w): the latent of the canvas moved along the field, holes smoothly filled."""


def dragdiffusion(
    components: Components, prepared: Prepared, instruction: Instruction, settings: DragSettings, *, seed: int
) -> Generator[Step, None, Tensor]:
    """The edited canvas, (1, 3, H, W) in [0, 1]."""
    instruction = _to_device(instruction, components)
    with adapted(components.unet, prepared.identity):
        start = prepared.inversion.latents[-1]
        if settings.warm_start:
            start = yield from warm_started(
                components,
                prepared,
                instruction.warped,
                missing=_missing(instruction),
                mask=instruction.mask,
                strength=settings.inversion_strength,
                seed=seed,
            )
        preview = LatentPreview(prepared.source.latent, prepared.source.canvas)
        if settings.supervision == "field":
            dragged = yield from drag_region(components, prepared, instruction, settings, start)
        else:
            dragged = yield from drag_points(components, prepared, instruction, settings, start)
        latent = yield from denoise(components, prepared, instruction, settings, dragged, preview)
    yield Step("decode", 0, 1)
    edited = components.decode(latent)
    yield Step("decode", 1, 1)
    return edited


def drag_points(
    components: Components,
    prepared: Prepared,
    instruction: Instruction,
    settings: DragSettings,
    start: Tensor,
) -> Generator[Step, None, Tensor]:
    """Motion supervision and point tracking in turn (sections 3.1 and 3.2)."""
    source, unet, t = prepared.source, components.unet, prepared.inversion.timesteps[-1]
    schedule = source.schedule
    height, width = (side * CELLS_PER_LATENT for side in start.shape[-2:])
    pixel = components.factor / CELLS_PER_LATENT
    origins = _cells(instruction.handles, pixel, height, width)
    targets = _cells(instruction.targets, pixel, height, width).to(start.dtype)
    block = _supervised(components, settings)
    needs_eps = settings.background == "loss" and bool(instruction.mask.any())

    def observe(z: Tensor) -> tuple[Tensor | None, Tensor]:
        previous = None
        if needs_eps:
            eps, (features,) = noise_and_features(unet, z, t, source.condition, blocks=[block])
            previous = schedule.move(z, eps, t, t - schedule.stride)
        else:
            (features,) = features_of(unet, z, t, source.condition, blocks=[block])
        return previous, F.interpolate(features, size=(height, width), mode="bilinear", align_corners=False)

    with torch.no_grad():
        first_previous, first = observe(prepared.inversion.latents[-1])
    z = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([z], lr=settings.latent_lr)
    handles = origins
    for index in range(settings.n_pix_step):
        with torch.enable_grad():
            previous, features = observe(z)
        if index > 0:
            handles = track(first, features.detach(), origins, handles, radius=settings.r_p)
        distance = (targets - handles).norm(dim=1)
        if bool((distance < REACHED).all()):
            break
        with torch.enable_grad():
            loss = patch_loss(features, handles.to(z.dtype), targets, radius=settings.r_m, reached=REACHED)
            if previous is not None and first_previous is not None:
                loss = loss + settings.lam * background_loss(previous, first_previous, instruction.mask)
            (z.grad,) = gradients(loss, [z], network=unet.dtype)
        # Or their graph is kept until after the next pass.
        loss, features, previous = loss.detach(), features.detach(), None
        _update(optimiser, z, settings, instruction.mask)
        yield Step(
            "drag",
            index + 1,
            settings.n_pix_step,
            handles=tuple((float(x), float(y)) for y, x in ((handles + 0.5) * pixel - 0.5).tolist()),
            distance_px=float(distance.mean()) * pixel,
            loss=loss.item(),
        )
    return z.detach()


def drag_region(
    components: Components,
    prepared: Prepared,
    instruction: Instruction,
    settings: DragSettings,
    start: Tensor,
) -> Generator[Step, None, Tensor]:
    """The same optimisation, taught by the picture's first features carried along the field.

    All the selection is supervised except where the field has holes; nothing is tracked, because the field
    already says where everything belongs.
    """
    source, unet, t = prepared.source, components.unet, prepared.inversion.timesteps[-1]
    block = _supervised(components, settings)

    def observe(z: Tensor) -> Tensor:
        return features_of(unet, z, t, source.condition, blocks=[block])[0]

    with torch.no_grad():
        first = observe(prepared.inversion.latents[-1])
    field = instruction.field.resized(*first.shape[-2:])
    taught = sample(first, field.source_cells().to(first.device))[None]
    region = F.interpolate(instruction.mask, size=first.shape[-2:], mode="area")[0, 0]
    region = region * ~field.hole.to(first.device)
    free = instruction.mask * (1 - _missing(instruction))
    z = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([z], lr=settings.latent_lr)
    for index in range(settings.n_pix_step):
        with torch.enable_grad():
            loss = region_loss(observe(z), taught, region)
            (z.grad,) = gradients(loss, [z], network=unet.dtype)
        loss = loss.detach()  # or its graph is kept until after the next pass
        # What nothing teaches stays: a hole left free would be bent to serve its neighbours' features.
        _update(optimiser, z, settings, free)
        reading = loss.item() if index % REPORT_EVERY == 0 else None
        yield Step("drag", index + 1, settings.n_pix_step, loss=reading)
    return z.detach()


def _update(optimiser: torch.optim.Optimizer, z: Tensor, settings: DragSettings, free: Tensor) -> None:
    """A step of the optimiser; under "gradient_mask" only where `free` (1, 1, h, w) is 1."""
    if settings.background == "gradient_mask" and z.grad is not None:
        z.grad *= free
    optimiser.step()


@torch.no_grad()
def denoise(
    components: Components,
    prepared: Prepared,
    instruction: Instruction,
    settings: DragSettings,
    dragged: Tensor,
    preview: LatentPreview,
) -> Generator[Step, None, Tensor]:
    """Back to the picture's latent, looking up keys and values in the source (section 3.4).

    "row" denoises the source beside the edit; "bank" uses what the inversion recorded, and puts the source's
    own trajectory back outside the mask after every step.
    """
    source, unet, inversion = prepared.source, components.unet, prepared.inversion
    schedule, first_layer = source.schedule, shared_from(components, settings)
    by_row = settings.keys_values == "row"
    condition = source.condition
    if not by_row:
        condition = condition.with_hole(instruction.warped, _missing(instruction))
    z = torch.cat([inversion.latents[-1], dragged]) if by_row else dragged
    for index, t in enumerate(reversed(inversion.timesteps)):
        rule = from_first_row if by_row else inversion.bank.replaying(t)
        if index >= settings.start_step:
            with shared_attention(unet, first_layer, rule):
                eps = predict_noise(unet, z, t, condition)
        else:
            eps = predict_noise(unet, z, t, condition)
        end = t - schedule.stride
        x0 = schedule.move(z, eps, t, -1)
        z = schedule.move(z, eps, t, end)
        if not by_row:
            left = len(inversion.timesteps) - index - 1
            kept = inversion.latents[left - 1] if left else source.latent
            z = torch.lerp(kept, z, instruction.mask)
        yield Step("denoise", index + 1, len(inversion.timesteps), preview=preview(x0[-1:]))
    return z[-1:]


def warm_started(
    components: Components,
    prepared: Prepared,
    warped: Tensor,
    *,
    missing: Tensor,
    mask: Tensor,
    strength: float,
    seed: int,
) -> Generator[Step, None, Tensor]:
    """The warped picture inverted: everything is where it should be, and what is missing is noise.

    Missing cells (1, 1, h, w) begin as noise on the warped picture's smooth filling, at the noise level of the
    edited latent, so that the model draws them anew.
    """
    source = prepared.source
    inverted = yield from invert(
        components.unet,
        source.schedule,
        warped,
        source.condition,
        strength=strength,
        first_layer=len(self_attention_layers(components.unet)),
        phase="warp",
    )
    noise = torch.randn(warped.shape, generator=torch.Generator().manual_seed(seed))
    a = source.schedule.alpha(inverted.timesteps[-1])
    fresh = a**0.5 * warped + (1 - a) ** 0.5 * noise.to(warped)
    start = torch.lerp(inverted.latents[-1], fresh, missing)
    return torch.lerp(prepared.inversion.latents[-1], start, mask)


def _supervised(components: Components, settings: DragSettings) -> int:
    """The block whose features are supervised."""
    last = len(components.unet.up_blocks)
    if settings.unet_feature_idx is None:
        return supervised_block(components.unet)
    if settings.unet_feature_idx > last:
        raise BadRequest(f"unet_feature_idx is {settings.unet_feature_idx}; this model has blocks 0 to {last}.")
    return settings.unet_feature_idx


def _missing(instruction: Instruction) -> Tensor:
    """(1, 1, h, w), 1 in holes and in the resting cells along them, which still show what has left."""
    hole = instruction.field.hole[None, None].to(instruction.warped)
    resting = (instruction.field.moved < 0.5)[None, None].to(instruction.warped)
    return F.max_pool2d(hole, 3, stride=1, padding=1) * resting


def _cells(points: Tensor, pixel: float, height: int, width: int) -> Tensor:
    """Whole supervision cells (row, column) of canvas points (x, y), inside the grid."""
    cells = (points.flip(1) / pixel).round().long()
    limit = torch.tensor([height - 1, width - 1], device=points.device)
    return torch.minimum(cells.clamp_min(0), limit)


def _to_device(instruction: Instruction, components: Components) -> Instruction:
    def move(x: Tensor) -> Tensor:
        return x.to(components.device, components.dtype)

    return replace(
        instruction,
        handles=instruction.handles.to(components.device),
        targets=instruction.targets.to(components.device),
        mask=move(instruction.mask),
        warped=move(instruction.warped),
    )

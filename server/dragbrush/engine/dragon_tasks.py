"""DragonDiffusion's tasks as data: where noise begins, what the energies compare, what is looked up, and where.

Places and points are pixels of canvases (x, y) outside and cells (row, column) inside.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

import torch
import torch.nn.functional as F
from torch import Tensor

from dragbrush.dragon_presets import DragonSettings
from dragbrush.engine.attention import Rule
from dragbrush.engine.energies import AppearanceEnergies, DragEnergies, Energies, MoveEnergies, PasteEnergies
from dragbrush.engine.field import Field
from dragbrush.engine.guidance import feature_grid
from dragbrush.engine.inversion import Inversion
from dragbrush.engine.sharing import appended, by_object, gathered
from dragbrush.engine.transform import Placement, cells_of, vacated

BLOCK_RADIUS = 1
"""Content drag compares, and copies, blocks of 3 x 3 cells."""


@dataclass(frozen=True, slots=True)
class Move:
    """An object shifted, resized, turned or mirrored inside its picture."""

    placement: Placement
    mask: Tensor
    """(1, 1, h, w) on the latent grid, 1 where the edit may change things."""
    warped: Tensor
    """(1, 4, h, w): the latent of the canvas with the object there, and what it left smoothly filled."""
    filled: Tensor
    """(1, 4, h, w): the same without the object."""

    def without_object(self) -> "Move":
        """The same picture with the object gone."""
        return replace(self, placement=self.placement.gone(), warped=self.filled)


@dataclass(frozen=True, slots=True)
class Paste:
    """An object of another picture brought into this one."""

    placement: Placement
    """Its mask lies on the other picture's canvas."""
    mask: Tensor
    warped: Tensor
    """(1, 4, h, w): the latent of the canvas with the object's pixels there."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """An object gets the look of one in another picture."""

    object: Tensor
    """(H, W) in [0, 1]."""
    reference: Tensor
    """(H0, W0) in [0, 1], on the other picture's canvas."""
    mask: Tensor
    warped: Tensor
    """(1, 4, h, w): the latent of the canvas with the object in the look that its colours get without a model."""


@dataclass(frozen=True, slots=True)
class ContentDrag:
    """What is round the handles is wanted round their targets."""

    handles: Tensor
    """(n, 2) canvas pixels (x, y)."""
    targets: Tensor
    size: tuple[int, int]
    """(H, W) of the canvas."""
    mask: Tensor
    field: Field
    """The displacement field on the latent grid."""
    warped: Tensor


Instruction = Move | Paste | Appearance | ContentDrag


@dataclass(frozen=True, slots=True)
class Task:
    """What the guided denoising needs to know of an edit. Maps are (1, 1, h, w) on the latent grid."""

    start: Tensor
    """The edited picture's last inverted latent with the object's noise at its place."""
    warped: Tensor
    """(1, 4, h, w): a rough result, to begin from when warm started."""
    missing: Tensor
    """1 where the rough result is only a filling."""
    energies: Energies
    edit: Tensor
    """1 where E_edit acts."""
    keep: Tensor
    """1 where E_content acts."""
    free: Tensor
    """1 where anything may change."""
    drawn_anew: Tensor
    """1 where regional SDE draws new noise."""
    rule: Callable[[int], Rule]
    """The keys and values that the steps which look up use, by timestep."""


def task_of(instruction: Instruction, base: Inversion, reference: Inversion, settings: DragonSettings) -> Task:
    """The task of an instruction. `reference`: the inversion of the picture that the object or look comes from."""
    match instruction:
        case Move():
            return _move(instruction, base, settings)
        case Paste():
            return _paste(instruction, base, reference, settings)
        case Appearance():
            return _appearance(instruction, base, reference, settings)
        case ContentDrag():
            return _drag(instruction, base, settings)
        case _:
            assert_never(instruction)


def _move(move: Move, base: Inversion, settings: DragonSettings) -> Task:
    latent = base.source
    device, size, grid = latent.device, _size(latent), feature_grid(latent)
    org, placed = move.placement.mask, move.placement.placed()
    here, was = cells_of(placed, *grid), cells_of(org, *grid)
    latent_org, latent_cur = (_map(cells_of(mask, *size), latent) for mask in (org, placed))
    return Task(
        start=carried_noise(base.latents[-1], base.latents[-1], move.placement.sources(size, size), latent_cur),
        warped=move.warped,
        missing=_map(vacated(org, *size), latent) * (1 - latent_cur),
        energies=MoveEnergies(
            sources=move.placement.sources(grid, grid).to(device),
            cur=here.to(latent),
            non_overlap=(was & ~here).to(latent),
            other=(~(was | here)).to(latent),
            w_edit=settings.w_edit,
            w_content=settings.w_content,
            w_contrast=settings.w_contrast,
            w_inpaint=settings.w_inpaint,
        ),
        **_acting(settings, latent_cur, move.mask),
        drawn_anew=torch.maximum(latent_org, latent_cur),
        rule=_rule(settings, base, base, org=org, cur=placed, left=org),
    )


def _paste(paste: Paste, base: Inversion, reference: Inversion, settings: DragonSettings) -> Task:
    latent, placement = base.source, paste.placement
    size, of, grid = _size(latent), _size(reference.source), feature_grid(latent)
    placed = placement.placed()
    here = cells_of(placed, *grid)
    cur = _map(cells_of(placed, *size), latent)
    return Task(
        start=carried_noise(base.latents[-1], reference.latents[-1], placement.sources(size, of), cur),
        warped=paste.warped,
        missing=torch.zeros_like(cur),
        energies=PasteEnergies(
            sources=placement.sources(grid, feature_grid(reference.source)).to(latent.device),
            cur=here.to(latent),
            other=(~here).to(latent),
            w_edit=settings.w_edit,
            w_content=settings.w_content,
        ),
        **_acting(settings, cur, paste.mask),
        drawn_anew=cur,
        rule=_rule(settings, base, reference, org=placement.mask, cur=placed, left=placed),
    )


def _appearance(swap: Appearance, base: Inversion, reference: Inversion, settings: DragonSettings) -> Task:
    latent, grid = base.source, feature_grid(base.source)
    here = cells_of(swap.object, *grid)
    cur = _map(cells_of(swap.object, *_size(latent)), latent)
    return Task(
        start=base.latents[-1],
        warped=swap.warped,
        missing=torch.zeros_like(cur),
        energies=AppearanceEnergies(
            cur=here.to(latent),
            other=(~here).to(latent),
            reference=cells_of(swap.reference, *feature_grid(reference.source)).to(latent),
            w_edit=settings.w_edit,
            w_content=settings.w_content,
        ),
        **_acting(settings, cur, swap.mask),
        drawn_anew=cur,
        rule=_rule(settings, base, reference, org=swap.reference, cur=swap.object, left=swap.object),
    )


def _drag(drag: ContentDrag, base: Inversion, settings: DragonSettings) -> Task:
    latent, size, grid = base.source, _size(base.source), feature_grid(base.source)
    sources, targets = (blocks(points, drag.size, grid) for points in (drag.handles, drag.targets))
    outside = F.interpolate(drag.mask, size=grid)[0, 0] <= 0
    held = drag.field.hole[None, None].to(latent)
    return Task(
        start=copied_blocks(base.latents[-1], *(blocks(p, drag.size, size) for p in (drag.handles, drag.targets))),
        warped=drag.warped,
        missing=held,
        energies=DragEnergies(
            sources=sources.to(latent.device),
            targets=targets.to(latent.device),
            left=_left(sources, targets).to(latent),
            other=outside.to(latent),
            w_edit=settings.w_edit,
            w_content=settings.w_content,
            w_inpaint=settings.w_inpaint,
        ),
        **_acting(settings, drag.mask, drag.mask),
        drawn_anew=drag.mask,
        rule=_rule(
            settings, base, base, org=torch.zeros(drag.size), cur=torch.zeros(drag.size), left=torch.zeros(drag.size)
        ),
    )


def _acting(settings: DragonSettings, edit: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """Where the energies act, and where anything may change: by the released rule, or both inside the selection."""
    if settings.hold == "trajectory":
        return {"edit": mask, "keep": mask, "free": mask}
    return {"edit": edit, "keep": 1 - edit, "free": mask}


def _rule(
    settings: DragonSettings, base: Inversion, reference: Inversion, *, org: Tensor, cur: Tensor, left: Tensor
) -> Callable[[int], Rule]:
    of_base, of_reference, device = base.bank, reference.bank, base.source.device
    org, cur, left = (mask.to(device) for mask in (org, cur, left))
    match settings.lookup:
        case "replace":
            return of_base.replaying
        case "append":
            return lambda t: appended(of_base, t)
        case "gather":
            return lambda t: gathered([(of_base, cur < 0.5), (of_reference, org >= 0.5)], t)
        case "object":
            return lambda t: by_object(of_base, of_reference, t, org=org, cur=cur, left=left)
        case _:
            assert_never(settings.lookup)


def carried_noise(base: Tensor, reference: Tensor, sources: Tensor, cur: Tensor) -> Tensor:
    """The latent `base` with, inside `cur`, the nearest values of `reference`: mixing them would not be noise."""
    rows, cols = sources.round().long().to(base.device).unbind(-1)
    rows, cols = rows.clamp(0, reference.shape[-2] - 1), cols.clamp(0, reference.shape[-1] - 1)
    return torch.lerp(base, reference[:, :, rows, cols], cur)


def copied_blocks(latent: Tensor, sources: Tensor, targets: Tensor) -> Tensor:
    """The latent with the cells (points, rows, columns, 2) of the sources copied onto the targets."""
    result = latent.clone()
    (from_rows, from_cols), (rows, cols) = (cells.to(latent.device).unbind(-1) for cells in (sources, targets))
    result[:, :, rows, cols] = latent[:, :, from_rows, from_cols]
    return result


def blocks(points: Tensor, size: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """The cells (row, column) round points (n, 2) of a canvas of `size`: (n, 3, 3, 2) whole cells inside the grid."""
    scale = torch.tensor([grid[1] / size[1], grid[0] / size[0]])
    middle = ((points.cpu() + 0.5) * scale - 0.5).round().long().flip(-1)
    middle = middle.clamp(torch.tensor(BLOCK_RADIUS), torch.tensor(grid) - 1 - BLOCK_RADIUS)
    offset = torch.arange(-BLOCK_RADIUS, BLOCK_RADIUS + 1)
    return middle[:, None, None] + torch.stack(torch.meshgrid(offset, offset, indexing="ij"), dim=-1)


def _left(sources: Tensor, targets: Tensor) -> Tensor:
    """(n, 3, 3): 1 for the cells of each source block that its target block does not hold."""
    return ((sources - targets[:, 1:2, 1:2]).abs().amax(-1) > BLOCK_RADIUS).float()


def _size(latent: Tensor) -> tuple[int, int]:
    return latent.shape[-2], latent.shape[-1]


def _map(region: Tensor, latent: Tensor) -> Tensor:
    """(h, w) bool as (1, 1, h, w) numbers beside a latent."""
    return region[None, None].to(latent)

"""DragonDiffusion's energies: how far a latent's features are from the wanted ones (Mou et al., ICLR 2024).

The symbols are the paper's (section 3); the weights, and which energies a task has, are the released code's.
Feature maps are (1, c, h, w), one for each observed block, all on one grid; regions are (h, w), 0 or 1. A region
without cells has no gradient.
"""

from dataclasses import dataclass
from typing import Protocol

import torch.nn.functional as F
from torch import Tensor

from dragbrush.engine.supervision import sample

Maps = tuple[Tensor, ...]


def S(a: Tensor, b: Tensor) -> Tensor:
    """Cosine similarity of the feature vectors of two maps, cell by cell: (h, w) in [-1, 1]."""
    return F.cosine_similarity(a, b, dim=1)[0]


def Sn(a: Tensor, b: Tensor) -> Tensor:
    """The same in [0, 1]."""
    return (S(a, b) + 1) / 2


def g(w: float, s: Tensor) -> Tensor:
    """Energy of weight `w` that falls, ever more slowly, as the similarity `s` rises."""
    return w / (1 + 4 * s)


def mean_over(region: Tensor, values: Tensor) -> Tensor:
    """The mean of (..., h, w) over a region (h, w), (...); 0 where the region is empty."""
    return (values * region).sum((-2, -1)) / region.sum().clamp_min(1)


def vector_of(region: Tensor, features: Tensor) -> Tensor:
    """The mean feature vector of a region as a map of one cell, (1, c, 1, 1)."""
    return mean_over(region, features)[..., None, None]


def carried(features: Tensor, sources: Tensor) -> Tensor:
    """The map whose every cell has the feature found at its source: `sources` (h, w, 2), cells (row, column)."""
    return sample(features, sources.to(features.device))[None]


class Energies(Protocol):
    """The energies of one task, on one grid."""

    def __call__(self, now: Maps, base: Maps, reference: Maps) -> tuple[Tensor, Tensor]:
        """E_edit and E_content of the latent's features `now`.

        `base`: features of the edited picture's inversion at the same timestep; `reference`: those of the
        picture that the object comes from, on its own grid, which may be the same picture.
        """
        ...


@dataclass(frozen=True, slots=True)
class MoveEnergies:
    """An object is elsewhere in its own picture, and the place it left looks like its surroundings."""

    sources: Tensor
    """(h, w, 2): the cell whose content each cell is to have."""
    cur: Tensor
    """Where the object is to be."""
    non_overlap: Tensor
    """Where it was and will not be."""
    other: Tensor
    """Neither."""
    w_edit: float
    w_content: float
    w_contrast: float
    w_inpaint: float

    def __call__(self, now: Maps, base: Maps, reference: Maps) -> tuple[Tensor, Tensor]:
        edit = content = contrast = inpaint = now[0].new_zeros(())
        for f, f_base, f_ref in zip(now, base, reference, strict=True):
            edit = edit + g(self.w_edit, mean_over(self.cur, S(f, carried(f_ref, self.sources))))
            content = content + g(self.w_content, mean_over(self.other, S(f_base, f)))
            contrast = contrast + self.w_contrast * mean_over(self.non_overlap, Sn(f, f_base))
            vacated, surroundings = vector_of(self.non_overlap, f), vector_of(self.other, f_base)
            inpaint = inpaint + g(self.w_inpaint, Sn(vacated, surroundings)).sum()
        layers = len(now)
        return edit / layers, content / layers + contrast / layers + inpaint


@dataclass(frozen=True, slots=True)
class PasteEnergies:
    """An object of another picture is at a place of this one."""

    sources: Tensor
    """(h, w, 2): the cell of the reference whose content each cell is to have."""
    cur: Tensor
    other: Tensor
    w_edit: float
    w_content: float

    def __call__(self, now: Maps, base: Maps, reference: Maps) -> tuple[Tensor, Tensor]:
        edit = content = now[0].new_zeros(())
        for f, f_base, f_ref in zip(now, base, reference, strict=True):
            edit = edit + g(self.w_edit, mean_over(self.cur, Sn(f, carried(f_ref, self.sources))))
            content = content + g(self.w_content, mean_over(self.other, Sn(f, f_base)))
        return edit / len(now), content / len(now)


@dataclass(frozen=True, slots=True)
class AppearanceEnergies:
    """An object has the mean features, and so the look, of an object in another picture."""

    cur: Tensor
    other: Tensor
    reference: Tensor
    """The other object's cells on the reference's grid."""
    w_edit: float
    w_content: float

    def __call__(self, now: Maps, base: Maps, reference: Maps) -> tuple[Tensor, Tensor]:
        edit = content = now[0].new_zeros(())
        for f, f_base, f_ref in zip(now, base, reference, strict=True):
            look, wanted = vector_of(self.cur, f), vector_of(self.reference, f_ref)
            edit = edit + g(self.w_edit, Sn(look, wanted)).sum()
            content = content + g(self.w_content, mean_over(self.other, Sn(f, f_base)))
        return edit / len(now), content / len(now)


@dataclass(frozen=True, slots=True)
class DragEnergies:
    """The blocks of cells round some points are found round their targets."""

    sources: Tensor
    """(points, rows, columns, 2): the cells (row, column) round each point."""
    targets: Tensor
    """The cells they are wanted at, in the same order."""
    left: Tensor
    """(points, rows, columns): 1 for cells round a point that are not round its target."""
    other: Tensor
    """(h, w): what the edit is to keep."""
    w_edit: float
    w_content: float
    w_inpaint: float

    def __call__(self, now: Maps, base: Maps, reference: Maps) -> tuple[Tensor, Tensor]:
        edit = content = now[0].new_zeros(())
        for f, f_base in zip(now, base, strict=True):
            for source, target, left in zip(self.sources, self.targets, self.left, strict=True):
                taught, found, stays = carried(f_base, source), carried(f, target), carried(f, source)
                edit = edit + g(self.w_edit, Sn(found, taught).mean())
                edit = edit + self.w_inpaint * mean_over(left, Sn(stays, taught))
            content = content + g(self.w_content, mean_over(self.other, Sn(f, f_base)))
        return edit / (len(now) * len(self.sources)), content / len(now)

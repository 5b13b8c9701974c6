"""A moved object and the completed background as two layers, for editors that keep both editable.

The object's colours are premultiplied by its alpha, so that laying it over the background is a sum.
"""

from dataclasses import dataclass

from torch import Tensor

from dragbrush.engine.transform import Placement


@dataclass(frozen=True, slots=True)
class Layers:
    """Two layers of one size, (c, H, W) in [0, 1]."""

    background: Tensor
    """(3, H, W): the picture without the object."""
    object: Tensor
    """(3, H, W), premultiplied."""
    alpha: Tensor
    """(1, H, W)."""

    def flattened(self) -> Tensor:
        """(3, H, W): the object over the background."""
        return self.object + (1 - self.alpha) * self.background

    def straight(self) -> Tensor:
        """(3, H, W): the object's colours, not premultiplied; 0 where there is none of it."""
        return self.object / self.alpha.clamp_min(1e-6)


def lifted(picture: Tensor, background: Tensor, mask: Tensor) -> Tensor:
    """(3, H, W): the object alone, premultiplied: what of `picture` its mask (H, W) does not leave to `background`.

    Inverts the "over" of Porter & Duff 1984, section 4, so that laid back where it was it gives the picture again,
    and mixed pixels along its outline do not carry the old background along.
    """
    return (picture - (1 - mask) * background).clamp_min(0).minimum(mask)


def moved_layers(picture: Tensor, background: Tensor, placement: Placement) -> Layers:
    """The object of `picture` (3, H, W) carried to its place by its own pixels, over the completed background."""
    mask = placement.mask.to(picture)
    return Layers(background, placement.carry(lifted(picture, background, mask)), placement.carry(mask[None]))


def parted(edited: Tensor, background: Tensor, placed: Tensor) -> Layers:
    """The layers of a picture with a drawn object, (3, H, W), whose place (H, W) is known."""
    behind = background * (placed > 0) + edited * (placed <= 0)
    return Layers(behind, lifted(edited, behind, placed), placed[None])

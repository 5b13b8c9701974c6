"""A drawn object and what is behind it as two layers, for editors that keep both editable.

The object's colours are premultiplied by its alpha, so that laying it over the background is a sum.
"""

from dataclasses import dataclass

from torch import Tensor


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


def lifted(picture: Tensor, background: Tensor, mask: Tensor) -> Tensor:
    """(3, H, W): the object alone, premultiplied: what of `picture` its mask (H, W) does not leave to `background`.

    Inverts the "over" of Porter & Duff 1984, section 4, so that laid over the background it gives the picture again.
    """
    return (picture - (1 - mask) * background).clamp_min(0).minimum(mask)


def parted(edited: Tensor, background: Tensor, placed: Tensor) -> Layers:
    """The layers of a picture with a drawn object, (3, H, W), whose place (H, W) is known."""
    behind = background * (placed > 0) + edited * (placed <= 0)
    return Layers(behind, lifted(edited, behind, placed), placed[None])

"""A rough edit of the layer, from which the model starts and whose fine detail it keeps where it agrees."""

from dataclasses import dataclass

from torch import Tensor

from dragbrush.compose import DrawnLayer, Rows, as_array, as_tensor, drawn_layer, free_cells, picture_rows
from dragbrush.edits.workshop import Wish, guided
from dragbrush.engine.components import Components
from dragbrush.imaging import Fit, Mask, Picture, mask_on_canvas, read_canvas, seam_offset


@dataclass(frozen=True, slots=True)
class Rough:
    """A rough edit, what it may have changed, and the crop that the model is shown of it."""

    picture: Picture
    selection: Mask
    fit: Fit
    latent: Tensor
    """(1, 4, h, w)"""

    @classmethod
    def encoded(cls, components: Components, picture: Picture, selection: Mask, fit: Fit) -> "Rough":
        return cls(picture, selection, fit, components.encode(as_tensor(read_canvas(picture, fit)[0]))[0])

    @property
    def free(self) -> Tensor:
        """(1, 1, h, w) cells that may change."""
        return free_cells(self.selection, self.fit, self.latent)

    def offset(self, source: Rows, edited: Rows) -> Rows:
        """What takes the model's colour cast back; both canvases (H, W, 3)."""
        return seam_offset(source, edited, mask_on_canvas(self.selection, self.fit))

    def drawn(self, components: Components, wish: Wish, source: Rows, edited: Rows) -> DrawnLayer:
        """The layer of the model's canvas. `source` and `edited`: (H, W, 3)."""
        return drawn_layer(
            picture_rows(self.picture, self.fit),
            self.fit,
            edited,
            as_array(components.decode(self.latent)),
            offset=self.offset(source, edited),
            carry_detail=guided(wish).carry_detail,
        )

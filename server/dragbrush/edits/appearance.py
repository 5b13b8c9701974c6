"""An object of a picture gets the look of one in another picture."""

from collections.abc import Generator
from dataclasses import dataclass

import torch

from dragbrush.compose import as_array, picture_rows
from dragbrush.edit import Step
from dragbrush.edits.paste import check_reference
from dragbrush.edits.rough import Rough
from dragbrush.edits.workshop import Edited, Wish, Workshop, guided
from dragbrush.engine.dragon_tasks import Appearance
from dragbrush.engine.methods.dragondiffusion import dragondiffusion
from dragbrush.engine.prepare import Prepared
from dragbrush.imaging import (
    Fit,
    Mask,
    Picture,
    check_object_mask,
    fit_edit,
    mask_box,
    mask_on_canvas,
    paste,
    read_canvas,
)
from dragbrush.look import Worn, worn_rows
from dragbrush.placing import object_mask
from dragbrush.report import Recorder

_GRID_SIDE, _GRID_MULTIPLE = 64, 8
"""Of the grid that looks are compared on: every pixel of one object with every pixel of the other."""


@dataclass(frozen=True, slots=True)
class AppearanceEdit:
    """A checked request."""

    picture: Picture
    mask: Mask
    """The object."""
    reference: Picture
    look: Mask
    """The object there."""

    @classmethod
    def checked(cls, picture: Picture, mask: Mask, reference: Picture, reference_mask: Mask | None) -> "AppearanceEdit":
        """Raises `BadRequest` for masks that cannot be used."""
        check_object_mask(mask, picture.size, whole="The mask selects the whole picture; select one object.")
        check_reference(reference, reference_mask)
        return cls(picture, mask, reference, object_mask(reference, reference_mask))

    def instant(self, recorder: Recorder) -> Generator[Step, None, Edited]:
        yield Step("warp", 0, 1)
        fit = recorder.fit = _grid_fit(self.picture, self.mask)
        worn = self._worn(fit)
        yield Step("warp", 1, 1)
        result = paste(self.picture, fit, worn, self.mask)
        yield Step("paste", 1, 1)
        return Edited(result, self.mask)

    def prepared(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Prepared]:
        return (yield from self._prepared(workshop, wish, recorder))[2]

    def _prepared(
        self, workshop: Workshop, wish: Wish, recorder: Recorder
    ) -> Generator[Step, None, tuple[Fit, Fit, Prepared, Prepared]]:
        """The crops of the picture and of the reference, and both prepared."""
        yield from workshop.opened()
        fit = recorder.fit = workshop.fit(self.picture, mask_box(self.mask))
        reference_fit = workshop.fit(self.reference, mask_box(self.look))
        prepared = yield from workshop.prepared(self.picture, fit, wish, recorder)
        reference = yield from workshop.prepared(self.reference, reference_fit, wish, recorder, prompt="")
        return fit, reference_fit, prepared, reference

    def drawn(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Edited]:
        fit, reference_fit, prepared, reference = yield from self._prepared(workshop, wish, recorder)
        components = workshop.components
        grid = _grid_fit(self.picture, self.mask)
        worn = paste(self.picture, grid, self._worn(grid), self.mask)
        rough = Rough.encoded(components, worn, self.mask, fit)
        instruction = Appearance(
            torch.from_numpy(mask_on_canvas(self.mask, fit)),
            torch.from_numpy(mask_on_canvas(self.look, reference_fit)),
            rough.free,
            rough.latent,
        )
        edited = yield from dragondiffusion(
            components, prepared, instruction, guided(wish), seed=wish.seed, reference=reference
        )
        yield Step("paste", 0, 1)
        layer = rough.drawn(components, wish, as_array(prepared.source.canvas), as_array(edited))
        result = paste(self.picture, fit, layer, self.mask)
        yield Step("paste", 1, 1)
        return Edited(result, self.mask)

    def _worn(self, fit: Fit) -> Worn:
        """The crop with the object in the look that it has there."""
        other = _grid_fit(self.reference, self.look)
        return worn_rows(
            picture_rows(self.picture, fit),
            fit.crop_size,
            read_canvas(self.picture, fit)[0],
            mask_on_canvas(self.mask, fit),
            read_canvas(self.reference, other)[0],
            mask_on_canvas(self.look, other),
        )


def _grid_fit(picture: Picture, mask: Mask) -> Fit:
    return fit_edit(picture.size, mask_box(mask), (), canvas_area_side=_GRID_SIDE, multiple=_GRID_MULTIPLE)

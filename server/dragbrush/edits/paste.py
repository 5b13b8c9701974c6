"""An object of another picture brought into this one."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch

from dragbrush.compose import as_array, as_tensor, picture_rows
from dragbrush.edit import Point, Step, Transform
from dragbrush.edits.rough import Rough
from dragbrush.edits.workshop import Edited, Wish, Workshop, guided
from dragbrush.engine.cast import fitted_shadow
from dragbrush.engine.dragon_tasks import Paste
from dragbrush.engine.methods.dragondiffusion import dragondiffusion
from dragbrush.engine.methods.expected_light import expected_light
from dragbrush.engine.prepare import Prepared
from dragbrush.engine.transform import Placement
from dragbrush.errors import BadRequest
from dragbrush.imaging import (
    Fit,
    Mask,
    Picture,
    check_object_mask,
    mask_box,
    mask_on_canvas,
    paste,
    read_canvas,
    widened,
)
from dragbrush.placing import (
    Laid,
    Matrix,
    between_canvases,
    box_after,
    cut_out,
    matrix_of,
    middle_of,
    object_mask,
)
from dragbrush.report import Recorder
from dragbrush.shadow import Shaded, shaded_mask

_EDGE_PX = 2
"""Reach of what the model may change round the object, in canvas pixels."""


@dataclass(frozen=True, slots=True)
class PasteEdit:
    """A checked request."""

    picture: Picture
    reference: Picture
    """The picture that the object comes from."""
    mask: Mask | None
    """Selects the object there; None: its alpha does."""
    object: Mask
    """What that selects."""
    matrix: Matrix
    """Takes it to its place."""

    @classmethod
    def checked(
        cls, picture: Picture, reference: Picture, mask: Mask | None, at: Point, transform: Transform
    ) -> "PasteEdit":
        """Raises `BadRequest` for an object or a place that cannot be used."""
        check_reference(reference, mask)
        selected = object_mask(reference, mask)
        edit = cls(picture, reference, mask, selected, matrix_of(transform, middle_of(selected), at))
        if box_after(mask_box(edit.object), edit.matrix, picture.size) is None:
            raise BadRequest(
                f"At {at[0]:g}, {at[1]:g} the object would lie wholly outside the picture of {picture.width} x "
                f"{picture.height} pixels; choose a place inside."
            )
        return edit

    def instant(self, recorder: Recorder) -> Generator[Step, None, Edited]:
        yield Step("warp", 0, 1)
        laid = self._laid()
        covered = laid.covered()
        yield Step("warp", 1, 1)
        result = laid.over(self.picture, covered)
        yield Step("paste", 1, 1)
        return Edited(result, covered)

    def prepared(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Prepared]:
        return (yield from self._prepared(workshop, wish, recorder))[2]

    def _prepared(
        self, workshop: Workshop, wish: Wish, recorder: Recorder
    ) -> Generator[Step, None, tuple[Fit, Fit, Prepared, Prepared]]:
        """The crops of the picture and of the reference, and both prepared."""
        yield from workshop.opened()
        box = box_after(mask_box(self.object), self.matrix, self.picture.size)
        assert box is not None
        fit = recorder.fit = workshop.fit(self.picture, box)
        reference_fit = workshop.fit(self.reference, mask_box(self.object))
        prepared = yield from workshop.prepared(self.picture, fit, wish, recorder)
        reference = yield from workshop.prepared(self.reference, reference_fit, wish, recorder, prompt="")
        return fit, reference_fit, prepared, reference

    def drawn(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Edited]:
        fit, reference_fit, prepared, reference = yield from self._prepared(workshop, wish, recorder)
        components = workshop.components
        laid = self._laid()
        covered = laid.covered()
        pasted, selection = laid.over(self.picture, covered), widened(covered, _EDGE_PX * fit.scale)
        placement = Placement(
            torch.from_numpy(mask_on_canvas(self.object, reference_fit)),
            torch.from_numpy(between_canvases(self.matrix, reference_fit, fit)),
            (fit.canvas_height, fit.canvas_width),
        )
        if guided(wish).cast_shadow:
            latent = components.encode(as_tensor(read_canvas(pasted, fit)[0]))[0]
            light = yield from expected_light(components, prepared.source, latent, seed=wish.seed)
            shadow = fitted_shadow(light.cpu(), placement.placed()).numpy()[:, :, None]
            shaded = shaded_mask(shadow, fit, self.picture.size)
            pasted = paste(pasted, fit, Shaded(picture_rows(pasted, fit), fit.crop_size, shadow), shaded)
            selection = np.maximum(selection, shaded)
        rough = Rough.encoded(components, pasted, selection, fit)
        instruction = Paste(placement, rough.free, rough.latent)
        edited = yield from dragondiffusion(
            components, prepared, instruction, guided(wish), seed=wish.seed, reference=reference
        )
        yield Step("paste", 0, 1)
        layer = rough.drawn(components, wish, as_array(prepared.source.canvas), as_array(edited))
        result = paste(self.picture, fit, layer, selection)
        yield Step("paste", 1, 1)
        return Edited(result, selection)

    def _laid(self) -> Laid:
        return Laid(cut_out(self.reference, self.mask), self.matrix, self.picture.size)


def check_reference(reference: Picture, mask: Mask | None) -> None:
    """Raises `BadRequest` where neither mask nor alpha says what the object is."""
    whole = "Nothing says which part of the other picture is the object; give its mask, or a picture with transparency."
    if mask is not None:
        check_object_mask(mask, reference.size, whole=whole)
    elif not reference.has_alpha or (reference.samples[:, :, -1] == reference.maximum).all():
        raise BadRequest(whole)
    elif not np.any(reference.samples[:, :, -1]):
        raise BadRequest("The other picture is all transparent; choose one that shows the object.")

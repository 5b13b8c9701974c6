"""An object of a picture shifted, resized, turned or mirrored; its old place closes behind it."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from dragbrush.compose import DrawnLayer, Rows, as_array, as_tensor, drawn_along, free_cells, warp_canvas
from dragbrush.edit import Point, Step, Transform
from dragbrush.edits.rough import Rough
from dragbrush.edits.workshop import Edited, Wish, Workshop, guided
from dragbrush.engine.dragon_tasks import Move
from dragbrush.engine.layers import parted
from dragbrush.engine.methods.dragondiffusion import complete_background, dragondiffusion
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
    seam_offset,
    widened,
)
from dragbrush.placing import (
    Cutout,
    Laid,
    Matrix,
    between_canvases,
    box_after,
    canvas_matrix,
    joined,
    lift,
    matrix_of,
    middle_of,
    onto_canvas,
)
from dragbrush.report import Recorder
from dragbrush.vacated import Vacated, vacate

_EDGE_PX = 2
"""Reach of what the model may change round an object that it draws, in canvas pixels."""


@dataclass(frozen=True, slots=True)
class MoveEdit:
    """A checked request."""

    picture: Picture
    mask: Mask
    """The object."""
    transform: Transform
    middle: Point
    """What the object is changed about."""
    in_layers: bool = False

    @classmethod
    def of(cls, picture: Picture, mask: Mask, transform: Transform, *, in_layers: bool = False) -> "MoveEdit":
        """Of a mask that has been checked."""
        return cls(picture, mask, transform, middle_of(mask), in_layers)

    @classmethod
    def checked(cls, picture: Picture, mask: Mask, transform: Transform, *, in_layers: bool = False) -> "MoveEdit":
        """Raises `BadRequest` for a mask or a transform that cannot be used."""
        check_object_mask(
            mask,
            picture.size,
            whole="The mask selects the whole picture, so there is nothing to move it in; select one object.",
        )
        edit = cls.of(picture, mask, transform, in_layers=in_layers)
        if transform.changes_nothing:
            raise BadRequest("The transform changes nothing; shift, resize, turn or mirror the object.")
        if box_after(mask_box(mask), edit.matrix, picture.size) is None:
            raise BadRequest(
                f"The object would lie wholly outside the picture of {picture.width} x {picture.height} pixels; "
                "move it less far."
            )
        return edit

    @property
    def goes_to(self) -> Point:
        """Where its middle goes."""
        return self.middle[0] + self.transform.dx, self.middle[1] + self.transform.dy

    @property
    def matrix(self) -> Matrix:
        return matrix_of(self.transform, self.middle)

    def instant(self, recorder: Recorder) -> Generator[Step, None, Edited]:
        yield Step("warp", 0, 1)
        place = vacate(self.picture, self.mask)
        recorder.fit = place.fit
        background = place.closed()
        yield Step("warp", 1, 1)
        return (yield from self._laid(place, background))

    def prepared(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Prepared]:
        return (yield from self._prepared(workshop, wish, recorder))[1]

    def _prepared(
        self, workshop: Workshop, wish: Wish, recorder: Recorder
    ) -> Generator[Step, None, tuple[Fit, Prepared]]:
        """Where the object's own pixels are carried, only what is round its old place is shown to the model: then one
        inversion serves every move of the object."""
        yield from workshop.opened()
        box = mask_box(self.mask)
        if guided(wish).moved_object == "drawn":
            box = joined([box, box_after(box, self.matrix, self.picture.size)]) or box
        fit = recorder.fit = workshop.fit(self.picture, box)
        return fit, (yield from workshop.prepared(self.picture, fit, wish, recorder))

    def drawn(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Edited]:
        fit, prepared = yield from self._prepared(workshop, wish, recorder)
        place = vacate(self.picture, self.mask, fit)
        if guided(wish).moved_object == "drawn":
            return (yield from self._all_drawn(workshop, wish, place, prepared))
        move = self._move(workshop, place, prepared)
        steps = complete_background(workshop.components, prepared, move, guided(wish), seed=wish.seed)
        edited = yield from self._with_object(steps, place)
        yield Step("paste", 0, 1)
        background = paste(
            self.picture, fit, self._closed(workshop, wish, place, prepared, as_array(edited)), place.selection
        )
        return (yield from self._laid(place, background))

    def _with_object(self, steps: Generator[Step, None, Tensor], place: Vacated) -> Generator[Step, None, Tensor]:
        """The steps of completing the background, whose previews show the object too."""
        cutout = lift(self.picture, self.mask, place.closed())
        with closing(steps):
            while True:
                try:
                    step = next(steps)
                except StopIteration as finished:
                    return finished.value
                if step.preview is not None:
                    height, width = step.preview.shape[:2]
                    small = replace(place.fit, canvas_width=width, canvas_height=height)
                    laid = Laid(cutout, onto_canvas(self.matrix, small), (width, height))
                    step = replace(step, preview=laid.over(Picture(step.preview), laid.covered()).samples)
                yield step

    def _closed(self, workshop: Workshop, wish: Wish, place: Vacated, prepared: Prepared, edited: Rows) -> DrawnLayer:
        mask = mask_on_canvas(place.selection, place.fit)
        return drawn_along(
            place.filled,
            edited,
            as_array(workshop.components.decode(prepared.source.latent)),
            offset=seam_offset(as_array(prepared.source.canvas), edited, mask),
            carry_detail=guided(wish).carry_detail,
        )

    def _laid(self, place: Vacated, background: Picture) -> Generator[Step, None, Edited]:
        """The object's own pixels over the background."""
        cutout = lift(self.picture, self.mask, background)
        return (yield from self._composed(background, place.selection, cutout, self.matrix))

    def _composed(
        self, background: Picture, selection: Mask, cutout: Cutout, matrix: Matrix
    ) -> Generator[Step, None, Edited]:
        laid = Laid(cutout, matrix, self.picture.size)
        covered = laid.covered()
        result = laid.over(background, covered)
        alone = laid.alone(background, covered) if self.in_layers else None
        yield Step("paste", 1, 1)
        changed = np.maximum(selection, covered)
        return Edited(result, changed, background if self.in_layers else None, alone)

    def _all_drawn(
        self, workshop: Workshop, wish: Wish, place: Vacated, prepared: Prepared
    ) -> Generator[Step, None, Edited]:
        """The object too is the model's, as the papers have it."""
        components, fit, settings = workshop.components, place.fit, guided(wish)
        closed = place.closed()
        laid = Laid(lift(self.picture, self.mask, closed), self.matrix, self.picture.size)
        covered = laid.covered()
        selection = np.maximum(place.selection, widened(covered, _EDGE_PX * fit.scale))
        rough = Rough.encoded(components, laid.over(closed, covered), selection, fit)
        move = replace(self._move(workshop, place, prepared), mask=rough.free, warped=rough.latent)
        source = as_array(prepared.source.canvas)
        edited = as_array((yield from dragondiffusion(components, prepared, move, settings, seed=wish.seed)))
        layer = rough.drawn(components, wish, source, edited)
        if not self.in_layers:
            yield Step("paste", 0, 1)
            result = paste(self.picture, fit, layer, selection)
            yield Step("paste", 1, 1)
            return Edited(result, selection)
        empty = as_array((yield from complete_background(components, prepared, move, settings, seed=wish.seed)))
        edited, empty = (as_tensor(canvas + rough.offset(source, canvas))[0] for canvas in (edited, empty))
        layers = parted(edited, empty, move.placement.placed())
        behind = paste(self.picture, fit, replace(layer, edited=as_array(layers.background[None])), selection)
        cutout = Cutout.of(as_array(torch.cat([layers.object, layers.alpha])[None]))
        return (yield from self._composed(behind, selection, cutout, canvas_matrix(fit)))

    def _move(self, workshop: Workshop, place: Vacated, prepared: Prepared) -> Move:
        """The instruction on the canvas."""
        fit, components = place.fit, workshop.components
        mask = torch.from_numpy(mask_on_canvas(self.mask, fit))
        matrix = torch.from_numpy(between_canvases(self.matrix, fit, fit))
        placement = Placement(mask, matrix, (fit.canvas_height, fit.canvas_width))
        filled = components.encode(as_tensor(warp_canvas(as_array(prepared.source.canvas), place.filled.field)))[0]
        return Move(placement, free_cells(place.selection, fit, filled), warped=filled, filled=filled)

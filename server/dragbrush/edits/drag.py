"""Parts of a picture pulled from handles to targets."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dragbrush.compose import as_array, as_tensor, drawn_along, free_cells, warp_canvas
from dragbrush.edit import Drag, Step
from dragbrush.edits.workshop import Edited, Wish, Workshop
from dragbrush.engine.dragon_tasks import ContentDrag
from dragbrush.engine.methods.dragdiffusion import Instruction, dragdiffusion
from dragbrush.engine.methods.dragondiffusion import dragondiffusion
from dragbrush.engine.prepare import Prepared
from dragbrush.imaging import Fit, Mask, Picture, mask_on_canvas, paste, seam_offset
from dragbrush.live import LiveWarp, fit_drags, fit_for_warp
from dragbrush.presets import DragSettings
from dragbrush.report import Recorder


@dataclass(frozen=True, slots=True)
class DragEdit:
    """A checked request; without drags, what can be prepared of those to come."""

    picture: Picture
    selection: Mask
    drags: Sequence[Drag]

    def instant(self, recorder: Recorder) -> Generator[Step, None, Edited]:
        fit = recorder.fit = fit_for_warp(self.picture, self.selection, self.drags)
        yield Step("warp", 0, 1)
        warped = self._warp(fit).to([d.target for d in self.drags])
        yield Step("warp", 1, 1)
        result = paste(self.picture, fit, warped, self.selection)
        yield Step("paste", 1, 1)
        return Edited(result, self.selection)

    def prepared(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Prepared]:
        return (yield from self._prepared(workshop, wish, recorder))[1]

    def _prepared(
        self, workshop: Workshop, wish: Wish, recorder: Recorder
    ) -> Generator[Step, None, tuple[Fit, Prepared]]:
        components = yield from workshop.opened()
        fit = recorder.fit = fit_drags(
            self.picture,
            self.selection,
            self.drags,
            side=workshop.canvas_side,
            multiple=components.canvas_multiple,
        )
        return fit, (yield from workshop.prepared(self.picture, fit, wish, recorder))

    def drawn(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Edited]:
        fit, prepared = yield from self._prepared(workshop, wish, recorder)
        components, source = workshop.components, prepared.source
        warped = self._warp(fit).to([d.target for d in self.drags])
        canvas = as_array(source.canvas)
        rough = components.encode(as_tensor(warp_canvas(canvas, warped.field)))[0]
        height, width = rough.shape[-2:]
        handles, targets = (self._on_canvas(fit, end) for end in ("handle", "target"))
        free, field = free_cells(self.selection, fit, rough), warped.field.resized(height, width)
        settings = wish.settings
        if isinstance(settings, DragSettings):
            instruction = Instruction(handles, targets, mask=free, field=field, warped=rough)
            drawing = dragdiffusion(components, prepared, instruction, settings, seed=wish.seed)
        else:
            size = (fit.canvas_height, fit.canvas_width)
            content = ContentDrag(handles, targets, size, mask=free, field=field, warped=rough)
            drawing = dragondiffusion(components, prepared, content, settings, seed=wish.seed)
        edited = as_array((yield from drawing))
        layer = drawn_along(
            warped,
            edited,
            as_array(components.decode(source.latent)),
            offset=seam_offset(canvas, edited, mask_on_canvas(self.selection, fit)),
            carry_detail=settings.carry_detail,
        )
        yield Step("paste", 0, 1)
        result = paste(self.picture, fit, layer, self.selection)
        yield Step("paste", 1, 1)
        return Edited(result, self.selection)

    def _warp(self, fit: Fit) -> LiveWarp:
        return LiveWarp(self.picture, [d.handle for d in self.drags], self.selection, fit)

    def _on_canvas(self, fit: Fit, end: str) -> Tensor:
        """(n, 2) canvas pixels (x, y)."""
        return torch.tensor([fit.to_canvas(getattr(drag, end)) for drag in self.drags])

"""Tasks done by the engine; the one module of the worker that imports it, and only in the worker's process."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from dragbrush.edit import CancelToken, EditResult, Step
from dragbrush.editor import Editor
from dragbrush.imaging import Box, Mask, Picture, mask_box
from dragbrush.protocol.messages import Report
from dragbrush.worker.child import Tell, keep_result
from dragbrush.worker.messages import (
    Edit,
    Finished,
    Part,
    Prepare,
    Previewed,
    Role,
    Run,
    Stepped,
    Task,
    Warp,
    previewed,
)
from dragbrush.worker.pictures import mask_in, picture_in, pixels_of
from dragbrush.worker.preview import inside, preview_samples
from dragbrush.worker.vocabulary import drags_of, transform_of
from dragbrush.worker.warps import Warps


class EngineWork:
    """One editor on one device, and beside it the warps, which use no model."""

    def __init__(self, model: str, **options: Any) -> None:
        """`options`: the editor's."""
        self._editor = Editor(model, **options)
        self._warps = Warps()
        self.device = str(self._editor.device)

    def do(self, task: Task, tell: Tell, cancel: CancelToken) -> Finished:
        match task:
            case Run():
                return self._run(task, tell, cancel)
            case Prepare():
                return self._prepare(task, tell, cancel)
            case Warp():
                (left, top), region = self._warps.region(task.edit)
                box = (left, top, region.width, region.height)
                tell(_previewed(task.job, task.number, region, box, task.preview_px))
                return Finished(task.job, [], Report())

    def _run(self, task: Run, tell: Tell, cancel: CancelToken) -> Finished:
        picture = picture_in(task.edit.image)

        def on_step(step: Step) -> None:
            tell(_stepped(task.job, step))
            if step.preview is not None and step.box is not None and task.preview_px:
                samples, box = inside(step.preview, step.box, picture.size)
                tell(_previewed(task.job, 0, Picture(samples), box, task.preview_px))

        options: dict[str, Any] = {**_options(task.edit), "on_step": on_step, "cancel": cancel}
        result = self._edited(task.edit, picture, "object" in task.outs, options)
        parts = [_kept(role, task.outs[role], whole, box) for role, whole, box in _layers(result)]
        return Finished(task.job, parts, self._told(result.report))

    def _edited(self, edit: Edit, picture: Picture, in_layers: bool, options: dict[str, Any]) -> EditResult:
        mask, reference_mask = mask_in(edit.mask), mask_in(edit.reference_mask)
        transform, reference = transform_of(edit.transform), edit.reference and picture_in(edit.reference)
        match edit.tool:
            case "move":
                assert mask is not None
                return self._editor.move(picture, mask, transform, in_layers=in_layers, **options)
            case "appearance":
                assert mask is not None
                assert reference is not None
                return self._editor.appearance(picture, mask, reference, reference_mask, **options)
            case "paste":
                assert reference is not None
                assert edit.at is not None
                return self._editor.paste(
                    picture, reference, edit.at, object_mask=reference_mask, transform=transform, **options
                )
            case _:
                return self._editor.drag(picture, drags_of(edit.drags), mask=mask, **options)

    def _prepare(self, task: Prepare, tell: Tell, cancel: CancelToken) -> Finished:
        edit = task.edit
        report = self._editor.prepare(
            picture_in(edit.image), drags_of(edit.drags), mask=mask_in(edit.mask), tool=edit.tool,
            reference=edit.reference and picture_in(edit.reference), reference_mask=mask_in(edit.reference_mask),
            at=edit.at, transform=transform_of(edit.transform), **_options(edit),
            on_step=lambda step: tell(_stepped(task.job, step)), cancel=cancel,
        )  # fmt: skip
        return Finished(task.job, [], self._told(report))

    def _told(self, report: dict[str, Any]) -> Report:
        """Without the folder that the model lies in."""
        model = Path(self._editor.model).name if report.get("model") else None
        return msgspec.convert({**report, "model": model}, Report)


def _options(edit: Edit) -> dict[str, Any]:
    """What all methods of the editor take."""
    return {"speed": edit.speed, "prompt": edit.prompt, "seed": edit.seed, "settings": edit.params or None}


def _layers(result: EditResult) -> list[tuple[Role, Picture, Box]]:
    """The parts of a result, each with the box outside of which it says nothing."""
    box = _box_of(result.mask)
    if result.layers is None:
        return [("edit", result.picture, box)]
    background, object_ = result.layers.background, result.layers.object
    its_box = _box_of((object_.samples[:, :, -1] > 0).astype(np.uint8))
    return [("edit", result.picture, box), ("background", background, box), ("object", object_, its_box)]


def _box_of(mask: Mask) -> Box:
    """Of what is selected; one pixel where nothing is, as of an object that ends just outside of the picture."""
    box = mask_box(mask)
    return box if box[2] else (0, 0, 1, 1)


def _kept(role: Role, out: str, whole: Picture, box: Box) -> Part:
    """Raises `StorageFailed`."""
    left, top, width, height = box
    samples = np.ascontiguousarray(whole.samples[top : top + height, left : left + width])
    keep_result(out, samples.data)
    return Part(role, pixels_of(samples), box)


def _stepped(job: str, step: Step) -> Stepped:
    handles = [(float(x), float(y)) for x, y in step.handles or ()]
    return Stepped(job, step.phase, step.index, step.total, handles)


def _previewed(job: str, number: int, picture: Picture, box: Box, longest_px: int) -> Previewed:
    samples = preview_samples(picture, longest_px)
    return previewed(job, number, pixels_of(samples), box, samples.tobytes())

"""Tasks done by the engine; the one module of the worker that imports it, and only in the worker's process."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragbrush.edit import Drag, Step
from dragbrush.editor import Editor
from dragbrush.errors import BadRequest
from dragbrush.imaging import Picture, mask_box, selection_for
from dragbrush.live import LiveWarp, fit_for_warp
from dragbrush.protocol.messages import Drag as WireDrag
from dragbrush.protocol.messages import Pixels
from dragbrush.protocol.pixels import CHANNELS
from dragbrush.worker.inbox import Inbox
from dragbrush.worker.messages import Edit, File, Finished, Follow, Prepare, Previewed, Redraw, Run, Stepped, Task
from dragbrush.worker.preview import preview_samples

_TYPES = {"u8": np.dtype("<u1"), "u16": np.dtype("<u2")}
_CHANNELS: dict[int, Any] = {count: name for name, count in CHANNELS.items()}
_DEPTHS: dict[str, Any] = {"uint8": "u8", "uint16": "u16"}


class EngineWork:
    """One editor on one device."""

    def __init__(self, model: str, device: str, cache_dir: Path | None) -> None:
        self._editor = Editor(model, device=device, cache_dir=cache_dir)
        self.device = str(self._editor.device)

    def do(self, task: Task, inbox: Inbox) -> Finished:
        match task:
            case Run():
                return self._run(task, inbox)
            case Prepare():
                return self._prepare(task, inbox)
            case Follow():
                return self._follow(task, inbox)

    def _run(self, task: Run, inbox: Inbox) -> Finished:
        edit = task.edit
        picture, mask = _picture(edit), _mask(edit)

        def on_step(step: Step) -> None:
            inbox.send(_stepped(task.job, step))
            if step.preview is not None and step.box is not None and task.preview_px:
                inbox.send(_previewed(task.job, 0, Picture(step.preview), step.box, task.preview_px))

        result = self._editor.drag(
            picture, _drags(edit.drags), mask=mask, speed=edit.speed, prompt=edit.prompt, seed=edit.seed,
            settings=edit.params or None, on_step=on_step, cancel=inbox.cancel,
        )  # fmt: skip
        left, top, width, height = mask_box(result.mask)
        part = result.picture.samples[top : top + height, left : left + width]
        np.ascontiguousarray(part).tofile(task.out)
        return Finished(task.job, _pixels(part), (left, top, width, height), result.report)

    def _prepare(self, task: Prepare, inbox: Inbox) -> Finished:
        edit = task.edit
        report = self._editor.prepare(
            _picture(edit), _drags(edit.drags), mask=_mask(edit), speed=edit.speed, prompt=edit.prompt,
            seed=edit.seed, settings=edit.params or None,
            on_step=lambda step: inbox.send(_stepped(task.job, step)), cancel=inbox.cancel,
        )  # fmt: skip
        return Finished(task.job, None, None, report)

    def _follow(self, task: Follow, inbox: Inbox) -> Finished:
        """Answers every redraw it has time for; what the handles hold is worked out anew only when they change."""
        picture, mask = _picture(task.edit), _mask(task.edit)
        warp: LiveWarp | None = None
        handles: list[tuple[float, float]] = []
        redraw: Redraw | None = Redraw(task.job, task.edit.drags, 0) if task.edit.drags else inbox.next_redraw()
        while redraw is not None:
            drags = _drags(redraw.drags)
            if warp is None or [drag.handle for drag in drags] != handles:
                selection = selection_for(mask, picture.size, drags)
                handles = [drag.handle for drag in drags]
                warp = LiveWarp(picture, handles, selection, fit_for_warp(picture, selection, drags))
            (left, top), region = warp.region([drag.target for drag in drags])
            box = (left, top, region.width, region.height)
            inbox.send(_previewed(task.job, redraw.number, region, box, task.preview_px))
            redraw = inbox.next_redraw()
        inbox.cancel.raise_if_cancelled()
        raise AssertionError("a followed picture ends by a cancel")


def _picture(edit: Edit) -> Picture:
    icc = None if edit.icc is None else Path(edit.icc).read_bytes()
    return Picture.from_array(_samples(edit.image), icc=icc)


def _mask(edit: Edit) -> NDArray[np.uint8] | None:
    if edit.mask is None:
        return None
    pixels, image = edit.mask.pixels, edit.image.pixels
    if (pixels.width, pixels.height) != (image.width, image.height):
        raise BadRequest(
            f"The selection has {pixels.width} x {pixels.height} pixels, the picture {image.width} x {image.height}; "
            "send them in the same size."
        )
    if (pixels.channels, pixels.depth) != ("gray", "u8"):
        raise BadRequest(f"The selection is {pixels.channels}, {pixels.depth}; send it gray, u8.")
    return _samples(edit.mask)[:, :, 0]


def _samples(file: File) -> NDArray[Any]:
    """(height, width, channels), mapped from the file and read only."""
    pixels = file.pixels
    shape = (pixels.height, pixels.width, CHANNELS[pixels.channels])
    return np.memmap(file.path, _TYPES[pixels.depth], mode="r", shape=shape)


def _drags(drags: list[WireDrag]) -> list[Drag]:
    return [Drag(drag.handle, drag.target) for drag in drags]


def _pixels(samples: NDArray[Any]) -> Pixels:
    height, width, channels = samples.shape
    return Pixels(width, height, _CHANNELS[channels], _DEPTHS[str(samples.dtype)])


def _stepped(job: str, step: Step) -> Stepped:
    handles = [(float(x), float(y)) for x, y in step.handles or ()]
    return Stepped(job, step.phase, step.index, step.total, handles)


def _previewed(job: str, number: int, picture: Picture, box: tuple[int, int, int, int], longest_px: int) -> Previewed:
    samples = preview_samples(picture, longest_px)
    return Previewed(job, number, _pixels(samples), box, samples.tobytes())

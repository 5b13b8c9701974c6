"""Tasks done by the engine; the one module of the worker that imports it, and only in the worker's process."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from dragbrush.edit import CancelToken, Drag, Step
from dragbrush.editor import Editor
from dragbrush.errors import BadRequest
from dragbrush.imaging import Picture, mask_box, selection_for
from dragbrush.live import LiveWarp, fit_for_warp
from dragbrush.protocol.messages import Drag as WireDrag
from dragbrush.protocol.messages import Pixels, Report
from dragbrush.protocol.pixels import CHANNELS
from dragbrush.worker.child import Tell, keep_result
from dragbrush.worker.messages import Edit, File, Finished, Prepare, Previewed, Run, Stepped, Task, Warp, previewed
from dragbrush.worker.preview import inside, preview_samples

_TYPES = {"u8": np.dtype("<u1"), "u16": np.dtype("<u2")}
_CHANNELS: dict[int, Any] = {count: name for name, count in CHANNELS.items()}
_DEPTHS: dict[str, Any] = {"uint8": "u8", "uint16": "u16"}
_KEPT_WARPS = 2
"""Of hands that move by turns. Each holds a selection of its whole picture."""
_HAIR_PX = 0.01
"""A move that nobody sees."""


class EngineWork:
    """One editor on one device, and beside it the warps, which use no model."""

    def __init__(self, model: str, device: str, cache_dir: Path | None) -> None:
        self._editor = Editor(model, device=device, cache_dir=cache_dir)
        self._warps: OrderedDict[tuple[Any, ...], LiveWarp] = OrderedDict()
        self.device = str(self._editor.device)

    def do(self, task: Task, tell: Tell, cancel: CancelToken) -> Finished:
        match task:
            case Run():
                return self._run(task, tell, cancel)
            case Prepare():
                return self._prepare(task, tell, cancel)
            case Warp():
                tell(self._warp(task))
                return Finished(task.job, None, None, Report())

    def _run(self, task: Run, tell: Tell, cancel: CancelToken) -> Finished:
        edit = task.edit
        picture = _picture(edit)

        def on_step(step: Step) -> None:
            tell(_stepped(task.job, step))
            if step.preview is not None and step.box is not None and task.preview_px:
                samples, box = inside(step.preview, step.box, picture.size)
                tell(_previewed(task.job, 0, Picture(samples), box, task.preview_px))

        result = self._editor.drag(
            picture, _drags(edit.drags), mask=_mask(edit), speed=edit.speed, prompt=edit.prompt, seed=edit.seed,
            settings=edit.params or None, on_step=on_step, cancel=cancel,
        )  # fmt: skip
        left, top, width, height = mask_box(result.mask)
        part = result.picture.samples[top : top + height, left : left + width]
        keep_result(task.out, np.ascontiguousarray(part).data)
        return Finished(task.job, _pixels(part), (left, top, width, height), self._told(result.report))

    def _prepare(self, task: Prepare, tell: Tell, cancel: CancelToken) -> Finished:
        edit = task.edit
        report = self._editor.prepare(
            _picture(edit), _drags(edit.drags), mask=_mask(edit), speed=edit.speed, prompt=edit.prompt,
            seed=edit.seed, settings=edit.params or None,
            on_step=lambda step: tell(_stepped(task.job, step)), cancel=cancel,
        )  # fmt: skip
        return Finished(task.job, None, None, self._told(report))

    def _told(self, report: dict[str, Any]) -> Report:
        """Without the folder that the model lies in."""
        model = Path(self._editor.model).name if report.get("model") else None
        return msgspec.convert({**report, "model": model}, Report)

    def _warp(self, task: Warp) -> Previewed:
        edit = task.edit
        warp = self._warp_of(edit)
        (left, top), region = warp.region([drag.target for drag in edit.drags])
        return _previewed(task.job, task.number, region, (left, top, region.width, region.height), task.preview_px)

    def _warp_of(self, edit: Edit) -> LiveWarp:
        """The one that was made for this picture, selection and handles, as long as it shows all the targets."""
        key = (edit.image, edit.mask, edit.icc, tuple(drag.handle for drag in edit.drags))
        known = self._warps.get(key)
        if known is not None and all(_is_inside(known, drag) for drag in edit.drags):
            self._warps.move_to_end(key)
            return known
        picture = _picture(edit)
        drags = [_moved_by_a_hair(drag) if drag.handle == drag.target else drag for drag in _drags(edit.drags)]
        selection = selection_for(_mask(edit), picture.size, drags)
        made = LiveWarp(picture, [drag.handle for drag in drags], selection, fit_for_warp(picture, selection, drags))
        if edit.mask is not None:  # without one, the selection follows the targets
            self._warps[key] = made
            while len(self._warps) > _KEPT_WARPS:
                self._warps.popitem(last=False)
        return made


def _is_inside(warp: LiveWarp, drag: WireDrag) -> bool:
    left, top, width, height = warp.fit.box
    x, y = drag.target
    return left <= x < left + width and top <= y < top + height


def _moved_by_a_hair(drag: Drag) -> Drag:
    """Where a hand has not moved yet, the selection is that of the smallest move."""
    x, y = drag.handle
    return Drag((x, y), (x - _HAIR_PX if x > 0 else x + _HAIR_PX, y))


def _picture(edit: Edit) -> Picture:
    icc = None if edit.icc is None else Path(edit.icc).read_bytes()
    return Picture.from_array(_samples(edit.image), icc=icc)


def _mask(edit: Edit) -> NDArray[np.uint8] | None:
    if edit.mask is None:
        return None
    pixels = edit.mask.pixels
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
    return previewed(job, number, _pixels(samples), box, samples.tobytes())

"""The headless editor: pictures in, edited pictures out. Joins imaging and engine in the caller's process."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from platformdirs import user_cache_path

from dragbrush.compose import Rows, WarpedLayer, drawn_layer, warp_canvas
from dragbrush.edit import CancelToken, Drag, EditResult, Step
from dragbrush.engine.components import Components, load_components, pick_device
from dragbrush.engine.identity import Identity, read_identity, write_identity
from dragbrush.engine.methods.dragdiffusion import Instruction, dragdiffusion
from dragbrush.engine.prepare import Prepared, Preparer
from dragbrush.errors import BadRequest, OutOfMemory
from dragbrush.imaging import (
    Fit,
    Picture,
    check_mask,
    mask_on_canvas,
    paste,
    read_canvas,
    seam_offset,
    selection_for,
)
from dragbrush.live import LiveWarp, Selection, fit_drags, fit_for_warp
from dragbrush.models import TOYBOX, find_model
from dragbrush.presets import PRESETS, SPEEDS, DragSettings, settings_for
from dragbrush.report import Recorder

AnyPicture = Picture | NDArray[Any] | Image.Image
OnStep = Callable[[Step], None]

TOYBOX_WARNING = (
    "The embedded model 'toybox' has only seen drawn toy scenes of 64 px. For photographs and paintings give a "
    "Stable Diffusion model with --model."
)


@dataclass(frozen=True, slots=True)
class _Edit:
    """One checked request."""

    source: Picture
    selection: Selection
    drags: Sequence[Drag]
    settings: DragSettings
    prompt: str
    seed: int
    identity: Identity | None = None


class Editor:
    """Edits pictures with one model on one device, one edit at a time.

    `model`: a name of `dragbrush models list` or a diffusers folder. `device`: auto, cpu, cuda or mps.
    `cache_dir`: where identity LoRAs and inversions are kept between runs; None: the user's cache folder.
    Making one is cheap: the model is loaded by the first edit that needs it.
    """

    def __init__(self, model: str = TOYBOX.name, *, device: str = "auto", cache_dir: Path | None = None) -> None:
        self.model = model
        self._folder = find_model(model)
        self.device = pick_device(device)
        self._cache_dir = cache_dir or user_cache_path("dragbrush", appauthor=False)
        self._components: Components | None = None
        self._preparer: Preparer | None = None

    @property
    def components(self) -> Components:
        """The model, loaded on first use."""
        if self._components is None:
            self._components = load_components(self._folder, device=self.device)
        return self._components

    def drag(
        self,
        picture: AnyPicture,
        drags: Sequence[Drag],
        *,
        mask: Selection | None = None,
        speed: str = "quality",
        prompt: str = "",
        seed: int = 42,
        settings: Mapping[str, Any] | None = None,
        lora: Path | None = None,
        on_step: OnStep | None = None,
        cancel: CancelToken | None = None,
    ) -> EditResult:
        """Pulls every handle to its target, within the selection.

        `mask`: (height, width) uint8, 0 where nothing may change, 255 where everything may, a feather between;
        None selects softly round the drags. `speed`: instant, quality, paper or reference; `settings` replaces
        single settings of it. `lora`: an identity LoRA that `prepare` wrote. `on_step` hears of every step.
        Raises `BadRequest` for input that cannot be used and `Cancelled` after `cancel.cancel()`.
        """
        source = _as_picture(picture)
        selection = selection_for(mask, source.size, drags)
        method = _settings_of(speed, settings)
        _check_seed(seed)
        if method is None and lora is not None:
            raise BadRequest("The instant speed uses no model and no identity LoRA; leave the LoRA out.")
        recorder = Recorder(on_step, cancel)
        if method is None:
            steps = _instant(source, selection, drags, recorder)
        else:
            identity = None if lora is None else read_identity(lora)
            steps = self._drawn(_Edit(source, selection, drags, method, prompt, seed, identity), recorder)
        with _memory_errors():
            result = recorder.run(steps)
        report = recorder.report(
            source,
            result,
            drags,
            speed=speed,
            model=None if method is None else self.model,
            device=str(self.device),
            prompt=prompt,
            seed=seed,
            settings=method,
            warnings=[TOYBOX_WARNING] if method is not None and self.model == TOYBOX.name else [],
        )
        return EditResult(_as_given(result, picture), selection, report)

    def prepare(
        self,
        picture: AnyPicture,
        drags: Sequence[Drag] = (),
        *,
        mask: Selection | None = None,
        speed: str = "quality",
        prompt: str = "",
        seed: int = 42,
        settings: Mapping[str, Any] | None = None,
        lora_out: Path | None = None,
        on_step: OnStep | None = None,
        cancel: CancelToken | None = None,
    ) -> dict[str, Any]:
        """Trains the identity LoRA and inverts the picture ahead, into the cache that `drag` looks in.

        With drags (and mask) the very crop of that edit is prepared; with a mask alone, the crop of edits whose
        points lie in it; with neither, the whole picture, whose identity LoRA, written to `lora_out`, serves any
        edit of it. Returns what it took.
        """
        source = _as_picture(picture)
        method = _settings_of(speed, settings)
        if method is None:
            raise BadRequest("The instant speed needs nothing prepared; choose one of " + ", ".join(PRESETS) + ".")
        if lora_out is not None and method.lora_step == 0:
            raise BadRequest("lora_step is 0, so there is no identity LoRA to write; leave out the LoRA's file.")
        _check_seed(seed)
        if drags:
            selection = selection_for(mask, source.size, drags)
        elif mask is not None:
            check_mask(mask, source.size)
            selection = mask
        else:
            selection = np.full((source.height, source.width), 255, np.uint8)
        recorder = Recorder(on_step, cancel)
        with _memory_errors():
            _, prepared = recorder.run(self._prepared(_Edit(source, selection, drags, method, prompt, seed), recorder))
        if lora_out is not None and prepared.identity is not None:
            write_identity(prepared.identity, lora_out)
        return recorder.facts(
            speed=speed, model=self.model, device=str(self.device), prompt=prompt, seed=seed, settings=method
        )

    def _prepared(self, edit: _Edit, recorder: Recorder) -> Generator[Step, None, tuple[Fit, Prepared]]:
        """The crop of the edit on the model's canvas, and that crop prepared."""
        yield Step("load", 0, 1)
        components = self.components
        if self._preparer is None:
            self._preparer = Preparer(components, self._cache_dir)
        yield Step("load", 1, 1)
        fit = recorder.fit = fit_drags(
            edit.source,
            edit.selection,
            edit.drags,
            side=components.canvas_side,
            multiple=components.canvas_multiple,
        )
        canvas = _as_tensor(read_canvas(edit.source, fit)[0])
        yield Step("encode", 1, 1)
        prepared = yield from self._preparer.prepare(
            canvas, prompt=edit.prompt, settings=edit.settings, seed=edit.seed, identity=edit.identity
        )
        recorder.warm = prepared.warm
        return fit, prepared

    def _drawn(self, edit: _Edit, recorder: Recorder) -> Generator[Step, None, Picture]:
        fit, prepared = yield from self._prepared(edit, recorder)
        components, source, selection, drags = self.components, edit.source, edit.selection, edit.drags
        warped = _warped(source, selection, drags, fit)

        canvas = _as_array(prepared.source.canvas)
        mask = mask_on_canvas(selection, fit)
        moved = components.encode(_as_tensor(warp_canvas(canvas, warped.field)))[0]
        height, width = moved.shape[-2:]
        instruction = Instruction(
            handles=torch.tensor([fit.to_canvas(drag.handle) for drag in drags]),
            targets=torch.tensor([fit.to_canvas(drag.target) for drag in drags]),
            mask=(torch.nn.functional.adaptive_max_pool2d(_as_tensor(mask[..., None]), (height, width)) > 0).float(),
            field=warped.field.resized(height, width),
            warped=moved,
        )
        edited = _as_array((yield from dragdiffusion(components, prepared, instruction, edit.settings, seed=edit.seed)))

        own = _as_array(components.decode(prepared.source.latent))
        layer = drawn_layer(
            warped,
            edited,
            own,
            offset=seam_offset(canvas, edited, mask),
            carry_detail=edit.settings.carry_detail,
        )
        yield Step("paste", 0, 1)
        result = paste(source, fit, layer, selection)
        yield Step("paste", 1, 1)
        return result


def _instant(
    source: Picture, selection: Selection, drags: Sequence[Drag], recorder: Recorder
) -> Generator[Step, None, Picture]:
    fit = recorder.fit = fit_for_warp(source, selection, drags)
    yield Step("warp", 0, 1)
    warped = _warped(source, selection, drags, fit)
    yield Step("warp", 1, 1)
    result = paste(source, fit, warped, selection)
    yield Step("paste", 1, 1)
    return result


def _warped(source: Picture, selection: Selection, drags: Sequence[Drag], fit: Fit) -> WarpedLayer:
    return LiveWarp(source, [d.handle for d in drags], selection, fit).to([d.target for d in drags])


def _settings_of(speed: str, overrides: Mapping[str, Any] | None) -> DragSettings | None:
    """The settings of a speed, None for the instant one."""
    if speed != "instant":
        if speed not in PRESETS:
            raise BadRequest(f"There is no speed '{speed}'; choose one of {', '.join(SPEEDS)}.")
        return settings_for(speed, dict(overrides or {}))
    if overrides:
        raise BadRequest(f"The instant speed has no settings; '{next(iter(overrides))}' belongs to the others.")
    return None


def _check_seed(seed: int) -> None:
    if not 0 <= seed < 2**63:
        raise BadRequest(f"The seed is {seed}; it takes a whole number from 0 to 2**63 - 1.")


def _as_picture(picture: AnyPicture) -> Picture:
    if isinstance(picture, Picture):
        return picture
    if isinstance(picture, Image.Image):
        return Picture.from_pillow(picture)
    return Picture.from_array(np.asarray(picture))


def _as_given(result: Picture, given: AnyPicture) -> AnyPicture:
    if isinstance(given, Picture):
        return result
    if isinstance(given, Image.Image):
        return result.to_pillow()
    return result.samples.reshape(np.shape(given))


def _as_tensor(rows: Rows) -> torch.Tensor:
    """(h, w, c) to (1, c, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(rows.transpose(2, 0, 1)))[None]


def _as_array(tensor: torch.Tensor) -> Rows:
    """(1, c, h, w) on any device to (h, w, c) float32."""
    return tensor[0].permute(1, 2, 0).float().cpu().numpy()


@contextmanager
def _memory_errors() -> Iterator[None]:
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfMemory(
            "There is too little memory for this edit; close other programs that use the device, select a "
            "smaller part, or choose --device cpu."
        ) from error

"""The headless editor: pictures in, edited pictures out. Joins imaging and engine in the caller's process."""

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from platformdirs import user_cache_path

from dragbrush.edit import UNCHANGED, CancelToken, Drag, EditResult, MovedLayers, Point, Step, Transform
from dragbrush.edits.appearance import AppearanceEdit
from dragbrush.edits.drag import DragEdit
from dragbrush.edits.move import MoveEdit
from dragbrush.edits.paste import PasteEdit
from dragbrush.edits.workshop import Edited, Wish, Workshop
from dragbrush.engine.components import Components
from dragbrush.engine.devices import choose_device
from dragbrush.engine.identity import Identity, read_identity, write_identity
from dragbrush.engine.prepare import Prepared
from dragbrush.engine.style import Style
from dragbrush.errors import BadRequest
from dragbrush.imaging import Mask, Picture, check_mask, selection_for
from dragbrush.models import DEFAULT, TOYBOX, default_model, find_model
from dragbrush.models.families import DISTILLED, family_of_folder
from dragbrush.models.lora import check_lora
from dragbrush.presets import DragSettings
from dragbrush.report import Recorder, ended
from dragbrush.tools import METHODS, Settings, presets_of, settings_for

AnyPicture = Picture | NDArray[Any] | Image.Image
OnStep = Callable[[Step], None]
Value = TypeVar("Value")

TOYBOX_WARNING = (
    "The embedded model 'toybox' has only seen drawn toy scenes of 64 px. For photographs and paintings give a "
    "Stable Diffusion model with --model."
)


class _Edit(Protocol):
    """A checked request of any tool."""

    @property
    def picture(self) -> Picture: ...

    def instant(self, recorder: Recorder) -> Generator[Step, None, Edited]: ...

    def prepared(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Prepared]: ...

    def drawn(self, workshop: Workshop, wish: Wish, recorder: Recorder) -> Generator[Step, None, Edited]: ...


class Editor:
    """Edits pictures with one model on one device, one edit at a time.

    `model`: a name of `dragbrush models list`, "default" or a diffusers folder. `device`: auto, cpu, cuda or mps.
    `precision`: of the networks' numbers, "auto" as it suits the device, "full" or "half"; half takes half the memory.
    `styles`: LoRAs of the model's family to draw with (.safetensors), each with its weight.
    `canvas_side`: of the square that the model is shown, in pixels, where the one it was trained on takes too much
    memory; fine things are then drawn less finely.
    `cache_dir`: where identity LoRAs and inversions are kept between runs; None: the user's cache folder.
    Making one is cheap: the model is loaded by the first edit that needs it.
    """

    def __init__(
        self,
        model: str = TOYBOX.name,
        *,
        device: str = "auto",
        precision: str = "auto",
        styles: Sequence[tuple[Path, float]] = (),
        canvas_side: int | None = None,
        cache_dir: Path | None = None,
    ) -> None:
        self.model = default_model() if model == DEFAULT else model
        folder = find_model(self.model)
        self._precision, self._styles, self._canvas_side = precision, tuple(styles), canvas_side
        for file, _ in styles:
            check_lora(file, folder)
        self._family = family_of_folder(folder)
        chosen = choose_device(device, precision)
        self.device, self.device_reason = chosen.place, chosen.reason
        cache = cache_dir or user_cache_path("dragbrush", appauthor=False)
        drawn_with = [Style(file, weight) for file, weight in styles]
        self._workshop = Workshop(folder, chosen, cache, drawn_with, canvas_side=canvas_side)

    def with_cache(self, cache_dir: Path) -> "Editor":
        """The same, with nothing prepared but what another cache holds."""
        return Editor(
            self.model,
            device=str(self.device),
            precision=self._precision,
            styles=self._styles,
            canvas_side=self._canvas_side,
            cache_dir=cache_dir,
        )

    @property
    def components(self) -> Components:
        """The model, loaded on first use."""
        return self._workshop.components

    def drag(
        self,
        picture: AnyPicture,
        drags: Sequence[Drag],
        *,
        mask: Mask | None = None,
        speed: str = "quality",
        method: str = METHODS[0],
        prompt: str = "",
        seed: int = 42,
        settings: Mapping[str, Any] | None = None,
        lora: Path | None = None,
        on_step: OnStep | None = None,
        cancel: CancelToken | None = None,
    ) -> EditResult:
        """Pulls every handle to its target, within the selection.

        `mask`: (height, width) uint8, 0 where nothing may change, 255 where everything may, a feather between;
        None selects softly round the drags. `speed`: one of `tools.speeds_of("drag", method)`; `settings` replaces
        single settings of it. `lora`: an identity LoRA that `prepare` wrote. `on_step` hears of every step.
        Raises `BadRequest` for input that cannot be used and `Cancelled` after `cancel.cancel()`.
        """
        source = _as_picture(picture)
        edit = DragEdit(source, selection_for(mask, source.size, drags), drags)
        chosen = self._settings("drag", speed, settings, method=method)
        if lora is not None and not isinstance(chosen, DragSettings):
            raise BadRequest(f"The speed '{speed}' uses no identity LoRA; leave the LoRA out.")
        identity = None if lora is None else read_identity(lora)
        return self._edited(
            edit, picture, chosen, speed=speed, prompt=prompt, seed=seed, identity=identity,
            on_step=on_step, cancel=cancel, measure=lambda result: ended(source, result, drags),
        )  # fmt: skip

    def move(
        self,
        picture: AnyPicture,
        mask: Mask,
        transform: Transform,
        *,
        speed: str = "quality",
        prompt: str = "",
        seed: int = 42,
        settings: Mapping[str, Any] | None = None,
        in_layers: bool = False,
        on_step: OnStep | None = None,
        cancel: CancelToken | None = None,
    ) -> EditResult:
        """Moves the object that `mask` (height, width) uint8 selects, and closes the place that it leaves.

        `in_layers`: the result also has the picture without the object, and the object alone. The rest as `drag`.
        """
        edit = MoveEdit.checked(_as_picture(picture), mask, transform, in_layers=in_layers)
        return self._edited(
            edit, picture, self._settings("move", speed, settings), speed=speed, prompt=prompt, seed=seed,
            on_step=on_step, cancel=cancel,
        )  # fmt: skip

    def appearance(
        self,
        picture: AnyPicture,
        mask: Mask,
        reference: AnyPicture,
        reference_mask: Mask | None = None,
        *,
        speed: str = "quality",
        prompt: str = "",
        seed: int = 42,
        settings: Mapping[str, Any] | None = None,
        on_step: OnStep | None = None,
        cancel: CancelToken | None = None,
    ) -> EditResult:
        """Gives the object that `mask` selects the look of the one that `reference_mask` selects in another picture.

        Without `reference_mask` that is what the reference's alpha shows. The rest as `drag`.
        """
        edit = AppearanceEdit.checked(_as_picture(picture), mask, _as_picture(reference), reference_mask)
        return self._edited(
            edit, picture, self._settings("appearance", speed, settings), speed=speed, prompt=prompt, seed=seed,
            on_step=on_step, cancel=cancel,
        )  # fmt: skip

    def paste(
        self,
        picture: AnyPicture,
        object_: AnyPicture,
        at: Point,
        *,
        object_mask: Mask | None = None,
        transform: Transform = UNCHANGED,
        speed: str = "quality",
        prompt: str = "",
        seed: int = 42,
        settings: Mapping[str, Any] | None = None,
        on_step: OnStep | None = None,
        cancel: CancelToken | None = None,
    ) -> EditResult:
        """Brings an object of another picture into this one, its middle to `at`, changed by `transform`.

        `object_mask` selects it in its picture; None: what the alpha there shows. The rest as `drag`.
        """
        edit = PasteEdit.checked(_as_picture(picture), _as_picture(object_), object_mask, at, transform)
        return self._edited(
            edit, picture, self._settings("paste", speed, settings), speed=speed, prompt=prompt, seed=seed,
            on_step=on_step, cancel=cancel,
        )  # fmt: skip

    def prepare(
        self,
        picture: AnyPicture,
        drags: Sequence[Drag] = (),
        *,
        mask: Mask | None = None,
        tool: str = "drag",
        reference: AnyPicture | None = None,
        reference_mask: Mask | None = None,
        at: Point | None = None,
        transform: Transform = UNCHANGED,
        speed: str = "quality",
        prompt: str = "",
        seed: int = 42,
        settings: Mapping[str, Any] | None = None,
        lora_out: Path | None = None,
        on_step: OnStep | None = None,
        cancel: CancelToken | None = None,
    ) -> dict[str, Any]:
        """Trains the identity LoRA and inverts the picture ahead, into the cache that the edits look in.

        With drags (and mask) the very crop of that edit is prepared; with a mask alone, the crop of edits whose
        points lie in it; with neither, the whole picture, whose identity LoRA, written to `lora_out`, serves any
        drag of it. The other tools take what their edit takes. Returns what it took.
        """
        source = _as_picture(picture)
        chosen = self._settings(tool, speed, settings)
        if chosen is None:
            raise BadRequest(f"The instant speed needs nothing prepared; choose one of {', '.join(presets_of(tool))}.")
        if lora_out is not None and (not isinstance(chosen, DragSettings) or chosen.lora_step == 0):
            raise BadRequest("These settings train no identity LoRA (lora_step is 0); leave out the LoRA's file.")
        _check_seed(seed)
        edit = _to_prepare(tool, source, drags, mask, reference, reference_mask, at, transform)
        wish = Wish(chosen, prompt, seed)
        recorder, prepared = self._run(lambda r: edit.prepared(self._workshop, wish, r), on_step, cancel)
        if lora_out is not None and prepared.identity is not None:
            write_identity(prepared.identity, lora_out)
        return recorder.facts(
            speed=speed, model=self.model, device=str(self.device), prompt=prompt, seed=seed, settings=chosen
        )

    def _settings(
        self, tool: str, speed: str, overrides: Mapping[str, Any] | None, *, method: str = METHODS[0]
    ) -> Settings | None:
        return settings_for(tool, speed, overrides, method=method, in_few_steps=self._family is DISTILLED)

    def _run(
        self,
        steps: Callable[[Recorder], Generator[Step, None, Value]],
        on_step: OnStep | None,
        cancel: CancelToken | None,
    ) -> tuple[Recorder, Value]:
        """The value of an edit's steps and the recorder that watched them; where memory runs out they begin anew."""

        def attempt() -> tuple[Recorder, Value]:
            recorder = Recorder(on_step, cancel)
            return recorder, recorder.run(steps(recorder))

        return self._workshop.with_enough_memory(attempt)

    def _edited(
        self,
        edit: _Edit,
        given: AnyPicture,
        settings: Settings | None,
        *,
        speed: str,
        prompt: str,
        seed: int,
        on_step: OnStep | None,
        cancel: CancelToken | None,
        identity: Identity | None = None,
        measure: Callable[[Picture], dict[str, Any]] | None = None,
    ) -> EditResult:
        _check_seed(seed)
        if settings is None:
            recorder, edited = self._run(edit.instant, on_step, cancel)
        else:
            wish = Wish(settings, prompt, seed, identity)
            recorder, edited = self._run(lambda r: edit.drawn(self._workshop, wish, r), on_step, cancel)
        report = recorder.facts(
            speed=speed,
            model=None if settings is None else self.model,
            device=str(self.device),
            prompt=prompt,
            seed=seed,
            settings=settings,
            saved_memory_by=self._workshop.measures,
            warnings=[TOYBOX_WARNING] if settings is not None and self.model == TOYBOX.name else [],
        )
        if settings is not None and self._styles:
            report["styles"] = [{"file": str(file), "weight": weight} for file, weight in self._styles]
        report |= measure(edited.picture) if measure else {}
        layers = None
        if edited.background is not None and edited.object is not None:
            layers = MovedLayers(_as_given(edited.background, given), _layer_as_given(edited.object, given))
        return EditResult(_as_given(edited.picture, given), edited.mask, report, layers)


def _to_prepare(
    tool: str,
    picture: Picture,
    drags: Sequence[Drag],
    mask: Mask | None,
    reference: AnyPicture | None,
    reference_mask: Mask | None,
    at: Point | None,
    transform: Transform,
) -> _Edit:
    """The edit whose crops are prepared. Raises `BadRequest` where something is missing that says which they are."""
    if tool == "drag":
        return DragEdit(picture, _selection_to_prepare(picture, drags, mask), drags)
    if tool == "paste":
        if reference is None or at is None:
            raise BadRequest("A paste is prepared with the object's picture and its place; give both.")
        return PasteEdit.checked(picture, _as_picture(reference), reference_mask, at, transform)
    if mask is None:
        raise BadRequest("Nothing says what the object is; give its mask.")
    check_mask(mask, picture.size)
    if tool == "move":
        return MoveEdit.of(picture, mask, transform)
    if reference is None:
        raise BadRequest("Nothing says where the look comes from; give the other picture.")
    return AppearanceEdit.checked(picture, mask, _as_picture(reference), reference_mask)


def _selection_to_prepare(picture: Picture, drags: Sequence[Drag], mask: Mask | None) -> Mask:
    if drags:
        return selection_for(mask, picture.size, drags)
    if mask is None:
        return np.full((picture.height, picture.width), 255, np.uint8)
    check_mask(mask, picture.size)
    return mask


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


def _layer_as_given(layer: Picture, given: AnyPicture) -> AnyPicture:
    """As `_as_given` of a picture that has alpha whether the given one has it or not."""
    return layer.samples if isinstance(given, np.ndarray) else _as_given(layer, given)

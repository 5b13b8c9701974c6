"""What every edit works with: the model, what it has prepared, and what was asked of it."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from dragbrush.compose import as_tensor
from dragbrush.dragon_presets import DragonSettings
from dragbrush.edit import Step
from dragbrush.engine.components import Components
from dragbrush.engine.devices import Device
from dragbrush.engine.identity import Identity
from dragbrush.engine.loading import load_components
from dragbrush.engine.memory.ladder import Ladder
from dragbrush.engine.memory.offload import MAIN_MEMORY
from dragbrush.engine.methods.dragondiffusion import prepare_for_guidance
from dragbrush.engine.prepare import Prepared, Preparer
from dragbrush.engine.style import Style
from dragbrush.imaging import Box, Fit, Mask, Picture, fit_edit, read_canvas
from dragbrush.presets import DragSettings
from dragbrush.report import Recorder
from dragbrush.tools import Settings

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Wish:
    """How an edit is to be drawn."""

    settings: Settings
    prompt: str
    seed: int
    identity: Identity | None = None
    """An identity LoRA to use instead of one of the settings."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit gives."""

    picture: Picture
    mask: Mask
    """What may have changed."""
    background: Picture | None = None
    object: Picture | None = None
    """Of a move in layers."""


class Workshop:
    """One model on one device, loaded by the first edit that needs it, and the cache of what it prepared."""

    def __init__(
        self,
        folder: Path,
        device: Device,
        cache_dir: Path,
        styles: Sequence[Style] = (),
        *,
        canvas_side: int | None = None,
    ) -> None:
        self._folder, self._device, self._cache_dir, self._styles = folder, device, cache_dir, styles
        self._wanted_side = canvas_side
        self._components: Components | None = None
        self._preparer: Preparer | None = None
        self._ladder = Ladder(device)

    @property
    def components(self) -> Components:
        if self._components is None:
            place = MAIN_MEMORY if self._ladder.loads_aside else self._device.place
            loaded = load_components(self._folder, device=place, dtype=self._device.dtype, styles=self._styles)
            self._components = replace(loaded, device=self._device.place)
        return self._components

    @property
    def canvas_side(self) -> int:
        """Side in pixels of a square canvas: what the model was trained on, or less where that was asked for."""
        trained, multiple = self.components.canvas_side, self.components.canvas_multiple
        wanted = trained if self._wanted_side is None else min(self._wanted_side, trained)
        return max(multiple, wanted // multiple * multiple)

    @property
    def measures(self) -> tuple[str, ...]:
        """What the last edit did to take less memory."""
        return self._ladder.plan.measures

    def with_enough_memory(self, attempt: Callable[[], Value]) -> Value:
        """What an attempt at an edit gives, made again by a further plan where the device's memory ran out.

        Raises `OutOfMemory` where nothing helps.
        """
        kept = self._preparer

        def drop_caches() -> bool:
            nonlocal kept
            had_any, kept, self._preparer = kept is not None, None, None
            return had_any

        return self._ladder.climb(attempt, drop_caches=drop_caches)

    def opened(self) -> Generator[Step, None, Components]:
        """Has the model loaded."""
        yield Step("load", 0, 1)
        components = self.components
        yield Step("load", 1, 1)
        return components

    def fit(self, picture: Picture, box: Box) -> Fit:
        """The crop that shows a box of a picture to the model, with context."""
        multiple = self.components.canvas_multiple
        return fit_edit(picture.size, box, (), canvas_area_side=self.canvas_side, multiple=multiple)

    def prepared(
        self, picture: Picture, fit: Fit, wish: Wish, recorder: Recorder, *, prompt: str | None = None
    ) -> Generator[Step, None, Prepared]:
        """The crop on the model's canvas, inverted, with all that the settings look up.

        `prompt`: of this picture, where it is another one than the wish speaks of.
        """
        components = self.components
        if self._preparer is None:
            self._preparer = Preparer(components, self._cache_dir)
        canvas = as_tensor(read_canvas(picture, fit)[0])
        self._ladder.show(components, _to_do(wish), (fit.canvas_height, fit.canvas_width))
        yield Step("encode", 1, 1)
        prompt = wish.prompt if prompt is None else prompt
        if isinstance(wish.settings, DragSettings):
            prepared = yield from self._preparer.prepare(
                canvas, prompt=prompt, settings=wish.settings, seed=wish.seed, identity=wish.identity
            )
        else:
            prepared = yield from prepare_for_guidance(
                components, self._preparer, canvas, prompt=prompt, settings=wish.settings, seed=wish.seed
            )
        recorder.pictures += 1
        recorder.inverted += "inversion" not in prepared.warm
        recorder.warm = prepared.warm if recorder.pictures == 1 else recorder.warm & prepared.warm
        return prepared


def _to_do(wish: Wish) -> Settings:
    """The settings without the training that a given identity LoRA saves."""
    settings = wish.settings
    is_trained = isinstance(settings, DragSettings) and wish.identity is not None
    return replace(settings, lora_step=0) if is_trained else settings


def guided(wish: Wish) -> DragonSettings:
    """The settings of a tool that DragonDiffusion does."""
    assert isinstance(wish.settings, DragonSettings)
    return wish.settings

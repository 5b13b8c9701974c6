"""Watching an edit run: progress out, cancel in, and the report of what it took and where things ended."""

import math
import platform
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any, TypeVar

import psutil

from dragbrush.dragon_presets import DragonSettings, unet_evaluations
from dragbrush.edit import CancelToken, Drag, Point, Step
from dragbrush.imaging import Fit, Picture, where_it_went
from dragbrush.tools import Settings

Value = TypeVar("Value")

MEASURED_BY = (
    "normalised cross-correlation of the source's patch round the handle with the finished picture, "
    "not the engine's own tracking"
)


class Recorder:
    """Runs the steps of one edit and remembers how many there were and how long each phase took."""

    def __init__(self, on_step: Callable[[Step], None] | None, cancel: CancelToken | None) -> None:
        self._on_step, self._cancel = on_step, cancel
        self._started = time.perf_counter()
        self.phase_seconds: defaultdict[str, float] = defaultdict(float)
        self.phase_steps: Counter[str] = Counter()
        self.warm: frozenset[str] = frozenset()
        self.pictures, self.inverted = 0, 0
        """That the model was shown, and how many of them were not inverted before."""
        self.fit: Fit | None = None
        """Set by the edit once it is known; steps then speak of picture pixels."""

    def run(self, steps: Generator[Step, None, Value]) -> Value:
        """The generator's value. After a cancel it is closed at its next step and `Cancelled` is raised."""
        since = time.perf_counter()
        try:
            while True:
                if self._cancel is not None:
                    self._cancel.raise_if_cancelled()
                step = next(steps)
                now = time.perf_counter()
                self.phase_seconds[step.phase] += now - since
                self.phase_steps[step.phase] = max(self.phase_steps[step.phase], step.index)
                since = now
                if self._on_step is not None:
                    self._on_step(self._on_picture(step))
        except StopIteration as finished:
            return finished.value
        finally:
            steps.close()

    def facts(self, *, settings: Settings | None, **facts: Any) -> dict[str, Any]:
        """What was asked for and what it took; `facts` lead."""
        return {
            "dragbrush": version("dragbrush"),
            **facts,
            "settings": asdict(settings) if settings else {},
            "crop": asdict(self.fit) if self.fit else None,
            "seconds": round(time.perf_counter() - self._started, 3),
            "phase_seconds": {phase: round(s, 3) for phase, s in self.phase_seconds.items()},
            "warm": {part: part in self.warm for part in ("identity", "inversion")},
            "unet_evaluations": self._evaluations(settings),
            "peak_memory_bytes": peak_memory_bytes(),
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("torch", "diffusers", "peft", "transformers", "numpy")},
            },
        }

    def _on_picture(self, step: Step) -> Step:
        if self.fit is None:
            return step
        step = replace(step, box=None if step.preview is None else self.fit.box)
        if step.handles is None:
            return step
        return replace(
            step,
            handles=tuple(self.fit.to_layer(handle) for handle in step.handles),
            distance_px=None if step.distance_px is None else step.distance_px * self.fit.scale,
        )

    def _evaluations(self, settings: Settings | None) -> dict[str, int]:
        """Samples that went through the denoiser, forward and backward; one more forward opens a drag."""
        if settings is None:
            return {"forward": 0, "backward": 0}
        if isinstance(settings, DragonSettings):
            return unet_evaluations(settings, pictures=self.pictures, inverted=self.inverted)
        learned = self.phase_steps["identity"] * settings.lora_batch_size
        dragged = self.phase_steps["drag"]
        rows = 2 if settings.keys_values == "row" else 1
        inverted = self.phase_steps["inversion"] + self.phase_steps["warp"]
        forward = learned + inverted + dragged + 1 + rows * self.phase_steps["denoise"]
        return {"forward": forward, "backward": learned + dragged}


def peak_memory_bytes() -> int:
    """The most memory this process has held since it began."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def ended(source: Picture, result: Picture, drags: Sequence[Drag]) -> dict[str, Any]:
    """Where the handles of a drag ended; ready for JSON."""
    return {"measured_by": MEASURED_BY, "handles": [_ended(source, result, drag) for drag in drags]}


def _plain(point: Point) -> Point:
    """Without numpy's number types, which JSON does not know."""
    return float(point[0]), float(point[1])


def _ended(source: Picture, result: Picture, drag: Drag) -> dict[str, Any]:
    ended, score = where_it_went(source, result, drag.handle, drag.target)
    return {
        "handle": _plain(drag.handle),
        "target": _plain(drag.target),
        "ended": _plain(ended),
        "remaining_px": round(math.dist(ended, drag.target), 2),
        "score": round(score, 4),
    }

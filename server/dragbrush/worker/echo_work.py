"""A worker without an engine: takes its steps by the clock and gives the picture back inverted. For tests and doctor.

Of a move in layers, the background is the picture as it was, and the object its first row, opaque.

What it does is said in the prompt, as words: `steps=20`, `step_ms=10`, and one of `die`, `hang`, `break`, `fault`,
which happens half-way (`die=once` dies in the job's first attempt only).
"""

import os
import time
from pathlib import Path

import msgspec

from dragbrush.edit import CancelToken
from dragbrush.errors import OutOfMemory
from dragbrush.protocol.messages import Pixels, Report
from dragbrush.protocol.pixels import SAMPLE_BYTES, byte_length
from dragbrush.worker.child import Tell, keep_result
from dragbrush.worker.messages import Finished, Part, Prepare, Previewed, Role, Run, Stepped, Task, Warp, previewed

_HANG_S = 3600
_INVERTED = bytes(range(255, -1, -1))
"""Of each byte, which is the inverse of a 16-bit sample too."""


class EchoWork:
    device = "echo"

    def do(self, task: Task, tell: Tell, cancel: CancelToken) -> Finished:
        orders = {name: value for name, _, value in (word.partition("=") for word in task.edit.prompt.split())}
        match task:
            case Warp():
                time.sleep(_step_s(orders))
                _misbehave(task, orders)
                tell(_preview(task.job, task.number))
                return Finished(task.job, [], Report())
            case Run():
                _take_steps(task, orders, tell, cancel)
                return Finished(task.job, _parts(task), Report(seed=task.edit.seed))
            case Prepare():
                _take_steps(task, orders, tell, cancel)
                return Finished(task.job, [], Report())


def _parts(task: Run) -> list[Part]:
    pixels, samples = task.edit.image.pixels, Path(task.edit.image.path).read_bytes()
    row = msgspec.structs.replace(pixels, height=1)
    made: dict[Role, tuple[bytes, Pixels]] = {
        "edit": (samples.translate(_INVERTED), pixels),
        "background": (samples, pixels),
        "object": _opaque(samples[: byte_length(row)], row),
    }
    parts: list[Part] = []
    for role, out in task.outs.items():
        data, its = made[role]
        keep_result(out, data)
        parts.append(Part(role, its, (0, 0, its.width, its.height)))
    return parts


def _opaque(samples: bytes, pixels: Pixels) -> tuple[bytes, Pixels]:
    """The same with an alpha that hides nothing."""
    pixel, alpha = len(samples) // pixels.width, SAMPLE_BYTES[pixels.depth]
    has_alpha = pixels.channels in ("graya", "rgba")
    colours = pixel - alpha if has_alpha else pixel
    data = b"".join(samples[at : at + colours] + b"\xff" * alpha for at in range(0, len(samples), pixel))
    channels = "graya" if pixels.channels in ("gray", "graya") else "rgba"
    return data, msgspec.structs.replace(pixels, channels=channels)


def _take_steps(task: Run | Prepare, orders: dict[str, str], tell: Tell, cancel: CancelToken) -> None:
    steps = int(orders.get("steps", 4))
    for step in range(1, steps + 1):
        cancel.raise_if_cancelled()
        time.sleep(_step_s(orders))
        tell(Stepped(task.job, "drag", step, steps, [drag.handle for drag in task.edit.drags]))
        if isinstance(task, Run) and task.preview_px:
            tell(_preview(task.job, 0))
        if 2 * step >= steps:
            _misbehave(task, orders)


def _misbehave(task: Task, orders: dict[str, str]) -> None:
    is_first_attempt = task.job.endswith("/1")
    if "die" in orders and (is_first_attempt or orders["die"] != "once"):
        os._exit(9)
    if "hang" in orders:
        time.sleep(_HANG_S)
    if "break" in orders:
        raise OutOfMemory("There is too little memory for this edit.")
    if "fault" in orders:
        raise ValueError("a fault on purpose")


def _step_s(orders: dict[str, str]) -> float:
    return float(orders.get("step_ms", 1)) / 1000


def _preview(job: str, number: int) -> Previewed:
    return previewed(job, number, Pixels(2, 2, "rgb"), (0, 0, 2, 2), bytes(12))

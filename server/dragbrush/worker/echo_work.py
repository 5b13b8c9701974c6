"""A worker without an engine: takes its steps by the clock and gives the picture back inverted. For tests and doctor.

What it does is said in the prompt, as words: `steps=20`, `step_ms=10`, and one of `die`, `hang`, `break`, `fault`,
which happens half-way (`die=once` dies in the job's first attempt only).
"""

import os
import time

import numpy as np

from dragbrush.errors import OutOfMemory
from dragbrush.protocol.messages import Pixels
from dragbrush.protocol.pixels import CHANNELS, SAMPLE_BYTES
from dragbrush.worker.inbox import Inbox
from dragbrush.worker.messages import Finished, Follow, Prepare, Previewed, Run, Stepped, Task

_HANG_S = 3600


class EchoWork:
    device = "echo"

    def do(self, task: Task, inbox: Inbox) -> Finished:
        match task:
            case Run():
                self._step(task, inbox)
                return self._inverted(task)
            case Prepare():
                self._step(task, inbox)
                return Finished(task.job, None, None, {"seconds": 0.0})
            case Follow():
                while (redraw := inbox.next_redraw()) is not None:
                    inbox.send(_preview(task.job, redraw.number))
                inbox.cancel.raise_if_cancelled()
                raise AssertionError("a followed picture ends by a cancel")

    def _step(self, task: Run | Prepare, inbox: Inbox) -> None:
        orders = {name: value for name, _, value in (word.partition("=") for word in task.edit.prompt.split())}
        steps = int(orders.get("steps", 4))
        for step in range(1, steps + 1):
            inbox.cancel.raise_if_cancelled()
            time.sleep(float(orders.get("step_ms", 1)) / 1000)
            inbox.send(Stepped(task.job, "drag", step, steps, [drag.handle for drag in task.edit.drags]))
            if isinstance(task, Run) and task.preview_px:
                inbox.send(_preview(task.job, 0))
            if 2 * step >= steps:
                self._misbehave(task.job, orders)

    def _misbehave(self, job: str, orders: dict[str, str]) -> None:
        # The last part of the name is the attempt.
        if "die" in orders and not (orders["die"] == "once" and not job.endswith("/1")):
            os._exit(9)
        if "hang" in orders:
            time.sleep(_HANG_S)
        if "break" in orders:
            raise OutOfMemory("There is too little memory for this edit.")
        if "fault" in orders:
            raise ValueError("a fault on purpose")

    def _inverted(self, task: Run) -> Finished:
        pixels = task.edit.image.pixels
        kind = np.dtype(f"<u{SAMPLE_BYTES[pixels.depth]}")
        samples = np.fromfile(task.edit.image.path, kind).reshape(
            pixels.height, pixels.width, CHANNELS[pixels.channels]
        )
        (np.iinfo(kind).max - samples).tofile(task.out)
        return Finished(task.job, pixels, (0, 0, pixels.width, pixels.height), {"seconds": 0.0, "seed": task.edit.seed})


def _preview(job: str, number: int) -> Previewed:
    return Previewed(job, number, Pixels(2, 2, "rgb"), (0, 0, 2, 2), bytes(12))

"""How a running edit shows itself (a bar on a terminal, else a line for each phase) and how it is stopped."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from dragbrush.edit import CancelToken, Step

MAX_FRAMES = 200
"""Most pictures kept for an animation; beyond it every second one is dropped, which bounds the memory."""

FRAME_PX = 384
"""About the longer side of an animation: previews have one pixel for each latent cell."""

_STOPPING = (signal.SIGINT, signal.SIGTERM)
_STDERR = 2

_BAR = "{desc} {percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt}, {remaining} left{postfix}"


class Progress:
    """Shows the steps that it is called with. A context manager, which takes the bar away at its end."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._with_bar = not quiet and sys.stderr.isatty()
        self._bar: Any = None  # a tqdm, whose package has no types
        self._phase = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, step: Step) -> None:
        note = "" if step.distance_px is None else f"{step.distance_px:.1f} px to go"
        self.show(step.phase, step.index, step.total, note=note)

    def show(self, phase: str, done: int, total: int, *, note: str = "") -> None:
        """Show that `done` of at most `total` steps of a phase are done."""
        if self._with_bar:
            self._draw(phase, done, total, note)
        elif not self._quiet and phase != self._phase:
            steps = f", up to {total} steps" if total > 1 else ""
            print(f"dragbrush: {phase}{steps}", file=sys.stderr, flush=True)
        self._phase = phase

    def _draw(self, phase: str, done: int, total: int, note: str) -> None:
        if self._bar is None:
            from tqdm import tqdm

            # The delay keeps tqdm from drawing before the first phase has a name.
            self._bar = tqdm(file=sys.stderr, bar_format=_BAR, dynamic_ncols=True, miniters=1, leave=False, delay=1e-9)
        begins = phase != self._phase or done < self._bar.n
        if begins:
            self._bar.reset(total=total)
            self._bar.set_description_str(f"{phase:<9}", refresh=False)
        if begins or note:
            self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)
        if begins:
            self._bar.refresh()


class Frames:
    """Collects the previews of the steps that it is called with, at even intervals."""

    def __init__(self) -> None:
        self.pictures: list[Any] = []  # (height, width, 3) uint8 arrays; numpy is not loaded here
        self._seen = 0
        self._stride = 1

    def __call__(self, step: Step) -> None:
        if step.preview is None:
            return
        if self._seen % self._stride == 0:
            self.pictures.append(step.preview)
        self._seen += 1
        if len(self.pictures) > MAX_FRAMES:
            self.pictures = self.pictures[::2]
            self._stride *= 2

    def enlarged(self) -> list[Any]:
        """The pictures as whole multiples of their size, large enough to look at."""
        return [
            picture.repeat(factor, axis=0).repeat(factor, axis=1)
            for picture in self.pictures
            for factor in [max(1, FRAME_PX // max(picture.shape))]
        ]


@contextmanager
def cancelling() -> Iterator[CancelToken]:
    """A token that the first Ctrl-C (or SIGTERM) sets; the second one ends the process at once."""
    token = CancelToken()
    if threading.current_thread() is not threading.main_thread():
        yield token  # signals reach the main thread only
        return

    def stop(number: int, frame: FrameType | None) -> None:
        token.cancel()
        for each in _STOPPING:
            signal.signal(each, signal.SIG_DFL)
        # Not print: the handler may interrupt another print to the same stream.
        os.write(_STDERR, b"\ndragbrush: stopping after this step; Ctrl-C once more ends it at once\n")

    former = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        yield token
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)

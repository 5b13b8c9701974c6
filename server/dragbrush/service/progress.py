"""How far a job is, from the phases that its steps name."""

import time

WEIGHTS = {
    "load": 2.0, "encode": 0.5, "identity": 8.0, "inversion": 4.0, "warp": 0.5, "drag": 10.0, "denoise": 4.0,
    "decode": 0.3, "paste": 0.5,
}  # fmt: skip
"""Usual shares of a job's time, of one another; a phase that a job leaves out is passed over."""
_ORDER = list(WEIGHTS)
_TOLD_FROM = 0.05
"""Share of the job from which the time left is told."""


class Progress:
    """Of a job through all its attempts."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._fraction = 0.0

    def begin(self) -> None:
        """An attempt begins."""
        self._began = time.monotonic()

    def at(self, phase: str, step: int, of: int) -> tuple[float, float | None]:
        """The share of the job that is done, which never falls, and the seconds left if they can be told."""
        total = sum(WEIGHTS.values())
        place = _ORDER.index(phase) if phase in WEIGHTS else 0
        before = sum(WEIGHTS[name] for name in _ORDER[:place])
        now = min(1.0, (before + WEIGHTS.get(phase, 0.0) * min(1.0, step / max(of, 1))) / total)
        self._fraction = max(self._fraction, now)
        gone = time.monotonic() - self._began
        left = gone * (1 - now) / now if now > _TOLD_FROM else None
        return self._fraction, left

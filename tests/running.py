"""Runs the engine's generators in tests."""

from collections.abc import Generator
from typing import Any

from torch import Tensor

from dragbrush.edit import Step


def run(generator: Generator[Step, None, Any]) -> tuple[list[Step], Any]:
    """All steps, and the value at the end."""
    steps = []
    while True:
        try:
            steps.append(next(generator))
        except StopIteration as stop:
            return steps, stop.value


def relative(a: Tensor, b: Tensor) -> float:
    """Norm of the difference, in norms of `b`."""
    return float((a.double() - b.double()).norm() / b.double().norm())

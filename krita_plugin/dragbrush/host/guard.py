"""Keeps an error of this plugin from Krita, which would answer it with a dialog in the middle of its event loop."""

import functools
import logging
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

logger = logging.getLogger("dragbrush.krita")

P = ParamSpec("P")
R = TypeVar("R")


def guarded(otherwise: Any = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For what Qt or Krita calls: an exception is logged, and `otherwise` is returned."""

    def guard(entry: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(entry)
        def kept(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return entry(*args, **kwargs)
            except Exception:  # an entry is the root of all that happens in it
                logger.exception("%s failed", entry.__qualname__)
                return otherwise

        return kept

    return guard

"""Who is told when something changes."""

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Listeners(Generic[P]):
    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[P, None]] = {}

    def add(self, callback: Callable[P, None]) -> Callable[[], None]:
        """What is returned ends it; calling that again does no harm. One callback may be added several times."""
        key = object()
        self._callbacks[key] = callback

        def end() -> None:
            self._callbacks.pop(key, None)

        return end

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Calls all in the order in which they were added; they may add and end others meanwhile."""
        for callback in tuple(self._callbacks.values()):
            callback(*args, **kwargs)

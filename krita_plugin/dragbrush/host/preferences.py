"""The settings of now: read once, written whenever they change."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core import settings as kept
from ..core.listeners import Listeners
from ..core.settings import Settings


class Preferences:
    def __init__(self, file: Path) -> None:
        self._file = file
        self.now: Settings = kept.load(file)
        self._listeners: Listeners[[]] = Listeners()

    def set(self, **fields: Any) -> None:
        settings = replace(self.now, **fields)
        if settings != self.now:
            self.now = settings
            kept.save(self._file, settings)
            self._listeners.tell()

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called after each change; what is returned ends that."""
        return self._listeners.add(callback)

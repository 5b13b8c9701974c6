"""Which key on the canvas is the tool's. Knows neither Qt nor Krita."""

from collections.abc import Callable
from typing import Literal

from .tool import Tool

Key = Literal["escape", "delete", "undo", "redo", "swap"]


def answer(key: Key, tool: Tool | None, owns_undo: bool) -> Callable[[], None] | None:
    """What the tool does at a key, or None where the key is Krita's.

    Delete is the tool's also when nothing is selected: Krita would empty the layer. Undo is the tool's as long as
    the caller says that the points were changed last and there is a step to undo. In the middle of a pull all of
    these keys are the tool's, and only one does something.
    """
    if tool is None:
        return None
    if tool.is_pulling and key != "escape":
        return _do_nothing
    match key:
        case "escape":
            if tool.is_pulling:
                return tool.cancel
            return tool.reset if tool.can_reset else None
        case "delete":
            return tool.delete
        case "swap":
            return tool.swap if tool.has_selection else None
        case "undo":
            return tool.undo if owns_undo and tool.can_undo else None
        case "redo":
            return tool.redo if owns_undo and tool.can_redo else None


def _do_nothing() -> None:
    pass

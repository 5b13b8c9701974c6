"""What a tool on the canvas answers to. Knows neither Qt nor Krita; places are px of the canvas widget."""

from collections.abc import Callable
from typing import Literal, Protocol

from ..core.points import XY
from .placement import Placement

REACH_PX = 12.0
"""How far from a handle a press still takes it; half of a fingertip-wide target, as pens are held less steady."""
TREMBLE_PX = 4.0
"""A press that moves less than this is a click."""

Cursor = Literal["cross", "hand", "fist", "falling", "rising", "turn", "arrow"]
Pull = Literal["moving", "done", "cancelled"]


class Tool(Protocol):
    """One tool on one view. What it works on belongs to the document, and other views may show it too."""

    @property
    def cursor(self) -> Cursor: ...

    @property
    def is_pulling(self) -> bool: ...

    @property
    def has_selection(self) -> bool: ...

    @property
    def can_undo(self) -> bool: ...

    @property
    def can_redo(self) -> bool: ...

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Has `callback` called whenever what it works on changes; what is returned ends that."""
        ...

    def hover(self, at: XY | None, placement: Placement) -> bool:
        """The pointer is here with no button down, or gone. Says whether that looks different."""
        ...

    def press(self, at: XY, placement: Placement) -> None: ...

    def drag(self, at: XY, placement: Placement, *, is_straight: bool) -> None: ...

    def release(self) -> None: ...

    def cancel(self) -> None:
        """Ends a pull as if it had never begun."""
        ...

    @property
    def can_reset(self) -> bool: ...

    def reset(self) -> None:
        """Begins anew, as one step of undo."""
        ...

    def delete(self) -> None:
        """Takes away what is selected."""
        ...

    def swap(self) -> None:
        """Turns round what is selected."""
        ...

    def undo(self) -> None: ...

    def redo(self) -> None: ...

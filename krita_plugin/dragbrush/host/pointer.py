"""Who has the pointer: the tool or Krita. Knows neither Qt nor Krita.

Each answer says whether the event is the tool's; what is not goes on to Krita, which pans, zooms and turns.
"""

from collections.abc import Callable
from typing import Literal

from ..core.points import XY
from .placement import Placement
from .tool import Tool

Button = Literal["left", "middle", "right", "other"]
Device = Literal["mouse", "pen"]


class Pointer:
    """From the first button that goes down until the last is up, all belongs to one of the two.

    Krita has every button but the left one, and all of them while Space is down.
    """

    def __init__(self, on_hover: Callable[[], None]) -> None:
        self._on_hover = on_hover
        self.tool: Tool | None = None
        self.is_space_down = False
        self._owner: Literal["tool", "krita"] | None = None
        self._device: Device = "mouse"
        self._last: tuple[XY, bool] | None = None

    @property
    def is_krita_working(self) -> bool:
        """Whether Krita has the pointer, or will have it at the next press."""
        return self.tool is None or self._owner == "krita" or (self._owner is None and self.is_space_down)

    def use(self, tool: Tool | None) -> None:
        """Takes up a tool; a pull of the last one is cancelled."""
        if self.tool is not None and self.tool is not tool:
            self.tool.cancel()
        self.tool = tool
        self._owner = None

    def press(self, button: Button, at: XY, placement: Placement | None, device: Device = "mouse") -> bool:
        if self.tool is None:
            return False
        if self._owner is None:
            self._owner = "tool" if button == "left" and not self.is_space_down else "krita"
            self._device = device
            if self._owner == "krita":
                self._hover_ends(placement)
            elif placement is not None:
                self._last = (at, False)
                self.tool.press(at, placement)
        return self._owner == "tool"

    def move(
        self, at: XY, placement: Placement | None, device: Device = "mouse", *, is_down: bool, is_straight: bool
    ) -> bool:
        """`is_down` says whether any button is; it can be up here though no release was seen."""
        if self.tool is None:
            return False
        if not is_down and self._owner is not None and device == self._device:
            self._end()
        if self._owner == "krita":
            return False
        if placement is None or (self._owner == "tool" and device != self._device):  # Qt's echo of a pen as a mouse
            return True
        if self._owner == "tool":
            self._last = (at, is_straight)
            self.tool.drag(at, placement, is_straight=is_straight)
        else:
            if self.tool.hover(at, placement):
                self._on_hover()
            return not self.is_space_down
        return True

    def release(self, device: Device = "mouse", *, is_down: bool) -> bool:
        """`is_down` says whether another button still is."""
        was_tools = self._owner == "tool"
        if not is_down and device == self._device:
            self._end()
        return was_tools

    def leave(self, placement: Placement | None) -> None:
        self._hover_ends(placement)

    def follow(self, placement: Placement) -> None:
        """The canvas moved under a pull: its end stays under the pointer."""
        if self._owner == "tool" and self.tool is not None and self.tool.is_pulling and self._last is not None:
            at, is_straight = self._last
            self.tool.drag(at, placement, is_straight=is_straight)

    def _hover_ends(self, placement: Placement | None) -> None:
        if self.tool is not None and placement is not None and self.tool.hover(None, placement):
            self._on_hover()

    def _end(self) -> None:
        if self._owner == "tool" and self.tool is not None:
            self.tool.release()
        self._owner = None
        self._last = None

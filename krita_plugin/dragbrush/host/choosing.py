"""What the next edit is made with: the tool and speed of those that the server publishes, prompt, seed and settings."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .. import wire
from ..core import form
from ..core.inputs import Inputs, layer_name, next_seed
from .guard import guarded
from .link import Link
from .preferences import Preferences
from .work import Work

_LASTING = ("tool", "speed", "seed")
"""What a new document begins with too."""


class Choosing:
    """`work` gives the active document's; `changed` hears of each choice."""

    def __init__(
        self, link: Link, preferences: Preferences, work: Callable[[], Work | None], changed: Callable[[], None]
    ) -> None:
        self._link, self._preferences, self._work, self._changed = link, preferences, work, changed

    @property
    def tools(self) -> tuple[wire.Tool, ...]:
        """Also those of the last server, while another is looked for."""
        welcome = self._link.status.welcome
        return () if welcome is None else form.tools(welcome)

    @property
    def tool(self) -> wire.Tool | None:
        welcome = self._link.status.welcome
        return None if welcome is None else form.tool_of(welcome, self.choice.tool)

    @property
    def tool_id(self) -> str:
        """Also before a server has said what it has."""
        return self.tool_of(self.choice)

    def tool_of(self, choice: Inputs) -> str:
        """The tool of a choice, as far as this server has it."""
        welcome = self._link.status.welcome
        found = None if welcome is None else form.tool_of(welcome, choice.tool)
        return choice.tool if found is None else found.id

    @property
    def speed(self) -> wire.Speed | None:
        return None if self.tool is None else form.speed_of(self.tool, self.choice.speed)

    @property
    def choice(self) -> Inputs:
        """As a person made it, whether or not this server has it all."""
        work = self._work()
        return self.fresh() if work is None else work.choice

    def fresh(self) -> Inputs:
        """Of a document that nothing was chosen for."""
        settings = self._preferences.now
        return Inputs(tool=settings.tool, speed=settings.speed, seed=settings.seed)

    def inputs(self, work: Work) -> Inputs:
        """Of an edit that begins now: what this server has of the choice."""
        tool, speed = self.tool, self.speed
        if tool is None or speed is None:
            return work.inputs
        params = form.usable(form.rows(speed), work.choice.params)
        return replace(work.inputs, tool=tool.id, speed=speed.id, params=params)

    def layer_name(self, inputs: Inputs) -> str:
        welcome = self._link.status.welcome
        return layer_name(inputs, {} if welcome is None else form.titles(welcome))

    @guarded()
    def choose(self, **fields: Any) -> None:
        """Any of the inputs but places. Another speed keeps what it has of the settings, another tool none."""
        if fields.get("tool", self.tool_id) != self.tool_id:
            fields.setdefault("params", {})  # those of another method, even where they have the same name
        elif "speed" in fields and self.tool is not None and "params" not in fields:
            speed = form.speed_of(self.tool, fields["speed"])
            fields["params"] = {} if speed is None else form.usable(form.rows(speed), self.choice.params)
        work = self._work()
        if work is not None:
            work.choose(replace(work.choice, **fields))
        self._preferences.set(**{name: value for name, value in fields.items() if name in _LASTING})
        self._changed()

    def next_seed(self) -> None:
        self.choose(seed=next_seed(self.choice.seed))

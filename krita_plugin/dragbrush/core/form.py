"""Form rows from what a server publishes, and what of a form is sent. The host draws rows without knowing any."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .. import wire
from .inputs import Value

Kind = Literal["bool", "choice", "float", "int"]
_MAX_INT = 2**31 - 1
"""Of a spin box."""
_MAX_DIGITS = 8
_MOST = 1e300
"""Neither infinite nor an integer that no float holds."""


class FormError(Exception):
    """A value that a row does not take; `words.form` makes a sentence of it."""

    def __init__(self, row: "Row", value: object) -> None:
        super().__init__(row.id)
        self.row, self.value = row, value


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    kind: Kind
    default: Value
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    is_live: bool = False
    """May change while a live job is open."""

    @property
    def digits(self) -> int:
        """After the point, as many as the default and the bounds need and one more."""
        if self.kind != "float":
            return 0
        known = [abs(value) for value in (self.default, self.low) if isinstance(value, (int, float)) and value]
        least = min(known, default=1.0)
        return min(_MAX_DIGITS, max(2, 1 - math.floor(math.log10(least))))

    @property
    def step(self) -> float:
        """Of one press of an arrow key."""
        if self.kind != "float":
            return 1
        size = abs(self.default) if isinstance(self.default, (int, float)) and self.default else 1.0
        return 10.0 ** (math.floor(math.log10(size)) - (1 if size < 10 else 0))

    def checked(self, value: object) -> Value:
        """The value as it is sent. Raises: FormError."""
        match self.kind:
            case "bool":
                if isinstance(value, bool):
                    return value
            case "choice":
                if isinstance(value, str) and value in self.choices:
                    return value
            case "int":
                number = _number(value)
                if number is not None and number == int(number) and self._is_within(number):
                    return int(number)
            case "float":
                number = _number(value)
                if number is not None and self._is_within(number):
                    return float(number)
        raise FormError(self, value)

    def read(self, text: str) -> Value:
        """What a person typed, with a point or a comma. Raises: FormError."""
        if self.kind not in ("int", "float"):
            return self.checked({"true": True, "false": False}.get(text, text) if self.kind == "bool" else text)
        try:
            return self.checked(float(text.strip().replace(",", ".")))
        except ValueError:
            raise FormError(self, text) from None

    def _is_within(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def rows(speed: wire.Speed) -> tuple[Row, ...]:
    """The settings of a speed; one that a row cannot show, as of a later server, is left out and keeps its default."""
    return tuple(row for row in map(_row, speed.params) if row is not None)


def differing(rows_: Sequence[Row], values: Mapping[str, object]) -> dict[str, Value]:
    """What to send: the values of the rows that are not the speed's own. Raises: FormError."""
    checked = {row.id: row.checked(values[row.id]) for row in rows_ if row.id in values}
    return {row.id: checked[row.id] for row in rows_ if row.id in checked and checked[row.id] != row.default}


def usable(rows_: Sequence[Row], values: Mapping[str, object]) -> dict[str, Value]:
    """Of values from a file, what this server's rows take."""
    kept: dict[str, Value] = {}
    for row in rows_:
        try:
            if row.id in values and (value := row.checked(values[row.id])) != row.default:
                kept[row.id] = value
        except FormError:
            continue
    return kept


TOOLS = ("drag", "move", "appearance", "paste")
"""What this plugin has inputs for."""


def tools(welcome: wire.Welcome) -> tuple[wire.Tool, ...]:
    """Of what the server publishes, what can be used here."""
    return tuple(tool for tool in welcome.tools if tool.id in TOOLS)


def tool_of(welcome: wire.Welcome, id_: str) -> wire.Tool | None:
    """The tool, or the first one where the server does not have it."""
    known = tools(welcome)
    return next((tool for tool in known if tool.id == id_), next(iter(known), None))


def speed_of(tool: wire.Tool, id_: str) -> wire.Speed | None:
    """The speed, or else one that is not just a warp, or else the first."""
    wanted = [speed for speed in tool.speeds if speed.id == id_] + [s for s in tool.speeds if s.has_prepare]
    return next(iter([*wanted, *tool.speeds]), None)


def live_speed(tool: wire.Tool) -> wire.Speed | None:
    """The one that follows the hand."""
    return next((speed for speed in tool.speeds if speed.is_live), None)


def titles(welcome: wire.Welcome) -> dict[str, str]:
    """Of tools and speeds, by id."""
    found = {tool.id: tool.title for tool in welcome.tools}
    return found | {speed.id: speed.title.partition(" (")[0] for tool in welcome.tools for speed in tool.speeds}


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _MOST:
        return value
    return None


def _row(param: wire.Param) -> Row | None:
    low = -_MAX_INT if param.kind == "int" and param.min is None else param.min
    high = _MAX_INT if param.kind == "int" and param.max is None else param.max
    title = param.title[:1].upper() + param.title[1:]
    row = Row(
        param.id, title, param.kind, param.default, low, high, param.unit or "", tuple(param.choices), param.is_live
    )
    try:
        row.checked(param.default)
    except FormError:
        return None
    return row

"""Settings as frozen dataclasses whose fields say what they are for and what they take. Standard library only."""

import dataclasses
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from dragbrush.errors import BadRequest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar("Settings", bound=DataclassInstance)


def setting(default: Any, text: str, low: float | None = None, high: float | None = None) -> Any:
    """A field of settings: its default, what it is for, and the least and greatest number it takes."""
    return dataclasses.field(default=default, metadata={"text": text, "low": low, "high": high})


def replaced(settings: "Settings", overrides: Mapping[str, Any]) -> "Settings":
    """The settings with some of them replaced.

    `overrides` maps names to values or to their text (as from a command line).
    Raises `BadRequest` for an unknown setting and for a value of the wrong kind or out of range.
    """
    known = {f.name: f for f in fields(settings)}
    values: dict[str, Any] = {}
    for name, value in overrides.items():
        if name not in known:
            raise BadRequest(f"There is no setting '{name}'; the settings are {', '.join(known)}.")
        values[name] = _checked(known[name], value)
    return replace(settings, **values)


def _checked(setting: "dataclasses.Field[Any]", value: Any) -> Any:
    kind = setting.type
    if kind in (int | None,):
        if value is None or (isinstance(value, str) and value.lower() == "none"):
            return None
        kind = int
    if choices := get_args(kind):
        if value not in choices:
            raise BadRequest(f"{setting.name} is '{value}'; choose one of {', '.join(choices)}.")
        return value
    if kind is bool:
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        raise BadRequest(f"{setting.name} is '{value}'; write true or false.")
    try:
        number = int(value) if kind is int else float(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    low, high = setting.metadata["low"], setting.metadata["high"]
    if number is None or isinstance(value, bool) or number != float(value) or not low <= number <= high:
        what = "a whole number" if kind is int else "a number"
        raise BadRequest(f"{setting.name} is '{value}'; it takes {what} from {low} to {high}.")
    return number

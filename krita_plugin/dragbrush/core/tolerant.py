"""Reading JSON that another version, or a person, may have written: what cannot be used is as if it were not there."""

import json
from collections.abc import Mapping
from typing import Any

from ..wire import MAX_COORDINATE
from .points import XY

MAX_BYTES = 16 * 1024 * 1024
"""Larger files are none of ours."""


def parsed(data: bytes) -> dict[str, Any]:
    """The object that it says; empty where it says none."""
    try:
        found = json.loads(data) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def text(said: Mapping[str, Any], name: str, default: str, *, most: int = 10_000) -> str:
    found = said.get(name)
    return found if isinstance(found, str) and len(found) <= most else default


def flag(said: Mapping[str, Any], name: str, default: bool) -> bool:
    found = said.get(name)
    return found if isinstance(found, bool) else default


def whole(said: Mapping[str, Any], name: str, default: int, *, least: int, most: int) -> int:
    found = said.get(name)
    if isinstance(found, int) and not isinstance(found, bool) and least <= found <= most:
        return found
    return default


def number(said: Mapping[str, Any], name: str, default: float) -> float:
    return float(said[name]) if _is_number(said.get(name)) else default


def items(said: Mapping[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return found if isinstance(found, list) else []


def mapping(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def point(found: Any) -> XY | None:
    if isinstance(found, list) and len(found) == 2 and all(_is_number(value, MAX_COORDINATE) for value in found):
        return float(found[0]), float(found[1])
    return None


def _is_number(found: Any, most: float = 1e300) -> bool:
    return isinstance(found, (int, float)) and not isinstance(found, bool) and abs(found) <= most

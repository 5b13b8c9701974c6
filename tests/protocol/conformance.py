"""The conformance vectors, and how an expected message is compared."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

FOLDER = Path(__file__).parents[1] / "vectors"

unhurried = settings(deadline=None)
"""For a property's test: a machine that is busy with something else is no fault of the code."""


def vectors(name: str, **wanted: Any) -> list[dict[str, Any]]:
    """The entries of one file, or of all files of a folder, whose fields are as `wanted`."""
    path = FOLDER / name
    files = [path] if path.is_file() else sorted(path.glob("*.json"))
    found = [entry for file in files for entry in json.loads(file.read_text("utf-8"))]
    return [entry for entry in found if all(entry[key] == value for key, value in wanted.items())]


def each(name: str, **wanted: Any) -> list[Any]:
    """The same as parameters of a test."""
    return [pytest.param(entry, id=entry["name"]) for entry in vectors(name, **wanted)]


def fits(expected: Any, found: Any) -> bool:
    """Whether `found` has all that `expected` names."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(fits(value, found.get(name)) for name, value in expected.items())
    return expected == found

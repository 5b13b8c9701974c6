"""What a .kra file keeps of Dragbrush, as the bytes of one annotation: points, settings, and a history without pixels.

Whatever a file holds, reading it gives something to go on with.
"""

import base64
import binascii
import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..wire import MAX_DRAGS, MAX_PARAMS, MAX_PROMPT, MAX_SCALE, MAX_SEED, MIN_SCALE, Transform
from .history import MAX_ENTRIES, Entry
from .inputs import Inputs, Value
from .points import Pair
from .tolerant import flag, items, mapping, number, parsed, point, text, whole

ANNOTATION = "dragbrush/state"
VERSION = 1
MAX_BYTES = 2 * 1024 * 1024
"""Of the annotation: a file that is sent round should not grow by more."""
MAX_THUMBNAIL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Saved:
    document: str = ""
    """Chosen once for a document; a copied file has the same, so that two open ones may have to be told apart."""
    inputs: Inputs = field(default_factory=Inputs)
    """The points as they are, and the settings of the next edit."""
    history: tuple[Entry, ...] = ()
    """Newest first."""
    is_newer: bool = False
    """Written by a later version, of which this one may not understand all: better not written over."""


def write(saved: Saved) -> bytes:
    """The annotation; where all would be too much, without the oldest of the history."""
    history = list(saved.history[:MAX_ENTRIES])
    while True:
        said = {
            "version": VERSION,
            "document": saved.document,
            "inputs": inputs_to_json(saved.inputs),
            "history": [_entry_to_json(entry) for entry in history],
        }
        data = json.dumps(said, separators=(",", ":")).encode()
        if len(data) <= MAX_BYTES or not history:
            return data
        history.pop()


def read(data: bytes) -> Saved:
    said = parsed(bytes(data))
    entries = [_entry_of(found) for found in items(said, "history")[:MAX_ENTRIES] if isinstance(found, dict)]
    return Saved(
        text(said, "document", "", most=64),
        inputs_from_json(mapping(said, "inputs")),
        tuple(entry for entry in entries if entry.id),
        whole(said, "version", VERSION, least=0, most=2**31) > VERSION,
    )


def inputs_to_json(inputs: Inputs) -> dict[str, Any]:
    return {
        "pairs": [[*pair.handle, *pair.target] for pair in inputs.pairs],
        "tool": inputs.tool,
        "speed": inputs.speed,
        "prompt": inputs.prompt,
        "seed": inputs.seed,
        "params": dict(inputs.params),
        "transform": dataclasses.asdict(inputs.transform),
        "reference": inputs.reference,
        "marked": inputs.marked,
        "in_layers": inputs.in_layers,
    }


def inputs_from_json(said: Mapping[str, Any]) -> Inputs:
    default = Inputs()
    pairs = [pair for pair in map(_pair_of, items(said, "pairs")[:MAX_DRAGS]) if pair is not None]
    return Inputs(
        tuple(pairs),
        text(said, "tool", default.tool, most=64),
        text(said, "speed", default.speed, most=64),
        text(said, "prompt", default.prompt, most=MAX_PROMPT),
        whole(said, "seed", default.seed, least=0, most=MAX_SEED),
        _params_of(mapping(said, "params")),
        _transform_of(mapping(said, "transform")),
        text(said, "reference", default.reference, most=64),
        text(said, "marked", default.marked, most=64),
        flag(said, "in_layers", default.in_layers),
    )


def _pair_of(said: Any) -> Pair | None:
    if not isinstance(said, list) or len(said) != 4:
        return None
    handle, target = point(said[:2]), point(said[2:])
    return None if handle is None or target is None else Pair(handle, target)


def _transform_of(said: Mapping[str, Any]) -> Transform:
    scale = number(said, "scale", 1.0)
    dx, dy = point([said.get("dx"), said.get("dy")]) or (0.0, 0.0)
    return Transform(
        dx,
        dy,
        scale if MIN_SCALE <= scale <= MAX_SCALE else 1.0,
        math.remainder(number(said, "degrees", 0.0), 360.0),
        flag(said, "mirror", False),
    )


def _params_of(said: Mapping[str, Any]) -> dict[str, Value]:
    """Their names and values are the server's to judge; here they only have to be of a kind that can be sent."""
    known = {name: value for name, value in said.items() if 0 < len(name) <= 64 and _is_value(value)}
    return dict(list(known.items())[:MAX_PARAMS])


def _is_value(value: Any) -> bool:
    if isinstance(value, float):
        return abs(value) <= 1e300
    if isinstance(value, int):
        return abs(value) <= MAX_SEED
    return value is None or (isinstance(value, str) and len(value) <= MAX_PROMPT)


def _entry_to_json(entry: Entry) -> dict[str, Any]:
    thumbnail = entry.thumbnail if len(entry.thumbnail) <= MAX_THUMBNAIL_BYTES else b""
    return {
        "id": entry.id,
        "name": entry.name,
        "made": entry.made,
        "seconds": entry.seconds,
        "inputs": inputs_to_json(entry.inputs),
        "ends": [list(xy) for xy in entry.ends],
        "thumbnail": base64.b64encode(thumbnail).decode(),
    }


def _entry_of(said: Mapping[str, Any]) -> Entry:
    ends = [xy for xy in map(point, items(said, "ends")[:MAX_DRAGS]) if xy is not None]
    entry = Entry(
        text(said, "id", "", most=64),
        text(said, "name", "", most=200),
        number(said, "made", 0.0),
        inputs_from_json(mapping(said, "inputs")),
        seconds=number(said, "seconds", 0.0),
        ends=tuple(ends),
    )
    try:
        thumbnail = base64.b64decode(text(said, "thumbnail", "", most=2 * MAX_THUMBNAIL_BYTES), validate=True)
    except (binascii.Error, ValueError):
        return entry
    return replace(entry, thumbnail=thumbnail) if len(thumbnail) <= MAX_THUMBNAIL_BYTES else entry

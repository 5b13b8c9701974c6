"""What a person chose for an edit, apart from the pixels: enough to do it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..wire import MAX_SEED, Transform
from .points import Pair
from .transform import UNCHANGED

Value = bool | int | float | str | None


@dataclass(frozen=True)
class Inputs:
    """Points are px of the layer."""

    pairs: tuple[Pair, ...] = ()
    tool: str = "drag"
    speed: str = "quality"
    prompt: str = ""
    seed: int = 42
    params: Mapping[str, Value] = field(default_factory=dict)
    """Only what differs from the speed's own settings."""
    transform: Transform = UNCHANGED
    """Of an object that is moved or pasted."""
    reference: str = ""
    """The layer that the look or the object comes from, by its id."""
    marked: str = ""
    """The selection that says what the object is in that layer, by its name; empty: what is opaque there."""
    in_layers: bool = False
    """What was moved and what is behind it become layers of their own."""


def next_seed(seed: int) -> int:
    """Another try with all else alike: seeds are counted, so that a person finds an earlier one again."""
    return 0 if seed >= MAX_SEED else seed + 1


def layer_name(inputs: Inputs, titles: Mapping[str, str] | None = None) -> str:
    """Of the layer that a result becomes; `titles` of tools and speeds as the server publishes them."""
    known = titles or {}
    tool, speed = known.get(inputs.tool, inputs.tool.title()), known.get(inputs.speed, inputs.speed.title())
    is_drawn = inputs.speed != "instant"  # a warp has no chance in it
    return f"{tool} ({speed}{f', seed {inputs.seed}' if is_drawn else ''})"

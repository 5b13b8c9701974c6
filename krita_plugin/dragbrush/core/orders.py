"""What the host's thread hands to the client's: a job with all that it needs, so that it can be sent again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..wire import XY, Drag, Transform
from .pixels import Raster

Kind = Literal["edit", "prepare", "live"]


@dataclass(frozen=True)
class Aim:
    """Where things are to go, in px of what was sent: what a live job can be told anew."""

    drags: tuple[Drag, ...] = ()
    transform: Transform | None = None
    at: XY | None = None


@dataclass(frozen=True)
class Order:
    """All that a job is made of. Points are px of `image`; the same `Raster` again is not sent again."""

    job: str
    kind: Kind
    image: Raster
    mask: Raster | None
    aim: Aim = Aim()
    tool: str = "drag"
    speed: str = "quality"
    prompt: str = ""
    seed: int = 42
    params: Mapping[str, Any] = field(default_factory=dict)
    icc: bytes | None = None
    reference: Raster | None = None
    """The picture that a look or an object comes from."""
    reference_mask: Raster | None = None
    reference_icc: bytes | None = None
    in_layers: bool = False
    preview_px: int = 512

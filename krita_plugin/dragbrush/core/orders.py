"""What the host's thread hands to the client's: a job with all that it needs, so that it can be sent again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..wire import Drag
from .pixels import Raster

Kind = Literal["edit", "prepare", "live"]


@dataclass(frozen=True)
class Order:
    """All that a job is made of. Points are px of `image`; the same `Raster` again is not sent again."""

    job: str
    kind: Kind
    image: Raster
    mask: Raster | None
    drags: tuple[Drag, ...] = ()
    tool: str = "drag"
    speed: str = "quality"
    prompt: str = ""
    seed: int = 42
    params: Mapping[str, Any] = field(default_factory=dict)
    icc: bytes | None = None
    preview_px: int = 512

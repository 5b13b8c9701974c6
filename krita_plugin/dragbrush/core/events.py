"""What the client's thread tells the host: plain values, each of which may cross to another thread.

Beside these come `wire.State` (queued, running, cancelling) and `wire.Progress` as they are.
"""

from dataclasses import dataclass
from typing import Literal

from .. import wire
from .pixels import Raster

Role = Literal["background", "edit", "object"]
"""What a part of a result shows: see `wire.Output`."""
Line = Literal["no_server", "connecting", "connected", "refused", "stopped"]


@dataclass(frozen=True)
class Status:
    """Of the connection; told whenever it changes."""

    line: Line = "stopped"
    why: str = ""
    """Of "refused" and "no_server": a word that `words.status` makes a sentence of."""
    welcome: wire.Welcome | None = None
    """What the server can do; of the last one while another is looked for."""


@dataclass(frozen=True)
class Sent:
    """How much of a job's pixels is on the server."""

    job: str
    fraction: float


@dataclass(frozen=True)
class Shown:
    """A preview: a small picture of a part of what was sent."""

    job: str
    picture: Raster
    """B, G, R, A of 8 bits."""
    box: wire.Box
    """The part that it shows, in px of what was sent."""
    number: int
    """Of the `pull` that it answers."""


@dataclass(frozen=True)
class Patch:
    """A part of the result, in Krita's order."""

    box: wire.Box
    """Where it belongs, in px of what was sent."""
    picture: Raster
    role: Role = "edit"


@dataclass(frozen=True)
class Finished:
    job: str
    patches: tuple[Patch, ...]
    """Empty for a prepare."""
    report: wire.Report


@dataclass(frozen=True)
class Ended:
    """A job that gives nothing; `code` is the protocol's, "cancelled" among them."""

    job: str
    code: str
    message: str
    path: str | None = None


Event = Status | Sent | Shown | Finished | Ended | wire.State | wire.Progress

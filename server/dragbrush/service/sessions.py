"""A client that is known: its events, its jobs, its uploads, and the socket that it has at the moment."""

import time
from collections.abc import Hashable
from dataclasses import dataclass, field

import msgspec

from dragbrush.protocol.frames import Frame
from dragbrush.protocol.messages import Reliable
from dragbrush.protocol.session import EventLog
from dragbrush.service.intake import Incoming
from dragbrush.service.jobs import Job
from dragbrush.service.outbox import Outbox, Parcel


@dataclass(slots=True)
class Session:
    id: str
    owner: str
    """Of which token it is; no other may resume it."""
    seen: float = field(default_factory=time.time)
    log: EventLog = field(default_factory=EventLog)
    jobs: dict[str, Job] = field(default_factory=dict)
    uploads: dict[str, Incoming] = field(default_factory=dict)
    outbox: Outbox | None = None
    """None while it has no socket."""

    @property
    def is_idle(self) -> bool:
        """Nobody listens and nothing is at work for it."""
        return self.outbox is None and all(job.is_over for job in self.jobs.values())

    def tell(self, event: Reliable) -> None:
        if self.outbox is not None:
            self.outbox.put(event)

    def show(self, job: Job, kind: str, message: msgspec.Struct, frames: list[Frame] | None = None) -> None:
        """A lossy event of a job: replaces the one of its kind that waits."""
        if self.outbox is not None:
            self.outbox.put_newest((job.id, kind), Parcel(message, frames or []))

    def hide(self, job: Job) -> None:
        """Forgets the lossy events of a job that wait: they belong before what is told next."""
        if self.outbox is not None:
            slots: list[Hashable] = [(job.id, "progress"), (job.id, "preview")]
            self.outbox.drop(slots)

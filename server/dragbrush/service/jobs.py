"""A job and the states it goes through."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from dragbrush.protocol.messages import Drag, Failure, JobState, Output, Prepare, Submit
from dragbrush.protocol.messages import Job as JobInfo
from dragbrush.service.progress import Progress

Request = Submit | Prepare
Lane = Literal["live", "edit", "prepare"]

ENDED: frozenset[JobState] = frozenset({"done", "failed"})


@dataclass(frozen=True, slots=True)
class Hand:
    """Where the hand of a live job is."""

    drags: list[Drag]
    number: int


@dataclass(slots=True, eq=False)
class Job:
    """One edit, from its submission until it is released."""

    session: str
    request: Request
    created: float
    """Seconds since the epoch."""
    state: JobState = "queued"
    attempt: int = 1
    outputs: list[Output] = field(default_factory=list)
    failure: Failure | None = None
    ended: float | None = None
    hand: Hand | None = None
    """Of a live job: the newest that was not shown yet."""
    draft: Path | None = None
    """Where the worker writes the result."""
    progress: Progress = field(default_factory=Progress)
    last_progress: float = 0.0
    last_preview: float = 0.0

    @property
    def id(self) -> str:
        return self.request.job

    @property
    def is_live(self) -> bool:
        return isinstance(self.request, Submit) and self.request.is_live

    @property
    def is_prepare(self) -> bool:
        return isinstance(self.request, Prepare)

    @property
    def lane(self) -> Lane:
        return "live" if self.is_live else "prepare" if self.is_prepare else "edit"

    @property
    def is_over(self) -> bool:
        return self.state in ENDED

    @property
    def ends_with_its_socket(self) -> bool:
        return isinstance(self.request, Submit) and (self.is_live or self.request.on_disconnect == "cancel")

    @property
    def blobs(self) -> set[str]:
        """What it reads."""
        request = self.request
        found = {request.image.blob, request.image.pixels.icc, request.mask.blob if request.mask else None}
        return {blob for blob in found if blob is not None}

    @property
    def results(self) -> set[str]:
        """What it gave, and what it takes to read that."""
        return {blob for output in self.outputs for blob in (output.blob, output.pixels.icc) if blob is not None}

    def info(self) -> JobInfo:
        kind = "prepare" if self.is_prepare else "submit"
        return JobInfo(self.id, kind, self.state, self.outputs, self.failure)

    def is_asked_for_by(self, request: Request) -> bool:
        """Whether it is the very same but for the request's number."""
        return msgspec.structs.replace(request, id=self.request.id) == self.request

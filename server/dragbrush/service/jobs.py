"""A job and the states it goes through."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from dragbrush.protocol.messages import XY, Drag, Failure, JobState, Output, Picture, Prepare, Submit, Transform, Update
from dragbrush.protocol.messages import Job as JobInfo
from dragbrush.service.progress import Progress
from dragbrush.worker.messages import Role

Request = Submit | Prepare
Lane = Literal["live", "edit", "prepare"]

ENDED: frozenset[JobState] = frozenset({"done", "failed"})


@dataclass(frozen=True, slots=True)
class Hand:
    """Where the hand of a live job is."""

    drags: list[Drag]
    transform: Transform | None
    at: XY | None
    number: int


def hand_of(request: Request, update: Update | None = None) -> Hand:
    """Where a job's hand is; what an update leaves out is as it was submitted."""
    moved = update or request
    return Hand(
        drags=moved.drags or request.drags,
        transform=moved.transform or request.transform,
        at=moved.at or request.at,
        number=update.number if update else 0,
    )


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
    drafts: dict[Role, Path] = field(default_factory=dict)
    """Where the worker writes the parts of the result."""
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
        pictures = (request.image, request.mask, request.reference, request.reference_mask)
        return {blob for picture in pictures if picture for blob in _blobs(picture)}

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


def _blobs(picture: Picture) -> set[str]:
    icc = picture.pixels.icc
    return {picture.blob} if icc is None else {picture.blob, icc}

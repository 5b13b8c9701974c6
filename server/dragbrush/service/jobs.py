"""A job and the states it goes through."""

import hashlib
from dataclasses import dataclass, field

import msgspec

from dragbrush.protocol.messages import Failure, JobState, Output, Prepare, Submit
from dragbrush.protocol.messages import Job as JobInfo

Request = Submit | Prepare
ENDED: frozenset[JobState] = frozenset({"done", "failed"})


@dataclass(slots=True)
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
    def is_over(self) -> bool:
        return self.state in ENDED

    @property
    def blobs(self) -> set[str]:
        """What it reads."""
        request = self.request
        found = {request.image.blob, request.image.pixels.icc, request.mask.blob if request.mask else None}
        return {blob for blob in found if blob is not None}

    def info(self) -> JobInfo:
        kind = "prepare" if self.is_prepare else "submit"
        return JobInfo(self.id, kind, self.state, self.outputs, self.failure)


def digest(request: Request) -> str:
    """Of everything in the request but its number: equal for the same job submitted again."""
    content = msgspec.json.encode(msgspec.structs.replace(request, id="-"), order="deterministic")
    return hashlib.sha256(content).hexdigest()

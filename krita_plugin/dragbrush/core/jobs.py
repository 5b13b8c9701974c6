"""The jobs of all documents as the host sees them: what is sent, how far it is, and what came of it.

Lives on the host's thread: the host calls it and passes every event of the client to `hear`. It holds on to a document
and a layer by their ids alone, so that whoever inserts a result must find both again, or leave it.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from .. import wire
from .crop import Rect
from .events import Ended, Event, Finished, Patch, Role, Sent, Shown
from .inputs import Inputs
from .listeners import Listeners
from .orders import Aim, Kind, Order
from .pixels import Raster
from .transform import UNCHANGED, Cutout, placed

JobState = Literal["sending", "queued", "running", "cancelling", "done", "failed", "cancelled"]
OVER: frozenset[JobState] = frozenset({"done", "failed", "cancelled"})
KEPT_BYTES = 512 * 1024 * 1024
"""Of results that nobody has taken yet; the oldest go first."""


@dataclass(frozen=True)
class Reference:
    """A part of the layer that a look or an object comes from."""

    image: Raster
    mask: Raster | None
    """The object there; None: what is opaque."""
    icc: bytes | None = None


@dataclass(frozen=True)
class Source:
    """What is edited: a part of a layer, and where it is to be found again."""

    document: str
    node: str
    crop: Rect
    """The part, in the layer."""
    image: Raster
    mask: Raster | None
    icc: bytes | None = None
    object: Cutout | None = None
    """What is moved or pasted."""
    reference: Reference | None = None


@dataclass(frozen=True)
class Preview:
    picture: Raster
    """B, G, R, A of 8 bits."""
    rect: Rect
    """What of the layer it shows."""
    number: int


@dataclass(frozen=True)
class Placed:
    """A part of the result, and where in the layer it belongs."""

    rect: Rect
    picture: Raster
    role: Role = "edit"


def edited(result: tuple[Placed, ...]) -> Placed:
    """What of a result shows the edit as a whole."""
    return next((placed for placed in result if placed.role == "edit"), result[0])


@dataclass(eq=False)
class Job:
    """Read by the host; changed by `Jobs` alone."""

    id: str
    kind: Kind
    document: str
    node: str
    crop: Rect
    name: str
    """Of the layer that it becomes."""
    inputs: Inputs
    object: Cutout | None = None
    """What is moved or pasted."""
    has_reference: bool = False
    state: JobState = "sending"
    sent: float = 0.0
    position: int = 0
    """Jobs before it in the server's queue."""
    progress: wire.Progress | None = None
    preview: Preview | None = None
    result: tuple[Placed, ...] = ()
    report: wire.Report | None = None
    code: str = ""
    """Of a failure; `words.failure` makes a sentence of it."""
    message: str = ""
    since: float = field(default_factory=time.time)

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def fraction(self) -> float:
        """Of the whole, 0 to 1; what is sent counts little, and 1 is said only when the result is here."""
        if self.state == "done":
            return 1.0
        done = 0.0 if self.progress is None else self.progress.fraction
        return min(0.99, _SENT_SHARE * self.sent + (1 - _SENT_SHARE) * done)


_SENT_SHARE = 0.05


class Post(Protocol):
    """What of the client is used."""

    def submit(self, order: Order) -> None: ...

    def look_for(self, job: str, kind: Kind = "edit") -> None: ...

    def pull(self, job: str, aim: Aim, number: int) -> None: ...

    def cancel(self, job: str) -> None: ...

    def release(self, job: str) -> None: ...


class Jobs:
    def __init__(self, post: Post, *, new_id: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self._post, self._new_id = post, new_id
        self._jobs: dict[str, Job] = {}
        self._prepared: dict[str, tuple[Any, ...]] = {}
        """Of each document: what its last prepare was made for."""
        self._rasters: dict[tuple[str, ...], Raster] = {}
        """The last pictures and masks of each document: one that looks the same is the same to the client."""
        self._listeners: Listeners[[Job]] = Listeners()

    @property
    def all(self) -> tuple[Job, ...]:
        return tuple(self._jobs.values())

    def get(self, id_: str) -> Job | None:
        return self._jobs.get(id_)

    def of(self, document: str, *kinds: Kind) -> tuple[Job, ...]:
        """A document's jobs of those kinds, or edits, oldest first."""
        return tuple(
            job for job in self._jobs.values() if job.document == document and job.kind in (kinds or ("edit",))
        )

    def running(self, document: str) -> Job | None:
        """The document's oldest edit that is not over."""
        return next((job for job in self.of(document) if not job.is_over), None)

    def waiting(self, document: str) -> tuple[Job, ...]:
        """Finished edits whose result was not taken yet."""
        return tuple(job for job in self.of(document) if job.state == "done" and job.result)

    # What the host asks for

    def run(self, source: Source, inputs: Inputs, name: str, *, preview_px: int = 512) -> Job:
        """Starts an edit."""
        return self._start("edit", source, inputs, name, preview_px)

    def prepare(self, source: Source, inputs: Inputs) -> Job | None:
        """Has ahead done what depends on the picture; None where the last prepare of the document was for the same.

        Where the points are does not count as long as the same part of the layer is sent.
        """
        known = self._known("prepare", source)
        key = (*known.values(), source.icc, source.crop, source.node, inputs.tool, inputs.speed, inputs.prompt)
        key += (inputs.seed, tuple(sorted(inputs.params.items())), inputs.transform)
        last = next(
            (job for job in self.of(source.document, "prepare") if not job.is_over or job.state == "done"), None
        )
        if last is not None and self._prepared.get(source.document) == key:
            return None
        for job in self.of(source.document, "prepare"):
            self._jobs.pop(job.id)
            if not job.is_over:
                self._post.cancel(job.id)
        self._prepared[source.document] = key
        return self._start("prepare", source, inputs, "", 0)

    def follow(self, source: Source, inputs: Inputs, *, preview_px: int = 512) -> Job:
        """Opens a live job: each `pull` is answered by a preview. One at a time."""
        for job in list(self._jobs.values()):
            if job.kind == "live":
                self.cancel(job.id)
                self._jobs.pop(job.id, None)
        return self._start("live", source, inputs, "", preview_px)

    def pull(self, id_: str, inputs: Inputs, room: Rect, number: int) -> bool:
        """Where the hand is now; False where that has left the part that was sent, for which `follow` anew.

        `room` is all of the layer: what is beyond it never has to be sent.
        """
        job = self._jobs.get(id_)
        if job is None or job.is_over:
            return False
        if job.object is not None:
            is_held = job.crop.holds(placed(job.object, inputs.transform).within(room))
        else:
            points = [point for pair in inputs.pairs for point in (pair.handle, pair.target)]
            is_held = bool(points) and all(map(job.crop.holds_point, points))
        if is_held:
            self._post.pull(id_, _aim(job, inputs), number)
        return is_held

    def cancel(self, id_: str) -> None:
        job = self._jobs.get(id_)
        if job is not None and not job.is_over:
            job.state = "cancelling"
            self._post.cancel(id_)
            self._listeners.tell(job)

    def take(self, id_: str) -> tuple[Placed, ...]:
        """The result, for good: neither this nor the server keeps it."""
        job = self._jobs.get(id_)
        if job is None or not job.result:
            return ()
        result, job.result = job.result, ()
        self._post.release(id_)
        return result

    def forget(self, id_: str) -> None:
        """Of a job that is over: its result too, where it was not taken."""
        job = self._jobs.get(id_)
        if job is not None and job.is_over:
            if job.result:
                self._post.release(id_)
            del self._jobs[id_]

    def close(self, document: str) -> None:
        """The document is closed: nothing more is prepared or shown for it. Its edits go on, for when it comes back."""
        for job in self.of(document, "prepare", "live"):
            if not job.is_over:
                self._post.cancel(job.id)
            del self._jobs[job.id]
        self._prepared.pop(document, None)
        self._rasters = {key: raster for key, raster in self._rasters.items() if key[0] != document}

    # Over the end of the host

    def left(self) -> tuple[Job, ...]:
        """Edits whose results are still to come; `adopt` takes them up in the host's next life."""
        return tuple(job for job in self._jobs.values() if job.kind == "edit" and (not job.is_over or job.result))

    def adopt(self, job: Job) -> None:
        """An edit of an earlier life; the client was made with that life's session."""
        if job.id not in self._jobs:
            self._jobs[job.id] = job
            self._post.look_for(job.id)

    def listen(self, callback: Callable[[Job], None]) -> Callable[[], None]:
        """Has `callback` called with every job that changed; what is returned ends that."""
        return self._listeners.add(callback)

    # What the client tells

    def hear(self, event: Event) -> None:
        job = self._jobs.get(getattr(event, "job", ""))
        if job is None or job.is_over:
            return
        match event:
            case Sent():
                job.sent = max(job.sent, event.fraction)
            case wire.State():
                if job.state != "cancelling":
                    job.state = event.state
                job.position = event.position
            case wire.Progress():
                job.progress = event
            case Shown():
                job.preview = Preview(event.picture, job.crop.box_out_of(event.box), event.number)
            case Finished():
                job.state, job.report = "done", event.report
                job.result = tuple(_placed(patch, job.crop) for patch in event.patches)
                self._make_room()
            case Ended():
                job.state = "cancelled" if event.code == "cancelled" else "failed"
                job.code, job.message = event.code, event.message
            case _:
                return
        self._listeners.tell(job)

    def _start(self, kind: Kind, source: Source, inputs: Inputs, name: str, preview_px: int) -> Job:
        job = Job(self._new_id(), kind, source.document, source.node, source.crop, name, inputs)
        job.object, job.has_reference = source.object, source.reference is not None
        self._jobs[job.id] = job
        self._post.submit(
            Order(
                job.id,
                kind,
                **self._known(kind, source),
                aim=_aim(job, inputs),
                tool=inputs.tool,
                speed=inputs.speed,
                prompt=inputs.prompt,
                seed=inputs.seed,
                params=dict(inputs.params),
                icc=source.icc,
                preview_px=preview_px,
                reference_icc=None if source.reference is None else source.reference.icc,
                in_layers=inputs.in_layers and kind == "edit",
            )
        )
        self._listeners.tell(job)
        return job

    def _known(self, kind: Kind, source: Source) -> dict[str, Any]:
        """The pictures; those that look as before are the very ones from before, which the client need not send."""
        lane = "live" if kind == "live" else "edit"  # they send parts of different sizes, by turns
        reference = source.reference
        pictures = {
            "image": source.image,
            "mask": source.mask,
            "reference": None if reference is None else reference.image,
            "reference_mask": None if reference is None else reference.mask,
        }
        return {
            part: None if raster is None else self._same((source.document, lane, part), raster)
            for part, raster in pictures.items()
        }

    def _same(self, key: tuple[str, ...], raster: Raster) -> Raster:
        known = self._rasters.get(key)
        if known is not None and known.is_like(raster):
            return known
        self._rasters[key] = raster
        return raster

    def _make_room(self) -> None:
        finished = [job for job in self._jobs.values() if job.result]
        size = sum(len(placed.picture.data) for job in finished for placed in job.result)
        for job in finished[:-1]:
            if size <= KEPT_BYTES:
                return
            size -= sum(len(placed.picture.data) for placed in job.result)
            job.result = ()
            job.state, job.code = "failed", "let_go"
            self._post.release(job.id)
            self._listeners.tell(job)


def _aim(job: Job, inputs: Inputs) -> Aim:
    """Where things go by these inputs, in px of what was sent."""
    if job.object is None:
        return Aim() if job.has_reference else Aim(job.crop.drags(inputs.pairs))
    transform = inputs.transform
    if job.has_reference:
        x, y = job.object.middle
        place = job.crop.into((x + transform.dx, y + transform.dy))
        at = (min(max(place[0], 0.0), job.crop.width - 1.0), min(max(place[1], 0.0), job.crop.height - 1.0))
        return Aim(transform=replace(transform, dx=place[0] - at[0], dy=place[1] - at[1]), at=at)
    return Aim(transform=None if transform == UNCHANGED else transform)


def _placed(patch: Patch, crop: Rect) -> Placed:
    return Placed(crop.box_out_of(patch.box), patch.picture, patch.role)

"""Brings jobs to the worker and hears what becomes of them."""

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

import msgspec

from dragbrush.dragon_presets import DragonSettings
from dragbrush.presets import DragSettings
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Box, Output, Picture, Prepare
from dragbrush.service.blobs import BlobStore
from dragbrush.service.jobs import Hand, Job, Lane
from dragbrush.service.ledger import Ledger
from dragbrush.service.queue import FairQueue
from dragbrush.tools import settings_for
from dragbrush.worker.child import Work
from dragbrush.worker.messages import Broke, Edit, File, Finished, Previewed, Ready, Role, Run, Stepped, Task, Warp
from dragbrush.worker.messages import Prepare as PrepareTask
from dragbrush.worker.supervisor import Deadlines, Supervisor
from dragbrush.worker.supervisor import State as WorkerState

log = logging.getLogger(__name__)

_Slot = Literal["live", "edit"]
_LANES: dict[_Slot, tuple[Lane, ...]] = {"live": ("live",), "edit": ("edit", "prepare")}
"""The worker does one task of each slot at a time. A warp takes milliseconds, so hands are followed while edits run."""


class Dispatcher:
    """Which job is where: in the queue, at work, or, a live one whose hand rests, in neither."""

    def __init__(
        self,
        make_work: Callable[[], Work],
        *,
        blobs: BlobStore,
        ledger: Ledger,
        attempts: int,
        deadlines: Deadlines | None,
    ) -> None:
        self.queue = FairQueue()
        self.device = "starting"
        self.is_closing = False
        self._blobs, self._ledger, self._attempts = blobs, ledger, attempts
        self._at_work: dict[_Slot, Job] = {}
        self._hand: Hand | None = None
        """That the warp at work shows."""
        self._finishing: set[asyncio.Task[None]] = set()
        self.supervisor = Supervisor(
            make_work, on_message=self._hear, on_death=self._bury, on_state=self._worker_is, deadlines=deadlines
        )

    async def finish(self) -> None:
        """Waits for the results that are being kept."""
        await asyncio.gather(*self._finishing, return_exceptions=True)

    def go_on(self) -> None:
        """Jobs were added: has the worker do them."""
        prepared = self._at_work.get("edit")
        if prepared is not None and prepared.is_prepare and prepared.state == "running":
            waiting = next((job for job in self.queue if job.lane == "edit"), None)
            if waiting is not None and not _prepares_for(prepared, waiting):
                # What is prepared gives way to what somebody waits for, and is done again after it.
                # There is no hurry: it may be loading the model, which the other needs too.
                self.supervisor.cancel(_worker_name(prepared), at_leisure=True)
        if len(self.queue) and self.supervisor.state == "failed":
            self.supervisor.revive()
        self._start_next()

    def move(self, job: Job, hand: Hand) -> None:
        """The hand of a live job moved."""
        job.hand = hand
        if job not in self.queue and job is not self._at_work.get("live") and not job.is_over:
            self.queue.add(job)
            self.go_on()

    def cancel(self, job: Job) -> None:
        """Ends a job soon; of one that is over, or whose result is being kept, nothing changes."""
        if self.queue.remove(job):
            self._ledger.failed(job, *_CANCELLED)
        elif job in self._at_work.values():
            if job.state == "running":
                self._ledger.say(job, "cancelling")
                self.supervisor.cancel(_worker_name(job))
        elif job.is_live and not job.is_over:
            self._ledger.failed(job, *_CANCELLED)

    def put_back(self, job: Job) -> None:
        """A job that was begun waits again, before the others."""
        self.queue.add(job, first=True)
        self._ledger.say(job, "queued", position=self.queue.position(job))

    def _start_next(self) -> None:
        for slot, lanes in _LANES.items():
            while self.supervisor.state == "ready" and not self.is_closing and slot not in self._at_work:
                job = self.queue.next(lanes)
                if job is None:
                    break
                self._start(slot, job)

    def _start(self, slot: _Slot, job: Job) -> None:
        try:
            task = self._task(job)
        except ProtocolError as error:
            self._ledger.failed(job, error.code, str(error))
            return
        if job.state == "queued":
            job.progress.begin()
            self._ledger.say(job, "running")
        if slot == "live":
            self._hand = job.hand
        if task is not None:
            self._at_work[slot] = job
            self.supervisor.start(task)

    def _task(self, job: Job) -> Task | None:
        """None for a live job whose hand is not known yet. Raises `ProtocolError` where a blob is gone."""
        request, name = job.request, _worker_name(job)
        for blob in job.blobs:
            self._blobs.size(blob)
            self._blobs.touch(blob)
        edit = Edit(
            image=self._file(request.image),
            mask=request.mask and self._file(request.mask),
            drags=request.drags,
            transform=request.transform,
            at=request.at,
            reference=request.reference and self._file(request.reference),
            reference_mask=request.reference_mask and self._file(request.reference_mask),
            tool=request.tool,
            speed=request.speed,
            prompt=request.prompt,
            seed=request.seed,
            params=request.params,
        )
        if isinstance(request, Prepare):
            return PrepareTask(name, edit)
        if not request.is_live:
            roles: tuple[Role, ...] = ("edit", "background", "object") if request.in_layers else ("edit",)
            job.drafts = {role: self._blobs.new_draft() for role in roles}
            return Run(name, edit, {role: str(draft) for role, draft in job.drafts.items()}, request.preview_px)
        hand = job.hand
        if hand is None:
            return None
        followed = msgspec.structs.replace(edit, drags=hand.drags, transform=hand.transform, at=hand.at)
        return Warp(name, followed, hand.number, request.preview_px)

    def _file(self, picture: Picture) -> File:
        icc = picture.pixels.icc
        return File(str(self._blobs.path(picture.blob)), picture.pixels, icc and str(self._blobs.path(icc)))

    # What the worker says

    def _hear(self, message: Ready | Stepped | Previewed | Finished | Broke) -> None:
        if isinstance(message, Ready):
            self.device = message.device
            self._start_next()
            return
        job = next((job for job in self._at_work.values() if _worker_name(job) == message.job), None)
        if job is None:
            return
        match message:
            case Stepped():
                self._ledger.show_progress(job, message)
            case Previewed():
                self._ledger.show_preview(job, message)
            case Finished() | Broke():
                del self._at_work["live" if job.is_live else "edit"]
                self._after(job, message)
                self._start_next()

    def _after(self, job: Job, message: Finished | Broke) -> None:
        """A job is not at work any more."""
        if isinstance(message, Broke):
            self._drop_drafts(job)
            if message.code == "cancelled" and job.state == "running":
                self.put_back(job)  # it gave way
            else:
                self._ledger.failed(job, message.code, message.message)
        elif not job.is_live:
            finishing = asyncio.create_task(self._keep_result(job, message))
            self._finishing.add(finishing)
            finishing.add_done_callback(self._finishing.discard)
        elif job.state == "cancelling":
            self._ledger.failed(job, *_CANCELLED)
        elif job.hand is self._hand:
            job.hand = None
        else:
            self.queue.add(job)

    async def _keep_result(self, job: Job, message: Finished) -> None:
        try:
            blobs = [await asyncio.to_thread(self._blobs.hashed, job.drafts[part.role]) for part in message.parts]
            # From here on nothing comes between: a sweep would let go of blobs that no job has yet.
            for part, blob in zip(message.parts, blobs, strict=True):
                self._blobs.keep(job.drafts[part.role], blob)
                del job.drafts[part.role]
        except OSError as error:
            self._drop_drafts(job)
            self._ledger.failed(job, "storage_failed", f"The result could not be kept: {error.strerror or error}.")
            return
        # The worker leaves the samples in the picture's own colours.
        icc = job.request.image.pixels.icc
        outputs = [
            Output(part.role, blob, msgspec.structs.replace(part.pixels, icc=icc), Box(*part.box))
            for part, blob in zip(message.parts, blobs, strict=True)
        ]
        self._ledger.done(job, outputs, message.report)

    def _bury(self, reason: str) -> None:
        """The worker is gone, and with it what was at work."""
        buried = list(self._at_work.values())
        self._at_work.clear()
        for job in buried:
            self._drop_drafts(job)
            if job.state == "cancelling":
                self._ledger.failed(job, *_CANCELLED)
            elif job.attempt >= self._attempts:
                self._ledger.failed(job, "worker_died", f"The engine's process ended under the job: {reason}.")
            else:
                job.attempt += 1
                self.put_back(job)

    def _worker_is(self, state: WorkerState) -> None:
        log.info("worker %s", state)
        if state == "failed":
            for job in list(self.queue):
                self.queue.remove(job)
                self._ledger.failed(
                    job, "worker_died", "The engine's process keeps ending; see the server's log, then try again."
                )

    def _drop_drafts(self, job: Job) -> None:
        while job.drafts:
            self._blobs.drop(job.drafts.popitem()[1])


_CANCELLED = ("cancelled", "The job was cancelled.")


def _worker_name(job: Job) -> str:
    """Job ids are the clients' own and may be equal; the worker is told apart by session and attempt too."""
    return f"{job.session}/{job.id}/{job.attempt}"


_PREPARED = ("image", "mask", "reference", "reference_mask", "tool", "speed", "prompt", "seed", "params")
"""What a preparation and its edit have in common, wherever the hand is meanwhile."""


def _prepares_for(prepared: Job, job: Job) -> bool:
    """Whether what is prepared is of the very crop of the job: then it is not lost time."""
    mine, its = prepared.request, job.request
    if any(getattr(mine, name) != getattr(its, name) for name in _PREPARED):
        return False
    match settings_for(mine.tool, mine.speed, mine.params):
        case DragSettings():  # within a selection the points do not change the crop
            return mine.mask is not None or mine.drags == its.drags
        case DragonSettings(moved_object="carried"):  # shown is what is round the old place, wherever the new one is
            return True
        case _:
            return (mine.transform, mine.at) == (its.transform, its.at)

"""Joins sessions, queue, store and worker. Every job ends with exactly one `done` or `failed`."""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from dragbrush.errors import StorageFailed
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame, chunks
from dragbrush.protocol.messages import (
    Accepted,
    Box,
    Done,
    Failed,
    Failure,
    Have,
    Jobs,
    Need,
    Offer,
    Output,
    Prepare,
    Preview,
    Reliable,
    Resume,
    State,
    Stored,
    Submit,
    Update,
)
from dragbrush.protocol.messages import Progress as ProgressEvent
from dragbrush.protocol.uploads import Upload
from dragbrush.service.blobs import BlobStore
from dragbrush.service.checks import check_drags, check_edit
from dragbrush.service.jobs import Job, Request, digest
from dragbrush.service.journal import Journal
from dragbrush.service.outbox import Outbox
from dragbrush.service.progress import Progress
from dragbrush.service.queue import FairQueue
from dragbrush.service.sessions import Session
from dragbrush.service.settings import Settings
from dragbrush.worker.child import Work
from dragbrush.worker.messages import Broke, Edit, File, Finished, Follow, FromWorker, Previewed, Redraw, Run, Stepped
from dragbrush.worker.messages import Prepare as PrepareTask
from dragbrush.worker.supervisor import Deadlines, Supervisor
from dragbrush.worker.supervisor import State as WorkerState

log = logging.getLogger(__name__)

_SESSION_BYTES = 16


class Service:
    """All of it runs in one event loop."""

    def __init__(
        self,
        folder: Path,
        make_work: Callable[[], Work],
        *,
        settings: Settings | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        """`folder` keeps what survives the server. Raises `StorageFailed`."""
        self.settings = settings or Settings()
        self.blobs = BlobStore(folder, free_bytes=self.settings.free_bytes)
        self._journal = Journal(folder)
        self._queue = FairQueue()
        self._sessions: dict[str, Session] = {}
        self._job: Job | None = None
        """At work."""
        self._progress = Progress()
        self._supervisor = Supervisor(
            make_work,
            on_message=self._hear,
            on_death=self._bury,
            on_state=self._worker_is,
            deadlines=deadlines,
        )
        self._is_closing = False
        self._finishing: set[asyncio.Task[None]] = set()
        self.device = "starting"
        self._restore()

    @property
    def worker_state(self) -> WorkerState:
        return self._supervisor.state

    @property
    def worker_id(self) -> int | None:
        """Of the worker's process."""
        return self._supervisor.process_id

    @property
    def queued(self) -> int:
        return len(self._queue)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._supervisor.run())
                tasks.create_task(self._sweep())
        finally:
            self._is_closing = True
            await asyncio.gather(*self._finishing, return_exceptions=True)
            self._journal.checkpoint()
            self._journal.close()

    # Sessions

    def open_session(self, owner: str, resume: Resume | None) -> tuple[Session, list[Reliable], bool]:
        """The session of a socket that said hello, the events it missed, and whether it was resumed.

        Another socket of the session is let go of. Raises `ProtocolError` when there are too many sessions.
        """
        found = self._sessions.get(resume.session) if resume else None
        if found is not None and resume is not None and found.owner == owner:
            missed = found.log.since(resume.last_seq)
            if missed is not None:
                self._attach(found)
                return found, missed, True
        if len(self._sessions) >= self.settings.sessions:
            raise ProtocolError("limit_reached", "The server has no room for another session; close one.")
        session = Session(secrets.token_hex(_SESSION_BYTES), owner)
        self._sessions[session.id] = session
        self._attach(session)
        return session, [], False

    def _attach(self, session: Session) -> None:
        session.outbox, session.seen = Outbox(), time.time()
        self._journal.save_session(session.id, session.owner, session.seen)

    def close_socket(self, session: Session, outbox: Outbox) -> None:
        """The socket is gone; the session waits for another."""
        if session.outbox is not outbox:
            return
        session.outbox, session.seen = None, time.time()
        self._journal.save_session(session.id, session.owner, session.seen)
        for upload in session.uploads.values():
            self._draft(session, upload.blob).unlink(missing_ok=True)
        session.uploads.clear()
        for job in list(session.jobs.values()):
            if isinstance(job.request, Submit) and (job.request.on_disconnect == "cancel" or job.is_live):
                self._cancel(job)

    # Blobs

    def offer(self, session: Session, request: Offer) -> Need | Have:
        if request.blob in self.blobs:
            self.blobs.touch(request.blob)
            return Have(request.id, request.blob)
        upload = session.uploads.get(request.blob)
        if upload is None or upload.size != request.bytes:
            if len(session.uploads) >= self.settings.uploads:
                raise ProtocolError("limit_reached", f"{len(session.uploads)} uploads are open; finish one first.")
            self.blobs.check_room(request.bytes)
            upload = session.uploads[request.blob] = Upload(request.blob, request.bytes)
        return Need(request.id, request.blob, upload.received)

    async def receive(self, session: Session, frame: Frame) -> Stored | None:
        """Takes a chunk; says so when the blob is whole. Raises `ProtocolError`, `StorageFailed`."""
        upload = session.uploads.get(frame.blob)
        if frame.kind != "blob" or upload is None:
            raise ProtocolError("bad_blob", f"A chunk came of blob {frame.blob[:8]}, which was not offered.")
        draft = self._draft(session, frame.blob)
        payload = upload.take(frame)
        try:
            await asyncio.to_thread(_write_at, draft, frame.offset, payload)
            if not upload.is_whole:
                return None
            self.blobs.keep(draft, frame.blob)
        except OSError as error:
            session.uploads.pop(frame.blob, None)
            draft.unlink(missing_ok=True)
            raise StorageFailed(f"The picture could not be kept: {error.strerror or error}.") from error
        del session.uploads[frame.blob]
        return Stored(frame.blob)

    def _draft(self, session: Session, blob: str) -> Path:
        return self.blobs.draft(f"{session.id}-{blob}")

    # Jobs

    def submit(self, session: Session, request: Request) -> Accepted:
        """Takes a job on. Raises `ProtocolError`, `StorageFailed`."""
        known = session.jobs.get(request.job)
        if known is not None:
            if digest(known.request) != digest(request):
                raise ProtocolError(
                    "conflict", f"The job '{request.job}' is another edit; choose a new id.", path="$.job"
                )
            return Accepted(request.id, known.id, known.state, is_duplicate=True)
        check_edit(request, self.blobs)
        if self._is_closing:
            raise ProtocolError("limit_reached", "The server is stopping; send the job again when it is back.")
        if self._queue.of(session.id) >= self.settings.queued_jobs or len(self._queue) >= self.settings.all_queued_jobs:
            raise ProtocolError("limit_reached", f"{len(self._queue)} jobs wait already; wait for one to end.")
        job = Job(session.id, request, time.time())
        for other in list(session.jobs.values()):
            is_replaced = (job.is_prepare and other.is_prepare) or (job.is_live and other.is_live)
            if is_replaced and not other.is_over:
                self._cancel(other)
        position = len(self._queue)
        event = session.add_event(lambda seq: State(seq, job.id, "queued", position))
        self._journal.save_job(job, event)
        session.jobs[job.id] = job
        for blob in job.blobs:
            self.blobs.touch(blob)
        self._queue.add(job)
        session.tell(event)
        if not job.is_prepare and self._job is not None and self._job.is_prepare:
            self._yield_to(job)
        if self.worker_state == "failed":
            self._supervisor.revive()
        self._start_next()
        return Accepted(request.id, job.id, job.state)

    def update(self, session: Session, request: Update) -> None:
        """New drags for a live job. Raises `ProtocolError`."""
        job = self._known(session, request.job)
        if not job.is_live:
            raise ProtocolError("unsupported", f"The job '{job.id}' is not live.", path="$.job")
        check_drags(request.drags, job.request.image.pixels)
        if job is self._job and not job.is_over:
            self._supervisor.send(Redraw(_worker_name(job), request.drags, request.number))

    def cancel(self, session: Session, job_id: str) -> None:
        """Ends a job soon; of one that is over nothing changes. Raises `ProtocolError`."""
        self._cancel(self._known(session, job_id))

    def get(self, session: Session, request_id: str, job_id: str) -> Jobs:
        return Jobs(request_id, [self._known(session, job_id).info()])

    def list(self, session: Session, request_id: str) -> Jobs:
        return Jobs(request_id, [job.info() for job in session.jobs.values()])

    def release(self, session: Session, job_id: str) -> None:
        job = self._known(session, job_id)
        if not job.is_over:
            raise ProtocolError("conflict", f"The job '{job.id}' is not over; cancel it first.", path="$.job")
        self._forget(session, job)

    def _known(self, session: Session, job_id: str) -> Job:
        job = session.jobs.get(job_id)
        if job is None:
            raise ProtocolError("not_found", f"There is no job '{job_id}' (any more).", path="$.job")
        return job

    def _forget(self, session: Session, job: Job) -> None:
        del session.jobs[job.id]
        self._journal.forget_job(job)

    def _cancel(self, job: Job) -> None:
        if self._queue.remove(job):
            self._end(job, Failure("cancelled", "The job was cancelled."))
        elif job is self._job and job.state == "running":
            self._say(job, "cancelling")
            self._supervisor.cancel()

    # The worker

    def _start_next(self) -> None:
        if self._job is not None or self.worker_state != "ready" or self._is_closing:
            return
        job = self._queue.next()
        if job is None:
            return
        self._job, self._progress = job, Progress()
        try:
            task = self._task(job)
        except ProtocolError as error:
            self._job = None
            self._end(job, Failure(error.code, str(error)))
            return self._start_next()
        self._say(job, "running")
        self._supervisor.start(task)

    def _task(self, job: Job) -> Run | PrepareTask | Follow:
        request, name = job.request, _worker_name(job)
        for blob in job.blobs:
            self.blobs.size(blob)
            self.blobs.touch(blob)
        icc = request.image.pixels.icc
        edit = Edit(
            image=File(str(self.blobs.path(request.image.blob)), request.image.pixels),
            mask=File(str(self.blobs.path(request.mask.blob)), request.mask.pixels) if request.mask else None,
            icc=None if icc is None else str(self.blobs.path(icc)),
            drags=request.drags,
            tool=request.tool,
            speed=request.speed,
            prompt=request.prompt,
            seed=request.seed,
            params=request.params,
        )
        if isinstance(request, Prepare):
            return PrepareTask(name, edit)
        if request.is_live:
            return Follow(name, edit, request.preview_px)
        return Run(name, edit, str(self._result_draft(job)), request.preview_px)

    def _result_draft(self, job: Job) -> Path:
        return self.blobs.draft(f"result-{job.session}-{job.id}")

    def _yield_to(self, job: Job) -> None:
        """What is prepared gives way to what somebody waits for; it is done again after it."""
        prepared = self._job
        assert prepared is not None
        if prepared.state == "running" and not _prepares_for(prepared, job):
            self._supervisor.cancel()

    def _worker_is(self, state: WorkerState) -> None:
        log.info("worker %s", state)
        if state == "failed":
            for job in list(self._queue):
                self._queue.remove(job)
                self._end(job, Failure("worker_died", "The engine's process keeps ending; see the server's log."))

    def _hear(self, message: FromWorker) -> None:
        if not isinstance(message, Stepped | Previewed | Finished | Broke):
            self.device = getattr(message, "device", self.device)
            self._start_next()
            return
        job = self._job
        if job is None or message.job != _worker_name(job):
            return
        match message:
            case Stepped():
                self._show_progress(job, message)
            case Previewed():
                self._show_preview(job, message)
            case Finished():
                self._let_go()
                finishing = asyncio.create_task(self._finish(job, message))
                self._finishing.add(finishing)
                finishing.add_done_callback(self._finishing.discard)
            case Broke():
                self._let_go()
                if message.code == "cancelled" and job.is_prepare and job.state == "running":
                    self._put_back(job)
                else:
                    self._end(job, Failure(message.code, message.message))
        self._start_next()

    def _let_go(self) -> None:
        self._job = None
        self._supervisor.finished()

    def _put_back(self, job: Job) -> None:
        job.state = "queued"
        self._queue.add(job, first=True)
        self._say(job, "queued")

    def _bury(self, reason: str) -> None:
        """The worker is gone, and with it the job at work."""
        job, self._job = self._job, None
        if job is None:
            return
        if job.state == "cancelling":
            self._end(job, Failure("cancelled", "The job was cancelled."))
        elif job.is_live or job.attempt >= self.settings.attempts:
            self._end(job, Failure("worker_died", f"The engine's process ended under the job: {reason}."))
        else:
            job.attempt += 1
            self._put_back(job)

    async def _finish(self, job: Job, message: Finished) -> None:
        try:
            if message.pixels is not None and message.box is not None:
                blob, _ = await asyncio.to_thread(self.blobs.keep_hashed, self._result_draft(job))
                job.outputs = [Output("edit", blob, message.pixels, Box(*message.box))]
        except OSError as error:
            self._end(job, Failure("storage_failed", f"The result could not be kept: {error.strerror or error}."))
            return
        self._close(job, lambda seq: Done(seq, job.id, job.outputs, message.report))

    # Telling

    def _say(self, job: Job, state: str) -> None:
        job.state = state  # type: ignore[assignment]  the caller names one of State's
        session = self._sessions.get(job.session)
        if session is not None:
            event = session.add_event(lambda seq: State(seq, job.id, state, 0, job.attempt))  # type: ignore[arg-type]
            self._keep(job, event)
            session.tell(event)

    def _end(self, job: Job, failure: Failure) -> None:
        job.failure = failure
        self._result_draft(job).unlink(missing_ok=True)
        self._close(job, lambda seq: Failed(seq, job.id, failure.code, failure.message))

    def _close(self, job: Job, last: Callable[[int], Reliable]) -> None:
        job.state, job.ended = "failed" if job.failure else "done", time.time()
        session = self._sessions.get(job.session)
        if session is None:
            return
        event = session.add_event(last)
        self._keep(job, event)
        if session.outbox is not None:
            session.outbox.drop([(job.id, "progress"), (job.id, "preview")])
        session.tell(event)

    def _keep(self, job: Job, event: Reliable) -> None:
        try:
            self._journal.save_job(job, event)
        except StorageFailed:
            # A full disk: the client still hears it, and after a restart of the server the job is done again.
            log.exception("an event was not kept")

    def _show_progress(self, job: Job, message: Stepped) -> None:
        fraction, left = self._progress.at(message.phase, message.step, message.of)
        now, is_last = time.monotonic(), message.step == message.of
        session = self._sessions.get(job.session)
        if session is None or (now - job.last_progress < self.settings.progress_s and not is_last):
            return
        job.last_progress = now
        event = ProgressEvent(job.id, message.phase, message.step, message.of, fraction, left, message.handles)
        session.show(job, "progress", event)

    def _show_preview(self, job: Job, message: Previewed) -> None:
        now = time.monotonic()
        session = self._sessions.get(job.session)
        if session is None or (not job.is_live and now - job.last_preview < self.settings.preview_s):
            return
        job.last_preview = now
        blob = hashlib.sha256(message.data).hexdigest()
        left, top, width, height = message.box
        event = Preview(job.id, blob, message.pixels, Box(left, top, width, height), message.number)
        session.show(job, "preview", event, chunks("preview", blob, message.data))

    # What survives

    def _restore(self) -> None:
        for id_, owner, seen in self._journal.sessions():
            session = self._sessions[id_] = Session(id_, owner, seen)
            for event in self._journal.events(id_):
                session.log.next_seq = event.seq
                session.log.add(lambda _, event=event: event)
        for job in self._journal.jobs():
            session = self._sessions.get(job.session)
            if session is None:
                continue
            session.jobs[job.id] = job
            if job.is_over:
                continue
            if job.state == "queued":
                self._queue.add(job)
            elif job.state == "cancelling":
                self._end(job, Failure("cancelled", "The job was cancelled."))
            elif job.is_live or job.attempt >= self.settings.attempts:
                self._end(job, Failure("interrupted", "The server was stopped while it did the job."))
            else:
                job.attempt += 1
                self._put_back(job)

    async def _sweep(self) -> None:
        """Lets go of what nobody asked for in a long time."""
        while True:
            await asyncio.sleep(self.settings.sweep_s)
            try:
                self._forget_old()
                needed = {b for s in self._sessions.values() for j in s.jobs.values() for b in _needed(j)}
                await asyncio.to_thread(
                    self.blobs.sweep,
                    needed=needed,
                    keep_s=self.settings.keep_inputs_s,
                    total_bytes=self.settings.inputs_bytes,
                )
                await asyncio.to_thread(self._journal.checkpoint)
            except (OSError, StorageFailed):
                log.exception("the sweep failed")

    def _forget_old(self) -> None:
        now = time.time()
        over = sorted(
            ((job.ended or now, session, job) for session in self._sessions.values() for job in session.jobs.values()
             if job.is_over),
            key=lambda found: -found[0],
        )  # fmt: skip
        kept_bytes = 0
        for ended, session, job in over:
            kept_bytes += sum(self._result_size(output.blob) for output in job.outputs)
            if now - ended > self.settings.keep_results_s or kept_bytes > self.settings.results_bytes:
                self._forget(session, job)
        for session in list(self._sessions.values()):
            if session.is_idle and not session.jobs and now - session.seen > self.settings.keep_session_s:
                del self._sessions[session.id]
                self._journal.forget_session(session.id)

    def _result_size(self, blob: str) -> int:
        path = self.blobs.path(blob)
        return path.stat().st_size if path.exists() else 0


def _worker_name(job: Job) -> str:
    """Job ids are the clients' own and may be equal; the worker is told apart by session and attempt too."""
    return f"{job.session}/{job.id}/{job.attempt}"


def _needed(job: Job) -> set[str]:
    results = {output.blob for output in job.outputs}
    return results if job.is_over else results | job.blobs


def _prepares_for(prepared: Job, job: Job) -> bool:
    """Whether the preparation at work is of the very picture of the job: then it is not lost time."""
    mine, its = prepared.request, job.request
    same = (mine.image == its.image, mine.mask == its.mask, mine.speed == its.speed, mine.prompt == its.prompt)
    return all(same) and mine.seed == its.seed and mine.params == its.params


def _write_at(path: Path, offset: int, payload: bytes | memoryview) -> None:
    with path.open("r+b" if offset else "wb") as file:
        file.seek(offset)
        file.write(payload)

"""What a client can ask for. Joins sessions, uploads, jobs and the worker; knows no sockets."""

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from dragbrush.errors import StorageFailed
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame
from dragbrush.protocol.messages import Accepted, Have, Jobs, Need, Offer, Reliable, Resume, Stored, Submit, Update
from dragbrush.service.blobs import BlobStore
from dragbrush.service.checks import check_edit
from dragbrush.service.dispatcher import Dispatcher
from dragbrush.service.inputs import first_hand, moved_hand
from dragbrush.service.intake import Intake
from dragbrush.service.jobs import Job, Request
from dragbrush.service.journal import Journal
from dragbrush.service.ledger import Ledger
from dragbrush.service.outbox import Outbox
from dragbrush.service.restore import restore
from dragbrush.service.retention import Retention
from dragbrush.service.sessions import Session
from dragbrush.service.settings import Settings
from dragbrush.worker.child import Work
from dragbrush.worker.supervisor import Deadlines
from dragbrush.worker.supervisor import State as WorkerState

_SESSION_BYTES = 16


class Service:
    """All of it runs in one event loop, and nothing of it waits for a disk or for the engine there."""

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
        self._journal = Journal(folder)
        self.blobs = BlobStore(folder, free_bytes=self.settings.free_bytes)
        self._sessions: dict[str, Session] = {}
        self._intake = Intake(self.blobs, uploads=self.settings.uploads)
        self._ledger = Ledger(self._journal, self._sessions, self.settings)
        self._dispatcher = Dispatcher(
            make_work, blobs=self.blobs, ledger=self._ledger, attempts=self.settings.attempts, deadlines=deadlines
        )
        self._retention = Retention(
            self._sessions,
            self.settings,
            blobs=self.blobs,
            intake=self._intake,
            journal=self._journal,
            ledger=self._ledger,
        )
        restore(self._sessions, self._journal, self._ledger, self._dispatcher, attempts=self.settings.attempts)

    @property
    def device(self) -> str:
        return self._dispatcher.device

    @property
    def worker_state(self) -> WorkerState:
        return self._dispatcher.supervisor.state

    @property
    def worker_id(self) -> int | None:
        """Of the worker's process."""
        return self._dispatcher.supervisor.process_id

    @property
    def queued(self) -> int:
        return len(self._dispatcher.queue)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._dispatcher.supervisor.run())
                tasks.create_task(self._retention.run())
        finally:
            self._dispatcher.is_closing = True
            try:
                await self._dispatcher.finish()
            finally:
                self._journal.close()

    # Sessions

    def open_session(self, owner: str, resume: Resume | None, outbox: Outbox) -> tuple[Session, list[Reliable], bool]:
        """The session of a socket that said hello, the events it missed, and whether it was resumed.

        From now on what is told to the session is put into `outbox`.

        A session whose missed events are not all known any more is found again all the same, with its jobs, but not
        resumed: the client asks for the list. Another socket of the session is let go of. Raises `ProtocolError` when
        there are too many sessions.
        """
        found = self._sessions.get(resume.session) if resume else None
        if found is not None and resume is not None and found.owner == owner:
            missed = found.log.since(resume.last_seq)
            self._attach(found, outbox)
            return found, missed or [], missed is not None
        if len(self._sessions) >= self.settings.sessions and not self._retention.make_room_for_a_session():
            raise ProtocolError("limit_reached", "The server has no room for another session; close one.")
        session = Session(secrets.token_hex(_SESSION_BYTES), owner)
        self._sessions[session.id] = session
        self._journal.add_session(session.id, session.owner, session.seen)
        self._attach(session, outbox)
        return session, [], False

    def close_socket(self, session: Session, outbox: Outbox) -> None:
        """The socket is gone; the session waits for another."""
        if session.outbox is not outbox:
            return
        session.outbox, session.seen = None, time.time()
        for job in list(session.jobs.values()):
            if job.ends_with_its_socket:
                self._dispatcher.cancel(job)

    def _attach(self, session: Session, outbox: Outbox) -> None:
        if session.outbox is not None:
            session.outbox.close()
        session.outbox = outbox

    # Blobs

    def offer(self, session: Session, request: Offer) -> Need | Have:
        """Raises `ProtocolError`."""
        return self._intake.offer(session.uploads, request)

    async def receive(self, session: Session, frame: Frame) -> Stored | None:
        """Takes a chunk; says so when the blob is whole. Raises `ProtocolError`, `StorageFailed`."""
        return await self._intake.receive(session.uploads, frame)

    # Jobs

    def submit(self, session: Session, request: Request) -> Accepted:
        """Takes a job on. Raises `ProtocolError`, `StorageFailed`."""
        known = session.jobs.get(request.job)
        if known is not None:
            if not known.is_asked_for_by(request):
                raise ProtocolError(
                    "conflict", f"The job '{request.job}' is another edit; choose a new id.", path="$.job"
                )
            return Accepted(request.id, known.id, known.state, is_duplicate=True)
        if self._dispatcher.is_closing:
            raise ProtocolError("limit_reached", "The server is stopping; send the job again when it is back.")
        check_edit(request, self.blobs)
        job = Job(session.id, request, time.time())
        if isinstance(request, Submit) and request.is_live:
            job.hand = first_hand(request)
        replaced = [] if job.lane == "edit" else [other for other in session.jobs.values() if other.lane == job.lane]
        self._check_room(session, [other for other in replaced if other in self._dispatcher.queue])
        self._add(job)
        for other in replaced:
            if not other.is_over:
                self._dispatcher.cancel(other)
        self._forget_oldest(session)
        self._dispatcher.go_on()
        return Accepted(request.id, job.id, job.state)

    def _check_room(self, session: Session, leaving: list[Job]) -> None:
        queue, settings = self._dispatcher.queue, self.settings
        for waiting, limit in ((queue.of(session.id), settings.queued_jobs), (len(queue), settings.all_queued_jobs)):
            if waiting - len(leaving) >= limit:
                raise ProtocolError("limit_reached", f"{waiting} jobs wait already; wait for one to end.")

    def _add(self, job: Job) -> None:
        queue = self._dispatcher.queue
        queue.add(job)
        try:
            self._ledger.open(job, queue.position(job))
        except StorageFailed:
            queue.remove(job)
            raise
        for blob in job.blobs:
            self.blobs.touch(blob)

    def _forget_oldest(self, session: Session) -> None:
        """Where there are more than `Settings.jobs`; of those that are over first the ones without a result."""
        over = sorted((job for job in session.jobs.values() if job.is_over), key=lambda job: bool(job.outputs))
        for job in over[: max(0, len(session.jobs) - self.settings.jobs)]:
            self._ledger.forget(job)

    def update(self, session: Session, request: Update) -> None:
        """The hand of a live job moved. Raises `ProtocolError`."""
        job = self._known(session, request.job)
        if not isinstance(job.request, Submit) or not job.request.is_live:
            raise ProtocolError("unsupported", f"The job '{job.id}' is not live.", path="$.job")
        self._dispatcher.move(job, moved_hand(job.request, request))

    def cancel(self, session: Session, job_id: str) -> None:
        """Ends a job soon; of one that is over nothing changes. Raises `ProtocolError`."""
        self._dispatcher.cancel(self._known(session, job_id))

    def get(self, session: Session, request_id: str, job_id: str) -> Jobs:
        """Raises `ProtocolError`."""
        return Jobs(request_id, [self._known(session, job_id).info()])

    def list(self, session: Session, request_id: str) -> Jobs:
        return Jobs(request_id, [job.info() for job in session.jobs.values()])

    def release(self, session: Session, job_id: str) -> None:
        """Raises `ProtocolError`."""
        job = self._known(session, job_id)
        if not job.is_over:
            raise ProtocolError("conflict", f"The job '{job.id}' is not over; cancel it first.", path="$.job")
        self._ledger.forget(job)

    def _known(self, session: Session, job_id: str) -> Job:
        job = session.jobs.get(job_id)
        if job is None:
            raise ProtocolError("not_found", f"There is no job '{job_id}' (any more).", path="$.job")
        return job

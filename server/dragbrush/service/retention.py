"""Lets go of what nobody asked for in a long time, so that a server that runs for months stays small."""

import asyncio
import logging
import time
from pathlib import Path

from dragbrush.errors import StorageFailed
from dragbrush.protocol.pixels import byte_length
from dragbrush.service.blobs import BlobStore
from dragbrush.service.intake import Intake
from dragbrush.service.jobs import Job
from dragbrush.service.journal import Journal
from dragbrush.service.ledger import Ledger
from dragbrush.service.sessions import Session
from dragbrush.service.settings import Settings

log = logging.getLogger(__name__)


class Retention:
    def __init__(
        self,
        sessions: dict[str, Session],
        settings: Settings,
        *,
        blobs: BlobStore,
        intake: Intake,
        journal: Journal,
        ledger: Ledger,
    ) -> None:
        self._sessions, self._settings = sessions, settings
        self._blobs, self._intake, self._journal, self._ledger = blobs, intake, journal, ledger

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._settings.sweep_s)
            try:
                await self.sweep()
            except (OSError, StorageFailed) as error:
                log.warning("the sweep failed: %s", error)

    async def sweep(self) -> None:
        """Raises `OSError`, `StorageFailed`."""
        self._forget_jobs()
        for session in list(self._sessions.values()):
            if session.outbox is None and time.time() - session.seen > self._settings.keep_session_s:
                for blob in list(session.uploads):
                    self._intake.drop(session.uploads, blob)
                if not session.jobs:
                    self.forget_session(session)
        await self._remove_blobs()
        self._journal.write_waiting()
        await asyncio.to_thread(self._journal.checkpoint)

    def make_room_for_a_session(self) -> bool:
        """Forgets the idle one that was away for the longest, if possible one without results; whether there was."""
        idle = [session for session in self._sessions.values() if session.is_idle]
        if idle:
            self.forget_session(min(idle, key=lambda session: (bool(session.jobs), session.seen)))
        return bool(idle)

    def forget_session(self, session: Session) -> None:
        """With its jobs and uploads."""
        for blob in list(session.uploads):
            self._intake.drop(session.uploads, blob)
        del self._sessions[session.id]
        self._journal.forget_session(session.id)

    def _forget_jobs(self) -> None:
        """Those that ended long ago, and the oldest of those that are too many or too large."""
        now, settings = time.time(), self._settings
        over = [job for session in self._sessions.values() for job in session.jobs.values() if job.is_over]
        over.sort(key=lambda job: job.ended or now, reverse=True)
        kept_bytes = 0
        for number, job in enumerate(over):
            kept_bytes += _result_bytes(job)
            is_old = now - (job.ended or now) > settings.keep_results_s
            if is_old or number >= settings.results or kept_bytes > settings.results_bytes:
                self._ledger.forget(job)

    async def _remove_blobs(self) -> None:
        settings = self._settings
        old = await asyncio.to_thread(
            self._blobs.old, needed=self._needed(), keep_s=settings.keep_inputs_s, total_bytes=settings.inputs_bytes
        )
        # Asked again: a client may have come back for a blob while the files were looked at.
        await asyncio.to_thread(self._drop, self._blobs.withdraw(old, needed=self._needed()))

    def _drop(self, drafts: list[Path]) -> None:
        for draft in drafts:
            self._blobs.drop(draft)

    def _needed(self) -> set[str]:
        jobs = [job for session in self._sessions.values() for job in session.jobs.values()]
        return {blob for job in jobs for blob in (job.results if job.is_over else job.results | job.blobs)}


def _result_bytes(job: Job) -> int:
    return sum(byte_length(output.pixels) for output in job.outputs)

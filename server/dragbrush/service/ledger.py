"""Every change of a job: kept in the journal first, then told to its session. The one place where jobs end."""

import time
from collections.abc import Callable, Mapping
from typing import Literal

from dragbrush.protocol.frames import chunks
from dragbrush.protocol.messages import Box, Done, Failed, Failure, Output, Preview, Reliable, Report, State
from dragbrush.protocol.messages import Progress as ProgressEvent
from dragbrush.service.jobs import Job
from dragbrush.service.journal import Journal
from dragbrush.service.sessions import Session
from dragbrush.service.settings import Settings
from dragbrush.worker.messages import Previewed, Stepped

_MESSAGE_BYTES = 400
"""Of a failure. What libraries say may be long, and `list` repeats it for each job."""


class Ledger:
    def __init__(self, journal: Journal, sessions: Mapping[str, Session], settings: Settings) -> None:
        self._journal, self._sessions, self._settings = journal, sessions, settings

    def open(self, job: Job, position: int) -> None:
        """A new job waits. Raises `StorageFailed`; then nothing was told."""
        session = self._sessions[job.session]
        event = State(session.log.next_seq, job.id, "queued", position)
        self._journal.add_job(job, event)
        session.jobs[job.id] = job
        session.log.add(lambda _: event)
        session.tell(event)

    def say(self, job: Job, state: Literal["queued", "running", "cancelling"], *, position: int = 0) -> None:
        job.state = state
        self._tell(job, lambda seq: State(seq, job.id, state, position, job.attempt))

    def done(self, job: Job, outputs: list[Output], report: Report) -> None:
        job.outputs = outputs
        self._end(job, lambda seq: Done(seq, job.id, outputs, report))

    def failed(self, job: Job, code: str, message: str) -> None:
        failure = Failure(code, message.encode()[:_MESSAGE_BYTES].decode(errors="ignore"))
        job.failure = failure
        self._end(job, lambda seq: Failed(seq, job.id, failure.code, failure.message))

    def forget(self, job: Job) -> None:
        """Of a job that is over."""
        del self._sessions[job.session].jobs[job.id]
        self._journal.forget_job(job)

    def show_progress(self, job: Job, step: Stepped) -> None:
        fraction, left_s = job.progress.at(step.phase, step.step, step.of)
        now = time.monotonic()
        if now - job.last_progress >= self._settings.progress_s:
            job.last_progress = now
            event = ProgressEvent(job.id, step.phase, step.step, step.of, fraction, left_s, step.handles)
            self._sessions[job.session].show(job, "progress", event)

    def show_preview(self, job: Job, preview: Previewed) -> None:
        now = time.monotonic()
        if job.is_live or now - job.last_preview >= self._settings.preview_s:
            job.last_preview = now
            event = Preview(job.id, preview.blob, preview.pixels, Box(*preview.box), preview.number)
            frames = chunks("preview", preview.blob, preview.data)
            self._sessions[job.session].show(job, "preview", event, frames)

    def _end(self, job: Job, last: Callable[[int], Reliable]) -> None:
        assert not job.is_over
        job.state, job.ended = "failed" if job.failure else "done", time.time()
        self._tell(job, last)

    def _tell(self, job: Job, numbered: Callable[[int], Reliable]) -> None:
        session = self._sessions[job.session]
        event = session.log.add(numbered)
        self._journal.save_job(job, event)
        session.hide(job)
        session.tell(event)

"""Brings back what the last server left in the journal."""

from dragbrush.service.dispatcher import Dispatcher
from dragbrush.service.jobs import Job
from dragbrush.service.journal import Journal
from dragbrush.service.ledger import Ledger
from dragbrush.service.sessions import Session


def restore(
    sessions: dict[str, Session], journal: Journal, ledger: Ledger, dispatcher: Dispatcher, *, attempts: int
) -> None:
    """Jobs that waited wait again; those that were at work are begun again, or end when that was so too often."""
    for id_, owner in journal.sessions():
        session = sessions[id_] = Session(id_, owner)
        for event in journal.events(id_):
            session.log.next_seq = event.seq
            session.log.add(lambda _, event=event: event)
    left: list[Job] = []
    for job in journal.jobs():
        if (session := sessions.get(job.session)) is not None:
            session.jobs[job.id] = job
            left.append(job)
    for job in left:
        if not job.is_over:
            _resume(job, ledger, dispatcher, attempts)


def _resume(job: Job, ledger: Ledger, dispatcher: Dispatcher, attempts: int) -> None:
    if job.state == "cancelling" or job.ends_with_its_socket:
        ledger.failed(job, "cancelled", "The job was cancelled when the server stopped.")
    elif job.state == "queued":
        dispatcher.queue.add(job)
    elif job.attempt >= attempts:
        ledger.failed(job, "interrupted", "The server was stopped while it did the job; send it again.")
    else:
        job.attempt += 1
        dispatcher.put_back(job)

"""What survives the server: sessions, jobs and reliable events, in SQLite."""

import contextlib
import logging
import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from dragbrush.errors import StorageFailed
from dragbrush.protocol.limits import MAX_JOURNAL
from dragbrush.protocol.messages import Done, Failed, Failure, Output, Prepare, Reliable, State, Submit
from dragbrush.service.jobs import Job

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, owner TEXT NOT NULL, seen REAL NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    session TEXT, id TEXT, request BLOB, created REAL, state TEXT, attempt INT, outputs BLOB, failure BLOB, ended REAL,
    PRIMARY KEY (session, id));
CREATE TABLE IF NOT EXISTS events (session TEXT, seq INT, message BLOB, PRIMARY KEY (session, seq));
"""
_SAVE_JOB = """
INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session, id) DO UPDATE SET
    state = excluded.state, attempt = excluded.attempt, outputs = excluded.outputs, failure = excluded.failure,
    ended = excluded.ended
"""

_encode = msgspec.json.Encoder().encode
_request: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Submit | Prepare)
_event: msgspec.json.Decoder[Any] = msgspec.json.Decoder(State | Done | Failed)
_outputs = msgspec.json.Decoder(list[Output])
_failure = msgspec.json.Decoder(Failure | None)

_Statement = tuple[str, tuple[Any, ...]]


class Journal:
    """Writes take some tens of microseconds: they go to the write-ahead log, which survives a killed process.

    Waiting for the disk is left to `checkpoint`, to be called in a thread. Where the disk is full, only `add_job`
    fails; the other writes are remembered and made, in their order, with the next one that the disk takes.
    """

    def __init__(self, folder: Path) -> None:
        """Raises `StorageFailed`, also where another server uses the folder."""
        self._file = folder / "journal.sqlite"
        self._waiting: list[_Statement] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder / "lock")
            self._db = self._opened()
            # Nothing to wait for: `checkpoint` has the disk keep what leaves the log before the log is used anew.
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StorageFailed(f"The journal '{self._file}' cannot be used: {error}.") from error

    def add_job(self, job: Job, event: Reliable) -> None:
        """A new job and the event that says so. Raises `StorageFailed`; it is then not remembered."""
        if not self._write([*self._waiting, *_job(job, event)]):
            raise StorageFailed("The job could not be kept: the server's disk is full or fails; make room there.")
        self._waiting.clear()

    def save_job(self, job: Job, event: Reliable) -> None:
        """The job as it is, and with it the event that says so."""
        self._keep(_job(job, event))

    def forget_job(self, job: Job) -> None:
        self._keep([("DELETE FROM jobs WHERE session = ? AND id = ?", (job.session, job.id))])

    def add_session(self, session: str, owner: str, seen: float) -> None:
        self._keep([("INSERT INTO sessions VALUES (?, ?, ?)", (session, owner, seen))])

    def forget_session(self, session: str) -> None:
        tables = (("sessions", "id"), ("jobs", "session"), ("events", "session"))
        self._keep([(f"DELETE FROM {table} WHERE {column} = ?", (session,)) for table, column in tables])

    def write_waiting(self) -> None:
        """Tries again what the disk did not take."""
        if self._waiting:
            self._keep([])

    def sessions(self) -> list[tuple[str, str]]:
        """id, owner. Raises `StorageFailed`, as all that read."""
        return self._read("SELECT id, owner FROM sessions")

    def jobs(self) -> list[Job]:
        """The oldest first. What an older program wrote and this one cannot read is left out."""
        found: list[Job] = []
        for row in self._read("SELECT * FROM jobs ORDER BY created, rowid"):
            try:
                found.append(_read_job(row))
            except msgspec.DecodeError as error:
                log.warning("a job of the journal cannot be read: %s", error)
        return found

    def events(self, session: str) -> list[Reliable]:
        """The newest, without a gap."""
        found: list[Reliable] = []
        for seq, message in self._read("SELECT seq, message FROM events WHERE session = ? ORDER BY seq", session):
            try:
                event = _event.decode(message)
            except msgspec.DecodeError as error:
                log.warning("an event of the journal cannot be read: %s", error)
                found.clear()
                continue
            if found and seq != found[-1].seq + 1:
                found.clear()
            found.append(event)
        return found

    def checkpoint(self) -> None:
        """Moves the log into the file. On a connection of its own, so that writers do not wait.

        Raises `StorageFailed`.
        """
        try:
            with contextlib.closing(self._opened()) as db:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            raise StorageFailed(f"The journal could not be brought to the disk: {error}.") from error

    def close(self) -> None:
        self.write_waiting()
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("PRAGMA synchronous=NORMAL")  # closing moves the log too
        self._db.close()
        self._lock.close()

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=0", "busy_timeout=2000"):
            db.execute(f"PRAGMA {pragma}")
        return db

    def _read(self, query: str, *values: str) -> list[Any]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StorageFailed(f"The journal '{self._file}' cannot be read: {error}.") from error

    def _keep(self, statements: list[_Statement]) -> None:
        self._waiting += statements
        if self._write(self._waiting):
            self._waiting.clear()

    def _write(self, statements: list[_Statement]) -> bool:
        try:
            self._db.execute("BEGIN")
            for statement, values in statements:
                self._db.execute(statement, values)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            log.warning("the journal could not be written: %s", error)
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            return False
        return True


def _locked(file: Path) -> sqlite3.Connection:
    """Holds the folder for this process; the system lets go of it however the process ends."""
    lock = sqlite3.connect(file, isolation_level=None, timeout=0)
    lock.execute("BEGIN EXCLUSIVE")
    return lock


def _job(job: Job, event: Reliable) -> list[_Statement]:
    row = (
        job.session, job.id, _encode(job.request), job.created, job.state, job.attempt, _encode(job.outputs),
        _encode(job.failure), job.ended,
    )  # fmt: skip
    return [
        (_SAVE_JOB, row),
        ("INSERT OR REPLACE INTO events VALUES (?, ?, ?)", (job.session, event.seq, _encode(event))),
        ("DELETE FROM events WHERE session = ? AND seq <= ?", (job.session, event.seq - MAX_JOURNAL)),
    ]


def _read_job(row: tuple[Any, ...]) -> Job:
    session, _, request, created, state, attempt, outputs, failure, ended = row
    return Job(
        session, _request.decode(request), created, state, attempt, _outputs.decode(outputs), _failure.decode(failure),
        ended,
    )  # fmt: skip

"""What survives the server: sessions, jobs and reliable events, in SQLite."""

import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from dragbrush.errors import StorageFailed
from dragbrush.protocol.messages import Done, Failed, Failure, Output, Prepare, Reliable, State, Submit
from dragbrush.service.jobs import Job

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, owner TEXT NOT NULL, seen REAL NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    session TEXT, id TEXT, request BLOB, created REAL, state TEXT, attempt INT, outputs BLOB, failure BLOB, ended REAL,
    PRIMARY KEY (session, id));
CREATE TABLE IF NOT EXISTS events (session TEXT, seq INT, message BLOB, PRIMARY KEY (session, seq));
"""

_encode = msgspec.json.Encoder().encode
_request: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Submit | Prepare)
_event: msgspec.json.Decoder[Any] = msgspec.json.Decoder(State | Done | Failed)
_outputs = msgspec.json.Decoder(list[Output])
_failure = msgspec.json.Decoder(Failure | None)


class Journal:
    """Writes take some tens of microseconds: they go to the write-ahead log, which survives a killed process.

    Moving the log into the file waits for the disk and is `checkpoint`'s, to be called in a thread.
    """

    def __init__(self, folder: Path) -> None:
        """Raises `StorageFailed`."""
        self._file = folder / "journal.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = self._opened()
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StorageFailed(f"The journal '{self._file}' cannot be used: {error}.") from error

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._file, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=0", "busy_timeout=2000"):
            db.execute(f"PRAGMA {pragma}")
        return db

    def save_session(self, session: str, owner: str, seen: float) -> None:
        self._write("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)", (session, owner, seen))

    def save_job(self, job: Job, event: Reliable | None = None) -> None:
        """The job as it is, and with it the event that says so."""
        row = (
            job.session, job.id, _encode(job.request), job.created, job.state, job.attempt, _encode(job.outputs),
            _encode(job.failure), job.ended,
        )  # fmt: skip
        self._write("BEGIN", ())
        self._write("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        if event is not None:
            self._write("INSERT INTO events VALUES (?, ?, ?)", (job.session, event.seq, _encode(event)))
        self._write("COMMIT", ())

    def forget_job(self, job: Job) -> None:
        self._write("DELETE FROM jobs WHERE session = ? AND id = ?", (job.session, job.id))

    def forget_session(self, session: str) -> None:
        for table, column in (("sessions", "id"), ("jobs", "session"), ("events", "session")):
            self._write(f"DELETE FROM {table} WHERE {column} = ?", (session,))

    def sessions(self) -> list[tuple[str, str, float]]:
        """id, owner, seen"""
        return self._db.execute("SELECT id, owner, seen FROM sessions").fetchall()

    def jobs(self) -> list[Job]:
        """The oldest first."""
        rows = self._db.execute("SELECT * FROM jobs ORDER BY created").fetchall()
        return [
            Job(
                session, _request.decode(request), created, state, attempt, _outputs.decode(outputs),
                _failure.decode(failure), ended,
            )
            for session, _, request, created, state, attempt, outputs, failure, ended in rows
        ]  # fmt: skip

    def events(self, session: str) -> list[Reliable]:
        rows = self._db.execute("SELECT message FROM events WHERE session = ? ORDER BY seq", (session,))
        return [_event.decode(message) for (message,) in rows]

    def checkpoint(self) -> None:
        """On a connection of its own, so that writers do not wait."""
        db = self._opened()
        try:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        finally:
            db.close()

    def close(self) -> None:
        self._db.close()

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        try:
            self._db.execute(statement, values)
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise StorageFailed(f"The journal '{self._file}' could not be written: {error}.") from error

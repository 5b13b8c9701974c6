"""Edits that the host left behind when it ended, kept in a file until one host takes them up again.

The file names the session, which belongs to one host at a time: whoever takes the file has it.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..wire import Resume
from .crop import Rect
from .files import write_whole
from .jobs import Job
from .saved import inputs_from_json, inputs_to_json
from .tolerant import items, mapping, number, parsed, text, whole

MAX_JOBS = 32


@dataclass(frozen=True)
class Left:
    resume: Resume
    jobs: tuple[Job, ...]


def left_file(folder: Path) -> Path:
    """In the folder of this user's settings."""
    return folder / "krita-left.json"


def leave(path: Path, resume: Resume | None, jobs: Sequence[Job]) -> None:
    """Writes the file, where there is something to come back for."""
    if resume is None or not jobs:
        return
    said = {
        "session": resume.session,
        "last_seq": resume.last_seq,
        "jobs": [_job_to_json(job) for job in jobs[-MAX_JOBS:]],
    }
    write_whole(path, json.dumps(said))


def take_up(path: Path) -> Left | None:
    """What the file says; it is gone then."""
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        os.replace(path, mine)
        said = parsed(mine.read_bytes())
        mine.unlink()
    except OSError:
        return None
    session = text(said, "session", "", most=64)
    jobs = tuple(_job_of(found) for found in items(said, "jobs")[:MAX_JOBS] if isinstance(found, dict))
    known = tuple(job for job in jobs if job.id and job.document)
    if not session or not known:
        return None
    return Left(Resume(session, whole(said, "last_seq", 0, least=0, most=2**53 - 1)), known)


def _job_to_json(job: Job) -> dict[str, Any]:
    crop = job.crop
    return {
        "id": job.id,
        "document": job.document,
        "node": job.node,
        "crop": [crop.left, crop.top, crop.width, crop.height],
        "name": job.name,
        "since": job.since,
        "inputs": inputs_to_json(job.inputs),
    }


def _job_of(said: dict[str, Any]) -> Job:
    box = [value if isinstance(value, int) else 0 for value in items(said, "crop")]
    crop = Rect(*box) if len(box) == 4 else Rect(0, 0, 0, 0)
    return Job(
        text(said, "id", "", most=64),
        "edit",
        text(said, "document", "", most=64),
        text(said, "node", "", most=64),
        crop,
        text(said, "name", "", most=200),
        inputs_from_json(mapping(said, "inputs")),
        state="queued",
        sent=1.0,
        since=number(said, "since", 0.0),
    )

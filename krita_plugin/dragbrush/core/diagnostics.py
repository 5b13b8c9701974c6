"""What a person copies to report a fault: versions, state, last lines of the log; no tokens, prompts or user names."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from .events import Status
from .jobs import Job

_SECRETS = re.compile(r"(Bearer\s+|dragbrush\.auth\.|token['\"=:\s]+)[A-Za-z0-9_\-]{8,}|\b[A-Za-z0-9_\-]{40,}\b")
_MAX_LINES = 60


def report(versions: Mapping[str, str], status: Status, jobs: Iterable[Job], log: str) -> str:
    """Plain text; `versions` of what the host knows, as {"Krita": "5.2.9"}."""
    lines = [f"{name}: {version}" for name, version in versions.items()]
    server = status.welcome
    if server is not None:
        lines += [f"Server: {server.server}, model {server.model.id} on {server.device}"]
    lines += [f"Connection: {status.line}{f' ({status.why})' if status.why else ''}", ""]
    for job in jobs:
        points, size = len(job.inputs.pairs), f"{job.crop.width} x {job.crop.height}"
        ended = f": {job.code}, {job.message}" if job.code else ""
        lines.append(f"{job.kind} {job.id[:8]}, {job.inputs.speed}, {points} pairs, {size} px: {job.state}{ended}")
    lines += ["", *log.splitlines()[-_MAX_LINES:]]
    return without_secrets("\n".join(lines))


def without_secrets(text: str) -> str:
    """Long random words and the user's home folder are blacked out."""
    home = str(Path.home())
    return _SECRETS.sub("(hidden)", text.replace(home, "~") if len(home) > 1 else text)

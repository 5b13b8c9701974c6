"""How much a server keeps, and for how long."""

from dataclasses import dataclass

GIGABYTE = 1024**3
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Settings:
    keep_session_s: float = 600.0
    """Without a socket, and without a job that is not done."""
    keep_results_s: float = 24 * HOUR_S
    results_bytes: int = 2 * GIGABYTE
    """The oldest go first."""
    results: int = 10_000
    """Jobs that are over, with and without pictures."""
    jobs: int = 400
    """Of one session, over or not: as many as the answer to `list` has room for. The oldest that are over go first."""
    keep_inputs_s: float = 1 * HOUR_S
    """After their last use."""
    inputs_bytes: int = 1 * GIGABYTE
    sessions: int = 256
    """When there are more, the idle one that was away for the longest is forgotten."""
    queued_jobs: int = 32
    """Of one session."""
    all_queued_jobs: int = 256
    uploads: int = 8
    """Of one session at a time."""
    free_bytes: int = 256 * 1024**2
    """Of disk that is left alone."""
    sweep_s: float = 30.0
    attempts: int = 2
    """A job that was at work at this many deaths of its worker, or stops of the server, fails."""
    progress_s: float = 0.05
    """Between two progress events of a job: 20 a second."""
    preview_s: float = 0.05

"""Who is next: live jobs before edits before preparations, and in each lane the sessions by turns."""

from collections import OrderedDict, deque
from collections.abc import Iterator

from dragbrush.service.jobs import Job

LANES = ("live", "edit", "prepare")


def lane_of(job: Job) -> str:
    return "live" if job.is_live else "prepare" if job.is_prepare else "edit"


class FairQueue:
    """Waiting jobs. Within a lane each session waits its turn, whatever number of jobs another one has."""

    def __init__(self) -> None:
        self._lanes: dict[str, OrderedDict[str, deque[Job]]] = {lane: OrderedDict() for lane in LANES}

    def __len__(self) -> int:
        return sum(len(jobs) for lane in self._lanes.values() for jobs in lane.values())

    def __iter__(self) -> Iterator[Job]:
        """In the order in which they would be done if none came or went."""
        for lane in self._lanes.values():
            left = [deque(jobs) for jobs in lane.values()]
            while left:
                yield from [jobs.popleft() for jobs in left]
                left = [jobs for jobs in left if jobs]

    def of(self, session: str) -> int:
        """How many jobs a session has waiting."""
        return sum(len(lane.get(session, ())) for lane in self._lanes.values())

    def add(self, job: Job, *, first: bool = False) -> None:
        """At the end of its session's jobs, or before all of its lane: for a job that was begun already."""
        lane = self._lanes[lane_of(job)]
        jobs = lane.setdefault(job.session, deque())
        if first:
            jobs.appendleft(job)
            lane.move_to_end(job.session, last=False)
        else:
            jobs.append(job)

    def next(self) -> Job | None:
        """Takes the next job out; its session goes to the end of the lane."""
        for lane in self._lanes.values():
            for session, jobs in lane.items():
                job = jobs.popleft()
                lane.move_to_end(session)
                if not jobs:
                    del lane[session]
                return job
        return None

    def peek_lane(self) -> str | None:
        """The lane of the next job."""
        return next((name for name, lane in self._lanes.items() if lane), None)

    def remove(self, job: Job) -> bool:
        """Whether it was waiting."""
        lane = self._lanes[lane_of(job)]
        jobs = lane.get(job.session)
        if jobs is None or job not in jobs:
            return False
        jobs.remove(job)
        if not jobs:
            del lane[job.session]
        return True

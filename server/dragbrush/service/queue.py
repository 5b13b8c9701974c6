"""Who is next: in each lane the sessions by turns."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import get_args

from dragbrush.service.jobs import Job, Lane


class FairQueue:
    """Waiting jobs. Within a lane each session waits its turn, whatever number of jobs another one has.

    The bound is the caller's, who refuses what is over it.
    """

    def __init__(self) -> None:
        self._lanes: dict[Lane, OrderedDict[str, deque[Job]]] = {lane: OrderedDict() for lane in get_args(Lane)}

    def __len__(self) -> int:
        return sum(len(jobs) for lane in self._lanes.values() for jobs in lane.values())

    def __iter__(self) -> Iterator[Job]:
        """Lane by lane, in the order in which they would be done if none came or went."""
        for lane in self._lanes:
            yield from self._in(lane)

    def __contains__(self, job: Job) -> bool:
        return job in self._lanes[job.lane].get(job.session, ())

    def of(self, session: str) -> int:
        """How many jobs a session has waiting."""
        return sum(len(lane.get(session, ())) for lane in self._lanes.values())

    def position(self, job: Job) -> int:
        """How many are done before it; those of the live lane are done beside the others."""
        lanes: tuple[Lane, ...] = ("edit", "prepare") if job.is_prepare else (job.lane,)
        return [other for lane in lanes for other in self._in(lane)].index(job)

    def add(self, job: Job, *, first: bool = False) -> None:
        """At the end of its session's jobs, or before all of its lane: for a job that was begun already."""
        lane = self._lanes[job.lane]
        jobs = lane.setdefault(job.session, deque())
        if first:
            jobs.appendleft(job)
            lane.move_to_end(job.session, last=False)
        else:
            jobs.append(job)

    def next(self, lanes: tuple[Lane, ...]) -> Job | None:
        """Takes the next job of these lanes out; its session goes to the end of the lane."""
        for lane in lanes:
            for session, jobs in self._lanes[lane].items():
                job = jobs.popleft()
                self._lanes[lane].move_to_end(session)
                if not jobs:
                    del self._lanes[lane][session]
                return job
        return None

    def remove(self, job: Job) -> bool:
        """Whether it was waiting."""
        if job not in self:
            return False
        lane = self._lanes[job.lane]
        lane[job.session].remove(job)
        if not lane[job.session]:
            del lane[job.session]
        return True

    def _in(self, lane: Lane) -> Iterator[Job]:
        left = [deque(jobs) for jobs in self._lanes[lane].values()]
        while left:
            yield from [jobs.popleft() for jobs in left]
            left = [jobs for jobs in left if jobs]

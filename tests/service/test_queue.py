"""The queue: by turns, in order, and nothing lost or done twice."""

from collections import Counter
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from dragbrush.protocol.messages import Picture, Pixels, Prepare, Submit
from dragbrush.service.jobs import Job, Lane
from dragbrush.service.queue import FairQueue

PICTURE = Picture("0" * 64, Pixels(1, 1, "gray"))
SESSIONS = ("ann", "bob", "eve")
EDITS: tuple[Lane, ...] = ("edit", "prepare")


def job(session: str, lane: Lane = "edit", *, id_: str = "j") -> Job:
    request = Prepare("1", id_, PICTURE) if lane == "prepare" else Submit("1", id_, PICTURE, is_live=lane == "live")
    return Job(session, request, 0.0)


ADD = st.tuples(st.sampled_from(SESSIONS), st.sampled_from(("live", "edit", "prepare")), st.booleans())
STEPS = st.lists(st.one_of(ADD, st.sampled_from(("next", "next live", "remove"))), max_size=60)


@given(STEPS, st.randoms(use_true_random=False))
def test_every_job_comes_out_once(steps: list[object], random: object) -> None:
    queue, inside, numbers = FairQueue(), list[Job](), count()
    for step in steps:
        if isinstance(step, tuple):
            session, lane, first = step
            added = job(session, lane, id_=str(next(numbers)))
            queue.add(added, first=first)
            inside.append(added)
        elif step == "remove" and inside:
            removed = inside.pop(random.randrange(len(inside)))  # type: ignore[attr-defined]
            assert queue.remove(removed)
            assert not queue.remove(removed)
        elif step != "remove":
            lanes: tuple[Lane, ...] = ("live",) if step == "next live" else EDITS
            order = [other for other in queue if other.lane in lanes]
            taken = queue.next(lanes)
            assert taken is (order[0] if order else None)
            if taken is not None:
                inside.remove(taken)
        assert len(queue) == len(inside) == len(list(queue))
        assert {id(each) for each in queue} == {id(each) for each in inside}
        assert Counter(each.session for each in inside) == {s: n for s in SESSIONS if (n := queue.of(s))}
        assert all(each in queue for each in inside)


@given(st.lists(st.one_of(st.sampled_from(SESSIONS), st.just("next")), max_size=80))
def test_nobody_is_served_twice_while_somebody_waits(steps: list[str]) -> None:
    queue = FairQueue()
    overtaken: dict[str, Counter[str]] = {}  # of each waiting session: who was served since it began to wait
    for step in steps:
        if step != "next":
            overtaken.setdefault(step, Counter())
            queue.add(job(step))
        elif (served := queue.next(EDITS)) is not None:
            for waiting, others in overtaken.items():
                if waiting != served.session:
                    others[served.session] += 1
                    assert others[served.session] <= 1
            del overtaken[served.session]
            if queue.of(served.session):
                overtaken[served.session] = Counter()


def test_edits_go_before_preparations_and_live_jobs_beside_both() -> None:
    queue = FairQueue()
    jobs = [job("ann", lane) for lane in ("prepare", "edit", "live")]
    for each in jobs:
        queue.add(each)
    prepare, edit, live = jobs

    assert (queue.position(edit), queue.position(prepare), queue.position(live)) == (0, 1, 0)
    assert [queue.next(EDITS), queue.next(EDITS), queue.next(EDITS)] == [edit, prepare, None]
    assert queue.next(("live",)) is live


def test_a_job_that_was_begun_goes_first_again() -> None:
    queue = FairQueue()
    for session in ("ann", "ann", "bob"):
        queue.add(job(session))
    begun = job("bob")
    queue.add(begun, first=True)

    assert queue.position(begun) == 0
    assert queue.next(EDITS) is begun

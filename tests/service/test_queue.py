"""The queue: by turns, in order, and nothing lost or done twice."""

import tempfile
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Picture, Pixels, Prepare, Submit
from dragbrush.service.jobs import Job, Lane
from dragbrush.service.queue import FairQueue
from dragbrush.service.service import Service
from dragbrush.service.settings import Settings
from dragbrush.worker.make import echo
from serving import Client, check_story, run

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
def test_nobody_waits_for_more_turns_of_another_than_own_jobs_lie_before(steps: list[str]) -> None:
    queue = FairQueue()
    waiting: dict[Job, tuple[int, Counter[str]]] = {}  # own jobs before it, and who was served since it began to wait
    for step in steps:
        if step != "next":
            added = job(step)
            waiting[added] = queue.of(step), Counter()
            queue.add(added)
        elif (served := queue.next(EDITS)) is not None:
            del waiting[served]
            for other, (before, turns) in waiting.items():
                turns[served.session] += 1
                assert other.session == served.session or turns[served.session] <= before + 1


@given(st.lists(ADD))
def test_hands_go_beside_all_others_and_edits_before_preparations(waiting: list[tuple[str, Lane, bool]]) -> None:
    queue = FairQueue()
    for session, lane, first in waiting:
        queue.add(job(session, lane), first=first)
    lives = [lane for _, lane, _ in waiting].count("live")

    hands = [queue.next(("live",)) for _ in range(lives + 1)]
    others = [queue.next(EDITS) for _ in range(len(waiting) - lives + 1)]

    assert [each and each.lane for each in hands] == [*["live"] * lives, None]
    wanted = sorted((lane for _, lane, _ in waiting if lane != "live"), key=EDITS.index)
    assert [each and each.lane for each in others] == [*wanted, None]


CALLS = st.tuples(st.sampled_from(SESSIONS), st.sampled_from(("edit", "edit", "prepare", "cancel")))


@settings(max_examples=40, deadline=None)
@given(st.lists(CALLS, min_size=20, max_size=60))
def test_the_queue_is_bounded_for_each_and_for_all(calls: list[tuple[str, str]]) -> None:
    """With a service whose worker is not started: all that is asked for waits."""

    async def story() -> None:
        service = Service(Path(folder), echo, settings=Settings(queued_jobs=4, all_queued_jobs=7, free_bytes=0))
        clients = {name: Client(service) for name in SESSIONS}
        picture = await clients["ann"].picture()
        for number, (name, what) in enumerate(calls):
            client, before = clients[name], service.queued
            waits = [each for each in client.session.jobs.values() if not each.is_over]
            replaced = sum(each.is_prepare for each in waits) if what == "prepare" else 0
            if what == "cancel":
                for each in waits[:1]:
                    service.cancel(client.session, each.id)
                assert service.queued == before - len(waits[:1])
                continue
            ask = client.prepare if what == "prepare" else client.submit
            if len(waits) - replaced >= 4 or before - replaced >= 7:
                with pytest.raises(ProtocolError, match="wait already"):
                    ask(str(number), picture)
                assert service.queued == before
            else:
                ask(str(number), picture)
                assert service.queued == before + 1 - replaced
        for client in clients.values():
            client.hear_the_rest()
            check_story(client.heard)

    with tempfile.TemporaryDirectory() as folder:
        run(story())


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

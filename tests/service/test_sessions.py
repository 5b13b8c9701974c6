"""Sessions: a client that comes back has missed nothing, or is told that it has."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from dragbrush.protocol.codec import encode
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame
from dragbrush.protocol.limits import MAX_JOURNAL, MAX_TEXT_BYTES
from dragbrush.protocol.messages import Box, Done, Failed, Failure, Jobs, Layout, Need, Offer, Output, Progress, Resume
from dragbrush.protocol.messages import Job as JobInfo
from dragbrush.service.journal import Journal
from dragbrush.service.ledger import Ledger
from dragbrush.service.settings import Settings
from serving import Client, check_story, run, serving


def test_who_comes_back_hears_what_it_missed_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("a", picture, "steps=60 step_ms=5")
            await client.hear_until(lambda m: isinstance(m, Progress))
            left = client.drop()
            other = Client(service)
            other.submit("b", picture)
            assert isinstance(await other.end_of("b"), Done)
            again = Client(service, resume=left)

            assert again.is_resumed
            assert again.session is client.session
            assert [(m.seq, m.job) for m in again.heard] == [(3, "a")]
            check_story([*client.heard, *again.heard])

    run(story())


def test_a_job_goes_on_without_its_client_unless_it_shall_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("kept", picture, "steps=60 step_ms=5")
            client.submit("ends", picture, on_disconnect="cancel")
            again = Client(service, resume=client.drop())
            kept, ends = await again.end_of("kept"), await again.end_of("ends")

            assert isinstance(kept, Done)
            assert isinstance(ends, Failed)
            assert ends.code == "cancelled"

    run(story())


def test_a_second_socket_takes_over_and_the_first_ends_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            first = Client(service)
            first.submit("a", await first.picture(), "steps=60 step_ms=5", on_disconnect="cancel")
            second = Client(service, resume=Resume(first.session.id, 0))
            first.hear_the_rest()
            assert await first.outbox.next() is None
            first.drop()

            assert isinstance(await second.end_of("a"), Done)

    run(story())


@pytest.mark.parametrize("last_seq", [0, 5000])
def test_who_missed_more_than_is_kept_is_told_so_and_asks_for_the_list(tmp_path: Path, last_seq: int) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=Settings(queued_jobs=10_000, all_queued_jobs=10_000)) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("first", picture)
            await client.end_of("first")
            for number in range(MAX_JOURNAL // 2 + 1):
                client.follow(str(number), picture)  # each ends the one before
            client.drop()
            again = Client(service, resume=Resume(client.session.id, last_seq))

            assert not again.is_resumed
            assert again.session is client.session
            assert again.heard == []
            assert any(job.job == "first" and job.outputs for job in service.list(again.session, "1").jobs)

    run(story())


def test_another_owner_gets_another_session(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service, owner="ann")
            other = Client(service, owner="bob", resume=client.drop())

            assert not other.is_resumed
            assert other.session is not client.session

    run(story())


def test_an_upload_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client, data = Client(service), bytes(range(36))
            blob = hashlib.sha256(data).hexdigest()
            service.offer(client.session, Offer("1", blob, len(data)))
            await service.receive(client.session, Frame("blob", blob, 0, False, data[:18]))
            again = Client(service, resume=client.drop())

            assert service.offer(again.session, Offer("1", blob, len(data))) == Need("1", blob, 18)
            await service.receive(again.session, Frame("blob", blob, 18, True, data[18:]))
            assert service.blobs.path(blob).read_bytes() == data
            assert not list((tmp_path / "drafts").iterdir())

    run(story())


def test_when_there_are_too_many_the_idle_one_that_was_away_for_the_longest_goes(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=Settings(sessions=4, free_bytes=0)) as service:
            with_result, empty, busy, there = (Client(service) for _ in range(4))
            picture = await with_result.picture()
            with_result.submit("a", picture)
            assert isinstance(await with_result.end_of("a"), Done)
            busy.submit("b", picture, "steps=1000 step_ms=5")
            away = [client.drop() for client in (with_result, empty, busy)]

            assert Client(service).drop()  # in the place of `empty`
            assert not Client(service, resume=away[1]).is_resumed  # in the place of that
            assert not Client(service).is_resumed  # in the place of `with_result`
            with pytest.raises(ProtocolError) as caught:
                Client(service)
            assert caught.value.code == "limit_reached"
            assert Client(service, resume=away[2]).is_resumed
            assert there.session.outbox is there.outbox

    run(story())


def test_the_longest_list_fits_into_a_message() -> None:
    side, blob = 16_384, "0" * 64
    output = Output("edit", blob, Layout(side, side, "graya", "u16", blob), Box(side, side, side, side))
    done = JobInfo("j" * 64, "prepare", "done", [output])
    failed = JobInfo("j" * 64, "prepare", "failed", [], Failure("storage_failed", "é" * 200))

    for info in (done, failed):
        assert len(encode(Jobs("n" * 64, [info] * Settings().jobs)).encode()) < MAX_TEXT_BYTES


def test_the_message_of_a_failure_is_no_book(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path / "server") as service:
            client = Client(service)
            client.submit("a", await client.picture())
            await client.end_of("a")
            job = client.session.jobs["a"]
            job.state = "running"
            Ledger(Journal(tmp_path / "journal"), {client.session.id: client.session}, Settings()).failed(
                job, "internal", "é" * 10_000
            )
            [info] = service.get(client.session, "1", "a").jobs

            assert info.failure is not None
            assert info.failure.message == "é" * 200

    run(story())


def test_of_many_jobs_the_oldest_that_are_over_go_first_those_without_a_result(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=Settings(jobs=4, free_bytes=0)) as service:
            client = Client(service)
            picture = await client.picture()
            for number in range(3):
                client.submit(f"done-{number}", picture)
            client.submit("failed", picture, "break")
            await client.end_of("failed")
            client.submit("waits", picture, "steps=1000 step_ms=5")
            assert [job.job for job in service.list(client.session, "1").jobs] == [
                "done-0", "done-1", "done-2", "waits",
            ]  # fmt: skip
            for number in range(5):
                client.submit(f"new-{number}", picture)

            left = [job.job for job in service.list(client.session, "1").jobs]
            assert left == ["waits", *(f"new-{number}" for number in range(5))]  # what is not over stays
            with pytest.raises(ProtocolError) as caught:
                service.get(client.session, "1", "done-0")
            assert caught.value.code == "not_found"
            service.cancel(client.session, "waits")
            assert isinstance(await client.end_of("new-4"), Done)
            await asyncio.sleep(0)
        check_story(client.heard)

    run(story())

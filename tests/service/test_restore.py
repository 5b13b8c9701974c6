"""A server's next start: what waited waits, what was at work is done again, what was finished is there."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dragbrush.errors import StorageFailed
from dragbrush.protocol.messages import Done, Failed, Progress, Resume, State
from dragbrush.service.service import Service
from dragbrush.worker.make import echo
from serving import Client, check_story, inverted, run, samples, serving

LONG = "steps=1000 step_ms=5"


def test_finished_results_and_waiting_jobs_are_there_again_in_their_order(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("over", picture, seed=7)
            over = await client.end_of("over")
            client.submit("begun", picture, "steps=60 step_ms=5")
            for number in range(3):
                client.submit(f"waits-{number}", picture)
            await client.hear_until(lambda m: isinstance(m, Progress) and m.job == "begun")
            left = client.drop()
        async with serving(tmp_path) as service:
            again = Client(service, resume=left)
            assert again.is_resumed
            assert isinstance(over, Done)
            assert samples(again, over) == inverted(picture, again)
            for job in ("begun", "waits-0", "waits-1", "waits-2"):
                end = await again.end_of(job)
                assert isinstance(end, Done)
                assert samples(again, end) == inverted(picture, again)

            ended = [m.job for m in again.heard if isinstance(m, Done)]
            assert ended == ["begun", "waits-0", "waits-1", "waits-2"]
            assert [m.attempt for m in again.of("begun") if isinstance(m, State)] == [2, 2]
            known = {job.job: job.state for job in service.list(again.session, "1").jobs}
            assert known == dict.fromkeys(["over", *ended], "done")
            assert again.submit("over", picture, seed=7).is_duplicate
        check_story([*client.heard, *again.heard])

    run(story())


def test_the_job_under_which_the_server_stopped_twice_fails_and_says_so(tmp_path: Path) -> None:
    async def story() -> None:
        heard: list[object] = []
        left = None
        for attempt in (1, 2):
            async with serving(tmp_path) as service:
                client = Client(service, resume=left)
                if attempt == 1:
                    client.submit("a", await client.picture(), LONG)
                await client.hear_until(lambda m: isinstance(m, Progress))
                left = client.drop()
                heard += client.heard
        async with serving(tmp_path) as service:
            client = Client(service, resume=left)
            end = await client.end_of("a")

            assert isinstance(end, Failed)
            assert end.code == "interrupted"
        check_story([*heard, *client.heard])

    run(story())


def test_what_was_being_cancelled_or_ends_with_its_socket_is_over(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("cancelling", picture, "hang steps=1")
            client.submit("ends", picture, on_disconnect="cancel")
            client.follow("hand", picture)
            await client.hear_until(lambda m: isinstance(m, Progress))
            service.cancel(client.session, "cancelling")
            client.hear_the_rest()
        async with serving(tmp_path) as service:
            again = Client(service, resume=Resume(client.session.id, client.last_seq))
            ends = [await again.end_of(job) for job in ("cancelling", "ends", "hand")]

            assert {end.code for end in ends if isinstance(end, Failed)} == {"cancelled"}
            assert service.queued == 0
        check_story([*client.heard, *again.heard])

    run(story())


def test_what_was_released_does_not_come_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.submit("a", await client.picture())
            await client.end_of("a")
            service.release(client.session, "a")
            left = client.drop()
        async with serving(tmp_path) as service:
            again = Client(service, resume=left)

            assert again.is_resumed
            assert service.list(again.session, "1").jobs == []

    run(story())


@pytest.mark.parametrize("table", ["jobs", "events"])
def test_what_another_version_wrote_is_left_out_and_the_rest_is_there(tmp_path: Path, table: str) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            for job in ("old", "new"):
                client.submit(job, await client.picture())
                await client.end_of(job)
            left = client.drop()
        with sqlite3.connect(tmp_path / "journal.sqlite") as db:
            if table == "jobs":
                db.execute("UPDATE jobs SET request = ? WHERE id = 'old'", (b'{"type":"of the future"}',))
            else:
                db.execute("UPDATE events SET message = ? WHERE seq = 2", (b"{}",))
        async with serving(tmp_path) as service:
            again = Client(service, resume=left)
            names = [job.job for job in service.list(again.session, "1").jobs]

            assert again.is_resumed
            assert names == (["new"] if table == "jobs" else ["old", "new"])
            again.submit("next", await again.picture())
            assert (await again.end_of("next")).seq == 9

    run(story())


def test_a_folder_is_for_one_server_at_a_time(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.submit("a", await client.picture(), "steps=60 step_ms=5")
            await client.hear_until(lambda m: isinstance(m, Progress))
            with pytest.raises(StorageFailed, match="cannot be used"):
                Service(tmp_path, echo)

            assert isinstance(await client.end_of("a"), Done)
        async with serving(tmp_path):
            pass

    run(story())


def _cut(file: Path) -> None:
    file.write_bytes(b"no journal" * 1000)


def _spoil(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(data)


@pytest.mark.parametrize("damage", [_cut, _spoil])
def test_a_damaged_journal_is_one_clear_error(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.submit("a", await client.picture())
            await client.end_of("a")
        damage(tmp_path / "journal.sqlite")

        with pytest.raises(StorageFailed, match=r"journal\.sqlite"):
            Service(tmp_path, echo)

    run(story())

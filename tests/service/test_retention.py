"""What is kept, for how long, and what goes first."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame
from dragbrush.protocol.messages import Done, Offer, Picture, Resume
from dragbrush.service.service import Service
from dragbrush.service.settings import HOUR_S, Settings
from serving import PIXELS, Client, run, samples, serving, until

QUICK = Settings(sweep_s=0.02, free_bytes=0)
RESULT_BYTES = PIXELS.width * PIXELS.height * 3


def test_the_usual_times_and_sizes() -> None:
    usual = Settings()

    assert usual.keep_results_s == 24 * HOUR_S
    assert usual.results_bytes == 2 * 1024**3
    assert usual.keep_session_s == 600
    assert usual.keep_inputs_s == HOUR_S


def test_a_result_outlives_its_client_and_its_picture_and_goes_in_time(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=replace(QUICK, keep_inputs_s=0, keep_session_s=0)) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("a", picture)
            end = await client.end_of("a")
            assert isinstance(end, Done)
            left = client.drop()
            await until(lambda: picture.blob not in service.blobs)
            again = Client(service, resume=left)
            assert again.is_resumed
            job = again.session.jobs["a"]
            assert job.ended is not None
            job.ended -= 24 * HOUR_S - 60
            await asyncio.sleep(0.2)
            assert len(samples(again, end)) == RESULT_BYTES
            job.ended -= 60

            await until(lambda: end.outputs[0].blob not in service.blobs)

            with pytest.raises(ProtocolError) as caught:
                service.get(again.session, "1", "a")
            assert caught.value.code == "not_found"

    run(story())


def test_over_the_total_the_oldest_results_go(tmp_path: Path) -> None:
    async def story() -> None:
        settings = replace(QUICK, results_bytes=3 * RESULT_BYTES, keep_inputs_s=0)
        async with serving(tmp_path, settings=settings) as service:
            ann, bob = Client(service), Client(service)
            ends: list[Done] = []
            for number in range(5):
                client = (ann, bob)[number % 2]
                client.submit(str(number), await client.picture(seed=20 * number))
                ends.append(await client.end_of(str(number)))  # type: ignore[arg-type]  the echo worker is done

            await until(lambda: len(_kept(service)) == 3)

            assert _kept(service) == {end.outputs[0].blob for end in ends[2:]}
            names = [job.job for client in (ann, bob) for job in service.list(client.session, "1").jobs]
            assert sorted(names) == ["2", "3", "4"]

    run(story())


def test_of_too_many_jobs_the_oldest_go_whatever_their_size(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=replace(QUICK, results=2)) as service:
            client = Client(service)
            picture = await client.picture()
            for number in range(4):
                client.prepare(str(number), picture)
                await client.end_of(str(number))

            await until(lambda: [job.job for job in service.list(client.session, "1").jobs] == ["2", "3"])

    run(story())


def test_the_picture_of_a_job_that_waits_stays_however_long_that_is(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=replace(QUICK, keep_inputs_s=0, inputs_bytes=0)) as service:
            client = Client(service)
            first, second = await client.picture(), await client.picture(seed=1)
            client.submit("a", first, "steps=40 step_ms=10")
            client.submit("b", second)
            unused = await client.send(b"of no job")
            await until(lambda: unused not in service.blobs)
            end = await client.end_of("b")

            assert isinstance(end, Done)
            assert samples(client, end) == bytes(255 - (1 + 7 * at) % 256 for at in range(RESULT_BYTES))

    run(story())


def test_a_result_that_is_also_a_picture_stays_while_either_is_needed(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=replace(QUICK, keep_inputs_s=0)) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("there", picture)
            there = await client.end_of("there")
            assert isinstance(there, Done)
            back = Picture(there.outputs[0].blob, picture.pixels)
            client.submit("back", back, "steps=30 step_ms=5")
            service.release(client.session, "there")
            end = await client.end_of("back")

            assert isinstance(end, Done)
            assert end.outputs[0].blob == picture.blob
            await until(lambda: _kept(service) == {picture.blob})

    run(story())


def test_a_session_without_jobs_is_forgotten_in_time_and_with_it_its_uploads(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=replace(QUICK, keep_session_s=0.1)) as service:
            client, there = Client(service), Client(service)
            for number, each in enumerate((client, there)):
                service.offer(each.session, Offer("1", str(number) * 64, 100))
                await service.receive(each.session, Frame("blob", str(number) * 64, 0, False, b"half"))
            client = Client(service, resume=client.drop())
            await asyncio.sleep(0.3)
            assert len(list((tmp_path / "drafts").iterdir())) == 2
            left = client.drop()

            await until(lambda: len(list((tmp_path / "drafts").iterdir())) == 1)

            assert not Client(service, resume=left).is_resumed
            assert Client(service, resume=Resume(there.session.id, 0)).is_resumed

    run(story())


def _kept(service: Service) -> set[str]:
    return {path.name for path in service.blobs.path("0" * 64).parent.iterdir()}

"""Many deaths of the worker at random moments: each job ends once, and the server lives."""

import asyncio
import contextlib
import os
import random
import signal
from pathlib import Path

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Done, Failed
from dragbrush.service.service import Service
from serving import Client, check_story, inverted, run, samples, serving

KILLS = 110
AT_ONCE = 3
"""Jobs that each client has open."""


def test_every_job_ends_exactly_once_under_a_hundred_random_kills(tmp_path: Path) -> None:
    async def story() -> None:
        chance = random.Random(1)
        async with serving(tmp_path) as service:
            clients = [Client(service, owner=str(number)) for number in range(3)]
            killing = asyncio.create_task(_kill(service, chance))
            await asyncio.gather(
                *(_work(client, random.Random(number), killing) for number, client in enumerate(clients))
            )
            await killing
            jobs = {(client, job.id): job for client in clients for job in client.session.jobs.values()}
            died = [job for job in jobs.values() if job.failure and job.failure.code == "worker_died"]

            for client in clients:
                check_story(client.heard)
                ends = [m.job for m in client.heard if isinstance(m, Done | Failed)]
                assert sorted(ends) == sorted(client.session.jobs)
            assert {job.failure.code for job in jobs.values() if job.failure} <= {"worker_died", "cancelled"}
            assert all(job.attempt == 2 for job in died)
            assert len(jobs) > KILLS / 2
            assert len(died) < len(jobs) / 2
            assert not list((tmp_path / "drafts").iterdir())
            assert service.queued == 0
            picture = await clients[0].picture()
            clients[0].submit("last", picture)
            last = await clients[0].end_of("last")
            assert isinstance(last, Done)
            assert samples(clients[0], last) == inverted(picture, clients[0])

    run(story())


async def _kill(service: Service, chance: random.Random) -> None:
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0, 0.15))
        while service.worker_id is None:
            await asyncio.sleep(0.002)
        with contextlib.suppress(ProcessLookupError):
            os.kill(service.worker_id, signal.SIGKILL)


async def _work(client: Client, chance: random.Random, killing: "asyncio.Task[None]") -> None:
    """Keeps some jobs open, cancels one now and then, and hears all that is told."""
    picture, number = await client.picture(), 0
    while not killing.done() or not all(job.is_over for job in client.session.jobs.values()):
        left = [job for job in client.session.jobs.values() if not job.is_over]
        if len(left) < AT_ONCE and not killing.done():
            number += 1
            ask = chance.choice([client.submit, client.submit, client.submit, client.prepare, client.follow])
            with contextlib.suppress(ProtocolError):
                ask(str(number), picture, f"steps={chance.randint(1, 12)} step_ms=3")
        for job in left:
            if job.is_live:
                client.move(job.id, number)
        if left and chance.random() < 0.02:
            client.service.cancel(client.session, chance.choice(left).id)
        if killing.done():
            for job in left:
                if job.is_live:
                    client.service.cancel(client.session, job.id)
        await asyncio.sleep(0.005)
        client.hear_the_rest()
    client.hear_the_rest()

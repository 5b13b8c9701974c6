"""Sockets lost at random moments, with all that was on its way: what is heard at last is whole."""

import asyncio
import random
from pathlib import Path

import pytest

from dragbrush.protocol.messages import Done, Failed, Resume, State
from dragbrush.service.service import Service
from dragbrush.service.settings import Settings
from serving import Client, check_story, run, serving

DROPS = 250


@pytest.mark.parametrize("seed", [1, 2])
def test_no_change_of_state_is_missed_or_told_twice(tmp_path: Path, seed: int) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=Settings(jobs=10_000)) as service:
            steady = Client(service)
            heard = await asyncio.wait_for(_stumble(service, random.Random(seed)), 50)
            steady.hear_the_rest()

        check_story(heard)
        states = [m for m in heard if isinstance(m, State | Done | Failed)]
        assert [m.seq for m in states] == list(range(1, len(states) + 1))
        assert len([m for m in states if isinstance(m, Done | Failed)]) == len({m.job for m in states})
        assert steady.heard == []

    run(story())


async def _stumble(service: Service, chance: random.Random) -> list[object]:
    """All that a client heard that lost its socket again and again, before and after messages came through."""
    client = Client(service)
    picture, heard, drops, number = await client.picture(), list[object](), 0, 0
    while True:
        left = [job for job in client.session.jobs.values() if not job.is_over]
        if drops < DROPS and len(left) < 4:
            number += 1
            client.submit(str(number), picture, f"steps={chance.randint(1, 6)} step_ms=1")
        if left and chance.random() < 0.05:
            service.cancel(client.session, chance.choice(left).id)
        for _ in range(chance.randint(0, 4)):
            client.hear_one()
        if drops == DROPS and not left:
            client.hear_the_rest()
            return [*heard, *client.heard]
        if drops < DROPS and chance.random() < 0.5:
            drops += 1
            heard += client.heard
            resume = client.drop()
            await asyncio.sleep(chance.choice([0, 0, 0.01]))
            client = Client(service, resume=Resume(resume.session, _last_seq(heard)))
            assert client.is_resumed
        await asyncio.sleep(chance.choice([0, 0.001, 0.004]))


def _last_seq(heard: list[object]) -> int:
    return max((getattr(message, "seq", 0) for message in heard), default=0)

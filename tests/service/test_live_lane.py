"""The hand: its newest place is shown, whatever else the worker does."""

import asyncio
from pathlib import Path

from dragbrush.protocol.messages import Done, Failed, Preview, Progress, State
from serving import Client, check_story, run, serving, until


def shown(client: Client, job: str) -> list[int]:
    """Numbers of the updates that were answered."""
    return [m.number for m in client.of(job) if isinstance(m, Preview)]


def test_only_the_newest_of_many_moves_is_answered(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.follow("hand", await client.picture(), "step_ms=20")
            await client.state_of("hand", "running")
            hearing = asyncio.create_task(client.hear_until(lambda m: isinstance(m, Preview) and m.number == 100))
            for ten in range(10):
                for number in range(1, 11):
                    client.move("hand", 10 * ten + number)
                await asyncio.sleep(0.03)
            await hearing

            numbers = shown(client, "hand")
            assert numbers == sorted(set(numbers))
            assert len(numbers) <= 20  # of each ten at most the first, when the hand was still, and the last
            assert service.queued == 0
            client.move("hand", 101)
            await client.hear_until(lambda m: isinstance(m, Preview) and m.number == 101)

    run(story())


def test_a_hand_is_followed_while_edits_run_and_wait(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            ann, bob = Client(service), Client(service)
            picture = await ann.picture()
            for number in range(3):
                bob.submit(str(number), picture, "steps=1000 step_ms=5")
            await bob.hear_until(lambda m: isinstance(m, Progress))
            ann.follow("hand", picture)
            for number in range(1, 6):
                ann.move("hand", number)
                await ann.hear_until(lambda m, n=number: isinstance(m, Preview) and m.number == n)

            assert [job.state for job in bob.session.jobs.values()] == ["running", "queued", "queued"]

    run(story())


def test_two_hands_are_followed_by_turns(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            clients = [Client(service), Client(service)]
            for seed, client in enumerate(clients):
                client.follow("hand", await client.picture(seed=seed), "step_ms=5")
                await client.state_of("hand", "running")
            hearing = [
                asyncio.create_task(client.hear_until(lambda m: isinstance(m, Preview) and m.number == 60))
                for client in clients
            ]
            for number in range(1, 61):
                for client in clients:
                    client.move("hand", number)
                await asyncio.sleep(0.004)
            await asyncio.gather(*hearing)

            assert min(len(shown(client, "hand")) for client in clients) >= 3

    run(story())


def test_a_new_live_job_ends_the_one_before(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.follow("first", picture)
            await client.state_of("first", "running")
            client.follow("second", picture)
            end = await client.end_of("first")
            assert isinstance(end, Failed)
            assert end.code == "cancelled"
            client.move("first", 1)
            client.move("second", 2)
            await client.hear_until(lambda m: isinstance(m, Preview))

            assert (shown(client, "first"), shown(client, "second")) == ([], [2])
        check_story(client.heard)

    run(story())


def test_it_ends_once_by_a_cancel_at_rest_or_under_a_move(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            for id_, is_moving in (("rests", False), ("moves", True)):
                client.follow(id_, picture, "step_ms=50")
                await client.state_of(id_, "running")
                if is_moving:
                    client.move(id_, 1)
                service.cancel(client.session, id_)
                service.cancel(client.session, id_)
                end = await client.end_of(id_)
                assert isinstance(end, Failed)
                assert end.code == "cancelled"
            await asyncio.sleep(0.1)
            client.hear_the_rest()
        check_story(client.heard)

    run(story())


def test_it_ends_with_its_socket(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.follow("hand", await client.picture())
            await client.state_of("hand", "running")
            again = Client(service, resume=client.drop())

            assert again.is_resumed
            [end] = again.heard
            assert isinstance(end, Failed)
            assert end.code == "cancelled"

    run(story())


def test_the_hand_under_which_the_worker_died_is_followed_by_the_next(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.follow("hand", await client.picture(), "die=once step_ms=20")
            await client.state_of("hand", "running")
            for number in range(1, 4):
                client.move("hand", number)
            await client.hear_until(lambda m: isinstance(m, Preview))

            assert shown(client, "hand") == [3]
            assert [m.attempt for m in client.of("hand") if isinstance(m, State)] == [1, 1, 2, 2]
            client.submit("edit", await client.picture())
            assert isinstance(await client.end_of("edit"), Done)
            await until(lambda: service.queued == 0)
        check_story(client.heard)

    run(story())

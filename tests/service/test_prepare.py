"""Work ahead: for the newest picture alone, never in the way of who waits, and found again by the edit."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from dragbrush.protocol.messages import Done, Drag, Failed, Pixels, Progress, State
from dragbrush.worker.make import engine
from dragbrush.worker.supervisor import Deadlines
from serving import SHORT_RESTS, Client, check_story, run, serving

LONG = "steps=1000 step_ms=5"
SHORT: dict[str, Any] = {
    "lora_step": 1, "lora_batch_size": 1, "lora_rank": 2, "n_pix_step": 1, "n_inference_step": 4,
    "inversion_strength": 0.5,
}  # fmt: skip


def test_a_newer_picture_supersedes_the_running_and_the_waiting_one(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            pictures = [await client.picture(seed=seed) for seed in range(3)]
            client.prepare("old", pictures[0], LONG)
            await client.hear_until(lambda m: isinstance(m, Progress))
            client.submit("edit", pictures[0], "steps=60 step_ms=5")
            client.prepare("waits", pictures[1], LONG)
            client.prepare("new", pictures[2])

            for id_ in ("old", "waits"):
                end = await client.end_of(id_)
                assert isinstance(end, Failed)
                assert end.code == "cancelled"
            assert not any(isinstance(m, State) and m.state == "running" for m in client.of("waits"))
            assert isinstance(await client.end_of("new"), Done)
            assert isinstance(await client.end_of("edit"), Done)
        check_story(client.heard)

    run(story())


def test_another_clients_picture_supersedes_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            ann, bob = Client(service), Client(service)
            ann.prepare("a", await ann.picture(), "steps=60 step_ms=5")
            bob.prepare("b", await bob.picture(seed=1))

            assert [type(await client.end_of(id_)) for client, id_ in ((ann, "a"), (bob, "b"))] == [Done, Done]

    run(story())


def test_it_gives_way_to_edits_and_is_done_after_them(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            ann, bob = Client(service), Client(service)
            ann.prepare("ahead", await ann.picture(), "steps=60 step_ms=10")
            await ann.hear_until(lambda m: isinstance(m, Progress))
            for number in range(3):
                bob.submit(str(number), await bob.picture(seed=1))
            for number in range(3):
                assert isinstance(await bob.end_of(str(number)), Done)
            assert not ann.session.jobs["ahead"].is_over
            assert isinstance(await ann.end_of("ahead"), Done)
            states = [(m.state, m.attempt) for m in ann.of("ahead") if isinstance(m, State)]
            assert states == [("queued", 1), ("running", 1), ("queued", 1), ("running", 1)]
        check_story(ann.heard)

    run(story())


def test_the_edit_that_it_prepares_waits_for_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture, orders = await client.picture(), "steps=60 step_ms=5"
            client.prepare("ahead", picture, orders)
            await client.hear_until(lambda m: isinstance(m, Progress))
            client.submit("edit", picture, orders)

            assert isinstance(await client.end_of("edit"), Done)
            ended = [m.job for m in client.heard if isinstance(m, Done)]
            assert ended == ["ahead", "edit"]
            assert [m.state for m in client.of("ahead") if isinstance(m, State)] == ["queued", "running"]

    run(story())


def test_a_worker_in_the_middle_of_a_long_step_is_not_ended_for_it(tmp_path: Path) -> None:
    """As loading a model is, which the edit needs as well."""

    async def story() -> None:
        async with serving(tmp_path, deadlines=replace(SHORT_RESTS, cancel=0.2)) as service:
            client = Client(service)
            client.prepare("ahead", await client.picture(), "steps=2 step_ms=900")
            await client.state_of("ahead", "running")
            worker = service.worker_id
            client.submit("edit", await client.picture(seed=1))

            assert isinstance(await client.end_of("edit"), Done)
            assert service.worker_id == worker
            service.cancel(client.session, "ahead")
            end = await client.end_of("ahead")
            assert isinstance(end, Failed)
            assert end.code == "cancelled"
        check_story(client.heard)

    run(story())


def test_one_that_gives_way_is_still_cancelled_by_its_client(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.prepare("ahead", await client.picture(), "steps=10 step_ms=100")
            await client.hear_until(lambda m: isinstance(m, Progress))
            client.submit("edit", await client.picture(seed=1))
            service.cancel(client.session, "ahead")

            assert isinstance(await client.end_of("edit"), Done)
            end = await client.end_of("ahead")
            assert isinstance(end, Failed)
            assert end.code == "cancelled"
            assert service.queued == 0
        check_story(client.heard)

    run(story())


def test_the_edit_says_what_was_warm(tmp_path: Path, tiny_sd15_folder: Path) -> None:
    """With the engine in a worker of its own."""

    async def story() -> None:
        make_work = partial(engine, str(tiny_sd15_folder), device="cpu", cache_dir=tmp_path / "cache")
        async with serving(tmp_path / "server", make_work=make_work, deadlines=Deadlines()) as service:
            client = Client(service)
            pixels, drags = Pixels(96, 80, "rgb"), [Drag((40.0, 40.0), (50.0, 44.0))]
            picture, other = [await client.picture(seed=seed, pixels=pixels) for seed in (0, 100)]
            client.prepare("ahead", picture, drags=drags, params=SHORT)
            assert isinstance(await client.end_of("ahead"), Done)
            client.submit("warm", picture, drags=drags, params=SHORT)
            client.submit("cold", other, drags=drags, params=SHORT)
            warm, cold = await client.end_of("warm"), await client.end_of("cold")

            assert isinstance(warm, Done)
            assert isinstance(cold, Done)
            assert warm.report.warm == {"identity": True, "inversion": True}
            assert cold.report.warm == {"identity": False, "inversion": False}
            assert {"identity", "inversion"} <= cold.report.phase_seconds.keys()
            assert not {"identity", "inversion"} & warm.report.phase_seconds.keys()

    run(story())

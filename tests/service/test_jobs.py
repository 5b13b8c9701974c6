"""Jobs: the client names them, they are done by turns, and each ends once."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.limits import MAX_PIXELS
from dragbrush.protocol.messages import Done, Drag, Failed, Picture, Pixels, Preview, Progress, State
from dragbrush.service.settings import Settings
from serving import PIXELS, SHORT_RESTS, Client, check_story, inverted, is_layout, run, samples, serving, until


def test_a_job_is_queued_then_runs_then_is_done(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            accepted = client.submit("a", picture, "steps=3", seed=9)
            end = await client.end_of("a")

            assert (accepted.state, accepted.is_duplicate) == ("queued", False)
            assert [(m.state, m.attempt) for m in client.of("a") if isinstance(m, State)] == [
                ("queued", 1),
                ("running", 1),
            ]
            assert isinstance(end, Done)
            [output] = end.outputs
            assert (output.role, output.box.x, output.box.width) == ("edit", 0, PIXELS.width)
            assert is_layout(output.pixels, PIXELS)
            assert samples(client, end) == inverted(picture, client)
            assert end.report.seed == 9
            assert any(isinstance(m, Progress) for m in client.heard)
            assert any(isinstance(m, Preview) for m in client.heard)
            [info] = service.get(client.session, "1", "a").jobs
            assert (info.kind, info.state, info.outputs) == ("submit", "done", end.outputs)
        check_story(client.heard)

    run(story())


def test_a_result_has_its_pictures_depth_and_profile(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            pixels = Pixels(5, 2, "graya", "u16", await client.send(b"a profile"))
            client.submit("a", await client.picture(pixels=pixels))
            end = await client.end_of("a")

            assert isinstance(end, Done)
            assert is_layout(end.outputs[0].pixels, pixels)

    run(story())


def test_a_job_submitted_again_is_the_same_job(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("a", picture, params={"lora_step": 3, "n_pix_step": 4})
            again = client.submit("a", picture, params={"n_pix_step": 4, "lora_step": 3})
            end = await client.end_of("a")
            later = client.submit("a", picture, params={"lora_step": 3, "n_pix_step": 4})
            with pytest.raises(ProtocolError) as caught:
                client.submit("a", picture, seed=1)
            client.hear_the_rest()

            assert (again.state, again.is_duplicate) == ("queued", True)
            assert (later.state, later.is_duplicate) == ("done", True)
            assert (caught.value.code, caught.value.path) == ("conflict", "$.job")
            assert [m for m in client.heard if isinstance(m, Done | Failed)] == [end]

    run(story())


def test_two_clients_may_choose_the_same_id(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            ann, bob = Client(service), Client(service)
            for seed, client in enumerate((ann, bob)):
                client.submit("the..same", await client.picture(seed=seed))
            ends = [await client.end_of("the..same") for client in (ann, bob)]

            assert [samples(ann, end) for end in ends if isinstance(end, Done)] == [
                inverted(await client.picture(seed=seed), client) for seed, client in enumerate((ann, bob))
            ]

    run(story())


def test_each_session_has_its_turn(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            ann, bob = Client(service), Client(service)
            picture = await ann.picture()
            for number in range(3):
                ann.submit(str(number), picture)
            bob.submit("0", picture)
            assert bob.session.jobs["0"].state == "queued"
            for number in range(3):
                await ann.end_of(str(number))
            bob.hear_the_rest()

            assert [m.position for m in ann.heard if isinstance(m, State) and m.state == "queued"] == [0, 1, 2]
            assert [m.position for m in bob.heard if isinstance(m, State) and m.state == "queued"] == [1]
            ended = [ann.session.jobs[str(number)].ended for number in range(3)]
            assert ended[0] < bob.session.jobs["0"].ended < ended[1] < ended[2]  # type: ignore[operator]

    run(story())


def test_a_full_queue_is_one_clear_error_and_nothing_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        settings = Settings(queued_jobs=2, all_queued_jobs=3, free_bytes=0)
        async with serving(tmp_path, settings=settings) as service:
            ann, bob = Client(service), Client(service)
            picture = await ann.picture()
            refused: list[ProtocolError] = []
            for client, ids in ((ann, "abc"), (bob, "de")):
                for id_ in ids:
                    try:
                        client.submit(id_, picture)
                    except ProtocolError as error:
                        refused.append(error)
            for client, id_ in ((ann, "a"), (ann, "b"), (bob, "d")):
                assert isinstance(await client.end_of(id_), Done)

            assert [error.code for error in refused] == ["limit_reached"] * 2
            assert {m.job for m in [*ann.heard, *bob.heard]} == {"a", "b", "d"}
            ann.submit("c", picture)
            assert isinstance(await ann.end_of("c"), Done)
            check_story(ann.heard)

    run(story())


def test_a_waiting_job_is_cancelled_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("a", picture, "steps=1000 step_ms=5")
            client.submit("b", picture)
            await client.state_of("a", "running")
            service.cancel(client.session, "b")
            end = await client.end_of("b")

            assert isinstance(end, Failed)
            assert end.code == "cancelled"
            assert not client.session.jobs["a"].is_over
            assert service.queued == 0

    run(story())


def test_a_running_job_is_cancelled_and_its_draft_removed(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.submit("a", await client.picture(), "steps=1000 step_ms=5")
            await client.hear_until(lambda m: isinstance(m, Progress))
            service.cancel(client.session, "a")
            service.cancel(client.session, "a")
            cancelling = await client.state_of("a", "cancelling")
            end = await client.end_of("a")
            service.cancel(client.session, "a")
            client.hear_the_rest()

            assert isinstance(end, Failed)
            assert end.code == "cancelled"
            assert end.seq == cancelling.seq + 1
            assert client.heard[-1] is end
            assert not list((tmp_path / "drafts").iterdir())
        check_story(client.heard)

    run(story())


def test_a_job_deaf_to_its_cancel_is_ended_with_its_worker(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, deadlines=replace(SHORT_RESTS, cancel=0.2)) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("a", picture, "hang steps=1")
            client.submit("b", picture)
            await client.hear_until(lambda m: isinstance(m, Progress))
            service.cancel(client.session, "a")
            end = await client.end_of("a")
            assert isinstance(end, Failed)
            assert end.code == "cancelled"
            assert isinstance(await client.end_of("b"), Done)
        check_story(client.heard)

    run(story())


def test_the_job_under_which_the_worker_died_is_done_again_first(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("a", picture, "die=once")
            client.submit("b", picture)
            end = await client.end_of("a")

            assert isinstance(end, Done)
            assert [(m.state, m.attempt) for m in client.of("a") if isinstance(m, State)] == [
                ("queued", 1),
                ("running", 1),
                ("queued", 2),
                ("running", 2),
            ]
            assert isinstance(await client.end_of("b"), Done)
        check_story(client.heard)

    run(story())


def test_the_job_that_killed_its_worker_twice_fails_and_the_others_go_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("poison", picture, "die")
            client.submit("b", picture)
            end = await client.end_of("poison")

            assert isinstance(end, Failed)
            assert end.code == "worker_died"
            assert isinstance(await client.end_of("b"), Done)
            assert not list((tmp_path / "drafts").iterdir())
        check_story(client.heard)

    run(story())


@pytest.mark.parametrize(("order", "code"), [("break", "out_of_memory"), ("fault", "internal")])
def test_an_error_is_told_and_the_next_job_is_done(tmp_path: Path, order: str, code: str) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("a", picture, order)
            client.submit("b", picture)
            end = await client.end_of("a")

            assert isinstance(end, Failed)
            assert end.code == code
            [info] = service.get(client.session, "1", "a").jobs
            assert info.failure is not None
            assert info.failure.code == code
            assert isinstance(await client.end_of("b"), Done)
            assert client.session.jobs["b"].attempt == 1
        check_story(client.heard)

    run(story())


def test_when_the_worker_is_given_up_waiting_jobs_fail_and_a_new_one_revives_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, deadlines=replace(SHORT_RESTS, deaths=2)) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("poison", picture, "die")
            client.submit("innocent", picture)
            for id_ in ("poison", "innocent"):
                end = await client.end_of(id_)
                assert isinstance(end, Failed)
                assert end.code == "worker_died"
            assert service.worker_state == "failed"

            client.submit("new", picture)
            assert isinstance(await client.end_of("new"), Done)
        check_story(client.heard)

    run(story())


def test_a_job_submitted_to_a_dying_worker_is_done_by_the_next(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            for number in range(5):
                await until(lambda: service.worker_state == "ready" and service.worker_id is not None)
                assert service.worker_id is not None
                os.kill(service.worker_id, signal.SIGKILL)
                await asyncio.sleep(0.002 * number)
                client.submit(str(number), picture, "steps=1")
                assert isinstance(await client.end_of(str(number)), Done)
        check_story(client.heard)

    run(story())


def test_a_finished_job_is_released_with_its_result(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=Settings(keep_inputs_s=0, sweep_s=0.05, free_bytes=0)) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("a", picture)
            with pytest.raises(ProtocolError) as caught:
                service.release(client.session, "a")
            assert caught.value.code == "conflict"
            end = await client.end_of("a")
            assert isinstance(end, Done)
            result = end.outputs[0].blob
            await asyncio.sleep(0.2)
            assert result in service.blobs

            service.release(client.session, "a")

            assert service.list(client.session, "1").jobs == []
            await until(lambda: result not in service.blobs)
            with pytest.raises(ProtocolError) as caught:
                service.get(client.session, "1", "a")
            assert caught.value.code == "not_found"

    run(story())


def test_progress_comes_at_most_twenty_times_a_second(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.submit("a", await client.picture(), "steps=300 step_ms=1")
            await client.state_of("a", "running")
            began = asyncio.get_running_loop().time()
            await client.end_of("a")
            seconds = asyncio.get_running_loop().time() - began

            for kind in (Progress, Preview):
                shown = sum(isinstance(m, kind) for m in client.heard)
                assert 2 <= shown <= seconds / 0.05 + 1

    run(story())


EDITS: list[tuple[dict[str, Any], str, str | None]] = [
    ({"drags": []}, "bad_request", "$.drags"),
    ({"drags": [Drag((1, 1), (1, 1))]}, "bad_request", "$.drags[0].target"),
    ({"drags": [Drag((1, 1), (2, 1)), Drag((1, 1), (2, 9))]}, "bad_request", "$.drags[1].target"),
    ({"drags": [Drag((3.5, 1), (2, 1))]}, "bad_request", "$.drags[0].handle"),
    ({"tool": "push"}, "unsupported", "$.tool"),
    ({"speed": "warp"}, "unsupported", "$.speed"),
    ({"params": {"lora_steps": 1}}, "bad_request", "$.params.lora_steps"),
    ({"params": {"lora_step": -1}}, "bad_request", "$.params.lora_step"),
    ({"params": {"lora_step": 1}, "speed": "instant"}, "bad_request", "$.params.lora_step"),
    ({"is_live": True}, "unsupported", "$.speed"),
    ({"is_live": True, "speed": "instant", "preview_px": 0}, "bad_request", "$.preview_px"),
    ({"image": Picture("0" * 64, PIXELS)}, "not_found", "$.image"),
    ({"mask": Picture("0" * 64, Pixels(4, 3, "gray"))}, "not_found", "$.mask"),
    ({"image": "another size"}, "bad_image", "$.image"),
    ({"image": "too large"}, "too_large", "$.image"),
    ({"image": "no profile"}, "not_found", "$.image"),
    ({"mask": "another size"}, "bad_request", "$.mask.pixels"),
    ({"mask": "in colour"}, "bad_request", "$.mask.pixels"),
]


@pytest.mark.parametrize(("fields", "code", "path"), EDITS)
def test_an_edit_that_cannot_be_is_refused_with_the_fields_path(
    tmp_path: Path, fields: dict[str, Any], code: str, path: str
) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            blob = (await client.picture()).blob
            pictures = {
                "another size": Picture(blob, Pixels(6, 2, "gray" if "mask" in fields else "rgba")),
                "too large": Picture(blob, Pixels(MAX_PIXELS // 8000, 8001, "gray")),
                "no profile": Picture(blob, Pixels(4, 3, "rgb", icc="0" * 64)),
                "in colour": Picture(blob, PIXELS),
            }
            if fields.get("mask") == "another size":
                pictures["another size"] = Picture(await client.send(bytes(12)), Pixels(6, 2, "gray"))
            wanted = {name: pictures.get(str(value), value) for name, value in fields.items()}
            with pytest.raises(ProtocolError) as caught:
                client.submit("a", **{"picture": Picture(blob, PIXELS), **_as_picture(wanted)})

            assert (caught.value.code, caught.value.path) == (code, path)
            assert client.session.jobs == {}
            assert client.session.log.next_seq == 1

    run(story())


def test_a_job_whose_picture_is_gone_when_its_turn_comes_fails_clearly(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture, other = await client.picture(), await client.picture(seed=1)
            client.submit("a", picture, "steps=20 step_ms=5")
            client.submit("b", other)
            await client.state_of("a", "running")
            service.blobs.path(other.blob).unlink()
            end = await client.end_of("b")

            assert isinstance(end, Failed)
            assert end.code == "not_found"

    run(story())


def _as_picture(fields: dict[str, Any]) -> dict[str, Any]:
    """`Client.submit` takes the image by place."""
    return {("picture" if name == "image" else name): value for name, value in fields.items()}

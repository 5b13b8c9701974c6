"""Jobs of the tools beside the drag: results of several parts, second pictures, work ahead."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from asked import BY, MASK, OTHER, OTHER_MASK, inputs, sent
from msgspec.json import encode

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Done, Drag, Failed, Pixels, Progress, State, Transform
from dragbrush.service.settings import Settings
from serving import Client, check_story, inverted, is_layout, run, serving, until


def test_a_move_in_layers_has_three_parts_each_with_its_own_box(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            pixels = Pixels(4, 3, "gray", "u16", await client.send(b"a profile"))
            picture = await client.picture(pixels=pixels)
            client.submit("a", picture, in_layers=True, **await inputs(client, "move"))
            end = await client.end_of("a")

            assert isinstance(end, Done)
            assert [output.role for output in end.outputs] == ["edit", "background", "object"]
            edit, background, object_ = end.outputs
            assert is_layout(edit.pixels, pixels)
            assert is_layout(background.pixels, pixels)
            assert is_layout(object_.pixels, Pixels(4, 1, "graya", "u16", pixels.icc))
            assert [(output.box.height, output.box.width) for output in end.outputs] == [(3, 4), (3, 4), (1, 4)]
            assert _bytes(client, edit.blob) == inverted(picture, client)
            assert background.blob == picture.blob
            assert _bytes(client, object_.blob)[2:4] == b"\xff\xff"
            [info] = service.get(client.session, "1", "a").jobs
            assert info.outputs == end.outputs
            assert not list((tmp_path / "drafts").iterdir())
        check_story(client.heard)

    run(story())


def test_all_parts_of_a_result_are_kept_until_it_is_released(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, settings=Settings(keep_inputs_s=0, sweep_s=0.02, free_bytes=0)) as service:
            client = Client(service)
            client.submit("a", await client.picture(), in_layers=True, **await inputs(client, "move"))
            end = await client.end_of("a")
            assert isinstance(end, Done)
            parts = {output.blob for output in end.outputs}
            await asyncio.sleep(0.2)
            assert all(blob in service.blobs for blob in parts)

            service.release(client.session, "a")

            await until(lambda: not any(blob in service.blobs for blob in parts))

    run(story())


@pytest.mark.parametrize(
    ("orders", "code"),
    [("break", "out_of_memory"), ("fault", "internal"), ("die", "worker_died"), ("steps=1000 step_ms=5", "cancelled")],
)
def test_no_draft_of_a_failed_move_in_layers_is_left(tmp_path: Path, orders: str, code: str) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.submit("a", await client.picture(), orders, in_layers=True, **await inputs(client, "move"))
            if code == "cancelled":
                await client.hear_until(lambda m: isinstance(m, Progress))
                service.cancel(client.session, "a")
            end = await client.end_of("a")

            assert isinstance(end, Failed)
            assert end.code == code
            assert not client.session.jobs["a"].drafts
            assert not list((tmp_path / "drafts").iterdir())

    run(story())


def test_no_draft_is_left_where_only_some_parts_could_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            kept: list[str] = []
            keep = service.blobs.keep

            def keep_one(draft: Path, blob: str) -> None:
                if kept:
                    raise OSError(28, "No space left on device")
                kept.append(blob)
                keep(draft, blob)

            picture, given = await client.picture(), await inputs(client, "move")
            monkeypatch.setattr(service.blobs, "keep", keep_one)
            client.submit("a", picture, in_layers=True, **given)
            end = await client.end_of("a")

            assert isinstance(end, Failed)
            assert end.code == "storage_failed"
            assert len(kept) == 1
            assert not list((tmp_path / "drafts").iterdir())
            assert client.session.jobs["a"].outputs == []

    run(story())


@pytest.mark.parametrize("field", ["reference", "reference_mask", "profile"])
def test_what_a_waiting_job_reads_stays_and_where_it_is_gone_the_job_says_so(tmp_path: Path, field: str) -> None:
    async def story() -> None:
        settings = Settings(keep_inputs_s=0, sweep_s=0.02, free_bytes=0)
        async with serving(tmp_path, settings=settings) as service:
            client = Client(service)
            other = Pixels(6, 5, "rgb", icc=await client.send(b"a profile"))
            given = {**await inputs(client, "paste"), "reference": await client.picture(seed=91, pixels=other)}
            picture = await client.picture()
            client.submit("begun", picture, "steps=1000 step_ms=5")
            client.submit("a", picture, **given)
            client.submit("b", picture, **{**given, "reference": await client.picture(pixels=OTHER)})
            blobs = {"profile": other.icc, **{name: given[name].blob for name in ("reference", "reference_mask")}}
            await asyncio.sleep(0.2)
            assert all(blob in service.blobs for blob in blobs.values() if blob)

            service.blobs.path(str(blobs[field])).unlink()
            service.cancel(client.session, "begun")

            end = await client.end_of("a")
            assert isinstance(end, Failed)
            assert end.code == "not_found"
            assert isinstance(await client.end_of("b"), Failed if field == "reference_mask" else Done)

    run(story())


@pytest.mark.parametrize(
    ("tool", "fields"),
    [
        ("move", {"transform": Transform(dx=1.5, scale=2.0, mirror=True)}),
        ("move", {"in_layers": True}),
        ("move", {"mask": Pixels(4, 3, "gray")}),
        ("appearance", {"reference": OTHER}),
        ("appearance", {"reference_mask": OTHER_MASK}),
        ("paste", {"at": (2.0, 1.5)}),
        ("paste", {"transform": BY}),
    ],
)
def test_a_job_sent_again_is_the_same_only_with_the_same_inputs(
    tmp_path: Path, tool: str, fields: dict[str, Any]
) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture, given = await client.picture(), await inputs(client, tool)
            other = await sent(client, fields)
            client.submit("a", picture, **given)

            assert client.submit("a", picture, **given).is_duplicate
            with pytest.raises(ProtocolError) as caught:
                client.submit("a", picture, **{**given, **other})
            assert caught.value.code == "conflict"
            assert isinstance(await client.end_of("a"), Done)

    run(story())


def test_jobs_of_every_tool_survive_the_server(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            client.submit("begun", picture, "steps=40 step_ms=5", in_layers=True, **await inputs(client, "move"))
            for tool in ("move", "appearance", "paste"):
                client.submit(tool, picture, **await inputs(client, tool))
            client.submit("over", picture, **await inputs(client, "paste"))
            await client.hear_until(lambda m: isinstance(m, Progress))
            requests = {id_: job.request for id_, job in client.session.jobs.items()}
            left = client.drop()
        async with serving(tmp_path) as service:
            again = Client(service, resume=left)
            assert {id_: job.request for id_, job in again.session.jobs.items()} == requests
            for id_ in requests:
                end = await again.end_of(id_)
                assert isinstance(end, Done)
                assert len(end.outputs) == (3 if id_ == "begun" else 1)
            assert not list((tmp_path / "drafts").iterdir())
            outputs = {id_: encode(job.outputs) for id_, job in again.session.jobs.items()}
            left = again.drop()
        async with serving(tmp_path) as service:
            third = Client(service, resume=left)
            assert {id_: encode(job.outputs) for id_, job in third.session.jobs.items()} == outputs
        check_story([*client.heard, *again.heard])

    run(story())


AHEAD: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("drag", {"drags": [], "mask": MASK}, {"mask": MASK}, True),
    ("drag", {"drags": [Drag((1, 1), (3, 1))], "mask": MASK}, {"mask": MASK}, True),
    ("drag", {"drags": [Drag((1, 1), (3, 1))]}, {}, False),
    ("drag", {"drags": []}, {}, False),
    ("move", {"transform": None}, {}, True),
    ("move", {}, {"transform": Transform(dx=2)}, True),
    ("move", {"speed": "reference-dragon"}, {"speed": "reference-dragon"}, True),
    (
        "move",
        {"speed": "reference-dragon"},
        {"speed": "reference-dragon", "transform": Transform(dx=2)},
        False,
    ),
    ("move", {}, {"mask": Pixels(4, 3, "gray")}, False),
    ("appearance", {}, {}, True),
    ("appearance", {}, {"reference": OTHER}, False),
    ("appearance", {}, {"reference_mask": OTHER_MASK}, False),
    ("paste", {}, {}, True),
    ("paste", {}, {"at": (1.0, 1.0)}, False),
    ("paste", {}, {"transform": BY}, False),
]


@pytest.mark.parametrize(("tool", "ahead", "edit", "is_for_it"), AHEAD)
def test_what_is_prepared_for_an_edit_does_not_give_way_to_it(
    tmp_path: Path, tool: str, ahead: dict[str, Any], edit: dict[str, Any], is_for_it: bool
) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture, given, orders = await client.picture(), await inputs(client, tool), "steps=30 step_ms=5"
            mine, its = await sent(client, ahead), await sent(client, edit)
            client.prepare("ahead", picture, orders, **{**given, **mine})
            await client.hear_until(lambda m: isinstance(m, Progress))
            client.submit("edit", picture, orders, **{**given, **its})
            for id_ in ("ahead", "edit"):
                assert isinstance(await client.end_of(id_), Done)

            assert sorted(m.job for m in client.heard if isinstance(m, Done)) == ["ahead", "edit"]
            states = [m.state for m in client.of("ahead") if isinstance(m, State)]
            assert states == ["queued", "running"] * (1 if is_for_it else 2)

    run(story())


def _bytes(client: Client, blob: str) -> bytes:
    return client.service.blobs.path(blob).read_bytes()

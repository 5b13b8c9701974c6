"""What each tool takes and needs, seen before any pixel is read."""

from pathlib import Path
from typing import Any

import pytest
from asked import BY, MASK, OTHER, OTHER_ALPHA, OTHER_MASK, inputs, sent

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Done, Drag, Picture, Pixels, Preview, Transform
from serving import DRAGS, Client, check_story, run, serving, until

REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("drag", {"drags": []}, "bad_request", "$.drags"),
    ("drag", {"transform": BY}, "bad_request", "$.transform"),
    ("drag", {"at": (1, 1)}, "bad_request", "$.at"),
    ("drag", {"reference": OTHER_ALPHA}, "bad_request", "$.reference"),
    ("drag", {"reference_mask": OTHER_MASK}, "bad_request", "$.reference_mask"),
    ("drag", {"in_layers": True}, "bad_request", "$.in_layers"),
    ("drag", {"speed": "reference-dragon"}, "unsupported", "$.speed"),
    ("move", {"mask": None}, "bad_request", "$.mask"),
    ("move", {"transform": None}, "bad_request", "$.transform"),
    ("move", {"transform": Transform()}, "bad_request", "$.transform"),
    ("move", {"transform": Transform(degrees=-360)}, "bad_request", "$.transform"),
    ("move", {"drags": DRAGS}, "bad_request", "$.drags"),
    ("move", {"at": (1, 1)}, "bad_request", "$.at"),
    ("move", {"reference": OTHER_ALPHA}, "bad_request", "$.reference"),
    ("move", {"mask": Pixels(6, 2, "gray")}, "bad_request", "$.mask.pixels"),
    ("move", {"mask": Pixels(4, 3, "gray", "u16")}, "bad_request", "$.mask.pixels"),
    ("move", {"mask": Pixels(4, 3, "rgb")}, "bad_request", "$.mask.pixels"),
    ("move", {"speed": "paper"}, "unsupported", "$.speed"),
    ("move", {"speed": "quality", "is_live": True}, "unsupported", "$.speed"),
    ("move", {"params": {"lora_step": 1}}, "bad_request", "$.params.lora_step"),
    ("move", {"params": {"cfg_scale": -1}}, "bad_request", "$.params.cfg_scale"),
    ("move", {"params": {"cfg_scale": 2}, "speed": "instant"}, "bad_request", "$.params.cfg_scale"),
    ("appearance", {"mask": None}, "bad_request", "$.mask"),
    ("appearance", {"reference": None}, "bad_request", "$.reference"),
    ("appearance", {"reference_mask": None}, "bad_request", "$.reference_mask"),
    ("appearance", {"transform": BY}, "bad_request", "$.transform"),
    ("appearance", {"at": (1, 1)}, "bad_request", "$.at"),
    ("appearance", {"drags": DRAGS}, "bad_request", "$.drags"),
    ("appearance", {"in_layers": True}, "bad_request", "$.in_layers"),
    ("appearance", {"speed": "instant", "is_live": True}, "unsupported", "$.speed"),
    ("appearance", {"reference_mask": MASK}, "bad_request", "$.reference_mask.pixels"),
    ("appearance", {"reference_mask": Pixels(6, 5, "graya")}, "bad_request", "$.reference_mask.pixels"),
    ("paste", {"reference": None, "reference_mask": None}, "bad_request", "$.reference"),
    ("paste", {"at": None}, "bad_request", "$.at"),
    ("paste", {"at": (3.5, 1)}, "bad_request", "$.at"),
    ("paste", {"at": (1, -0.6)}, "bad_request", "$.at"),
    ("paste", {"mask": MASK}, "bad_request", "$.mask"),
    ("paste", {"drags": DRAGS}, "bad_request", "$.drags"),
    ("paste", {"in_layers": True}, "bad_request", "$.in_layers"),
    ("paste", {"reference_mask": None}, "bad_request", "$.reference_mask"),
    ("paste", {"reference": Pixels(7, 5, "rgb")}, "bad_request", "$.reference_mask.pixels"),
    ("paste", {"reference": Picture("0" * 64, OTHER)}, "not_found", "$.reference"),
    ("paste", {"reference_mask": Picture("0" * 64, OTHER_MASK)}, "not_found", "$.reference_mask"),
    ("paste", {"reference": Pixels(6, 5, "rgb", icc="0" * 64)}, "not_found", "$.reference"),
    ("paste", {"at": (9, 9), "speed": "instant", "is_live": True}, "bad_request", "$.at"),
]


@pytest.mark.parametrize(("tool", "fields", "code", "path"), REFUSED)
def test_what_can_be_seen_to_be_wrong_is_refused_with_the_fields_path(
    tmp_path: Path, tool: str, fields: dict[str, Any], code: str, path: str
) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            given = await sent(client, fields)
            with pytest.raises(ProtocolError) as caught:
                client.submit("a", await client.picture(), **{**await inputs(client, tool), **given})

            assert (caught.value.code, caught.value.path) == (code, path)
            assert client.session.jobs == {}
            assert client.session.log.next_seq == 1

    run(story())


def test_a_reference_of_another_size_than_it_says_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            given = await inputs(client, "paste")
            given["reference"] = Picture(given["reference"].blob, Pixels(6, 6, "rgb"))
            with pytest.raises(ProtocolError) as caught:
                client.submit("a", await client.picture(), **given)

            assert (caught.value.code, caught.value.path) == ("bad_image", "$.reference")
            assert "6 x 6 pixels" in str(caught.value)

    run(story())


@pytest.mark.parametrize(
    ("tool", "fields"),
    [
        ("move", {"transform": Transform(mirror=True)}),
        ("move", {"transform": Transform(degrees=0.5), "speed": "reference-dragon", "params": {"lookup_from": 3}}),
        ("appearance", {"speed": "instant"}),
        ("appearance", {"reference": OTHER_ALPHA, "reference_mask": None}),
        ("paste", {"at": (-0.5, 2.4)}),
        ("paste", {"transform": Transform(), "speed": "reference-diffeditor"}),
        ("paste", {"reference": Pixels(6, 5, "graya"), "reference_mask": None}),
    ],
)
def test_what_a_tool_takes_is_done(tmp_path: Path, tool: str, fields: dict[str, Any]) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            given = await sent(client, fields)
            client.submit("a", await client.picture(), **{**await inputs(client, tool), **given})

            end = await client.end_of("a")
            assert isinstance(end, Done)
            assert [output.role for output in end.outputs] == ["edit"]

    run(story())


def test_what_is_prepared_may_wait_for_its_drags_or_its_transform_but_for_no_place(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            picture = await client.picture()
            for tool, missing in (("drag", "drags"), ("move", "transform")):
                given = await inputs(client, tool)
                client.prepare(tool, picture, **{**given, missing: None if missing == "transform" else []})
                assert isinstance(await client.end_of(tool), Done)
            with pytest.raises(ProtocolError) as caught:
                client.prepare("paste", picture, **{**await inputs(client, "paste"), "at": None})

            assert caught.value.path == "$.at"

    run(story())


@pytest.mark.parametrize(
    ("tool", "fields"),
    [("move", {"transform": Transform(dx=1)}), ("paste", {"at": (1, 1)}), ("paste", {"transform": BY}), ("paste", {})],
)
def test_a_live_object_is_followed(tmp_path: Path, tool: str, fields: dict[str, Any]) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.follow("hand", await client.picture(), **await inputs(client, tool))
            await client.hear_until(lambda m: isinstance(m, Preview) and m.number == 0)
            client.move("hand", 5, **(fields or {"transform": None}))
            await client.hear_until(lambda m: isinstance(m, Preview) and m.number == 5)
            await until(lambda: client.session.jobs["hand"].hand is None)
        check_story(client.heard)

    run(story())


@pytest.mark.parametrize(("tool", "first"), [("move", {"transform": BY}), ("paste", {"at": (1, 1)})])
def test_a_live_object_may_be_held_before_it_is_moved(tmp_path: Path, tool: str, first: dict[str, Any]) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            given = {**await inputs(client, tool), "transform": None, "at": None}
            client.follow("hand", await client.picture(), **given)
            await client.state_of("hand", "running")
            with pytest.raises(ProtocolError) as caught:
                client.move("hand", 1, drags=[])
            assert caught.value.path == f"$.{next(iter(first))}"
            client.move("hand", 2, **first)
            await client.hear_until(lambda m: isinstance(m, Preview))

            assert [m.number for m in client.heard if isinstance(m, Preview)] == [2]

    run(story())


@pytest.mark.parametrize(
    ("tool", "fields", "path"),
    [
        ("drag", {"transform": BY}, "$.transform"),
        ("drag", {"at": (1, 1)}, "$.at"),
        ("drag", {"drags": [Drag((1, 1), (2, 9))]}, "$.drags[0].target"),
        ("move", {"drags": DRAGS}, "$.drags"),
        ("move", {"at": (1, 1)}, "$.at"),
        ("paste", {"drags": DRAGS}, "$.drags"),
        ("paste", {"at": (4, 1)}, "$.at"),
    ],
)
def test_a_move_of_the_hand_that_cannot_be_is_refused_and_the_job_goes_on(
    tmp_path: Path, tool: str, fields: dict[str, Any], path: str
) -> None:
    async def story() -> None:
        async with serving(tmp_path) as service:
            client = Client(service)
            client.follow("hand", await client.picture(), **await inputs(client, tool))
            await client.hear_until(lambda m: isinstance(m, Preview))
            with pytest.raises(ProtocolError) as caught:
                client.move("hand", 1, **fields)
            assert (caught.value.code, caught.value.path) == ("bad_request", path)
            client.move("hand", 2, drags=[])
            await client.hear_until(lambda m: isinstance(m, Preview) and m.number == 2)

    run(story())

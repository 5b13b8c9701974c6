"""Moving, swapping appearance and pasting through our client, over the echoing server."""

from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from dragbrush.client import Client, Job, PreviewImage, ServerAddress, connect, find_server
from dragbrush.edit import MovedLayers, Transform
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Box, Done, Have, Layout, Offer, Output, Report, State
from live_server import Process
from serving import run

HEIGHT, WIDTH = 30, 40
BY = Transform(dx=4, dy=-2.5, scale=1.5, degrees=30, mirror=True)
PROFILE = b"the profile of a second picture"
MASK, OTHER_MASK = np.full((HEIGHT, WIDTH), 255, np.uint8), np.full((20, 25), 255, np.uint8)


def picture(seed: int, shape: tuple[int, ...] = (HEIGHT, WIDTH, 3), depth: Any = np.uint8) -> Any:
    return np.random.default_rng(seed).integers(0, np.iinfo(depth).max, shape, depth)


def inverted(samples: Any) -> Any:
    return np.iinfo(samples.dtype).max - samples


@pytest.fixture
def address(server: Process) -> ServerAddress:
    return find_server(server.folder)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_layers_of_a_move_are_whole_pictures(address: ServerAddress, channels: int, depth: Any) -> None:
    sent = picture(0, (HEIGHT, WIDTH, channels), depth)

    async def main() -> None:
        async with Client.connect(address) as client:
            job = await client.submit(sent, tool="move", mask=MASK, transform=BY, in_layers=True, icc=b"profile")
            result = await job.result()
            alone = await (await client.submit(sent, tool="move", mask=MASK, transform=BY)).result()

        assert (result.samples == inverted(sent)).all()
        assert isinstance(result.layers, MovedLayers)
        assert (result.layers.background == sent).all()
        object_, colours = result.layers.object, 1 if channels < 3 else 3
        assert (object_.shape, object_.dtype) == ((HEIGHT, WIDTH, colours + 1), sent.dtype)
        assert (object_[0, :, :colours] == sent[0, :, :colours]).all()
        assert (object_[0, :, -1] == np.iinfo(depth).max).all()
        assert not object_[1:].any()
        assert alone.layers is None

    run(main())


def test_second_pictures_are_sent_with_their_profile_and_mask(address: ServerAddress) -> None:
    other = picture(1, (20, 25, 4), np.uint16)

    async def main() -> None:
        async with Client.connect(address) as client:
            jobs: list[Job] = [
                await client.submit(
                    picture(2), tool="appearance", mask=MASK, reference=other, reference_mask=OTHER_MASK,
                    reference_icc=PROFILE,
                ),
                await client.submit(picture(2), tool="paste", reference=other, at=(10, 12.5), transform=BY),
            ]  # fmt: skip
            for job in jobs:
                assert ((await job.result()).samples == inverted(picture(2))).all()
            profile = sha256(PROFILE).hexdigest()
            assert isinstance(await client.ask(lambda number: Offer(number, profile, len(PROFILE))), Have)
            with pytest.raises(ProtocolError) as refused:
                await client.submit(picture(2), tool="paste", reference=other[:, :, :3], at=(10, 12.5))
            assert refused.value.path == "$.reference_mask"
            with pytest.raises(ProtocolError) as refused:
                await client.submit(picture(2), tool="paste", reference=other, at=(10, 31))
            assert refused.value.path == "$.at"

    run(main())


def test_every_tool_can_be_prepared(address: ServerAddress) -> None:
    other = picture(1, (20, 25, 3))
    given: list[dict[str, Any]] = [
        {"tool": "move", "mask": MASK, "transform": BY},
        {"tool": "appearance", "mask": MASK, "reference": other, "reference_mask": OTHER_MASK},
        {"tool": "paste", "reference": other, "reference_mask": OTHER_MASK, "at": (10, 12), "transform": BY},
    ]

    async def main() -> None:
        async with Client.connect(address) as client:
            for fields in given:
                assert (await (await client.prepare(picture(3), **fields)).done())["seconds"] == 0

    run(main())


@pytest.mark.parametrize(
    ("opened", "moved"),
    [
        ({"tool": "move", "mask": MASK}, {"transform": BY}),
        ({"tool": "paste", "reference": picture(1, (20, 25, 4))}, {"at": (5, 6), "transform": BY}),
        ({"tool": "paste", "reference": picture(1, (20, 25, 4)), "at": (5, 6)}, {"transform": BY}),
    ],
)
def test_an_object_is_followed(address: ServerAddress, opened: dict[str, Any], moved: dict[str, Any]) -> None:
    async def main() -> None:
        async with Client.connect(address) as client:
            job = await client.submit(picture(6), speed="instant", is_live=True, **opened)
            for number in range(1, 11):
                await job.update(number=number, **moved)
            async for event in job:
                if isinstance(event, PreviewImage) and event.number == 10:
                    await job.cancel()

    run(main())


def test_blocking(address: ServerAddress) -> None:
    other, heard = picture(1, (20, 25, 3)), list[Any]()
    with connect(address) as client:
        results = [
            client.move(picture(7), MASK, BY, on_event=heard.append, in_layers=True),
            client.appearance(picture(7), MASK, other, OTHER_MASK, on_event=heard.append),
            client.paste(picture(7), other, (3, 4), object_mask=OTHER_MASK, transform=BY, on_event=heard.append),
        ]

        assert {tool.id for tool in client.welcome.tools} == {"drag", "move", "appearance", "paste"}
    assert all((result.samples == inverted(picture(7))).all() for result in results)
    assert [result.layers is None for result in results] == [False, True, True]
    assert sum(isinstance(event, State) and event.state == "running" for event in heard) == 3


@pytest.mark.parametrize(
    "output",
    [
        Output("edit", "0" * 64, Layout(3, 2, "rgba"), Box(0, 0, 3, 2)),
        Output("edit", "0" * 64, Layout(3, 2, "rgb", "u16"), Box(0, 0, 3, 2)),
        Output("edit", "0" * 64, Layout(3, 2, "rgb"), Box(38, 0, 3, 2)),
        Output("edit", "0" * 64, Layout(3, 2, "rgb"), Box(0, 0, 2, 3)),
    ],
    ids=["other channels", "other depth", "past the border", "another box"],
)
def test_a_part_that_does_not_fit_is_an_error(output: Output) -> None:
    class Asker:
        async def ask(self, make: Any) -> Any:
            raise AssertionError

        async def fetch(self, output: Output) -> Any:
            shape = output.pixels.height, output.pixels.width, len(output.pixels.channels)
            return np.zeros(shape, {"u8": np.uint8, "u16": np.uint16}[output.pixels.depth])

    async def main() -> None:
        job = Job(Asker(), "a", picture(8))
        job.end(Done(1, "a", [output], Report()))
        with pytest.raises(ProtocolError, match="does not fit"):
            await job.result()

    run(main())

"""Our client and our server, and a network that fails."""

import asyncio
import contextlib
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from dragbrush.client import Client, Job, PreviewImage, ServerAddress, connect, find_server
from dragbrush.edit import Drag
from dragbrush.errors import BadImage, BadRequest, Cancelled, NoServer
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.messages import Progress, State
from live_server import Process, in_a_process, live
from serving import run

DRAGS = [Drag((1, 1), (2, 2))]


def picture(seed: int, *, height: int = 30, width: int = 40, channels: int = 3, depth: Any = np.uint8) -> Any:
    return np.random.default_rng(seed).integers(0, np.iinfo(depth).max, (height, width, channels), depth)


def inverted(samples: Any) -> Any:
    return np.iinfo(samples.dtype).max - samples


@pytest.fixture
def address(server: Process) -> ServerAddress:
    return find_server(server.folder)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_pictures_of_every_layout(address: ServerAddress, channels: int, depth: Any) -> None:
    sent = picture(0, channels=channels, depth=depth)
    mask = np.full((30, 40), 255, np.uint8)

    async def main() -> None:
        async with Client.connect(address) as client:
            result = await (await client.submit(sent, DRAGS, mask=mask, icc=b"profile")).result()
            assert result.samples.dtype == sent.dtype
            assert (result.samples == inverted(sent)).all()
            assert result.box == (0, 0, 40, 30)
            assert result.report["seed"] == 42

    run(main())


def test_views_and_foreign_byte_orders_are_sent_as_they_look(address: ServerAddress) -> None:
    whole = picture(1, height=60, width=80, depth=np.uint16)
    for sent in (whole[::2, ::2], whole[::2, ::2].astype(">u2"), np.asfortranarray(whole[::2, ::2])):

        async def main(sent: Any = sent) -> None:
            async with Client.connect(address) as client:
                result = await (await client.submit(sent, DRAGS)).result()
                assert (result.samples == inverted(whole[::2, ::2])).all()

        run(main())


@pytest.mark.parametrize("samples", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 5), np.uint8), np.zeros((4, 4, 3))])
def test_samples_that_are_not_sent(address: ServerAddress, samples: Any) -> None:
    async def main() -> None:
        async with Client.connect(address) as client:
            with pytest.raises(BadImage, match=r"Client\.submit"):
                await client.submit(samples, DRAGS)

    run(main())


def test_events_come_in_order_and_end(address: ServerAddress) -> None:
    async def main() -> None:
        async with Client.connect(address) as client:
            job = await client.submit(picture(2), DRAGS, prompt="steps=30 step_ms=10")
            events = [event async for event in job]
            states = [event.state for event in events if isinstance(event, State)]
            steps = [event.step for event in events if isinstance(event, Progress)]
            assert states == ["queued", "running"]
            assert steps == sorted(steps)
            assert len(steps) > 3
            assert any(isinstance(event, PreviewImage) for event in events)
            assert await job.next_event() is None
            assert (await job.done())["seed"] == 42

    run(main())


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_lost_every_job_ends_once_and_right(address: ServerAddress, seed: int) -> None:
    """Sockets are lost at random moments: in uploads, before answers, between events, in downloads."""
    chance = random.Random(seed)
    pictures = [picture(100 * seed + number, height=400, width=500) for number in range(5)]

    async def main() -> None:
        async with Client.connect(address) as client:

            async def lose_it() -> None:
                while True:
                    await asyncio.sleep(chance.uniform(0, 0.06))
                    client.drop()

            async def edit(sent: Any) -> list[Any]:
                job = await client.submit(sent, DRAGS, prompt=f"steps={chance.randint(1, 8)} step_ms=5")
                events = [event async for event in job]
                assert ((await job.result()).samples == inverted(sent)).all()
                await job.release()
                return events

            losing = asyncio.create_task(lose_it())
            stories = await asyncio.gather(*(edit(sent) for sent in pictures))
            losing.cancel()
        for story in stories:
            assert [event.state for event in story if isinstance(event, State)] == ["queued", "running"]

    run(main())


def test_a_lost_socket_does_not_end_a_running_job_or_its_cancel(address: ServerAddress) -> None:
    async def main() -> None:
        async with Client.connect(address) as client:
            job = await client.submit(picture(3), DRAGS, prompt="steps=1000 step_ms=5")
            async for event in job:
                if isinstance(event, Progress):
                    client.drop()
                    await job.cancel()
                    break
            with pytest.raises(Cancelled):
                await job.result()
            await job.cancel()

    run(main())


def test_failures_have_their_codes(address: ServerAddress) -> None:
    async def main() -> None:
        async with Client.connect(address) as client:
            for prompt, code in (("break", "out_of_memory"), ("fault", "internal"), ("die", "worker_died")):
                job = await client.submit(picture(4), DRAGS, prompt=prompt)
                with pytest.raises(ProtocolError) as failed:
                    await job.result()
                assert failed.value.code == code
            job = await client.submit(picture(4), DRAGS, prompt="die=once")
            assert ((await job.result()).samples == inverted(picture(4))).all()
            with pytest.raises(ProtocolError) as refused:
                await client.submit(picture(4), [Drag((1, 1), (2, 4000))])
            assert (refused.value.code, refused.value.path) == ("bad_request", "$.drags[0].target")

    run(main())


def test_the_same_id_is_the_same_job(address: ServerAddress) -> None:
    async def main() -> None:
        async with Client.connect(address) as client:
            first, second = await asyncio.gather(
                *(client.submit(picture(5), DRAGS, job="mine", prompt="steps=20") for _ in range(2))
            )
            assert first is second
            await first.done()
            again = await client.submit(picture(5), DRAGS, job="mine", prompt="steps=20")
            assert ((await again.result()).samples == inverted(picture(5))).all()
            with pytest.raises(ProtocolError) as refused:
                await client.submit(picture(5), DRAGS, job="mine", prompt="steps=21")
            assert refused.value.code == "conflict"

    run(main())


def test_the_hand_is_followed_and_only_its_newest_place_counts(address: ServerAddress) -> None:
    async def main() -> None:
        async with Client.connect(address) as client:
            job = await client.submit(picture(6), speed="instant", is_live=True, prompt="step_ms=15")
            for number in range(1, 61):
                await job.update(DRAGS, number)
            shown = []
            async for event in job:
                if isinstance(event, PreviewImage):
                    shown.append(event.number)
                    if event.number == 60:
                        await job.cancel()
            assert shown == sorted(set(shown))
            assert shown[-1] == 60
            assert len(shown) < 60
            with pytest.raises(Cancelled):
                await job.done()

    run(main())


def test_what_is_prepared_has_a_report_and_no_picture(address: ServerAddress) -> None:
    async def main() -> None:
        async with Client.connect(address) as client:
            job = await client.prepare(picture(7), DRAGS)
            assert (await job.done())["seconds"] == 0
            with pytest.raises(BadRequest, match="no picture"):
                await job.result()

    run(main())


def test_a_client_that_leaves_has_no_socket_left(server: Process, address: ServerAddress) -> None:
    def connected() -> int:
        return sum(
            c.status == "ESTABLISHED" and bool(c.raddr) and c.raddr.port == server.port
            for c in psutil.Process().net_connections("tcp")
        )

    async def main() -> None:
        for _ in range(20):
            async with Client.connect(address) as client:
                job = await client.submit(picture(8), DRAGS, on_disconnect="cancel", prompt="steps=1000 step_ms=5")
                client.drop()
                await job.next_event()

    before = connected()
    run(main())

    assert connected() == before


def test_a_server_that_is_killed_and_started_again_finishes_the_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "server"
    monkeypatch.setenv("DRAGBRUSH_HOME", str(folder))

    async def main(first: Process) -> None:
        async with contextlib.AsyncExitStack() as stack:
            client = await stack.enter_async_context(Client.connect())
            over = await client.submit(picture(10), DRAGS)
            await over.done()
            jobs: list[Job] = [
                await client.submit(picture(11 + number), DRAGS, prompt="steps=20 step_ms=10") for number in range(3)
            ]
            async for event in jobs[0]:
                if isinstance(event, Progress):
                    break
            first.kill()
            await asyncio.sleep(0.2)
            stack.enter_context(in_a_process(folder))
            for number, job in enumerate(jobs):
                assert ((await job.result()).samples == inverted(picture(11 + number))).all()
            assert ((await over.result()).samples == inverted(picture(10))).all()
            events = [event async for event in jobs[0]]
            assert [event.attempt for event in events if isinstance(event, State)][-1] == 2

    with in_a_process(folder) as first:
        run(main(first))


def test_without_a_server_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGBRUSH_HOME", str(tmp_path))

    async def main(address: ServerAddress | None) -> None:
        async with Client.connect(address):
            pass

    with pytest.raises(NoServer, match="start one with 'dragbrush serve'"):
        run(main(None))
    with pytest.raises(NoServer, match="start one with 'dragbrush serve'"):
        run(main(ServerAddress("ws://127.0.0.1:9/v1/ws", "token")))
    with pytest.raises(NoServer, match="start one with 'dragbrush serve'"), connect():
        pass


@pytest.mark.parametrize("url", ["127.0.0.1:9", "http://127.0.0.1:9/v1/ws", "ws://127.0.0.1:99999/v1/ws", "ws://"])
def test_an_address_that_is_none_is_no_server(url: str) -> None:
    async def main() -> None:
        with pytest.raises(NoServer):
            async with Client.connect(ServerAddress(url, "token")):
                pass

    run(main())


@pytest.mark.parametrize("prompt", ["a" * 3_000, "a" * 300_000, "a" * 3_000_000, "half a character: \ud83d"])
def test_a_request_that_cannot_be_sent_is_one_error_and_the_connection_stays(
    address: ServerAddress, prompt: str
) -> None:
    """The server ends a socket for a message over 1 MiB; asking again and again would never end."""

    async def main() -> None:
        async with Client.connect(address) as client:
            before = client._connection.line
            with pytest.raises(ProtocolError):
                await client.submit(picture(40), DRAGS, prompt=prompt)
            assert ((await (await client.submit(picture(40), DRAGS)).result()).samples == inverted(picture(40))).all()
            assert client._connection.line == before

    run(main())


def test_a_wrong_token_is_said_at_once(server: Process) -> None:
    async def main() -> None:
        with pytest.raises(NoServer, match="token is not"):
            async with Client.connect(ServerAddress(f"ws://127.0.0.1:{server.port}/v1/ws", "wrong")):
                pass

    run(main())


def test_the_token_is_in_nothing_that_is_shown(address: ServerAddress) -> None:
    assert address.token not in repr(address)


def test_a_server_that_stops_says_so_and_the_next_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGBRUSH_HOME", str(tmp_path))

    async def main() -> None:
        async with contextlib.AsyncExitStack() as stack:
            async with live(tmp_path):
                client = await stack.enter_async_context(Client.connect())
                job = await client.submit(picture(20), DRAGS, prompt="steps=30 step_ms=20")
            async with live(tmp_path):
                assert ((await job.result()).samples == inverted(picture(20))).all()

    run(main())


# Blocking


def test_blocking(address: ServerAddress) -> None:
    heard: list[Any] = []
    with connect(address) as client:
        result = client.drag(picture(30), DRAGS, on_event=heard.append, prompt="steps=10")
        prepared = client.prepare(picture(30), DRAGS)

        assert client.welcome.model.id == "echo"
    assert (result.samples == inverted(picture(30))).all()
    assert prepared["seconds"] == 0
    assert any(isinstance(event, State) for event in heard)


def test_blocking_is_ended_by_what_its_caller_raises(address: ServerAddress) -> None:
    class Enough(BaseException):
        pass

    def stop(event: Any) -> None:
        if isinstance(event, Progress):
            raise Enough

    with connect(address) as client:
        with pytest.raises(Enough):
            client.drag(picture(31), DRAGS, on_event=stop, prompt="steps=10000 step_ms=5")
        assert (client.drag(picture(32), DRAGS).samples == inverted(picture(32))).all()


def test_blocking_raises_as_the_job_does(address: ServerAddress) -> None:
    with connect(address) as client:
        with pytest.raises(ProtocolError) as failed:
            client.drag(picture(33), DRAGS, prompt="break")
        assert failed.value.code == "out_of_memory"


def test_ctrl_c_cancels_the_job(server: Process, address: ServerAddress) -> None:
    program = f"""
import numpy as np, os, signal
from dragbrush.client import connect, find_server
from dragbrush.edit import Drag
from pathlib import Path

def interrupt(event):
    if type(event).__name__ == "Progress":
        os.kill(os.getpid(), signal.SIGINT)

with connect(find_server(Path({str(server.folder)!r}))) as client:
    try:
        client.drag(np.zeros((8, 8, 3), np.uint8), [Drag((1, 1), (2, 2))], on_event=interrupt,
                    prompt="steps=100000 step_ms=5")
    except KeyboardInterrupt:
        print("interrupted")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)

    assert ended.stdout == "interrupted\n", ended.stderr
    assert ended.stderr == ""
    with connect(address) as client:  # and the worker is free again
        assert (client.drag(picture(34), DRAGS).samples == inverted(picture(34))).all()


def test_the_client_needs_no_torch() -> None:
    program = "import sys, dragbrush.client; print(any(n in sys.modules for n in ('torch', 'aiohttp', 'pyvips')))"

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"

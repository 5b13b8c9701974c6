"""Our client against a server that is not ours, and that fails in every place where one can."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_server import Line, fake

from dragbrush.client import Client, connection
from dragbrush.client.connection import Connection
from dragbrush.client.job import Job, PreviewImage
from dragbrush.edit import Drag
from dragbrush.errors import Cancelled, DragbrushError, NoServer
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame
from dragbrush.protocol.messages import Client as About
from dragbrush.protocol.messages import List, Progress, State
from raw_client import frame, name_of
from serving import run

HEIGHT, WIDTH = 300, 400
PICTURE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
SENT = PICTURE.tobytes()
EDITED = (255 - PICTURE).tobytes()
DRAGS = [Drag((1, 1), (2, 2))]


async def submit(client: Client, **options: Any) -> Job:
    return await client.submit(PICTURE, DRAGS, job="job", **options)


async def has_edited(job: Job) -> bool:
    result = await job.result()
    return bool((result.samples == 255 - PICTURE).all()) and result.report["seconds"] == 1.5


# Transcripts

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "transcripts" / "client.json").read_text("utf-8"))


def fits(expected: Any, found: Any) -> bool:
    """Whether `found` has all that `expected` names."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(fits(value, found.get(name)) for name, value in expected.items())
    return expected == found


class Notes:
    """What a connection is told, as the transcripts write it."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self._more = asyncio.Event()

    def hear(self, message: Any) -> None:
        self._add({"type": type(message).__struct_config__.tag, **_fields(message)})

    def hear_frame(self, frame: Frame) -> None: ...

    def lost(self) -> None: ...

    def back(self, is_resumed: bool) -> None:
        self._add({"type": "welcome"})

    def ended(self, error: DragbrushError) -> None: ...

    async def until(self, count: int) -> None:
        while len(self.heard) < count:
            self._more.clear()
            await asyncio.wait_for(self._more.wait(), 5)

    def _add(self, what: Any) -> None:
        self.heard.append(what)
        self._more.set()


def _fields(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__}


def is_for_a_connection(transcript: dict[str, Any]) -> bool:
    """Not those where the first hello is not answered by a welcome: then there is no connection yet."""
    steps = transcript["steps"]
    return len(steps) > 2 and steps[2].get("receive", {}).get("type") == "welcome"


TRANSCRIPTS = [t for t in VECTORS if is_for_a_connection(t)]


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda t: t["name"])
def test_transcripts(transcript: dict[str, Any]) -> None:
    notes, steps = Notes(), iter(transcript["steps"])
    wanted = [s["event"] for s in transcript["steps"] if s.get("event") is not None]
    # An answer to no question is nobody's.
    wanted = [event for event in wanted if event.get("re") is None or event["type"] == "welcome"]
    count = 0

    async def play(line: Line) -> None:
        nonlocal count
        for step in steps:
            match step:
                case {"send": expected}:
                    assert fits(expected, await line.hear())
                case {"receive": said}:
                    await line.say_raw(said if isinstance(said, str) else json.dumps(said))
                case {"event": event} if event in wanted:
                    count += 1
                case {"drop": _}:
                    await notes.until(count)
                    line.drop()
                    return
        over.set()
        await line.rest()

    over = asyncio.Event()

    async def main() -> None:
        scripts = [play] * sum("connect" in step for step in transcript["steps"])
        async with fake(*scripts) as address:
            client = Connection(lambda: address, About("test", "1"), notes)
            await client.open()
            await over.wait()
            await notes.until(len(wanted))
            await client.close()

    run(main())
    assert len(notes.heard) == len(wanted)
    assert all(fits(event, heard) for event, heard in zip(wanted, notes.heard, strict=True))


def test_most_transcripts_are_for_a_connection() -> None:
    assert len(TRANSCRIPTS) >= len(VECTORS) - 4


# What gets lost on the way


def test_without_a_fault() -> None:
    async def serve(line: Line) -> None:
        hello = await line.greet()
        assert hello["client"]["name"] == "test"
        assert "resume" not in hello
        await line.take(SENT)
        await line.accept("job")
        await line.say("state", seq=1, job="job", state="queued")
        await line.say("state", seq=2, job="job", state="running")
        await line.done("job", 3, EDITED, WIDTH, HEIGHT)
        await line.give(EDITED)
        await line.rest()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address, name="test") as client:
            job = await submit(client)
            assert [event.state async for event in job if isinstance(event, State)] == ["queued", "running"]
            assert await has_edited(job)

    run(main())


def test_an_upload_that_is_lost_in_the_middle_goes_on() -> None:
    half = 262_144

    async def lose(line: Line) -> None:
        await line.greet()
        offer = await line.expect("offer", bytes=len(SENT))
        await line.say("need", re=offer["id"], blob=name_of(SENT), offset=0)
        assert len((await line.hear())[4]) == half
        line.drop()

    async def take_the_rest(line: Line) -> None:
        hello = await line.greet(is_resumed=True)
        assert hello["resume"] == {"session": "s-1", "last_seq": 0}
        offer = await line.expect("offer", bytes=len(SENT))
        await line.say("need", re=offer["id"], blob=name_of(SENT), offset=half)
        _, is_last, offset, _, payload = await line.hear()
        assert (is_last, offset, payload) == (True, half, SENT[half:])
        await line.say("stored", blob=name_of(SENT))
        await line.accept("job")
        await line.rest()

    async def main() -> None:
        async with fake(lose, take_the_rest) as address, Client.connect(address) as client:
            await submit(client)

    run(main())


def test_a_socket_that_is_lost_before_stored() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        offer = await line.expect("offer")
        await line.say("need", re=offer["id"], blob=name_of(SENT), offset=0)
        while not (await line.hear())[1]:
            pass
        line.drop()

    async def have(line: Line) -> None:
        await line.greet(is_resumed=True)
        offer = await line.expect("offer")
        await line.say("have", re=offer["id"], blob=name_of(SENT))
        await line.accept("job")
        await line.rest()

    async def main() -> None:
        async with fake(lose, have) as address, Client.connect(address) as client:
            await submit(client)

    run(main())


def test_a_chunk_that_is_refused_is_offered_again() -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        offer = await line.expect("offer")
        await line.say("need", re=offer["id"], blob=name_of(SENT), offset=0)
        while not (await line.hear())[1]:
            pass
        await line.say("error", re=None, code="bad_blob", message="A chunk begins elsewhere.")
        await line.take(SENT)
        await line.accept("job")
        await line.rest()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            await submit(client)

    run(main())


@pytest.mark.parametrize("code", ["storage_failed", "bad_blob"])
def test_an_upload_that_cannot_be_kept_is_an_error(code: str) -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        for _ in range(5 if code == "bad_blob" else 1):
            offer = await line.expect("offer")
            await line.say("need", re=offer["id"], blob=name_of(SENT), offset=0)
            while not (await line.hear())[1]:
                pass
            await line.say("error", re=None, code=code, message="No.")
        offer = await line.expect("offer")
        await line.say("error", re=offer["id"], code="limit_reached", message="The disk is full.")
        await line.rest()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            for wanted in (code, "limit_reached"):
                with pytest.raises(ProtocolError) as refused:
                    await submit(client)
                assert refused.value.code == wanted

    run(main())


def test_two_that_send_the_same_picture_at_once_send_it_once() -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        seen = 0
        while seen < 2:
            message = await line.hear()
            if message["type"] == "offer":
                await line.say("have", re=message["id"], blob=name_of(SENT))
            else:
                seen += 1
                await line.say("accepted", re=message["id"], job=message["job"], state="queued")
        await line.rest()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            await asyncio.gather(*(client.submit(PICTURE, DRAGS) for _ in range(2)))

    run(main())


def test_a_submit_whose_answer_is_lost_is_asked_again_and_its_events_are_heard() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.expect("submit", job="job")
        await line.say("state", seq=1, job="job", state="queued")
        line.drop()

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        await line.say("state", seq=2, job="job", state="running")
        await line.done("job", 3, EDITED, WIDTH, HEIGHT)
        await line.accept("job", "done")
        get = await line.expect("get", job="job")
        await line.say("jobs", re=get["id"], jobs=[{"job": "job", "kind": "submit", "state": "done"}])
        await line.give(EDITED)
        await line.rest()

    async def main() -> None:
        async with fake(lose, go_on) as address, Client.connect(address) as client:
            job = await submit(client)
            assert await has_edited(job)
            assert [event.state async for event in job if isinstance(event, State)][-1] == "running"

    run(main())


def test_a_job_that_was_over_before_it_was_sent_again() -> None:
    async def serve(line: Line) -> None:
        await line.greet(next_seq=4)
        await line.take(SENT)
        await line.accept("job", "failed")
        get = await line.expect("get", job="job")
        failure = {"code": "out_of_memory", "message": "Too little."}
        jobs = [{"job": "job", "kind": "submit", "state": "failed", "failure": failure}]
        await line.say("jobs", re=get["id"], jobs=jobs)
        await line.rest()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            job = await submit(client)
            with pytest.raises(ProtocolError) as failed:
                await job.result()
            assert failed.value.code == "out_of_memory"

    run(main())


def test_a_download_that_is_lost_in_the_middle_goes_on() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.done("job", 1, EDITED, WIDTH, HEIGHT)
        await line.give(EDITED, until=200_000)
        await asyncio.sleep(0.1)
        line.drop()

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        assert (await line.give(EDITED))["offset"] == 200_000
        await line.rest()

    async def main() -> None:
        async with fake(lose, go_on) as address, Client.connect(address) as client:
            assert await has_edited(await submit(client))

    run(main())


def test_a_download_that_is_wrong_is_asked_for_again_and_not_for_ever() -> None:
    damaged = bytes(len(EDITED))

    async def give_wrong(line: Line) -> None:
        fetch = await line.expect("fetch", blob=name_of(EDITED))
        assert fetch.get("offset", 0) == 0
        await line.say_raw(frame(name_of(EDITED), 0, damaged, is_last=True))
        await line.say("ok", re=fetch["id"])

    async def serve(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.done("job", 1, EDITED, WIDTH, HEIGHT)
        await give_wrong(line)
        await line.give(EDITED)
        for _ in range(5):
            await give_wrong(line)
        await line.rest()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            job = await submit(client)
            assert await has_edited(job)
            with pytest.raises(ProtocolError) as failed:
                await job.result()
            assert failed.value.code == "bad_blob"

    run(main())


def test_events_that_were_lost_for_good_are_made_up_for() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        line.drop()

    async def forget(line: Line) -> None:
        await line.greet(next_seq=2000)
        get = await line.expect("get", job="job")
        pixels = {"width": WIDTH, "height": HEIGHT, "channels": "rgb"}
        box = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
        outputs = [{"role": "edit", "blob": name_of(EDITED), "pixels": pixels, "box": box}]
        await line.say(
            "jobs", re=get["id"], jobs=[{"job": "job", "kind": "submit", "state": "done", "outputs": outputs}]
        )
        await line.give(EDITED)
        await line.rest()

    async def main() -> None:
        async with fake(lose, forget) as address, Client.connect(address) as client:
            job = await submit(client)
            assert ((await job.result()).samples == 255 - PICTURE).all()

    run(main())


def test_a_job_that_the_server_forgot_is_over() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        line.drop()

    async def forget(line: Line) -> None:
        await line.greet(session="s-2")
        get = await line.expect("get", job="job")
        await line.say("error", re=get["id"], code="not_found", message="No such job.")
        await line.rest()

    async def main() -> None:
        async with fake(lose, forget) as address, Client.connect(address) as client:
            job = await submit(client)
            with pytest.raises(ProtocolError, match="submit it again") as failed:
                await job.result()
            assert failed.value.code == "interrupted"

    run(main())


def test_a_release_whose_answer_is_lost_is_no_error() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.say("failed", seq=1, job="job", code="cancelled", message="Cancelled.")
        await line.expect("release", job="job")
        line.drop()

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        release = await line.expect("release", job="job")
        await line.say("error", re=release["id"], code="not_found", message="No such job.")
        await line.rest()

    async def main() -> None:
        async with fake(lose, go_on) as address, Client.connect(address) as client:
            job = await submit(client)
            with pytest.raises(Cancelled):
                await job.result()
            await job.release()

    run(main())


def test_what_a_newer_server_says_and_what_nobody_understands_is_passed_over() -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.say("weather", is_fine=True)
        await line.say("state", seq=1, job="job", state="running", mood="good")
        await line.say("state", seq=2, job="another", state="running")
        for odd in ("{", "[]", '{"type": "state", "seq": "x"}', b"", b"\x00" * 60):
            await line.say_raw(odd)
        await line.say("ok", re="777")
        await line.say("error", re="778", code="internal", message="About nothing.")
        await line.say("stored", blob="0" * 64)
        await line.done("job", 3, EDITED, WIDTH, HEIGHT)
        await line.give(EDITED)
        await line.rest()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            assert await has_edited(await submit(client))

    run(main())


def test_of_progress_and_previews_the_newest_is_enough() -> None:
    shown = bytes(range(12))

    async def serve(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        for number in range(1, 101):
            await line.say("progress", job="job", phase="drag", step=number, of=100, fraction=number / 100)
            pixels, box = {"width": 2, "height": 2, "channels": "rgb"}, {"x": 0, "y": 0, "width": 2, "height": 2}
            await line.say("preview", job="job", blob=name_of(shown), pixels=pixels, box=box, number=number)
            await line.say_raw(frame(name_of(shown), 0, shown[:6], is_last=False, kind=2))
            await line.say_raw(frame(name_of(shown), 6, shown[6:], is_last=True, kind=2))
        await line.say("failed", seq=1, job="job", code="cancelled", message="Cancelled.")
        await line.rest()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            job = await submit(client)
            with pytest.raises(Cancelled):
                await job.done()
            events = [event async for event in job]
            assert [type(event) for event in events] == [Progress, PreviewImage]
            progress, preview = events
            assert isinstance(progress, Progress)
            assert isinstance(preview, PreviewImage)
            assert (progress.step, preview.number) == (100, 100)
            assert preview.samples.tobytes() == shown
            assert [event async for event in job] == []

    run(main())


# How it ends


@pytest.mark.parametrize("code", [4401, 4409])
def test_a_server_that_wants_no_more_of_us_is_left_alone(code: int) -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.close(code, "the token was revoked")

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            job = await submit(client)
            with pytest.raises(NoServer, match="the token was revoked"):
                await job.result()
            with pytest.raises(NoServer, match="the token was revoked"):
                await submit(client)

    run(main())


def test_a_token_that_is_revoked_in_the_middle_of_an_upload_leaves_nobody_waiting() -> None:
    large = np.zeros((3000, 4000, 4), np.uint8)

    async def serve(line: Line) -> None:
        await line.greet()
        offer = await line.expect("offer")
        await line.say("need", re=offer["id"], blob=offer["blob"], offset=0)
        await line.hear()
        with contextlib.suppress(TimeoutError):  # the client is too busy to close its half
            await asyncio.wait_for(line.close(4401, "the token was revoked"), 0.3)
        line.drop()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            for _ in range(2):
                with pytest.raises(NoServer, match="the token was revoked"):
                    await client.submit(large, DRAGS)

    run(main())


@pytest.mark.parametrize("code", [1001, 1011, 1012, 4408])
def test_after_any_other_end_it_comes_back(code: int) -> None:
    async def close(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.say("going_away", reason="The server stops.")
        await line.close(code)

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        await line.done("job", 1, EDITED, WIDTH, HEIGHT)
        await line.give(EDITED)
        await line.rest()

    async def main() -> None:
        async with fake(close, go_on) as address, Client.connect(address) as client:
            assert await has_edited(await submit(client))

    run(main())


def test_a_server_of_another_version() -> None:
    async def refuse(line: Line) -> None:
        hello = await line.expect("hello", versions=[1, 1])
        await line.say("error", re=hello["id"], code="unsupported", message="This server speaks version 2.")
        await line.rest()

    async def main() -> None:
        async with fake(refuse) as address:
            with pytest.raises(NoServer, match="speaks version 2"):
                async with Client.connect(address):
                    pass

    run(main())


def test_a_server_that_became_another_version_meanwhile() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        line.drop()

    async def refuse(line: Line) -> None:
        hello = await line.expect("hello")
        await line.say("error", re=hello["id"], code="unsupported", message="This server speaks version 2.")
        await line.rest()

    async def main() -> None:
        async with fake(lose, refuse) as address, Client.connect(address) as client:
            job = await submit(client)
            with pytest.raises(NoServer, match="speaks version 2"):
                await job.result()

    run(main())


def test_a_server_without_room_is_tried_again() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        line.drop()

    async def refuse(line: Line) -> None:
        hello = await line.expect("hello")
        await line.say("error", re=hello["id"], code="limit_reached", message="No room.")
        await line.rest()

    async def serve(line: Line) -> None:
        await line.greet(is_resumed=True)
        await line.take(SENT)
        await line.accept("job")
        await line.rest()

    async def main() -> None:
        async with fake(lose, refuse, refuse, serve) as address, Client.connect(address) as client:
            await submit(client)

    run(main())


def test_what_says_nothing_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WELCOME_S", 0.2)

    async def main() -> None:
        for script, match in ((Line.rest, "does not speak"), (Line.hear, "before its welcome")):
            async with fake(script) as address:
                with pytest.raises(NoServer, match=match):
                    async with Client.connect(address):
                        pass

    run(main())


def test_a_question_that_is_never_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        await line.rest()

    async def main() -> None:
        async with fake(serve) as address, Client.connect(address) as client:
            with pytest.raises(NoServer, match="did not answer"):
                await client._connection.ask(List, wait_s=0.1)

    run(main())


def test_a_server_that_does_not_come_back() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        line.drop()

    async def main() -> None:
        async with fake(lose) as address:
            session = Client.connect(address, patience_s=0.2)
            client = await session.__aenter__()
            job = await submit(client)
        with pytest.raises(NoServer, match="did not come back"):
            await job.result()
        with pytest.raises(NoServer, match="did not come back"):
            await submit(client)
        await session.__aexit__(None, None, None)

    run(main())


def test_a_client_that_is_closed_tells_who_waits() -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.rest()

    async def main() -> None:
        before = asyncio.all_tasks()
        async with fake(serve) as address:
            async with Client.connect(address) as client:
                job = await submit(client)
                waiting = asyncio.create_task(job.result())
                await asyncio.sleep(0)
            with pytest.raises(NoServer, match="closed"):
                await waiting
        assert asyncio.all_tasks() == before

    run(main())

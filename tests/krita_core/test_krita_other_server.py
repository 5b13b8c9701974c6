"""The plugin's client against a server that is not ours, and that fails in every place where one can."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from fake_server import Line, Script, fake
from krita_dragbrush.core import connection
from krita_dragbrush.core.events import Ended, Shown, Status
from krita_dragbrush.core.jobs import Job
from krita_dragbrush.core.pixels import Raster, from_wire, to_wire
from krita_dragbrush.core.runtime import ServerAddress
from plugin_host import ROOM, Host, inputs, result_of, source_of
from websockets.exceptions import ConnectionClosed

from krita_dragbrush import wire
from live_server import wait_until
from raw_client import frame, name_of
from serving import run

WIDTH, HEIGHT = 400, 300
IMAGE = Raster(WIDTH, HEIGHT, "rgba", "u8", bytes(at * 7 % 251 for at in range(4 * WIDTH * HEIGHT)))
SENT = to_wire(IMAGE)[1]
EDITED = bytes(255 - byte for byte in SENT)
PIXELS = {"width": WIDTH, "height": HEIGHT, "channels": "rgba"}
BOX = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
OUTPUTS = [{"role": "edit", "blob": name_of(EDITED), "pixels": PIXELS, "box": BOX}]


async def done(line: Line, job: str, seq: int) -> None:
    await line.say("done", seq=seq, job=job, outputs=OUTPUTS, report={"seconds": 1.5})


async def expect_release(line: Line, job: str) -> None:
    """Unless the host has gone first."""
    with contextlib.suppress(ConnectionClosed):
        release = await line.expect("release", job=job)
        await line.say("ok", re=release["id"])


def edited(job: Job) -> bool:
    return result_of(job) == from_wire(wire.Layout(WIDTH, HEIGHT, "rgba"), EDITED).data


def play(*scripts: Script, then: Callable[[Host], Any]) -> None:
    """Runs `then` in a thread of its own, as the host's is."""

    async def main() -> None:
        async with fake(*scripts) as found:
            address = ServerAddress(found.url, found.token)

            def host() -> None:
                with Host(lambda: address) as made:
                    then(made)

            await asyncio.to_thread(host)

    run(main())


def submit(host: Host, *, kind: str = "edit") -> Job:
    host.jobs._new_id = lambda: "job"
    source = source_of(IMAGE)
    return host.jobs.follow(source, inputs()) if kind == "live" else host.jobs.run(source, inputs(), "name")


def end(host: Host) -> Job:
    return host.end(submit(host))


def is_edited(host: Host) -> None:
    assert edited(end(host))


async def serve_all(line: Line, *, is_resumed: bool = False) -> None:
    await line.greet(is_resumed=is_resumed)
    await line.take(SENT)
    await line.accept("job")
    await done(line, "job", 1)
    await line.give(EDITED)
    await line.rest()


def test_it_says_who_it_is_and_in_what() -> None:
    async def serve(line: Line) -> None:
        hello = await line.greet()
        assert hello["client"] == {"name": "krita", "version": "1"}
        await line.rest()

    play(serve, then=Host.connected)


def test_an_upload_that_is_lost_in_the_middle_goes_on_where_it_was() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        offer = await line.expect("offer")
        await line.say("need", re=offer["id"], blob=offer["blob"], offset=0)
        await line.hear()
        line.drop()

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        offer = await line.expect("offer")
        await line.say("need", re=offer["id"], blob=offer["blob"], offset=262144)
        _, is_last, offset, _, payload = await line.hear()
        assert (is_last, offset, payload) == (True, 262144, SENT[262144:])
        await line.say("stored", blob=offer["blob"])
        await line.accept("job")
        await done(line, "job", 1)
        await line.give(EDITED)
        await line.rest()

    play(lose, go_on, then=is_edited)


def test_an_upload_that_the_server_refuses_for_good_ends_the_job() -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        offer = await line.expect("offer")
        await line.say("error", re=offer["id"], code="too_large", message="Too large.")
        await line.rest()

    def then(host: Host) -> None:
        job = end(host)
        assert (job.state, job.code) == ("failed", "too_large")

    play(serve, then=then)


def test_damaged_uploads_are_sent_again_and_not_for_ever() -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        for _ in range(5):
            offer = await line.expect("offer")
            await line.say("need", re=offer["id"], blob=offer["blob"], offset=0)
            while not (await line.hear())[1]:
                pass
            await line.say("error", re=None, code="bad_blob", message="Other bytes.")
        await line.rest()

    play(serve, then=lambda host: end(host).code == "bad_blob" or pytest.fail(end(host).code))


def test_a_submit_whose_answer_is_lost_is_asked_again() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.expect("submit", job="job")
        await line.say("state", seq=1, job="job", state="queued")
        line.drop()

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        await line.say("state", seq=2, job="job", state="running")
        await done(line, "job", 3)
        submitted = await line.expect("submit", job="job")
        await line.say("accepted", re=submitted["id"], job="job", state="done", is_duplicate=True)
        get = await line.expect("get", job="job")
        await line.say("jobs", re=get["id"], jobs=[{"job": "job", "kind": "submit", "state": "done"}])
        await line.give(EDITED)
        await line.rest()

    play(lose, go_on, then=is_edited)


def test_a_job_that_was_over_before_it_was_sent_again() -> None:
    async def serve(line: Line) -> None:
        await line.greet(next_seq=4)
        await line.take(SENT)
        await line.accept("job", "failed")
        get = await line.expect("get", job="job")
        failure = {"code": "out_of_memory", "message": "Too little."}
        jobs = [{"job": "job", "kind": "submit", "state": "failed", "failure": failure}]
        await line.say("jobs", re=get["id"], jobs=jobs)
        await expect_release(line, "job")
        await line.rest()

    def then(host: Host) -> None:
        job = end(host)
        assert (job.code, job.message) == ("out_of_memory", "Too little.")

    play(serve, then=then)


def test_a_download_that_is_lost_in_the_middle_goes_on() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await done(line, "job", 1)
        await line.give(EDITED, until=200_000)
        await asyncio.sleep(0.1)
        line.drop()

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        assert (await line.give(EDITED))["offset"] == 200_000
        await line.rest()

    play(lose, go_on, then=is_edited)


def test_a_download_that_is_wrong_is_asked_for_again() -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await done(line, "job", 1)
        fetch = await line.expect("fetch")
        await line.say_raw(frame(name_of(EDITED), 0, bytes(len(EDITED)), is_last=True))
        await line.say("ok", re=fetch["id"])
        await line.give(EDITED)
        await line.rest()

    play(serve, then=is_edited)


def test_events_that_were_lost_for_good_are_made_up_for() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        line.drop()

    async def forget(line: Line) -> None:
        await line.greet(next_seq=2000)
        get = await line.expect("get", job="job")
        jobs = [{"job": "job", "kind": "submit", "state": "done", "outputs": OUTPUTS}]
        await line.say("jobs", re=get["id"], jobs=jobs)
        await line.give(EDITED)
        await line.rest()

    play(lose, forget, then=is_edited)


def test_a_job_that_the_server_forgot_is_sent_again() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        line.drop()

    async def forget(line: Line) -> None:
        await line.greet(session="s-2")
        get = await line.expect("get", job="job")
        await line.say("error", re=get["id"], code="not_found", message="No such job.")
        offer = await line.expect("offer", blob=name_of(SENT))
        await line.say("have", re=offer["id"], blob=name_of(SENT))
        await line.accept("job")
        await done(line, "job", 1)
        await line.give(EDITED)
        await line.rest()

    play(lose, forget, then=is_edited)


def test_a_job_that_is_forgotten_again_and_again_ends() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        for _ in range(4):
            submitted = await line.expect("submit")
            await line.say("error", re=submitted["id"], code="not_found", message="No such blob.")
            offer = await line.expect("offer")
            await line.say("have", re=offer["id"], blob=offer["blob"])
        submitted = await line.expect("submit")
        await line.say("error", re=submitted["id"], code="not_found", message="No such blob.")
        await expect_release(line, "job")
        await line.rest()

    play(lose, then=lambda host: end(host).code == "interrupted" or pytest.fail("it went on"))


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
        await line.say("going_away", reason="soon")
        await done(line, "job", 3)
        await line.give(EDITED)
        await line.rest()

    play(serve, then=is_edited)


def test_a_preview_is_put_together_and_a_torn_one_is_not_shown() -> None:
    small, pixels = bytes(range(12)), {"width": 2, "height": 2, "channels": "rgb"}
    box = {"x": 1, "y": 2, "width": 2, "height": 2}

    async def serve(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.say("preview", job="job", blob=name_of(small), pixels=pixels, box=box, number=1)
        await line.say_raw(frame(name_of(small), 6, small[6:], is_last=True, kind=2))
        await line.say("preview", job="job", blob=name_of(small), pixels=pixels, box=box, number=2)
        await line.say_raw(frame(name_of(small), 0, small[:6], is_last=False, kind=2))
        await line.say_raw(frame(name_of(small), 6, small[6:], is_last=True, kind=2))
        await line.say("failed", seq=1, job="job", code="cancelled", message="Cancelled.")
        await expect_release(line, "job")
        await line.rest()

    def then(host: Host) -> None:
        job = end(host)
        assert [(event.number, event.box) for event in host.of(job, Shown)] == [(2, wire.Box(1, 2, 2, 2))]
        assert host.of(job, Shown)[0].picture.data[:4] == bytes([2, 1, 0, 255])

    play(serve, then=then)


# Live


def test_of_moves_that_come_faster_than_answers_the_newest_is_sent() -> None:
    async def serve(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        submitted = await line.expect("submit", is_live=True)
        await line.say("accepted", re=submitted["id"], job="job", state="queued")
        first = await line.expect("update", job="job", number=1)
        await line.say("state", seq=1, job="job", state="running")
        await asyncio.sleep(0.3)
        await line.say("ok", re=first["id"])
        last = await line.expect("update", job="job", number=50)
        await line.say("ok", re=last["id"])
        await line.say("failed", seq=2, job="job", code="worker_died", message="It died.")
        await expect_release(line, "job")
        await line.rest()

    def then(host: Host) -> None:
        job = submit(host, kind="live")
        assert host.jobs.pull(job.id, inputs(), ROOM, 1)
        host.until(lambda: job.state == "running")
        for number in range(2, 51):
            host.jobs.pull(job.id, inputs(), ROOM, number)
        host.end(job)
        assert job.code == "worker_died"

    play(serve, then=then)


def test_a_live_job_that_ended_with_its_socket_goes_on_under_another_name() -> None:
    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        first = await line.expect("update", number=1)
        await line.say("ok", re=first["id"])
        line.drop()

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        await line.say("failed", seq=1, job="job", code="cancelled", message="The socket went.")
        offer = await line.expect("offer")
        await line.say("have", re=offer["id"], blob=offer["blob"])
        again = await line.expect("submit", job="job..2", is_live=True)
        await line.say("accepted", re=again["id"], job="job..2", state="queued")
        await line.expect("update", job="job..2", number=1)
        await line.say("state", seq=2, job="job..2", state="running")
        await line.rest()

    def then(host: Host) -> None:
        job = submit(host, kind="live")
        host.jobs.pull(job.id, inputs(), ROOM, 1)
        host.until(lambda: job.state == "running")
        assert not host.of(job, Ended)

    play(lose, go_on, then=then)


# How a connection ends


@pytest.mark.parametrize(("code", "why"), [(4401, "token"), (4409, "replaced")])
def test_a_server_that_wants_no_more_of_us_is_left_alone(code: int, why: str) -> None:
    async def refuse(line: Line) -> None:
        await line.greet()
        await line.close(code)

    async def again(line: Line) -> None:
        hello = await line.greet()
        assert (hello.get("resume") is None) == (why == "replaced")
        await line.rest()

    def then(host: Host) -> None:
        host.until(host.is_on("refused", why))
        host.client.retry()
        host.connected()

    play(refuse, again, then=then)


@pytest.mark.parametrize("code", [1000, 1001, 1012, 4400, 4408])
def test_after_any_other_end_it_comes_back(code: int) -> None:
    async def close(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.say("going_away", reason="a new version")
        await line.close(code)

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        await done(line, "job", 1)
        await line.give(EDITED)
        await line.rest()

    play(close, go_on, then=is_edited)


def test_a_server_of_another_version_is_said_once() -> None:
    async def refuse(line: Line) -> None:
        hello = await line.expect("hello")
        await line.say("error", re=hello["id"], code="unsupported", message="Version 9 only.")
        await line.rest()

    def then(host: Host) -> None:
        host.until(host.is_on("refused", "version"))

    play(refuse, then=then)


def test_a_server_without_room_is_tried_again() -> None:
    async def refuse(line: Line) -> None:
        hello = await line.expect("hello")
        await line.say("error", re=hello["id"], code="limit_reached", message="No room.")
        await line.rest()

    def then(host: Host) -> None:
        job = submit(host)
        host.until(host.is_on("no_server", "busy"))
        assert edited(host.end(job))
        lines = [event.line for event in host.heard if isinstance(event, Status)]
        assert lines == ["connecting", "no_server", "connected"]

    play(refuse, refuse, serve_all, then=then)


def test_what_says_no_welcome_is_no_server_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "WELCOME_S", 0.2)

    async def say_nothing(line: Line) -> None:
        await line.expect("hello")
        await line.rest()

    def then(host: Host) -> None:
        job = submit(host)
        host.until(host.is_on("no_server", "strange"))
        assert edited(host.end(job))

    play(say_nothing, serve_all, then=then)


def test_a_question_that_is_never_answered_is_asked_on_another_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_S", 0.3)

    async def say_nothing(line: Line) -> None:
        await line.greet()
        await line.expect("offer")
        await line.rest()

    async def go_on(line: Line) -> None:
        with contextlib.suppress(Exception):
            await serve_all(line, is_resumed=True)

    play(say_nothing, go_on, then=is_edited)


def test_a_cancel_while_the_server_is_away_reaches_it_when_it_is_back() -> None:
    cancelled: list[Any] = []

    async def lose(line: Line) -> None:
        await line.greet()
        await line.take(SENT)
        await line.accept("job")
        await line.say("state", seq=1, job="job", state="running")
        await line.expect("cancel", job="job")
        line.drop()

    async def go_on(line: Line) -> None:
        await line.greet(is_resumed=True)
        cancelled.append(await line.expect("cancel", job="job"))
        await line.say("ok", re=cancelled[0]["id"])
        await line.rest()

    def then(host: Host) -> None:
        job = submit(host)
        host.until(lambda: job.state == "running")
        host.jobs.cancel(job.id)
        assert host.end(job).state == "cancelled"
        wait_until(lambda: bool(cancelled))

    play(lose, go_on, then=then)

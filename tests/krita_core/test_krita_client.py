"""The plugin's client and jobs with a real server, and a network that fails."""

import contextlib
import logging
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from krita_dragbrush.core import session
from krita_dragbrush.core.events import Ended, Finished, Sent, Shown, Status
from krita_dragbrush.core.later import leave, take_up
from krita_dragbrush.core.orders import Aim, Order
from krita_dragbrush.core.pixels import Raster
from krita_dragbrush.core.points import Pair
from krita_dragbrush.core.runtime import ServerAddress, find_server
from plugin_host import ROOM, Host, inputs, inverted, picture, result_of, source_of

from krita_dragbrush import wire
from live_server import Process, in_a_process


@pytest.fixture
def host(server: Process) -> Any:
    with Host(lambda: find_server(server.folder)) as host:
        yield host


@pytest.mark.parametrize("channels", ["rgba", "graya"])
@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_layers_of_every_kind_come_back_in_krita_s_order(host: Host, channels: str, depth: str) -> None:
    image, mask = picture(1, channels=channels, depth=depth), picture(2, channels="gray")

    job = host.run(image, source=source_of(image, mask, left=7, top=9), pairs=[Pair((8, 10), (9, 12))])
    host.end(job)

    (placed,) = job.result
    assert placed.picture.data == inverted(image)
    assert (placed.rect.left, placed.rect.top, placed.rect.size) == (7, 9, (40, 30))
    assert (placed.picture.channels, placed.picture.depth) == (channels, depth)
    assert job.report is not None
    assert job.report.seed == 42


def test_the_status_tells_what_the_server_can_do(host: Host) -> None:
    host.connected()

    assert host.status.welcome is not None
    assert host.status.welcome.model.id == "echo"
    assert [event.line for event in host.heard if isinstance(event, Status)] == ["connecting", "connected"]


def test_a_job_tells_its_states_progress_and_previews(host: Host) -> None:
    job = host.end(host.run(picture(3), "steps=30 step_ms=10"))

    assert [event.state for event in host.of(job, wire.State)] == ["queued", "running"]
    steps = [event.step for event in host.of(job, wire.Progress)]
    assert steps == sorted(steps)
    assert len(steps) > 3
    assert host.of(job, Sent)[-1].fraction == 1
    preview = host.of(job, Shown)[-1]
    assert (preview.picture.channels, preview.picture.depth) == ("rgba", "u8")
    assert host.of(job, Finished) == host.heard[-1:]


def test_the_same_picture_is_sent_once(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    converted = []
    to_wire = session.to_wire
    monkeypatch.setattr(session, "to_wire", lambda raster, icc: converted.append(raster) or to_wire(raster, icc))

    for _ in range(3):
        job = host.end(host.jobs.run(source_of(picture(4)), inputs(), "name"))
        assert result_of(job) == inverted(picture(4))
        host.jobs.take(job.id)

    assert len(converted) == 1


def test_a_cancel_ends_a_running_job_soon(host: Host) -> None:
    job = host.run(picture(5), "steps=1000 step_ms=5")
    host.until(lambda: job.progress)

    began = time.monotonic()
    host.jobs.cancel(job.id)
    assert job.state == "cancelling"
    host.end(job)

    assert job.state == "cancelled"
    assert time.monotonic() - began < 5


def test_a_cancel_ends_a_job_that_is_being_sent(host: Host) -> None:
    host.connected()
    job = host.run(picture(6, width=900, height=900), "steps=1000 step_ms=5")
    host.jobs.cancel(job.id)

    assert host.end(job).state == "cancelled"
    assert result_of(host.end(host.run(picture(7)))) == inverted(picture(7))


def test_a_cancel_needs_no_server() -> None:
    with Host(lambda: None) as host:
        job = host.run(picture(5))
        host.until(host.is_on("no_server"))
        host.jobs.cancel(job.id)

        assert host.end(job).state == "cancelled"


@pytest.mark.parametrize(
    ("prompt", "code"), [("break", "out_of_memory"), ("fault", "internal"), ("die", "worker_died")]
)
def test_a_failed_job_has_the_server_s_code(host: Host, prompt: str, code: str) -> None:
    job = host.end(host.run(picture(8), prompt))

    assert (job.state, job.code) == ("failed", code)


def test_a_refused_job_has_the_server_s_code(host: Host) -> None:
    job = host.end(host.run(picture(9), pairs=[Pair((1, 1), (2, 4000))]))

    assert (job.state, job.code) == ("failed", "bad_request")
    assert host.of(job, Ended)[0].path == "$.drags[0].target"


@pytest.mark.parametrize("length", [3_000, 300_000, 3_000_000])
def test_a_request_that_is_too_long_is_one_error_and_the_connection_stays(host: Host, length: int) -> None:
    job = host.end(host.run(picture(10), "a" * length))

    assert job.code in ("too_large", "bad_message")
    assert result_of(host.end(host.run(picture(10)))) == inverted(picture(10))
    assert sum(isinstance(event, Status) for event in host.heard) == 2


def test_a_prepare_is_made_once_for_the_same_picture(host: Host) -> None:
    first = host.jobs.prepare(source_of(picture(11)), inputs())
    again = host.jobs.prepare(source_of(picture(11)), inputs(pairs=[Pair((5, 5), (9, 9))]))
    other = host.jobs.prepare(source_of(picture(12)), inputs())

    assert first is not None
    assert again is None
    assert other is not None
    assert host.end(other).state == "done"
    assert host.jobs.prepare(source_of(picture(12)), inputs()) is None
    assert host.jobs.get(first.id) is None


# Live


def test_a_live_job_shows_where_the_hand_is_at_last(host: Host) -> None:
    live = host.jobs.follow(source_of(picture(13)), inputs(speed="instant", prompt="step_ms=20"))
    for number in range(1, 101):
        assert host.jobs.pull(live.id, inputs(pairs=[Pair((1, 1), (number / 4, 2))]), ROOM, number)

    host.until(lambda: live.preview and live.preview.number == 100)

    numbers = [event.number for event in host.of(live, Shown)]
    assert numbers == sorted(numbers)
    assert len(numbers) < 60


def test_a_hand_that_leaves_the_part_that_was_sent_is_said_to(host: Host) -> None:
    live = host.jobs.follow(source_of(picture(13)), inputs(speed="instant"))

    assert not host.jobs.pull(live.id, inputs(pairs=[Pair((1, 1), (40, 2))]), ROOM, 1)
    assert not host.jobs.pull(live.id, inputs(pairs=[]), ROOM, 1)


def test_a_live_job_outlives_its_socket(host: Host) -> None:
    live = host.jobs.follow(source_of(picture(14)), inputs(speed="instant"))
    host.jobs.pull(live.id, inputs(), ROOM, 1)
    host.until(lambda: live.preview and live.preview.number == 1)

    host.client.drop()
    host.jobs.pull(live.id, inputs(), ROOM, 2)

    host.until(lambda: live.preview and live.preview.number == 2)
    host.jobs.cancel(live.id)
    assert host.end(live).state == "cancelled"


def test_another_live_job_takes_the_place_of_the_one_before(host: Host) -> None:
    first = host.jobs.follow(source_of(picture(15)), inputs(speed="instant"))
    second = host.jobs.follow(source_of(picture(15)), inputs(speed="instant"))
    host.jobs.pull(second.id, inputs(), ROOM, 5)

    host.until(lambda: second.preview and second.preview.number == 5)
    assert host.jobs.get(first.id) is None


# Losses


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_lost_every_job_ends_once_and_right(host: Host, seed: int) -> None:
    """Sockets are lost at random moments: in uploads, before answers, between events, in downloads."""
    chance = random.Random(seed)
    images = [picture(100 * seed + number, width=300, height=250) for number in range(4)]
    is_over = threading.Event()

    def lose_it() -> None:
        while not is_over.wait(chance.uniform(0, 0.06)):
            host.client.drop()

    losing = threading.Thread(target=lose_it)
    losing.start()
    try:
        jobs = [host.run(image, f"steps={chance.randint(1, 8)} step_ms=5") for image in images]
        for job in jobs:
            host.end(job)
    finally:
        is_over.set()
        losing.join()

    for image, job in zip(images, jobs, strict=True):
        assert result_of(job) == inverted(image)
        assert [event.state for event in host.of(job, wire.State) if event.seq] == ["queued", "running"]
        assert len(host.of(job, Finished)) == 1


def test_a_server_that_is_killed_and_started_again_finishes_the_jobs(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(in_a_process(folder))
        host = stack.enter_context(Host(lambda: find_server(folder))).connected()
        jobs = [host.run(picture(20 + number), "steps=20 step_ms=10") for number in range(3)]
        host.until(lambda: jobs[0].progress)

        first.kill()
        host.until(host.is_on("no_server"))
        stack.enter_context(in_a_process(folder))

        for number, job in enumerate(jobs):
            assert result_of(host.end(job)) == inverted(picture(20 + number))
        assert host.of(jobs[0], wire.State)[-1].attempt == 2


def test_a_server_that_lost_everything_is_sent_the_jobs_again(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(in_a_process(tmp_path / "one"))
        folders = [tmp_path / "one"]
        host = stack.enter_context(Host(lambda: find_server(folders[-1]))).connected()
        job = host.run(picture(30), "steps=20 step_ms=10")
        host.until(lambda: job.progress)

        first.kill()
        folders.append(tmp_path / "two")
        stack.enter_context(in_a_process(tmp_path / "two"))

        assert result_of(host.end(job)) == inverted(picture(30))


def test_results_are_fetched_by_the_host_s_next_life(server: Process, tmp_path: Path) -> None:
    file = tmp_path / "left.json"
    with Host(lambda: find_server(server.folder)) as first:
        over, going = first.run(picture(31)), first.run(picture(32), "steps=20 step_ms=10")
        first.end(over)
        first.until(lambda: going.progress)
        leave(file, first.client.resume, first.jobs.left())

    left = take_up(file)
    assert left is not None
    assert take_up(file) is None
    with Host(lambda: find_server(server.folder), resume=left.resume) as second:
        for job in left.jobs:
            second.jobs.adopt(job)
        ended = [second.end(job) for job in left.jobs]

        assert [result_of(job) for job in ended] == [inverted(picture(31)), inverted(picture(32))]
        assert second.jobs.waiting("doc") == tuple(ended)
        for job in ended:
            second.jobs.take(job.id)
        second.connected()


def test_a_result_that_nobody_has_any_more_is_said_to_be_gone(host: Host) -> None:
    job = host.end(host.run(picture(33)))
    host.jobs.take(job.id)
    host.jobs.forget(job.id)

    lost = host.run(picture(33))
    host.end(lost)
    host.client.look_for("never-sent")
    host.until(lambda: [event for event in host.heard if isinstance(event, Ended) and event.job == "never-sent"])

    assert host.heard[-1].code == "interrupted"


# States of the connection


def test_without_a_server_it_says_so_and_finds_it_when_it_comes(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    with Host(lambda: find_server(folder)) as host:
        host.until(host.is_on("no_server"))
        job = host.run(picture(40))
        with in_a_process(folder):
            assert result_of(host.end(job)) == inverted(picture(40))


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:9/v1/ws", "127.0.0.1:9", "http://127.0.0.1:9/", "ws://127.0.0.1:99999/"]
)
def test_where_nobody_answers_it_says_so(url: str) -> None:
    with Host(lambda: ServerAddress(url, "token")) as host:
        host.until(host.is_on("no_server", "silent"))


def test_a_wrong_token_is_refused_until_there_is_another(server: Process) -> None:
    tokens = ["wrong"]

    def find() -> ServerAddress:
        return ServerAddress(f"ws://127.0.0.1:{server.port}/v1/ws", tokens[-1])

    with Host(find) as host:
        host.until(host.is_on("refused", "token"))
        tokens.append(server.token)
        host.connected()


def test_a_second_krita_in_the_same_session_does_not_fight_the_first(server: Process) -> None:
    def find() -> ServerAddress | None:
        return find_server(server.folder)

    with Host(find) as first:
        first.connected()
        with Host(find, resume=first.client.resume) as second:
            second.connected()
            first.until(first.is_on("refused", "replaced"))
            first.client.retry()
            first.connected()
            assert result_of(first.end(first.run(picture(41)))) == inverted(picture(41))
            assert result_of(second.end(second.run(picture(42)))) == inverted(picture(42))


def test_no_secret_is_logged_or_shown(server: Process, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Host(lambda: find_server(server.folder)) as host:
        host.end(host.run(picture(43), "steps=2 secret-prompt"))
        host.client.drop()
        host.end(host.run(picture(44), "fault secret-prompt"))

    shown = caplog.text + repr(host.heard) + repr(find_server(server.folder))
    assert server.token not in shown
    assert "secret-prompt" not in shown


def test_calls_return_at_once_and_a_stop_does_not_hang(server: Process) -> None:
    host = Host(lambda: find_server(server.folder))
    with host:
        host.connected()
        large = Raster(3000, 2000, "rgba", "u8", bytes(3000 * 2000 * 4))
        began = time.monotonic()
        job = host.run(large, "steps=1000 step_ms=5")
        host.jobs.cancel(job.id)
        assert time.monotonic() - began < 0.5
        host.run(picture(46), "steps=1000 step_ms=5")
        began = time.monotonic()

    assert time.monotonic() - began < 5
    assert host.client.resume is not None
    host.client.submit(None)  # type: ignore[arg-type]  after the end nothing is taken and nothing fails
    assert not [thread for thread in threading.enumerate() if thread.name == "dragbrush"]


def test_a_host_that_fails_to_take_an_event_does_not_end_the_connection(server: Process) -> None:
    heard: list[Any] = []

    def tell(event: Any) -> None:
        heard.append(event)
        raise RuntimeError("the window is gone")

    host = Host(lambda: find_server(server.folder))
    host.client._host = tell
    with host:
        host.client.submit(Order("j", "edit", picture(47), None, Aim((wire.Drag((1, 1), (2, 2)),))))
        until = time.monotonic() + 20
        while not any(isinstance(event, Finished) for event in heard):
            assert time.monotonic() < until
            time.sleep(0.01)

"""Whole conversations, by a client that knows JSON and websockets and nothing of ours."""

import asyncio
import contextlib
import json
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from test_routes import pair
from websockets.exceptions import ConnectionClosed

from dragbrush.net import websocket as ours
from dragbrush.protocol.messages import Ok
from dragbrush.service.outbox import MAX_WAITING, Outbox
from live_server import Process, bearer, live, request, wait_until
from raw_client import DRAGS, RawClient, frame, name_of
from serving import run

LONG = "steps=200 step_ms=5"


@pytest.fixture
def raw(server: Process) -> Any:
    with RawClient(server.port, server.token) as client:
        client.hello()
        yield client


def sockets(port: int, token: str) -> int:
    return json.loads(request(port, "GET", "/v1/status", [bearer(token)]).body)["sockets"]


def is_open(port: int, other: int) -> bool:
    """Whether the server, of this process, still holds its half."""
    held = psutil.Process().net_connections("tcp")
    return any((c.laddr.port, c.raddr.port) == (port, other) for c in held if c.raddr and c.status == "ESTABLISHED")


def closed_with(client: RawClient) -> int:
    with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012  how many messages come before is not told
        while True:
            client.hear()
    return closed.value.rcvd.code if closed.value.rcvd is not None else 1006


def test_from_hello_to_the_result(server: Process) -> None:
    with RawClient(server.port, server.token, is_browser=True) as client:
        welcome = client.hello()
        image, data = client.picture()
        accepted = client.submit("job-1", image, "steps=20 step_ms=5")
        done = client.until("done", job="job-1")
        (output,) = done["outputs"]
        samples = client.fetch(output["blob"], len(data))

    assert welcome["session"] == {"id": welcome["session"]["id"], "is_resumed": False, "next_seq": 1}
    assert welcome["tools"][0]["speeds"]
    assert accepted["state"] in ("queued", "running")
    assert samples == bytes(255 - byte for byte in data)
    kinds = [message["type"] for message in client.heard if isinstance(message, dict)]
    assert {"progress", "preview"} <= set(kinds)
    states = [m["state"] for m in client.heard if isinstance(m, dict) and m["type"] == "state"]
    assert states == ["queued", "running"]
    assert client.seqs == [1, 2, 3]
    previews = [message for message in client.heard if isinstance(message, tuple) and message[0] == 2]
    announced = [m["blob"] for m in client.heard if isinstance(m, dict) and m["type"] == "preview"]
    assert [blob for _, _, _, blob, _ in previews] == announced
    assert all(name_of(payload) == blob for _, _, _, blob, payload in previews)


def test_a_welcome_names_the_device_once_the_worker_told_it(server: Process) -> None:
    with RawClient(server.port, server.token) as first:
        first.hello()
        image, _ = first.picture()
        first.submit("device", image)
        first.until("done", job="device")
    with RawClient(server.port, server.token) as later:
        welcome = later.hello()

    assert welcome["device"] == "echo"


def test_a_lost_socket_misses_nothing_and_hears_nothing_twice(server: Process) -> None:
    with RawClient(server.port, server.token) as first:
        session = first.hello()["session"]["id"]
        image, _ = first.picture(seed=1)
        for number in range(3):
            first.submit(f"job-{number}", image, "steps=10 step_ms=10")
        first.until("state", state="running")
        first.drop()
    time.sleep(0.2)
    seqs = list(first.seqs)
    ended: set[str] = set()
    while len(ended) < 3:
        with RawClient(server.port, server.token) as again:
            resumed = again.hello(resume={"session": session, "last_seq": seqs[-1]})["session"]
            assert (resumed["id"], resumed["is_resumed"]) == (session, True)
            ended.add(again.until("done")["job"])
            again.drop()
        seqs += again.seqs

    assert seqs == list(range(1, len(seqs) + 1))


def test_a_job_finishes_without_its_client_or_ends_with_it(server: Process) -> None:
    with RawClient(server.port, server.token) as first:
        session = first.hello()["session"]["id"]
        image, _ = first.picture(seed=2)
        first.submit("keep", image, "steps=5")
        first.submit("cancel", image, LONG, on_disconnect="cancel")
        last = first.until("state", job="cancel", state="queued")["seq"]
    with RawClient(server.port, server.token) as again:
        again.hello(resume={"session": session, "last_seq": last})
        jobs = {job["job"]: job for job in again.ask("list")["jobs"]}
        while jobs["keep"]["state"] != "done" or jobs["cancel"]["state"] != "failed":
            jobs = {job["job"]: job for job in again.ask("list")["jobs"]}
            time.sleep(0.01)

    assert jobs["cancel"]["failure"]["code"] == "cancelled"


def test_another_socket_of_a_session_takes_it_over(server: Process) -> None:
    with RawClient(server.port, server.token) as first, RawClient(server.port, server.token) as second:
        session = first.hello()["session"]["id"]
        image, _ = first.picture(seed=3)

        assert second.hello(resume={"session": session, "last_seq": 0})["session"]["is_resumed"]
        assert closed_with(first) == 4409
        second.submit("after", image)
        assert second.until("done", job="after")


def test_a_session_is_not_resumed_with_another_owners_token(server: Process) -> None:
    with RawClient(server.port, server.token) as mine, RawClient(server.port, pair(server, "other")) as other:
        session = mine.hello()["session"]["id"]
        image, _ = mine.picture(seed=4)
        mine.submit("mine", image)

        answer = other.hello(resume={"session": session, "last_seq": 0})["session"]

        assert not answer["is_resumed"]
        assert answer["id"] != session
        assert other.ask("list")["jobs"] == []
        assert other.ask("get", job="mine")["code"] == "not_found"
        assert mine.until("done", job="mine")


def test_results_are_for_the_session_that_asked_for_them(server: Process, raw: RawClient) -> None:
    image, data = raw.picture(seed=5)
    raw.submit("job", image)
    (output,) = raw.until("done")["outputs"]
    absent = raw.ask("fetch", blob="0" * 64)
    with RawClient(server.port, pair(server, "thief")) as other:
        other.hello()
        answers = [other.ask("fetch", blob=blob) for blob in (output["blob"], image["blob"], "0" * 64)]
        own, _ = other.picture(seed=5)
        other.submit("job", own)
        other.until("done")

        assert other.fetch(output["blob"], len(data)) == raw.fetch(output["blob"], len(data))
    assert {answer["code"] for answer in answers} == {"not_found"}
    assert len({answer["message"] for answer in [*answers, absent]}) == 1
    raw.ask("release", job="job")
    assert raw.ask("fetch", blob=output["blob"])["code"] == "not_found"


def test_a_download_goes_on_from_an_offset(raw: RawClient) -> None:
    image, data = raw.picture(width=600, height=500, seed=6)
    raw.submit("large", image)
    (output,) = raw.until("done")["outputs"]
    inverted = bytes(255 - byte for byte in data)

    number, got = raw.say("fetch", blob=output["blob"], offset=300_001), bytearray(inverted[:300_001])
    while not isinstance(message := raw.hear(), dict) or message.get("re") != number:
        if isinstance(message, tuple) and message[0] == 1:
            assert message[2] == len(got)
            got += message[4]

    assert got == inverted
    assert raw.ask("fetch", blob=output["blob"], offset=2**40)["type"] == "ok"


def test_too_many_downloads_at_once_are_refused_not_queued(raw: RawClient) -> None:
    image, _ = raw.picture(width=1500, height=1500, seed=7)
    raw.submit("large", image)
    (output,) = raw.until("done")["outputs"]

    numbers = [raw.say("fetch", blob=output["blob"]) for _ in range(30)]
    answers: dict[str, Any] = {}
    while len(answers) < len(numbers):
        message = raw.hear()
        raw.heard.clear()
        if isinstance(message, dict) and "re" in message:
            answers[message["re"]] = message

    kinds = [answers[number]["type"] for number in numbers]
    assert kinds[0] == "ok"
    assert {answer["code"] for answer in answers.values() if answer["type"] == "error"} == {"limit_reached"}


def test_an_upload_goes_on_after_a_lost_socket(server: Process) -> None:
    data = bytes(range(256)) * 4000
    blob = name_of(data)
    with RawClient(server.port, server.token) as first:
        session = first.hello()["session"]["id"]
        first.ask("offer", blob=blob, bytes=len(data))
        first.socket.send(frame(blob, 0, data[:400_000], is_last=False))
        first.ask("list")
        first.drop()
    with RawClient(server.port, server.token) as again:
        again.hello(resume={"session": session, "last_seq": 0})
        need = again.ask("offer", blob=blob, bytes=len(data))
        again.socket.send(frame(blob, need["offset"], data[need["offset"] :], is_last=True))

        assert need["offset"] == 400_000
        assert again.until("stored")["blob"] == blob
        assert again.ask("offer", blob=blob, bytes=len(data))["type"] == "have"


def test_no_hello_no_conversation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "HELLO_S", 0.2)

    async def main() -> None:
        async with live(tmp_path) as runtime:
            codes = await asyncio.gather(
                *(asyncio.to_thread(_silent, runtime.port, runtime.token, text) for text in ("", "{}", "[", '"hello"'))
            )
            assert codes == [4408] * 4

    run(main())


def _silent(port: int, token: str, text: str) -> int:
    with RawClient(port, token) as client:
        if text:
            client.socket.send(text)
        return closed_with(client)


def test_all_before_hello_is_refused_and_hello_comes_once(server: Process) -> None:
    with RawClient(server.port, server.token) as client:
        early = client.ask("list")
        client.socket.send(frame("0" * 64, 0, b"abc", is_last=True))
        frame_early = client.until("error")
        unknown_version = client.ask("hello", versions=[7, 9], client={"name": "raw", "version": "1"})
        first, second = client.hello(), client.hello()

    assert early["code"] == frame_early["code"] == second["code"] == "bad_order"
    assert unknown_version["code"] == "unsupported"
    assert first["type"] == "welcome"


def test_two_that_talk_at_once_hear_only_their_own(server: Process) -> None:
    def edit(seed: int) -> list[Any]:
        with RawClient(server.port, server.token) as client:
            client.hello()
            image, _ = client.picture(seed=seed)
            client.submit("same-id", image, "steps=3 step_ms=20")
            client.until("done")
            return client.heard

    heard: list[list[Any]] = []
    threads = [threading.Thread(target=lambda seed=seed: heard.append(edit(seed))) for seed in (8, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(heard) == 2
    for messages in heard:
        assert [m["type"] for m in messages if isinstance(m, dict)].count("done") == 1


def test_who_reads_nothing_is_cut_off_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "WRITE_S", 0.3)
    monkeypatch.setattr(ours, "CLOSE_S", 0.3)

    def client(port: int, token: str) -> None:
        with RawClient(port, token, max_queue=1) as raw:
            session = raw.hello()["session"]["id"]
            image, _ = raw.picture(width=1500, height=1500)
            raw.submit("job", image)
            (output,) = raw.until("done")["outputs"]
            for _ in range(8):
                raw.say("fetch", blob=output["blob"])
            wait_until(lambda: sockets(port, token) == 0)
            wait_until(lambda: not is_open(port, raw.socket.local_address[1]))  # nor waits to be emptied
            with pytest.raises(ConnectionClosed):  # noqa: PT012
                while True:
                    raw.hear()
        with RawClient(port, token) as raw:
            assert raw.hello(resume={"session": session, "last_seq": 3})["session"]["is_resumed"]
            assert raw.ask("list")["jobs"][0]["state"] == "done"

    async def main() -> None:
        async with live(tmp_path) as runtime:
            await asyncio.to_thread(client, runtime.port, runtime.token)

    run(main())


def test_who_asks_more_than_it_reads_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dragbrush.service import outbox

    monkeypatch.setattr(outbox, "MAX_WAITING", 50)
    monkeypatch.setattr(ours, "CLOSE_S", 0.3)

    def client(port: int, token: str) -> None:
        with RawClient(port, token, max_queue=1) as raw:
            raw.hello()
            image, _ = raw.picture()
            for number in range(20):
                raw.submit(f"job-{number}", image, LONG)
            with contextlib.suppress(ConnectionClosed):
                for _ in range(200_000):
                    raw.say("list")
            assert closed_with(raw) in (4408, 1006)

    async def main() -> None:
        async with live(tmp_path) as runtime:
            await asyncio.to_thread(client, runtime.port, runtime.token)

    run(main())


def test_who_was_told_too_much_is_cut_off_also_when_it_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would wait for what was left out."""
    boxes: list[Outbox] = []

    class Kept(Outbox):
        def __init__(self) -> None:
            super().__init__()
            boxes.append(self)

    monkeypatch.setattr(ours, "Outbox", Kept)

    async def main() -> None:
        async with live(tmp_path) as runtime:
            with await asyncio.to_thread(RawClient, runtime.port, runtime.token) as raw:
                await asyncio.to_thread(raw.hello)
                for _ in range(MAX_WAITING + 1):
                    boxes[0].put(Ok("x"))
                assert await asyncio.to_thread(closed_with, raw) == 4408

    run(main())


def test_a_client_that_missed_as_much_as_is_kept_can_resume(server: Process) -> None:
    with RawClient(server.port, server.token) as first:
        session = first.hello()["session"]["id"]
        image, _ = first.picture(seed=10)
        for number in range(333):
            first.submit(f"job-{number}", image, "steps=1 step_ms=0", preview_px=0)
            first.until("done", job=f"job-{number}")
        first.submit("last", image, "steps=1 step_ms=0", preview_px=0)
    assert len(first.seqs) >= 1000
    newest = 1002
    with RawClient(server.port, server.token) as again:
        time.sleep(0.3)
        resumed = again.hello(resume={"session": session, "last_seq": newest - 1000})
        again.until("done", job="last")
        assert resumed["session"]["is_resumed"]
        assert again.seqs == list(range(newest - 999, newest + 1))
    with RawClient(server.port, server.token) as again:
        lost = again.hello(resume={"session": session, "last_seq": 1})
        assert (lost["session"]["id"], lost["session"]["is_resumed"]) == (session, False)
        assert len(again.ask("list")["jobs"]) == 334


def test_a_live_job_shows_the_newest_hand(raw: RawClient) -> None:
    image, _ = raw.picture(seed=11)
    raw.submit("live", image, "step_ms=20", speed="instant", is_live=True)
    for number in range(1, 41):
        assert raw.ask("update", job="live", drags=DRAGS, number=number)["type"] == "ok"
    raw.until("preview", number=40)
    raw.ask("cancel", job="live")
    failed = raw.until("failed", job="live")

    shown = [m.get("number", 0) for m in raw.heard if isinstance(m, dict) and m["type"] == "preview"]
    assert shown == sorted(set(shown))
    assert len(shown) < 41
    assert failed["code"] == "cancelled"

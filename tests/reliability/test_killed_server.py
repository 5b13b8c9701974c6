"""`dragbrush serve`, killed as kill -9 does and started again: what waited is done, what was finished is there."""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from dragbrush.net.runtime import Runtime, read_runtime
from raw_client import RawClient

START_S = 30
LIVES = 5
"""Of the server; in the last one no more jobs are sent."""
ENDS = ("done", "failed")


@contextlib.contextmanager
def serve(home: Path) -> "Iterator[tuple[subprocess.Popen[bytes], Runtime]]":
    process = subprocess.Popen(
        [sys.executable, "-m", "dragbrush", "serve", "--echo", "--port", "0"],
        env=os.environ | {"DRAGBRUSH_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + START_S
        while (runtime := read_runtime(home)) is None or runtime.process != process.pid:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        yield process, runtime
    finally:
        process.kill()
        process.wait()


def test_queued_jobs_and_finished_results_survive(tmp_path: Path) -> None:
    with serve(tmp_path) as (process, runtime), RawClient(runtime.port, runtime.token) as client:
        session = client.hello()["session"]["id"]
        image, data = client.picture(width=200, height=100)
        client.submit("over", image)
        (output,) = client.until("done", job="over")["outputs"]
        client.submit("begun", image, "steps=40 step_ms=20")
        for number in range(3):
            client.submit(f"waits-{number}", image)
        client.until("progress", job="begun")
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        assert not psutil.wait_procs(workers, timeout=5)[1]

    with serve(tmp_path) as (_, runtime), RawClient(runtime.port, runtime.token) as again:
        resumed = again.hello(resume={"session": session, "last_seq": max(client.seqs)})
        assert resumed["session"]["is_resumed"]
        assert again.fetch(output["blob"], len(data)) == bytes(255 - byte for byte in data)
        for job in ("begun", "waits-0", "waits-1", "waits-2"):
            (output,) = again.until("done", job=job)["outputs"]
            assert again.fetch(output["blob"], len(data)) == bytes(255 - byte for byte in data)

        attempts = [m.get("attempt", 1) for m in again.heard if isinstance(m, dict) and m.get("state") == "running"]
        assert attempts[0] == 2
        seqs = [*client.seqs, *again.seqs]
        assert seqs == list(range(1, len(seqs) + 1))


def test_killed_at_any_moment_each_job_ends_once_and_the_story_goes_on(tmp_path: Path) -> None:
    chance, heard, number, resume = random.Random(5), list[Any](), 0, None
    for life in range(LIVES):
        with serve(tmp_path) as (process, runtime), RawClient(runtime.port, runtime.token) as client:
            hello = client.hello(resume=resume)["session"]
            assert hello["is_resumed"] == (life > 0)
            image, _ = client.picture()
            until = time.monotonic() + chance.uniform(0.02, 0.4)
            while life < LIVES - 1 and time.monotonic() < until:
                number += 1
                client.submit(f"job-{number}", image, f"steps={chance.randint(1, 10)} step_ms=4")
                time.sleep(chance.uniform(0, 0.03))
            if life == LIVES - 1:
                for job in {m["job"] for m in [*heard, *_reliable(client)]} - _ended([*heard, *_reliable(client)]):
                    while job not in _ended(_reliable(client)):
                        client.hear()
            process.kill()
            heard += _reliable(client)
            resume = {"session": hello["id"], "last_seq": len(heard)}

    assert [m["seq"] for m in heard] == list(range(1, len(heard) + 1))
    ends = [m["job"] for m in heard if m["type"] in ENDS]
    assert sorted(ends) == sorted({m["job"] for m in heard})
    assert {m["code"] for m in heard if m["type"] == "failed"} <= {"interrupted"}


def _reliable(client: RawClient) -> list[Any]:
    return [m for m in client.heard if isinstance(m, dict) and "seq" in m]


def _ended(messages: list[Any]) -> set[str]:
    return {m["job"] for m in messages if m["type"] in ENDS}

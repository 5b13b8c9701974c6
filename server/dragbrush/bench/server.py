"""The benchmark of the server: how long a client waits, measured on a server of its own with an echoing worker."""

import asyncio
import contextlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

from dragbrush.client import Client, ServerAddress, find_server
from dragbrush.edit import Drag
from dragbrush.errors import Cancelled, NoServer
from dragbrush.net.control import status
from dragbrush.net.runtime import read_runtime
from dragbrush.protocol.messages import List, State

START_S = 20.0
_DRAGS = [Drag((1, 1), (2, 2))]
_SMALL = np.zeros((8, 8, 3), np.uint8)
IDLE, ACTIVE = 200, 16


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table."""

    what: str
    value: float
    unit: str
    wanted: float
    """At most; in the same unit."""
    count: int
    """Values that it is taken from."""

    @property
    def is_reached(self) -> bool:
        return self.value <= self.wanted


@dataclass(frozen=True, slots=True)
class ServerTable:
    measures: tuple[Measure, ...]

    def markdown(self) -> str:
        lines = ["| what | measured | at most | n | |", "|---|--:|--:|--:|---|"]
        for m in self.measures:
            verdict = "reached" if m.is_reached else "SHORT"
            lines.append(f"| {m.what} | {m.value:.4g} {m.unit} | {m.wanted:g} {m.unit} | {m.count} | {verdict} |")
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        return json.dumps([asdict(m) for m in self.measures], indent=1) + "\n"


def run_server_bench(*, load_s: float, upload_mb: int, on_progress: Callable[[str], None]) -> ServerTable:
    """`load_s`: how long many clients are served at once. `upload_mb`: size of the upload beside which others wait."""
    with (
        tempfile.TemporaryDirectory(prefix="dragbrush-bench-") as folder,
        _server(Path(folder)) as (process, started_s),
    ):
        return ServerTable(
            tuple(asyncio.run(_measure(Path(folder), process, started_s, load_s, upload_mb, on_progress)))
        )


@contextlib.contextmanager
def _server(folder: Path) -> "Iterator[tuple[psutil.Process, float]]":
    """A server's process, and the seconds from its start to its first answer."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "dragbrush", "serve", "--echo", "--port", "0"]
    environment = os.environ | {"DRAGBRUSH_HOME": str(folder)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        while True:
            runtime = read_runtime(folder)
            if runtime is not None:
                with contextlib.suppress(NoServer):
                    status(runtime)
                    break
            if time.perf_counter() - began > START_S or process.poll() is not None:
                raise NoServer("The server to be measured did not start.")
            time.sleep(0.005)
        yield psutil.Process(process.pid), time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


async def _measure(
    folder: Path,
    process: psutil.Process,
    started_s: float,
    load_s: float,
    upload_mb: int,
    on_progress: Callable[[str], None],
) -> list[Measure]:
    address = find_server(folder)
    measures = [Measure("start to healthy", started_s, "s", 1.0, 1)]
    async with Client.connect(address) as client:
        await (await client.submit(_SMALL, _DRAGS)).done()  # the worker is up
        on_progress("submit")
        waits = [await _submit_s(client) for _ in range(200)]
        measures.append(Measure("submit to queued, p99", 1000 * _p99(waits), "ms", 20, len(waits)))
        on_progress("result")
        waits = [await _result_s(client) for _ in range(20)]
        measures.append(Measure("4 MiB raw result after done, median", 1000 * statistics.median(waits), "ms", 60, 20))
        on_progress("cancel")
        waits = [await _cancel_s(client) for _ in range(50)]
        measures.append(Measure("cancel to cancelling, p99", 1000 * _p99(waits), "ms", 50, len(waits)))
        on_progress("upload")
        waits = await _beside_upload_s(client, address, upload_mb)
        what = f"round trip while another uploads {upload_mb} MiB, p99"
        measures.append(Measure(what, 1000 * _p99(waits), "ms", 25, len(waits)))
    on_progress("load")
    lost, jobs = await _load(address, load_s)
    what = f"reliable events lost, {IDLE} idle and {ACTIVE} active clients for {load_s:g} s"
    measures.append(Measure(what, lost, "", 0, jobs))
    memory = process.memory_info().rss / 2**20
    measures.append(Measure("memory of the serving process after all of it", memory, "MiB", 120, 1))
    return measures


async def _submit_s(client: Client) -> float:
    """From the call to the event `queued`."""
    began, waited = time.perf_counter(), 0.0
    job = await client.submit(_SMALL, _DRAGS, prompt="steps=1", preview_px=0)
    async for event in job:
        if isinstance(event, State):
            waited = time.perf_counter() - began
            break
    await job.done()
    await job.release()
    return waited


async def _result_s(client: Client) -> float:
    picture = np.random.default_rng(time.perf_counter_ns()).integers(0, 256, (1024, 1024, 4), np.uint8)
    job = await client.submit(picture, _DRAGS, prompt="steps=1", preview_px=0)
    await job.done()
    began = time.perf_counter()
    await job.result()
    waited = time.perf_counter() - began
    await job.release()
    return waited


async def _cancel_s(client: Client) -> float:
    job = await client.submit(_SMALL, _DRAGS, prompt="steps=1000 step_ms=5", preview_px=0)
    began = waited = 0.0
    async for event in job:
        if isinstance(event, State) and event.state == "running":
            began = time.perf_counter()
            await job.cancel()
        elif isinstance(event, State) and event.state == "cancelling":
            waited = time.perf_counter() - began
    with contextlib.suppress(Cancelled):
        await job.done()
    return waited


async def _beside_upload_s(client: Client, address: ServerAddress, upload_mb: int) -> list[float]:
    """Round trips of one client while another one uploads."""
    waits = []
    async with Client.connect(address, name="uploader") as other:
        large = _noise(upload_mb)
        uploading = asyncio.create_task(other.upload(large))
        while not uploading.done():
            began = time.perf_counter()
            await client.ask(lambda number: List(number))
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.005)
        await uploading
    return waits


def _noise(megabytes: int) -> bytes:
    return np.random.default_rng(0).bytes(2**20) * (megabytes - 1) + os.urandom(2**20)


async def _load(address: ServerAddress, load_s: float) -> tuple[int, int]:
    """Events that were lost, and jobs that were done: each job must be queued, run and end once, for its own client."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(IDLE):
            await stack.enter_async_context(Client.connect(address, name="idle"))
        active = [await stack.enter_async_context(Client.connect(address, name="active")) for _ in range(ACTIVE)]
        until = time.monotonic() + load_s
        found = await asyncio.gather(*(_busy(client, until) for client in active))
    return sum(lost for lost, _ in found), sum(jobs for _, jobs in found)


async def _busy(client: Client, until: float) -> tuple[int, int]:
    lost = 0
    for jobs in itertools.count():
        if time.monotonic() > until:
            return lost, jobs
        job = await client.submit(_SMALL, _DRAGS, prompt="steps=10 step_ms=5", preview_px=0)
        states = [event.state async for event in job if isinstance(event, State)]
        await job.done()
        await job.release()
        lost += len({"queued", "running"} - set(states))
    raise AssertionError("counting has no end")


def _p99(values: list[float]) -> float:
    return float(np.quantile(values, 0.99))

"""Real servers with an echoing worker, in this process or in one of its own, and plain HTTP to talk to them."""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dragbrush.net.runtime import Runtime, read_runtime
from dragbrush.net.serve import Address, serve
from dragbrush.protocol.messages import Model
from dragbrush.worker.child import Work
from dragbrush.worker.make import echo

_START_S = 30
ORIGIN = "https://panel.example"
"""The one origin that `Process` allows."""


@contextlib.asynccontextmanager
async def live(
    folder: Path, address: Address | None = None, make_work: Callable[[], Work] = echo
) -> AsyncIterator[Runtime]:
    """In this process and its event loop."""
    ready: asyncio.Future[Runtime] = asyncio.get_running_loop().create_future()
    model = Model("echo", "Echo")
    address = address or Address()
    serving = asyncio.create_task(serve(folder, make_work, address, model=model, on_ready=ready.set_result))
    await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    try:
        yield ready.result()
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


@dataclass(frozen=True, slots=True)
class Process:
    process: subprocess.Popen[bytes]
    runtime: Runtime
    folder: Path
    log: Path
    """All that it prints, from the most talkative level on."""

    @property
    def port(self) -> int:
        return self.runtime.port

    @property
    def token(self) -> str:
        return self.runtime.token

    def kill(self) -> None:
        """As kill -9 does."""
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def in_a_process(folder: Path, *, port: int = 0) -> Iterator[Process]:
    log = folder.with_name(f"{folder.name}.log")
    with log.open("ab") as file:
        process = subprocess.Popen([sys.executable, __file__, str(folder), str(port)], stdout=file, stderr=file)
    try:
        until = time.monotonic() + _START_S
        while (runtime := read_runtime(folder)) is None or runtime.process != process.pid:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield Process(process, runtime, folder, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


def request(
    port: int,
    method: str,
    path: str,
    headers: list[tuple[str, str]] | None = None,
    body: bytes = b"",
    *,
    host: str = "",
) -> Response:
    """One request as it is written here, with no header of a library's own; the first `Host` is ours unless named."""
    lines = [f"{method} {path} HTTP/1.1"]
    if not any(name.lower() == "host" for name, _ in headers or []):
        lines.append(f"Host: {host or f'127.0.0.1:{port}'}")
    lines += [f"{name}: {value}" for name, value in headers or []]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return exchange(port, ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + body)


def exchange(port: int, data: bytes) -> Response:
    """The answer to these very bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        answer = b""
        while b"\r\n\r\n" not in answer or len(answer) < _length(answer):
            block = connection.recv(65536)
            if not block:
                break
            answer += block
    head, _, rest = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Response(int(first.split()[1]), fields, rest)


def _length(answer: bytes) -> int:
    head, _, _ = answer.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(head) + 4 + int(line.split(b":")[1])
    return len(head) + 4


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"


def upgrade(*extra: tuple[str, str], protocols: str = "dragbrush.v1") -> list[tuple[str, str]]:
    """The headers with which a websocket is asked for."""
    return [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", protocols),
        *extra,
    ]


def wait_until(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def _main() -> None:
    logging.basicConfig(level=logging.DEBUG)
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    address = Address(port=port, origins=frozenset({ORIGIN}))
    asyncio.run(serve(folder, echo, address, model=Model("echo", "Echo"), on_ready=lambda _: None))
    assert "torch" not in sys.modules
    print("no torch", os.getpid())  # noqa: T201


if __name__ == "__main__":
    _main()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Certificate and key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=studio.example", "-keyout", str(key), "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key

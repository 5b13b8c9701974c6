"""Frames as bytes, right and wrong, over a plain socket: no websocket library on this side."""

import json
import os
import socket
import struct
import time
from types import TracebackType
from typing import Any, Self

import psutil
import pytest

from live_server import Process, bearer, upgrade
from raw_client import RawClient, frame, name_of

TEXT, BINARY, CONTINUED, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
HELLO = {"type": "hello", "id": "h", "versions": [1, 1], "client": {"name": "bytes", "version": "1"}}
GROWTH_BYTES = 32 * 2**20


class Wire:
    """A websocket made by hand."""

    def __init__(self, server: Process) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        lines = [f"{name}: {value}" for name, value in upgrade(bearer(server.token))]
        head = "\r\n".join(["GET /v1/ws HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *lines])
        self.socket.sendall(head.encode() + b"\r\n\r\n")
        self._read = b""
        while b"\r\n\r\n" not in self._read:
            self._read += self.socket.recv(4096)
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        assert b" 101 " in head

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.socket.close()

    def send(
        self, kind: int, payload: bytes, *, is_last: bool = True, reserved: int = 0, is_masked: bool = True
    ) -> None:
        self.socket.sendall(packed(kind, payload, is_last=is_last, reserved=reserved, is_masked=is_masked))

    def say(self, message: Any) -> None:
        self.send(TEXT, json.dumps(message).encode())

    def greet(self) -> Self:
        self.say(HELLO)
        assert json.loads(self.hear(TEXT))["type"] == "welcome"
        return self

    def hear(self, kind: int) -> bytes:
        """The payload of the next frame of a kind."""
        while True:
            first, second = self._take(2)
            length = second & 127
            assert not second & 128
            if length > 125:
                length = int.from_bytes(self._take(2 if length == 126 else 8), "big")
            payload = self._take(length)
            if first & 15 == kind:
                return payload

    def closed_with(self) -> int:
        return int.from_bytes(self.hear(CLOSE)[:2], "big")

    def _take(self, count: int) -> bytes:
        while len(self._read) < count:
            block = self.socket.recv(65536)
            assert block, "the connection ended without a close frame"
            self._read += block
        taken, self._read = self._read[:count], self._read[count:]
        return taken


def packed(
    kind: int, payload: bytes, *, is_last: bool = True, reserved: int = 0, is_masked: bool = True, length: int = -1
) -> bytes:
    """`length` may be a lie."""
    told = len(payload) if length < 0 else length
    head = bytes([(128 if is_last else 0) | reserved << 4 | kind])
    bit = 128 if is_masked else 0
    if told < 126:
        head += bytes([bit | told])
    elif told < 2**16:
        head += bytes([bit | 126]) + struct.pack(">H", told)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", told)
    if not is_masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


@pytest.fixture(autouse=True)
def _the_server_stays_small_and_serves_others(server: Process) -> Any:
    """Whatever a frame holds: others are served meanwhile and after, and nothing of it is kept."""
    process = psutil.Process(server.process.pid)
    with RawClient(server.port, server.token) as other:
        other.hello()
        before = process.memory_info().rss
        yield
        assert other.ask("list")["type"] == "jobs"
        assert process.memory_info().rss - before < GROWTH_BYTES


def test_an_unmasked_frame_changes_nothing_else(server: Process) -> None:
    """RFC 6455 asks servers to close; aiohttp takes it, and behind the token that opens nothing."""
    with Wire(server) as wire:
        wire.send(TEXT, json.dumps(HELLO).encode(), is_masked=False)

        assert json.loads(wire.hear(TEXT))["type"] == "welcome"


@pytest.mark.parametrize("reserved", [1, 2, 4])
def test_reserved_bits(server: Process, reserved: int) -> None:
    with Wire(server).greet() as wire:
        wire.send(TEXT, b"{}", reserved=reserved)

        assert wire.closed_with() == 1002


@pytest.mark.parametrize("kind", [3, 7, 11, 15])
def test_unknown_kinds(server: Process, kind: int) -> None:
    with Wire(server).greet() as wire:
        wire.send(kind, b"")

        assert wire.closed_with() == 1002


@pytest.mark.parametrize("text", [b"\xff\xfe", b'{"type": "\xed\xa0\x80"}', b"\xc0\xaf"])
def test_text_that_is_none(server: Process, text: bytes) -> None:
    with Wire(server).greet() as wire:
        wire.send(TEXT, text)

        assert wire.closed_with() == 1007


@pytest.mark.parametrize("length", [2**62, 2**63 - 1, 2**32, 2 * 2**20])
@pytest.mark.parametrize("kind", [TEXT, BINARY])
def test_a_length_over_the_limit_is_refused_from_its_head(server: Process, kind: int, length: int) -> None:
    with Wire(server).greet() as wire:
        wire.socket.sendall(packed(kind, b"", length=length))

        assert wire.closed_with() == 1009


def test_a_control_frame_that_is_too_long(server: Process) -> None:
    with Wire(server).greet() as wire:
        wire.send(PING, b"a" * 126)

        assert wire.closed_with() == 1002


def test_a_control_frame_in_parts(server: Process) -> None:
    with Wire(server).greet() as wire:
        wire.send(PING, b"a", is_last=False)

        assert wire.closed_with() == 1002


def test_a_continuation_of_nothing(server: Process) -> None:
    with Wire(server).greet() as wire:
        wire.send(CONTINUED, b"{}")

        assert wire.closed_with() == 1002


def test_a_new_message_in_the_middle_of_one(server: Process) -> None:
    with Wire(server).greet() as wire:
        wire.send(TEXT, b"{", is_last=False)
        wire.send(TEXT, b"}")

        assert wire.closed_with() == 1002


def test_one_byte_at_a_time(server: Process) -> None:
    with Wire(server) as wire:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in packed(TEXT, json.dumps(HELLO).encode()):
            wire.socket.sendall(bytes([byte]))

        assert json.loads(wire.hear(TEXT))["type"] == "welcome"


def test_a_message_in_parts_with_a_ping_between(server: Process) -> None:
    text = json.dumps(HELLO).encode()
    with Wire(server) as wire:
        wire.send(TEXT, text[:10], is_last=False)
        wire.send(PING, b"here?")
        assert wire.hear(PONG) == b"here?"
        wire.send(CONTINUED, text[10:])

        assert json.loads(wire.hear(TEXT))["type"] == "welcome"


def test_parts_without_end(server: Process) -> None:
    with Wire(server).greet() as wire:
        part = packed(CONTINUED, b" " * 65536, is_last=False)
        wire.send(TEXT, b" ", is_last=False)
        try:
            for _ in range(200):
                wire.socket.sendall(part)
        except OSError:
            pass
        else:
            assert wire.closed_with() == 1009


def test_a_frame_that_never_ends_keeps_nobody_waiting(server: Process) -> None:
    with Wire(server).greet() as wire:
        wire.socket.sendall(packed(BINARY, b"a" * 1000, length=500_000))
        with RawClient(server.port, server.token) as other:
            other.hello()
            waits = []
            for _ in range(50):
                began = time.monotonic()
                other.ask("list")
                waits.append(time.monotonic() - began)

        assert sorted(waits)[-2] < 0.5


def test_a_large_text_is_an_error_and_the_next_is_heard(server: Process) -> None:
    with Wire(server).greet() as wire:
        wire.say({"type": "list", "id": "big", "more": "a" * 256 * 1024})
        error = json.loads(wire.hear(TEXT))
        wire.say({"type": "list", "id": "next"})

        assert error["code"] == "too_large"
        assert json.loads(wire.hear(TEXT))["type"] == "jobs"


def test_the_largest_chunk_is_taken(server: Process) -> None:
    data = os.urandom(2**20)
    with RawClient(server.port, server.token) as client:
        client.hello()
        client.ask("offer", blob=name_of(data), bytes=len(data))
        client.socket.send(frame(name_of(data), 0, data, is_last=True))

        assert client.until("stored")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad_frame"),
        (b"\xd7", "bad_frame"),
        (b"\x00" * 48, "bad_frame"),
        (b"\xd7\x02" + b"\x00" * 46, "bad_frame"),
        (frame("0" * 64, 0, b"", is_last=False), "bad_frame"),
        (frame("0" * 64, 0, b"abc", is_last=True), "bad_blob"),
        (frame("0" * 64, 0, b"abc", is_last=True, kind=2), "bad_blob"),
        (frame("0" * 64, 0, b"abc", is_last=True, kind=9), "bad_frame"),
        (frame("0" * 64, 2**63, b"abc", is_last=True), "too_large"),
    ],
)
def test_chunks_that_nobody_offered(server: Process, data: bytes, code: str) -> None:
    with RawClient(server.port, server.token) as client:
        client.hello()
        client.socket.send(data)

        assert client.until("error")["code"] == code
        assert client.ask("list")["type"] == "jobs"


@pytest.mark.parametrize(
    ("offset", "payload", "is_last"),
    [(1, b"bc", True), (0, b"abcd", True), (0, b"ab", True), (0, b"abc", False), (0, b"abd", True)],
)
def test_gap_overlap_and_bytes_past_the_size(server: Process, offset: int, payload: bytes, is_last: bool) -> None:
    data = b"abc"
    with RawClient(server.port, server.token) as client:
        client.hello()
        client.ask("offer", blob=name_of(data), bytes=len(data))
        client.socket.send(frame(name_of(data), offset, payload, is_last=is_last))
        refused = client.until("error")

        assert refused["code"] == "bad_blob"
        assert client.send(data) == name_of(data)


def test_a_client_that_leaves_in_the_middle_of_a_frame(server: Process) -> None:
    for _ in range(20):
        with Wire(server).greet() as wire:
            wire.socket.sendall(packed(BINARY, b"a" * 1000, length=500_000))

"""Connections that show no token: few, short, and nobody's hindrance."""

import asyncio
import json
import socket
import time
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from dragbrush.net import app
from live_server import Process, bearer, live, request, wait_until
from raw_client import RawClient
from serving import run


def ended(connection: socket.socket) -> bool:
    """Whether the server has closed it."""
    connection.setblocking(False)
    try:
        return connection.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_who_says_nothing_or_only_a_part_is_sent_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "REQUEST_S", 0.3)

    def attack(port: int) -> None:
        parts = [
            b"",
            b"GET ",
            b"GET /v1/health HTTP/1.1\r\nHost: ",
            f"POST /v1/pair HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
            "Content-Length: 100\r\n\r\n{".encode(),
            b"\x16\x03\x01",
        ]
        connections = [socket.create_connection(("127.0.0.1", port)) for _ in parts]
        for connection, part in zip(connections, parts, strict=True):
            connection.sendall(part)
        for connection in connections:
            wait_until(lambda connection=connection: ended(connection))
            connection.close()

    async def main() -> None:
        async with live(tmp_path) as runtime:
            await asyncio.to_thread(attack, runtime.port)

    run(main())


def test_many_of_them_keep_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "REQUEST_S", 3600)

    def attack(port: int, token: str) -> None:
        many = [socket.create_connection(("127.0.0.1", port)) for _ in range(3 * app.STRANGERS_MAX)]
        with RawClient(port, token) as client:
            assert client.hello()["type"] == "welcome"

            def are_few() -> bool:
                many.append(socket.create_connection(("127.0.0.1", port)))
                return sum(not ended(connection) for connection in many) <= app.STRANGERS_MAX

            wait_until(are_few)
            assert client.ask("list")["type"] == "jobs"
        for connection in many:
            connection.close()

    async def main() -> None:
        async with live(tmp_path) as runtime:
            await asyncio.to_thread(attack, runtime.port, runtime.token)

    run(main())


def test_who_has_shown_a_token_is_no_stranger(server: Process) -> None:
    clients = [RawClient(server.port, server.token) for _ in range(5)]
    for client in clients:
        client.hello()
    many = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(2 * app.STRANGERS_MAX)]
    time.sleep(0.2)
    for client in clients:
        assert client.ask("list")["type"] == "jobs"
        client.socket.close()
    for connection in many:
        connection.close()


def test_an_answer_to_a_stranger_is_the_last(server: Process) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        ask = f"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        right = f"{ask}Authorization: Bearer {server.token}\r\n\r\n"
        connection.sendall(f"{ask}\r\n{right}".encode())
        answer = b""
        while block := connection.recv(4096):
            answer += block

    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"401" in answer or b"429" in answer


def test_more_sockets_than_the_server_has_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SOCKETS_MAX", 3)

    def attack(port: int, token: str) -> None:
        clients = [RawClient(port, token) for _ in range(3)]
        with pytest.raises(InvalidStatus, match="503"):
            RawClient(port, token)
        clients[0].socket.close()
        wait_until(lambda: json.loads(request(port, "GET", "/v1/status", [bearer(token)]).body)["sockets"] == 2)
        with RawClient(port, token) as again:
            assert again.hello()["type"] == "welcome"
        for client in clients:
            client.socket.close()

    async def main() -> None:
        async with live(tmp_path) as runtime:
            await asyncio.to_thread(attack, runtime.port, runtime.token)

    run(main())

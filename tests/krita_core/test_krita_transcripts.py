"""The transcripts that every client is held to, with the plugin's memory alone and over a socket that really drops."""

import asyncio
import json
from typing import Any

import pytest
from conformance import each, fits
from krita_dragbrush.core.connection import Connection
from krita_dragbrush.core.peer import Peer
from krita_dragbrush.core.runtime import ServerAddress
from websockets.asyncio.server import ServerConnection, serve

from krita_dragbrush import wire

CLIENT = wire.Client("test", "1")


def text_of(said: Any) -> str:
    return said if isinstance(said, str) else json.dumps(said)


def heard_from(peer: Peer, text: str) -> dict[str, Any]:
    """The step that says what came of a text frame."""
    try:
        message = peer.receive(text)
    except wire.WireError as error:
        return {"refused": error.code}
    return {"event": None if message is None else wire.to_json(message)}


@pytest.mark.parametrize("transcript", each("transcripts/client.json"))
def test_the_plugin_s_memory_follows_the_transcript(transcript: dict[str, Any]) -> None:
    peer, sent, heard = Peer(CLIENT), [], {}

    for at, step in enumerate(transcript["steps"]):
        match step:
            case {"connect": _}:
                sent.append(json.loads(wire.encode(peer.hello())))
            case {"send": expected}:
                assert fits(expected, sent.pop(0)), at
            case {"receive": said}:
                heard = heard_from(peer, text_of(said))
            case {"event": _} | {"refused": _}:
                assert fits(step, heard), at
            case {"drop": _}:
                sent.clear()
            case _:
                pytest.fail(f"step {at} is unknown")


class _Recorder(Peer):
    """Notes what each text frame came to, on its way to the connection."""

    def __init__(self) -> None:
        super().__init__(CLIENT)
        self.steps: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def receive(self, text: str) -> Any:
        try:
            message = super().receive(text)
        except wire.WireError as error:
            self.steps.put_nowait({"refused": error.code})
            raise
        self.steps.put_nowait({"event": None if message is None else wire.to_json(message)})
        return message


class _Deaf:
    def status(self, line: Any, why: str) -> None: ...

    def hear(self, message: Any) -> None: ...

    def hear_frame(self, frame: wire.Frame) -> None: ...

    def lost(self) -> None: ...

    def back(self, is_resumed: bool) -> None: ...


@pytest.mark.parametrize("transcript", each("transcripts/client.json"))
def test_the_plugin_s_connection_follows_the_transcript(transcript: dict[str, Any]) -> None:
    async def main() -> None:
        sockets: asyncio.Queue[ServerConnection] = asyncio.Queue()

        async def converse(socket: ServerConnection) -> None:
            sockets.put_nowait(socket)
            await socket.wait_closed()

        recorder = _Recorder()
        async with serve(converse, "127.0.0.1", 0, subprotocols=["dragbrush.v1"]) as server:  # type: ignore[list-item]
            port = next(iter(server.sockets)).getsockname()[1]
            address = ServerAddress(f"ws://127.0.0.1:{port}/v1/ws", "token")
            connection = Connection(lambda: address, recorder, _Deaf())
            keeping = asyncio.create_task(connection.keep())
            try:
                await _follow(transcript["steps"], connection, sockets, recorder)
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(asyncio.wait_for(main(), 30))


async def _follow(
    steps: list[Any], connection: Connection, sockets: "asyncio.Queue[ServerConnection]", recorder: _Recorder
) -> None:
    socket: ServerConnection | None = None
    for at, step in enumerate(steps):
        match step:
            case {"connect": _}:
                connection.retry()  # one that was refused for good waits for this
                socket = await sockets.get()
            case {"send": expected}:
                assert socket is not None
                assert fits(expected, json.loads(await socket.recv())), at
            case {"receive": said}:
                assert socket is not None
                await socket.send(text_of(said))
            case {"event": _} | {"refused": _}:
                assert fits(step, await recorder.steps.get()), at
            case {"drop": _}:
                assert socket is not None
                socket.transport.abort()
            case _:
                pytest.fail(f"step {at} is unknown")


@pytest.mark.parametrize("vector", each("messages", direction="from_server", valid=True))
def test_every_message_of_a_server_is_heard(vector: dict[str, Any]) -> None:
    assert heard_from(Peer(CLIENT), vector["text"])["event"] is not None


@pytest.mark.parametrize("vector", each("messages", direction="from_server", valid=False))
def test_every_unusable_message_is_refused_or_passed_over(vector: dict[str, Any]) -> None:
    expected = {"event": None} if vector["code"] == "unknown_type" else {"refused": vector["code"]}

    assert heard_from(Peer(CLIENT), vector["text"]) == expected

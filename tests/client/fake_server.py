"""A server that is not ours: it says what a test has it say, over the `websockets` library."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from dragbrush.client import ServerAddress
from raw_client import frame, name_of, parse

LIMITS = {
    "text_bytes": 262144, "chunk_bytes": 262144, "blob_bytes": 2**29, "side_px": 16384, "pixels": 64_000_000,
    "drags": 64, "prompt": 2000, "queued_jobs": 32, "keep_s": 600, "keep_results_s": 86400,
}  # fmt: skip
_WAIT_S = 10


class Line:
    """One socket, as the server sees it."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket

    async def hear(self) -> Any:
        """The next message, or what `parse` says of a frame."""
        data = await asyncio.wait_for(self._socket.recv(), _WAIT_S)
        return json.loads(data) if isinstance(data, str) else parse(data)

    async def expect(self, kind: str, **fields: Any) -> Any:
        message = await self.hear()
        assert isinstance(message, dict), message
        assert message["type"] == kind, message
        assert fields.items() <= message.items(), message
        return message

    async def say(self, kind: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def say_raw(self, data: str | bytes) -> None:
        await self._socket.send(data)

    async def greet(self, *, is_resumed: bool = False, next_seq: int = 1, session: str = "s-1") -> Any:
        """The hello that came."""
        hello = await self.expect("hello")
        await self.say(
            "welcome", re=hello["id"], version=1, server="other", device="cpu", tools=[], limits=LIMITS,
            model={"id": "m", "title": "M"}, session={"id": session, "is_resumed": is_resumed, "next_seq": next_seq},
        )  # fmt: skip
        return hello

    async def take(self, data: bytes) -> None:
        """A whole upload."""
        offer = await self.expect("offer", blob=name_of(data), bytes=len(data))
        await self.say("need", re=offer["id"], blob=name_of(data), offset=0)
        got = b""
        while len(got) < len(data):
            _, _, offset, blob, payload = await self.hear()
            assert (offset, blob) == (len(got), name_of(data))
            got += payload
        assert got == data
        await self.say("stored", blob=name_of(data))

    async def accept(self, job: str, state: str = "queued") -> None:
        submit = await self.expect("submit", job=job)
        await self.say("accepted", re=submit["id"], job=job, state=state)

    async def done(self, job: str, seq: int, data: bytes, width: int, height: int) -> None:
        pixels = {"width": width, "height": height, "channels": "rgb"}
        box = {"x": 0, "y": 0, "width": width, "height": height}
        output = {"role": "edit", "blob": name_of(data), "pixels": pixels, "box": box}
        await self.say("done", seq=seq, job=job, outputs=[output], report={"seconds": 1.5})

    async def give(self, data: bytes, *, step: int = 100_000, until: int | None = None) -> Any:
        """Answers a fetch, up to a byte; the request."""
        fetch = await self.expect("fetch", blob=name_of(data))
        for at in range(fetch.get("offset", 0), len(data) if until is None else until, step):
            payload = data[at : at + step]
            await self.say_raw(frame(name_of(data), at, payload, is_last=at + len(payload) == len(data)))
        if until is None:
            await self.say("ok", re=fetch["id"])
        return fetch

    def drop(self) -> None:
        self._socket.transport.abort()

    async def close(self, code: int, reason: str = "because") -> None:
        await self._socket.close(code, reason)

    async def rest(self) -> None:
        """Until the client goes."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._socket.recv()


Script = Callable[[Line], Awaitable[None]]


@contextlib.asynccontextmanager
async def fake(*scripts: Script) -> AsyncIterator[ServerAddress]:
    """One script for each connection in turn; a script that fails fails the test."""
    waiting, failures = list(scripts), []

    async def converse(socket: ServerConnection) -> None:
        if not waiting:
            failures.append(AssertionError("a connection too many"))
            return
        try:
            await waiting.pop(0)(Line(socket))
        except ConnectionClosed as error:
            failures.append(AssertionError(f"the client left early: {error}"))
        except BaseException as error:
            failures.append(error)
            raise

    async with serve(converse, "127.0.0.1", 0, subprotocols=["dragbrush.v1"], compression=None) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        try:
            yield ServerAddress(f"ws://127.0.0.1:{port}/v1/ws", "token")
        finally:
            if failures:
                raise failures[0]
    assert not waiting, f"{len(waiting)} connections did not come"
    if failures:
        raise failures[0]

"""Blobs up and down over a connection that may be lost in the middle of one."""

import asyncio
import hashlib
from collections.abc import Callable

from .. import wire
from . import connection
from .connection import Connection, Lost

_TRIES = 5
"""Of one blob that comes or goes damaged; a lost line counts as none."""


class Incoming:
    """The chunks of one blob, from its first byte to its last."""

    def __init__(self, blob: str, size: int) -> None:
        self.blob, self.size = blob, size
        self._digest = hashlib.sha256()
        self.data = bytearray()

    @property
    def received(self) -> int:
        return len(self.data)

    @property
    def is_whole(self) -> bool:
        return self.received == self.size

    def take(self, frame: wire.Frame) -> None:
        """Raises: WireError for a chunk that does not follow; after a wrong last one nothing holds any more."""
        end = frame.offset + len(frame.payload)
        if frame.offset != self.received or end > self.size or frame.is_last != (end == self.size):
            raise wire.WireError("bad_blob", f"A chunk from byte {frame.offset} to {end} does not belong here.")
        self._digest.update(frame.payload)
        self.data += frame.payload
        if self.is_whole and self._digest.hexdigest() != self.blob:
            self.data, self._digest = bytearray(), hashlib.sha256()
            raise wire.WireError("bad_blob", "The bytes are others than announced.")


class Transfers:
    """One blob up and one down at a time: an error that names no request is about the one that goes up."""

    def __init__(self, line: Connection) -> None:
        self._connection = line
        self._up, self._down = asyncio.Lock(), asyncio.Lock()
        self._sent: tuple[str, asyncio.Future[wire.WireError | type[Lost] | None]] | None = None
        self._coming: Incoming | None = None

    async def upload(
        self, blob: str, data: bytes | bytearray, on_sent: Callable[[float], None] = lambda _: None
    ) -> None:
        """Until the server has the blob; `on_sent` hears which share of it is there. Raises: WireError."""
        async with self._up:
            tries = 0
            while True:
                answer = await self._connection.ask(lambda number: wire.Offer(number, blob, len(data)))
                if isinstance(answer, wire.Have):
                    break
                try:
                    await self._send(blob, data, answer.offset, on_sent)
                    break
                except Lost:
                    continue
                except wire.WireError as error:
                    # Of a chunk out of order, as after a lost answer; what the server has, it says at the next offer.
                    tries += 1
                    if error.code != "bad_blob" or tries == _TRIES:
                        raise
        on_sent(1.0)

    async def _send(self, blob: str, data: bytes | bytearray, offset: int, on_sent: Callable[[float], None]) -> None:
        line = self._connection.line
        outcome: asyncio.Future[wire.WireError | type[Lost] | None] = asyncio.get_running_loop().create_future()
        self._sent = blob, outcome
        try:
            for frame in wire.chunks("blob", blob, memoryview(data)[offset:], offset):
                if outcome.done():
                    break
                await self._connection.send_frame(frame, line=line)
                on_sent((frame.offset + len(frame.payload)) / max(1, len(data)))
            await asyncio.wait([outcome], timeout=connection.ANSWER_S)
        finally:
            self._sent = None
        if not outcome.done():
            self._connection.drop()
            raise Lost
        match outcome.result():
            case None:
                return
            case wire.WireError() as error:
                raise error
            case _:
                raise Lost

    async def download(self, blob: str, size: int) -> bytearray:
        """Raises: WireError."""
        async with self._down:
            for _ in range(_TRIES):
                coming = self._coming = Incoming(blob, size)
                try:
                    await self._connection.ask(
                        lambda number, coming=coming: wire.Fetch(number, blob, coming.received),
                        wait_s=connection.FETCH_S,
                    )
                finally:
                    self._coming = None
                if coming.is_whole:
                    return coming.data
        raise wire.WireError("bad_blob", "The result did not come whole.")

    # What the connection tells

    def hear(self, message: wire.Stored | wire.Error) -> None:
        if self._sent is None or self._sent[1].done():
            return
        blob, outcome = self._sent
        if isinstance(message, wire.Error):
            outcome.set_result(wire.WireError(message.code, message.message, message.path))
        elif message.blob == blob:
            outcome.set_result(None)

    def hear_frame(self, frame: wire.Frame) -> None:
        """Raises: WireError for one that does not belong here; the blob is then asked for again."""
        if self._coming is not None and self._coming.blob == frame.blob:
            try:
                self._coming.take(frame)
            except wire.WireError:
                self._coming = None
                raise

    def lost(self) -> None:
        if self._sent is not None and not self._sent[1].done():
            self._sent[1].set_result(Lost)

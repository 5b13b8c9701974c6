"""Blobs up and down over a connection that may be lost in the middle of one."""

import asyncio
import hashlib

from dragbrush.client.connection import ANSWER_S, Connection, Lost
from dragbrush.errors import DragbrushError, NoServer
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame, chunks
from dragbrush.protocol.messages import Fetch, Have, Offer, Stored
from dragbrush.protocol.uploads import Upload

_TRIES = 5
"""Of one blob."""
_FETCH_S = 600.0
"""For 512 MB over a slow network."""


class Transfers:
    """One blob up and one down at a time: an error that names no request is about the one that goes up."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._up, self._down = asyncio.Lock(), asyncio.Lock()
        self._sent: tuple[str, asyncio.Future[DragbrushError | type[Lost] | None]] | None = None
        self._coming: tuple[Upload, bytearray] | None = None

    async def upload(self, data: bytes) -> str:
        """The name of the blob, which the server then has. Raises `ProtocolError`, `NoServer`."""
        blob = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        failure: DragbrushError = NoServer("The picture could not be sent: the connection was lost again and again.")
        async with self._up:
            for _ in range(_TRIES):
                answer = await self._connection.ask(lambda number: Offer(number, blob, len(data)))
                if isinstance(answer, Have):
                    return blob
                try:
                    await self._send(blob, data, answer.offset)
                    return blob
                except Lost:
                    continue
                except ProtocolError as error:
                    # Of a chunk out of order, as after a lost answer; what the server has, it says at the next offer.
                    if error.code != "bad_blob":
                        raise
                    failure = error
        raise failure

    async def _send(self, blob: str, data: bytes, offset: int) -> None:
        line = self._connection.line
        self._sent = blob, asyncio.get_running_loop().create_future()
        outcome = self._sent[1]
        try:
            for frame in chunks("blob", blob, memoryview(data)[offset:], start=offset):
                if outcome.done():
                    break
                await self._connection.send_frame(frame, line=line)
            async with asyncio.timeout(ANSWER_S):
                said = await outcome
        except TimeoutError:
            raise NoServer(f"The server did not say within {ANSWER_S:g} s that it has the picture.") from None
        finally:
            self._sent = None
        if said is not None:
            raise said

    async def download(self, blob: str, size: int) -> bytes:
        """Raises `ProtocolError`, `NoServer`."""
        async with self._down:
            for _ in range(_TRIES):
                data = await self._fetch(blob, size)
                if data is not None:
                    return data
        raise ProtocolError("bad_blob", "The result did not come whole; ask for it again.")

    async def _fetch(self, blob: str, size: int) -> bytes | None:
        upload, data = self._coming = Upload(blob, size), bytearray()
        try:
            await self._connection.ask(lambda number: Fetch(number, blob, upload.received), wait_s=_FETCH_S)
        finally:
            self._coming = None
        return bytes(data) if upload.is_whole else None

    # What the connection tells

    def hear(self, message: Stored | ProtocolError) -> None:
        if self._sent is None:
            return
        blob, outcome = self._sent
        if not outcome.done() and (isinstance(message, ProtocolError) or message.blob == blob):
            outcome.set_result(message if isinstance(message, ProtocolError) else None)

    def hear_frame(self, frame: Frame) -> None:
        """Raises `ProtocolError` for one that does not belong here; the blob is then asked for again."""
        if self._coming is not None and self._coming[0].blob == frame.blob:
            upload, data = self._coming
            try:
                data += upload.take(frame)
            except ProtocolError:
                self._coming = None
                raise

    def lost(self) -> None:
        if self._sent is not None and not self._sent[1].done():
            self._sent[1].set_result(Lost)

"""Blobs on their way to a client: read in a thread, sent beside what else there is to say."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame
from dragbrush.protocol.limits import CHUNK_BYTES
from dragbrush.protocol.messages import Error, Fetch, Ok
from dragbrush.service.blobs import BlobStore
from dragbrush.service.outbox import Outbox
from dragbrush.service.sessions import Session

log = logging.getLogger(__name__)

MAX_AT_ONCE = 8
"""Of one socket; each has a file open."""


class Downloads:
    """Of one socket."""

    def __init__(self, blobs: BlobStore, outbox: Outbox, send: Callable[[Frame], Awaitable[None]]) -> None:
        self._blobs, self._outbox, self._send = blobs, outbox, send
        self._count = 0

    def start(self, session: Session, fetch: Fetch, tasks: asyncio.TaskGroup) -> None:
        """Frames, then `ok`. Raises `ProtocolError`.

        A session gets the results of its own jobs alone: of anything else it is not even said whether it is there.
        """
        if not any(output.blob == fetch.blob for job in session.jobs.values() for output in job.outputs):
            raise ProtocolError("not_found", "That is no result of a job of this session.", path="$.blob")
        if self._count >= MAX_AT_ONCE:
            raise ProtocolError("limit_reached", f"{self._count} blobs are on their way; wait for one.")
        size = self._blobs.size(fetch.blob)
        self._count += 1
        tasks.create_task(self._run(fetch, size))

    async def _run(self, fetch: Fetch, size: int) -> None:
        try:
            await self._read_and_send(fetch, size)
        except OSError as error:
            if isinstance(error, ConnectionError):
                raise
            log.error("a blob could not be read: %s", error.strerror)
            self._outbox.put(Error(fetch.id, "not_found", "The result is not here any more."))
        else:
            self._outbox.put(Ok(fetch.id))
        finally:
            self._count -= 1

    async def _read_and_send(self, fetch: Fetch, size: int) -> None:
        with self._blobs.path(fetch.blob).open("rb") as file:
            at = file.seek(min(fetch.offset, size))
            while at < size:
                data = await asyncio.to_thread(file.read, CHUNK_BYTES)
                if not data:
                    raise OSError(None, "the file became shorter")
                frame = Frame("blob", fetch.blob, at, at + len(data) >= size, data)
                await self._send(frame)
                at = frame.end

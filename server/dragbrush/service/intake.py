"""Blobs on their way in, chunk by chunk, into drafts."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from dragbrush.errors import StorageFailed
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame
from dragbrush.protocol.messages import Have, Need, Offer, Stored
from dragbrush.protocol.uploads import Upload
from dragbrush.service.blobs import BlobStore


@dataclass(slots=True, eq=False)
class Incoming:
    upload: Upload
    draft: Path
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Chunks are written one after the other, whichever of the session's sockets brings them."""


class Intake:
    """Uploads outlive the socket they came by: a session that resumes goes on where it stopped."""

    def __init__(self, blobs: BlobStore, *, uploads: int) -> None:
        self._blobs, self._uploads = blobs, uploads
        self._writing: set[asyncio.Task[Stored | None]] = set()

    def offer(self, uploads: dict[str, Incoming], request: Offer) -> Need | Have:
        """`uploads` are those of the session. Raises `ProtocolError`."""
        if self._blobs.has(request.blob, request.bytes):
            self._blobs.touch(request.blob)
            return Have(request.id, request.blob)
        incoming = uploads.get(request.blob)
        if incoming is None or incoming.upload.size != request.bytes:
            if incoming is None and len(uploads) >= self._uploads:
                raise ProtocolError("limit_reached", f"{len(uploads)} uploads are open; finish one first.")
            self._blobs.check_room(request.bytes)
            self.drop(uploads, request.blob)
            incoming = uploads[request.blob] = Incoming(Upload(request.blob, request.bytes), self._blobs.new_draft())
        return Need(request.id, request.blob, incoming.upload.received)

    async def receive(self, uploads: dict[str, Incoming], frame: Frame) -> Stored | None:
        """Takes a chunk; says so when the blob is whole. Raises `ProtocolError`, `StorageFailed`."""
        # A socket that goes away cancels its reader; the chunk, which is counted, must be on the disk all the same.
        writing = asyncio.create_task(self._receive(uploads, frame))
        self._writing.add(writing)
        writing.add_done_callback(self._forget)
        return await asyncio.shield(writing)

    def drop(self, uploads: dict[str, Incoming], blob: str) -> None:
        """Lets go of an upload and its draft."""
        incoming = uploads.pop(blob, None)
        if incoming is not None:
            self._blobs.drop(incoming.draft)

    async def _receive(self, uploads: dict[str, Incoming], frame: Frame) -> Stored | None:
        incoming = uploads.get(frame.blob)
        if frame.kind != "blob" or incoming is None:
            raise _not_offered(frame)
        async with incoming.turn:
            if uploads.get(frame.blob) is not incoming:
                raise _not_offered(frame)
            payload = incoming.upload.take(frame)
            try:
                await asyncio.to_thread(_write_at, incoming.draft, frame.offset, payload)
                if uploads.get(frame.blob) is not incoming:  # dropped meanwhile
                    self._blobs.drop(incoming.draft)
                    raise _not_offered(frame)
                if not incoming.upload.is_whole:
                    return None
                self._blobs.keep(incoming.draft, frame.blob)
            except OSError as error:
                if uploads.get(frame.blob) is incoming:
                    self.drop(uploads, frame.blob)
                raise StorageFailed(f"The picture could not be kept: {error.strerror or error}.") from error
            uploads.pop(frame.blob, None)
            return Stored(frame.blob)

    def _forget(self, writing: asyncio.Task[Stored | None]) -> None:
        self._writing.discard(writing)
        if not writing.cancelled():
            writing.exception()  # seen, also where nobody waits for it any more


def _not_offered(frame: Frame) -> ProtocolError:
    return ProtocolError("bad_blob", f"A chunk came of blob {frame.blob[:8]}, which was not offered.")


def _write_at(path: Path, offset: int, payload: bytes | memoryview) -> None:
    with path.open("r+b" if offset else "wb") as file:
        file.seek(offset)
        file.write(payload)

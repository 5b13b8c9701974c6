"""Blobs on disk: files named by the SHA-256 of what they hold, made whole or not at all."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from dragbrush.errors import StorageFailed
from dragbrush.protocol.errors import ProtocolError

_READ_BYTES = 1024 * 1024


class BlobStore:
    """Names come from hashes alone, never from a client: no path of theirs is opened."""

    def __init__(self, folder: Path, *, free_bytes: int) -> None:
        self._blobs, self._drafts = folder / "blobs", folder / "drafts"
        self._free_bytes = free_bytes
        try:
            for part in (self._blobs, self._drafts):
                part.mkdir(parents=True, exist_ok=True)
            for draft in self._drafts.iterdir():  # of a server that was killed
                draft.unlink()
        except OSError as error:
            raise StorageFailed(f"'{folder}' cannot be used to keep pictures: {error.strerror or error}.") from error

    def path(self, blob: str) -> Path:
        assert len(blob) == 64
        assert not set(blob) - set("0123456789abcdef")
        return self._blobs / blob

    def __contains__(self, blob: str) -> bool:
        return self.path(blob).exists()

    def size(self, blob: str) -> int:
        """Raises `ProtocolError` where it is not there."""
        try:
            return self.path(blob).stat().st_size
        except FileNotFoundError:
            raise ProtocolError("not_found", f"The blob {blob[:8]} is not here (any more); send it again.") from None

    def touch(self, blob: str) -> None:
        """It was used now."""
        os.utime(self.path(blob))

    def check_room(self, size: int) -> None:
        """Raises `ProtocolError` where the disk would be filled."""
        free = shutil.disk_usage(self._drafts).free
        if free - size < self._free_bytes:
            raise ProtocolError(
                "limit_reached",
                f"The server's disk has {free // 2**20} MB left, too few for {size // 2**20} MB more; make room there.",
            )

    def draft(self, name: str) -> Path:
        """Where a file that is being written may lie. `name` is the server's own."""
        return self._drafts / name

    def keep(self, draft: Path, blob: str) -> None:
        """Takes over a draft whose hash is known."""
        os.replace(draft, self.path(blob))

    def keep_hashed(self, draft: Path) -> tuple[str, int]:
        """Takes over a draft; its name and size. Reads all of it: not for the event loop."""
        digest, size = hashlib.sha256(), 0
        with draft.open("rb") as file:
            while block := file.read(_READ_BYTES):
                digest.update(block)
                size += len(block)
        self.keep(draft, digest.hexdigest())
        return digest.hexdigest(), size

    def sweep(self, *, needed: set[str], keep_s: float, total_bytes: int) -> None:
        """Removes what no job needs and was not used for a while, or is over the total, the longest unused first."""
        unneeded = sorted(self._unneeded(needed), key=lambda found: found[1])
        left, now = sum(size for _, _, size in unneeded), time.time()
        for path, used, size in unneeded:
            if now - used > keep_s or left > total_bytes:
                path.unlink(missing_ok=True)
                left -= size

    def _unneeded(self, needed: set[str]) -> Iterable[tuple[Path, float, int]]:
        for path in self._blobs.iterdir():
            if path.name not in needed:
                status = path.stat()
                yield path, status.st_mtime, status.st_size

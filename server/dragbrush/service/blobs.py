"""Blobs on disk: files named by the SHA-256 of what they hold, made whole or not at all."""

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dragbrush.errors import StorageFailed
from dragbrush.protocol.errors import ProtocolError

_READ_BYTES = 1024 * 1024
_DRAFT_BYTES = 16


class Old(NamedTuple):
    """A blob that could go."""

    blob: str
    used: float
    size: int


class BlobStore:
    """Names come from hashes and numbers alone, never from a client: no path of theirs is opened.

    All but what says so is quick and belongs in the event loop, where nothing comes between.
    """

    def __init__(self, folder: Path, *, free_bytes: int) -> None:
        """No other server may use the folder. Raises `StorageFailed`."""
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

    def has(self, blob: str, size: int) -> bool:
        """Whether it is there, whole: a machine that lost its power may leave less of a file."""
        with contextlib.suppress(ProtocolError):
            return self.size(blob) == size
        return False

    def size(self, blob: str) -> int:
        """Raises `ProtocolError` where it is not there."""
        try:
            return self.path(blob).stat().st_size
        except OSError as error:
            raise ProtocolError("not_found", f"The blob {blob[:8]} is not here (any more); send it again.") from error

    def touch(self, blob: str) -> None:
        """It was used now."""
        with contextlib.suppress(OSError):
            os.utime(self.path(blob))

    def check_room(self, size: int) -> None:
        """Raises `ProtocolError` where the disk would be filled."""
        free = shutil.disk_usage(self._drafts).free
        if free - size < self._free_bytes:
            raise ProtocolError(
                "limit_reached",
                f"The server's disk has {free // 2**20} MB left, too few for {size // 2**20} MB more; make room there.",
            )

    def new_draft(self) -> Path:
        """Where a file that is being written may lie.

        Never the same twice: the worker of a server that was killed may live long enough to write its last one.
        """
        return self._drafts / secrets.token_hex(_DRAFT_BYTES)

    def drop(self, draft: Path) -> None:
        """Removes a draft; where the disk does not let it go now, the next start does."""
        with contextlib.suppress(OSError):
            draft.unlink()

    def keep(self, draft: Path, blob: str) -> None:
        """Takes over a draft whose hash is known. Raises `OSError`."""
        os.replace(draft, self.path(blob))

    def hashed(self, draft: Path) -> str:
        """Reads all of a draft: not for the event loop. Raises `OSError`."""
        digest = hashlib.sha256()
        with draft.open("rb") as file:
            while block := file.read(_READ_BYTES):
                digest.update(block)
        return digest.hexdigest()

    def old(self, *, needed: set[str], keep_s: float, total_bytes: int) -> list[Old]:
        """What no job needs and was not used for a while, or is over the total, the longest unused first.

        Looks at every file: not for the event loop.
        """
        unneeded = sorted(self._all_but(needed), key=lambda blob: blob.used)
        left, now = sum(blob.size for blob in unneeded), time.time()
        found: list[Old] = []
        for blob in unneeded:
            if now - blob.used > keep_s or left > total_bytes:
                found.append(blob)
                left -= blob.size
        return found

    def withdraw(self, old: list[Old], *, needed: set[str]) -> list[Path]:
        """Takes out those that are as old as they were; removing the files is left, which may take a while."""
        drafts: list[Path] = []
        for blob, used, _ in old:
            path = self.path(blob)
            with contextlib.suppress(OSError):  # gone already, or Windows, where somebody reads it
                if blob not in needed and path.stat().st_mtime == used:
                    os.replace(path, draft := self.new_draft())
                    drafts.append(draft)
        return drafts

    def _all_but(self, needed: set[str]) -> Iterable[Old]:
        for path in self._blobs.iterdir():
            if path.name not in needed:
                with contextlib.suppress(FileNotFoundError):
                    status = path.stat()
                    yield Old(path.name, status.st_mtime, status.st_size)

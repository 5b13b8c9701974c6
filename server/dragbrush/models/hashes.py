"""Hashes of files, as the hub names contents by."""

import hashlib
from collections.abc import Callable
from pathlib import Path

_CHUNK_BYTES = 4 * 2**20


def sha256_of(path: Path, on_bytes: Callable[[int], None] = lambda count: None) -> str:
    """The SHA-256 of a file in hex; `on_bytes` is called with how many bytes more were read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
            on_bytes(len(chunk))
    return digest.hexdigest()


def git_sha1_of(path: Path) -> str:
    """The name git gives to the content of a small file."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()

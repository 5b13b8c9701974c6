"""Tokens: the server's own, in an owner-only file, and one for each paired client, of which only the hash is kept."""

import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path

import msgspec

from dragbrush.errors import StorageFailed

_BYTES = 32
OWN = "local"
"""Owner of what came with the server's own token."""


class Paired(msgspec.Struct, frozen=True):
    id: str
    name: str
    hash: str
    since: float


class Tokens:
    """Raises `StorageFailed` where its files cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        self._own_file, self._paired_file = folder / "token", folder / "paired.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not self._own_file.exists():
                write_private(self._own_file, secrets.token_urlsafe(_BYTES))
            self._own_file.chmod(0o600)  # of one that was copied here, too
            self.own = self._own_file.read_text("ascii").strip()
            if len(self.own) < _BYTES:
                raise ValueError("the file 'token' is damaged; remove it for a new one")
            content = self._paired_file.read_bytes() if self._paired_file.exists() else b"[]"
            self._paired = {paired.id: paired for paired in msgspec.json.decode(content, type=list[Paired])}
        except (OSError, ValueError) as error:
            raise StorageFailed(f"The tokens in '{folder}' cannot be used: {error}.") from error

    def owner(self, token: str) -> str | None:
        """Of a token, or None. Every known one is compared, in a time that tells nothing."""
        given = _hash(token)
        found = OWN if hmac.compare_digest(given, _hash(self.own)) else None
        for paired in self._paired.values():
            if hmac.compare_digest(given, paired.hash):
                found = paired.id
        return found

    def knows(self, owner: str) -> bool:
        """Whether an owner's token is still good."""
        return owner == OWN or owner in self._paired

    def pair(self, name: str) -> str:
        """A new token for a client."""
        token, id_ = secrets.token_urlsafe(_BYTES), secrets.token_hex(4)
        self._paired[id_] = Paired(id_, name, _hash(token), time.time())
        try:
            self._save()
        except StorageFailed:
            del self._paired[id_]
            raise
        return token

    def revoke(self, id_: str) -> bool:
        """Whether there was such a client. It is out at once, also where that cannot be kept."""
        if self._paired.pop(id_, None) is None:
            return False
        self._save()
        return True

    def paired(self) -> list[Paired]:
        return list(self._paired.values())

    def _save(self) -> None:
        try:
            write_private(self._paired_file, msgspec.json.encode(self.paired()).decode())
        except OSError as error:
            raise StorageFailed(f"The list of paired clients was not kept: {error.strerror or error}.") from error


def _hash(token: str) -> str:
    # What comes in a header need not be text.
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable for another user: the mode is set when the file is made."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise

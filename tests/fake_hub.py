"""A model hub on this machine: as much of the Hugging Face hub's interface as a download asks for, and its faults."""

import hashlib
import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

COMMIT = "5a" * 20
LICENCE = "creativeml-openrail-m"


@dataclass
class FakeRepository:
    """One repository, at one commit; the fields after the first three are faults."""

    files: dict[str, bytes]
    commit: str = COMMIT
    redirects_to: str | None = None
    """Another host that large files lie on, as on the real hub."""
    claimed_bytes: dict[str, int] = field(default_factory=dict)
    """Sizes that the hub says instead of the true ones."""
    corrupt: set[str] = field(default_factory=set)
    """Files that arrive with a wrong byte."""
    drops: dict[str, list[int]] = field(default_factory=dict)
    """Bytes after which the connection of each next answer breaks."""
    stalls: dict[str, int] = field(default_factory=dict)
    """Bytes after which an answer waits until the hub closes."""
    ignores_ranges: bool = False
    error_code: str | None = None
    """What the hub answers instead: RepoNotFound, GatedRepo, or a number."""

    def entry(self, name: str) -> dict[str, Any]:
        """What the hub's list of files says of one."""
        content = self.files[name]
        size = self.claimed_bytes.get(name, len(content))
        found: dict[str, Any] = {"rfilename": name, "size": size, "blobId": git_sha1(content)}
        if is_large(name):
            found["lfs"] = {"size": size, "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 134}
        return found


def is_large(name: str) -> bool:
    return name.endswith((".safetensors", ".bin", ".ckpt"))


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def files_of(folder: Path) -> dict[str, bytes]:
    """A folder as a repository's files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


class FakeHub:
    """Serves `repositories` by hub id, and remembers what was asked."""

    def __init__(self) -> None:
        self.repositories: dict[str, FakeRepository] = {}
        self.asked: list[str] = []
        """Methods and paths, with the range of those that have one."""
        self.tokens: set[str] = set()
        """What was sent to prove who asks."""
        self.closing = threading.Event()
        hub = self

        class Handler(_Handler):
            served = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def downloads(self, name: str) -> list[str]:
        """The downloads of one file."""
        return [line for line in self.asked if line.startswith("GET") and name in line]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: FakeHub

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.served.asked.append(f"{self.command} {path} {self.headers.get('Range', '')}".strip())
        self.served.tokens |= {self.headers["Authorization"]} - {None}
        is_listing = path.startswith("api/models/")
        words = path.removeprefix("api/models/").split("/")
        repository = self.served.repositories.get("/".join(words[:2]))
        if repository is None:
            return self._refuse("RepoNotFound")
        if repository.error_code:
            return self._refuse(repository.error_code)
        revision = words[3] if len(words) > 3 else "main"
        if revision not in ("main", repository.commit):
            return self._refuse("RevisionNotFound")
        if is_listing:
            return self._send_listing("/".join(words[:2]), repository)
        self._send_file("/".join(words[4:]), repository)

    def _refuse(self, code: str) -> None:
        status = {"RepoNotFound": 401, "GatedRepo": 403, "RevisionNotFound": 404, "EntryNotFound": 404}.get(code)
        self.send_response(status or int(code))
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send_listing(self, hub_id: str, repository: FakeRepository) -> None:
        text = json.dumps(
            {
                "id": hub_id,
                "sha": repository.commit,
                "tags": [f"license:{LICENCE}"],
                "siblings": [repository.entry(name) for name in repository.files],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _send_file(self, name: str, repository: FakeRepository) -> None:
        if name not in repository.files:
            return self._refuse("EntryNotFound")
        content = repository.files[name]
        if repository.redirects_to and is_large(name) and self.command == "GET":
            self.send_response(302)
            self.send_header("Location", f"{repository.redirects_to}{self.path}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        etag = hashlib.sha256(content).hexdigest() if is_large(name) else git_sha1(content)
        if name in repository.corrupt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        first = 0
        wanted = self.headers.get("Range")
        if wanted and not repository.ignores_ranges:
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if first else 200)
        self.send_header("X-Repo-Commit", repository.commit)
        self.send_header("ETag", f'"{etag}"')
        self.send_header("Content-Length", str(len(content) - first))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        drops = repository.drops.get(name)
        last = first + drops.pop(0) if drops else None
        with suppress(ConnectionError):  # a client that was stopped has gone
            if name in repository.stalls:
                self.wfile.write(content[first : first + repository.stalls[name]])
                self.wfile.flush()
                first += repository.stalls[name]
                self.served.closing.wait()
            self.wfile.write(content[first:last])
            self.wfile.flush()
        self.close_connection = last is not None

"""A client that knows nothing of ours: JSON and bytes as the wire format has them, over the `websockets` library."""

import contextlib
import hashlib
import itertools
import json
import socket
import struct
from collections import deque
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import connect

_HEADER = struct.Struct("<BBBBIQ32s")
_WAIT_S = 20
_CHUNK_BYTES = 256 * 1024
DRAGS = [{"handle": [1, 1], "target": [2, 1]}]


def frame(blob: str, offset: int, payload: bytes, *, is_last: bool, kind: int = 1) -> bytes:
    return _HEADER.pack(0xD7, 1, kind, int(is_last), 0, offset, bytes.fromhex(blob)) + payload


def parse(data: bytes) -> tuple[int, bool, int, str, bytes]:
    """kind, is last, offset, blob, payload"""
    magic, version, kind, flags, _, offset, digest = _HEADER.unpack_from(data)
    assert (magic, version) == (0xD7, 1)
    return kind, bool(flags & 1), offset, digest.hex(), data[_HEADER.size :]


def name_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class RawClient:
    """One socket. `heard` keeps every message in order, of frames what `parse` says."""

    def __init__(self, port: int, token: str, *, is_browser: bool = False, **options: Any) -> None:
        names = ["dragbrush.v1", f"dragbrush.auth.{token}"] if is_browser else ["dragbrush.v1"]
        headers = {} if is_browser else {"Authorization": f"Bearer {token}"}
        self._open = contextlib.ExitStack()
        self.socket = self._open.enter_context(
            connect(
                f"ws://127.0.0.1:{port}/v1/ws",
                subprotocols=names,  # type: ignore[arg-type]  plain strings
                additional_headers=headers,
                compression=None,
                proxy=None,
                close_timeout=1,
                **options,
            )
        )
        self.heard: list[Any] = []
        self._passed: deque[Any] = deque()
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def drop(self) -> None:
        """Without a word."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

    def say(self, kind: str, **fields: Any) -> str:
        """The number of the request."""
        number = f"n{next(self._numbers)}"
        self.socket.send(json.dumps({"type": kind, "id": number, **fields}))
        return number

    def hear(self) -> Any:
        data = self.socket.recv(timeout=_WAIT_S)
        message = json.loads(data) if isinstance(data, str) else parse(data)
        self.heard.append(message)
        return message

    def until(self, kind: str, **fields: Any) -> Any:
        """The next message of a type, with those fields; those that came before an answer count."""
        while True:
            message = self._passed.popleft() if self._passed else self.hear()
            if isinstance(message, dict) and message["type"] == kind and fields.items() <= message.items():
                return message

    def ask(self, kind: str, **fields: Any) -> Any:
        """The answer, whatever it is; events before it are kept in `heard`."""
        number = self.say(kind, **fields)
        while True:
            message = self.hear()
            if isinstance(message, dict) and message.get("re") == number:
                return message
            self._passed.append(message)

    def hello(self, *, resume: dict[str, Any] | None = None, **fields: Any) -> Any:
        client = {"name": "raw", "version": "1"}
        more = {} if resume is None else {"resume": resume}
        return self.ask("hello", versions=[1, 1], client=client, **more, **fields)

    def send(self, data: bytes) -> str:
        """Uploads a blob."""
        blob = name_of(data)
        answer = self.ask("offer", blob=blob, bytes=len(data))
        if answer["type"] == "need":
            for at in range(answer["offset"], len(data), _CHUNK_BYTES):
                payload = data[at : at + _CHUNK_BYTES]
                self.socket.send(frame(blob, at, payload, is_last=at + len(payload) == len(data)))
            self.until("stored", blob=blob)
        return blob

    def picture(self, *, seed: int = 0, width: int = 4, height: int = 3) -> tuple[dict[str, Any], bytes]:
        """An uploaded picture, and its bytes."""
        data = bytes((seed + 7 * at) % 256 for at in range(3 * width * height))
        return {"blob": self.send(data), "pixels": {"width": width, "height": height, "channels": "rgb"}}, data

    def submit(self, job: str, image: dict[str, Any], prompt: str = "", **fields: Any) -> Any:
        return self.ask("submit", job=job, image=image, prompt=prompt, **{"drags": DRAGS, **fields})

    def fetch(self, blob: str, size: int) -> bytes:
        number, data = self.say("fetch", blob=blob), bytearray(size)
        while True:
            message = self.hear()
            if isinstance(message, tuple) and message[0] == 1:
                _, _, offset, name, payload = message
                assert name == blob
                data[offset : offset + len(payload)] = payload
            elif isinstance(message, dict) and message.get("re") == number:
                assert message["type"] == "ok", message
                return bytes(data)
            else:  # an event of a job that goes on meanwhile
                self._passed.append(message)

    @property
    def seqs(self) -> list[int]:
        return [message["seq"] for message in self.heard if isinstance(message, dict) and "seq" in message]

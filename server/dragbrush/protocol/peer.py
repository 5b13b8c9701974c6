"""A client's side of a conversation, sans I/O: what it must remember between sockets."""

import itertools
from typing import Any

from dragbrush.protocol.codec import decode_from_server
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.limits import VERSION
from dragbrush.protocol.messages import Client, Hello, Resume, Welcome


class Peer:
    """Numbers requests, resumes the session, and lets every reliable event through once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._numbers = itertools.count(1)
        self.session: str | None = None
        self.last_seq = 0

    def next_id(self) -> str:
        return str(next(self._numbers))

    def hello(self) -> Hello:
        """The first message on a new socket."""
        resume = None if self.session is None else Resume(self.session, self.last_seq)
        return Hello(id=self.next_id(), versions=(VERSION, VERSION), client=self._client, resume=resume)

    def receive(self, text: str) -> Any:
        """The `FromServer` message, or None where it was heard before or is of a type that a newer server has.

        Raises `ProtocolError` for what is no message at all.
        """
        try:
            message = decode_from_server(text)
        except ProtocolError as error:
            if error.code == "unknown_type":
                return None
            raise
        if isinstance(message, Welcome):
            if not message.session.is_resumed:
                self.last_seq = message.session.next_seq - 1
            self.session = message.session.id
        seq = getattr(message, "seq", None)
        if seq is not None:
            if seq <= self.last_seq:
                return None
            self.last_seq = seq
        return message

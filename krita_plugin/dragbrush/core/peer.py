"""The plugin's side of a conversation without any socket: what must be remembered between two of them."""

import itertools
from typing import Any

from .. import wire


class Peer:
    """Numbers requests, resumes the session, and lets every reliable event through once."""

    def __init__(self, client: wire.Client, resume: wire.Resume | None = None) -> None:
        self._client = client
        self._numbers = itertools.count(1)
        self.session = None if resume is None else resume.session
        self.last_seq = 0 if resume is None else resume.last_seq

    def next_id(self) -> str:
        return str(next(self._numbers))

    def hello(self) -> wire.Hello:
        """The first message on a new socket."""
        resume = None if self.session is None else wire.Resume(self.session, self.last_seq)
        return wire.Hello(self.next_id(), (wire.VERSION, wire.VERSION), self._client, resume)

    def receive(self, text: str) -> Any:
        """The message, or None where it was heard before or is of a type that a newer server has.

        Raises: WireError for what is no message at all.
        """
        message = wire.decode(text)
        if isinstance(message, wire.Welcome):
            if not message.session.is_resumed:
                self.last_seq = message.session.next_seq - 1
            self.session = message.session.id
        seq = getattr(message, "seq", None)
        if seq is not None:
            if seq <= self.last_seq:
                return None
            self.last_seq = seq
        return message

    def forget(self) -> None:
        """Begins anew: another program has taken the session over."""
        self.session, self.last_seq = None, 0

"""The server's side of a conversation, sans I/O: bytes in, requests out; events in, messages out."""

from collections import deque
from collections.abc import Callable
from typing import Any

from dragbrush.protocol.codec import decode_request
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame, parse_frame
from dragbrush.protocol.limits import MAX_JOURNAL, VERSION
from dragbrush.protocol.messages import Error, Hello, Reliable


class Listener:
    """One socket: what it says, in the order it may be said. Nothing it says ends the conversation."""

    def __init__(self) -> None:
        self.is_greeted = False

    def text(self, data: str) -> Any:
        """The `Request` of a text frame, or the `Error` to answer with."""
        try:
            request = decode_request(data)
            if isinstance(request, Hello) == self.is_greeted:
                wanted = "comes once" if self.is_greeted else "comes first"
                raise ProtocolError("bad_order", f"'hello' {wanted}.", request=request.id)
            if isinstance(request, Hello):
                oldest, newest = request.versions
                if not oldest <= VERSION <= newest:
                    raise ProtocolError(
                        "unsupported",
                        f"This server speaks version {VERSION}, the client {oldest} to {newest}; update the older one.",
                        path="$.versions",
                        request=request.id,
                    )
                self.is_greeted = True
        except ProtocolError as error:
            return as_error(error)
        return request

    def binary(self, data: bytes) -> Frame | Error:
        """The frame, or the `Error` to answer with."""
        try:
            if not self.is_greeted:
                raise ProtocolError("bad_order", "'hello' comes first.")
            return parse_frame(data)
        except ProtocolError as error:
            return as_error(error)


def as_error(error: ProtocolError) -> Error:
    return Error(re=error.request, code=error.code, message=str(error), path=error.path)


class EventLog:
    """A session's reliable events: numbered from 1, the newest kept for a client that comes back."""

    def __init__(self, size: int = MAX_JOURNAL) -> None:
        self._kept: deque[Reliable] = deque(maxlen=size)
        self.next_seq = 1

    def add(self, numbered: Callable[[int], Reliable]) -> Reliable:
        """The event made with the next number."""
        event = numbered(self.next_seq)
        self._kept.append(event)
        self.next_seq += 1
        return event

    def since(self, last_seq: int) -> list[Reliable] | None:
        """What came after `last_seq`; None where a part of it is no longer kept or was never said."""
        first = self._kept[0].seq if self._kept else self.next_seq
        if not first - 1 <= last_seq < self.next_seq:
            return None
        return [event for event in self._kept if event.seq > last_seq]

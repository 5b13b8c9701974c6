"""What waits to be sent on one socket: everything reliable in order, of the rest only the newest."""

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

import msgspec

from dragbrush.protocol.frames import Frame
from dragbrush.protocol.limits import MAX_JOURNAL

MAX_WAITING = 2 * MAX_JOURNAL
"""Reliable messages: all that a resumed session may have missed, and as many more. A client that reads so slowly is
cut off; it resumes when it can."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message, and the frames that belong to it."""

    message: msgspec.Struct
    frames: list[Frame] = field(default_factory=list)


class Outbox:
    def __init__(self) -> None:
        self._reliable: deque[Parcel] = deque()
        self._newest: dict[Hashable, Parcel] = {}
        self._filled = asyncio.Event()
        self._is_closed = False
        self.is_overfull = False

    def put(self, message: msgspec.Struct) -> None:
        """Sent in order and never dropped; when there are too many, the box is overfull and takes no more."""
        self.is_overfull = self.is_overfull or len(self._reliable) >= MAX_WAITING
        if not self.is_overfull:
            self._reliable.append(Parcel(message))
        self._filled.set()

    def put_newest(self, slot: Hashable, parcel: Parcel) -> None:
        """Replaces what waits in the slot."""
        self._newest[slot] = parcel
        self._filled.set()

    def drop(self, slots: list[Hashable]) -> None:
        """Forgets what waits there: nothing follows a job's last event."""
        for slot in slots:
            self._newest.pop(slot, None)

    def close(self) -> None:
        """Nothing more will come: the session has another socket."""
        self._is_closed = True
        self._filled.set()

    async def next(self) -> Parcel | None:
        """Reliable ones first; None once the box is closed and empty."""
        while True:
            if self._reliable:
                return self._reliable.popleft()
            if self._newest:
                return self._newest.pop(next(iter(self._newest)))
            if self._is_closed:
                return None
            self._filled.clear()
            await self._filled.wait()

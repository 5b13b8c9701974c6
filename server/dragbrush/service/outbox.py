"""What waits to be sent on one socket: everything reliable in order, of the rest only the newest."""

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

import msgspec

from dragbrush.protocol.frames import Frame

MAX_WAITING = 1_000
"""Reliable messages. A client that reads so slowly is cut off; it resumes when it can."""


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
        self.is_overfull = False

    def put(self, message: msgspec.Struct) -> None:
        """Sent in order and never dropped."""
        self._reliable.append(Parcel(message))
        self.is_overfull = len(self._reliable) > MAX_WAITING
        self._filled.set()

    def put_newest(self, slot: Hashable, parcel: Parcel) -> None:
        """Replaces what waits in the slot."""
        self._newest[slot] = parcel
        self._filled.set()

    def drop(self, slots: list[Hashable]) -> None:
        """Forgets what waits there: nothing follows a job's last event."""
        for slot in slots:
            self._newest.pop(slot, None)

    async def next(self) -> Parcel:
        """Reliable ones first."""
        while True:
            if self._reliable:
                return self._reliable.popleft()
            if self._newest:
                return self._newest.pop(next(iter(self._newest)))
            self._filled.clear()
            await self._filled.wait()

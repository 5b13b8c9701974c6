"""A blob on its way in: chunks in order, checked against what was offered. Where they are kept is the caller's."""

import hashlib

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame


class Upload:
    """Chunks of one blob, from its first byte to its last."""

    def __init__(self, blob: str, size: int) -> None:
        self.blob = blob
        self.size = size
        self.received = 0
        self._digest = hashlib.sha256()

    @property
    def is_whole(self) -> bool:
        return self.received == self.size

    def take(self, frame: Frame) -> bytes | memoryview:
        """The chunk's payload, to be kept at its offset. Raises `ProtocolError`; `received` then says what holds.

        After a wrong last chunk nothing holds: the bytes are not the offered ones.
        """
        if frame.offset != self.received:
            raise ProtocolError(
                "bad_blob",
                f"A chunk of blob {self.blob[:8]} begins at byte {frame.offset}; {self.received} comes next.",
            )
        if frame.end > self.size or frame.is_last != (frame.end == self.size):
            raise ProtocolError(
                "bad_blob", f"A chunk of blob {self.blob[:8]} ends at byte {frame.end}; {self.size} were offered."
            )
        self._digest.update(frame.payload)
        self.received = frame.end
        if self.is_whole and self._digest.hexdigest() != self.blob:
            self.received, self._digest = 0, hashlib.sha256()
            raise ProtocolError(
                "bad_blob", f"The bytes of blob {self.blob[:8]} are others than offered; send it again."
            )
        return frame.payload

"""What one peer may ask of the other. The server tells its limits in `welcome`."""

from typing import Final

VERSION: Final = 1
SUBPROTOCOL: Final = "dragbrush.v1"
TOKEN_SUBPROTOCOL: Final = "dragbrush.auth."
"""Before the token in a second offered subprotocol: a browser's WebSocket can send no header of its own."""

MAX_TEXT_BYTES: Final = 256 * 1024
CHUNK_BYTES: Final = 256 * 1024
"""Of a blob in one frame, as sent. Larger frames make other clients wait (measured: 126 ms for 64 MiB at once)."""
MAX_CHUNK_BYTES: Final = 1024 * 1024
"""As taken."""
MAX_BLOB_BYTES: Final = 512 * 1024 * 1024
MAX_SIDE_PX: Final = 16_384
MAX_PIXELS: Final = 64_000_000
MAX_DRAGS: Final = 64
MAX_PROMPT: Final = 2_000
MAX_NAME: Final = 64
MAX_PARAMS: Final = 64
MAX_SEED: Final = 2**63 - 1
MAX_INTEGER: Final = 2**63 - 1
"""Of a setting: larger ones fit neither msgpack nor SQLite."""
MAX_COUNT: Final = 2**53 - 1
"""The largest whole number that JavaScript holds exactly."""
MAX_COORDINATE: Final = 1e6
"""Pixels; whether a point lies in its picture is seen later, with the picture's size in the message."""
MIN_SCALE: Final = 0.05
MAX_SCALE: Final = 20.0
"""Of an object's size."""
MAX_JOURNAL: Final = 1_000
"""Reliable events kept for a client that comes back."""

"""Arithmetic of raw pixels: how many bytes a picture has."""

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.limits import MAX_PIXELS
from dragbrush.protocol.messages import Layout

CHANNELS = {"gray": 1, "graya": 2, "rgb": 3, "rgba": 4}
SAMPLE_BYTES = {"u8": 1, "u16": 2}


def byte_length(pixels: Layout) -> int:
    """Raises `ProtocolError` for a picture over the limit."""
    if pixels.width * pixels.height > MAX_PIXELS:
        raise ProtocolError(
            "too_large",
            f"The picture has {pixels.width} x {pixels.height} pixels; at most {MAX_PIXELS} are edited at once. "
            "Send the part round the selection.",
        )
    return pixels.width * pixels.height * CHANNELS[pixels.channels] * SAMPLE_BYTES[pixels.depth]

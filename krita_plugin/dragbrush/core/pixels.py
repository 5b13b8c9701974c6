"""Krita's bytes and the wire's: the order of the channels, parts of rows, and what a selection covers.

Krita gives B, G, R, A (16-bit samples little-endian) or gray, alpha; the wire has R, G, B, A or gray, alpha; neither
has padding, both have straight alpha. Floating point is not taken: a layer may hold more than 0 to 1 there, and 16
bits of either kind do not hold all values of the other, so that pixels outside of the selection would change.
"""

from dataclasses import dataclass
from typing import Literal

from ..wire import CHANNELS, SAMPLE_BYTES, Layout, Pixels, byte_length
from .crop import Rect

Channels = Literal["gray", "graya", "rgb", "rgba"]
Depth = Literal["u8", "u16"]

BLOCK_BYTES = 1024 * 1024
"""Reordered at a time: about a millisecond in which no other thread of Python runs."""
_MODELS: dict[tuple[str, str], tuple[Channels, Depth]] = {
    ("RGBA", "U8"): ("rgba", "u8"),
    ("RGBA", "U16"): ("rgba", "u16"),
    ("GRAYA", "U8"): ("graya", "u8"),
    ("GRAYA", "U16"): ("graya", "u16"),
}


class UnsupportedLayer(Exception):
    """Pixels of a kind that cannot be sent: says which colour model and depth."""


@dataclass(frozen=True, eq=False)
class Raster:
    """Pixels in Krita's order, packed in rows from the top. Raises: ValueError for too few or too many bytes."""

    width: int
    height: int
    channels: Channels
    depth: Depth
    data: bytes | bytearray
    """Not changed by anyone; a result is a `bytearray` so that it need not be copied."""

    def __post_init__(self) -> None:
        if len(self.data) != self.width * self.height * self.pixel_bytes:
            raise ValueError(f"{len(self.data)} bytes are not {self.width} x {self.height} pixels")

    @property
    def pixel_bytes(self) -> int:
        return CHANNELS[self.channels] * SAMPLE_BYTES[self.depth]

    def is_like(self, other: "Raster | None") -> bool:
        """Whether both show the same."""
        return self is other or (
            other is not None
            and (self.width, self.height, self.channels, self.depth)
            == (other.width, other.height, other.channels, other.depth)
            and self.data == other.data
        )

    def part(self, rect: Rect) -> "Raster":
        """The pixels of a rectangle that lies within."""
        row, size = self.width * self.pixel_bytes, rect.width * self.pixel_bytes
        view, first = memoryview(self.data), rect.left * self.pixel_bytes
        rows = (view[y * row + first :][:size] for y in range(rect.top, rect.bottom))
        return Raster(rect.width, rect.height, self.channels, self.depth, b"".join(rows))


@dataclass(frozen=True)
class Selection:
    """What is selected of a picture: one byte a pixel, feather and all."""

    mask: Raster
    rect: Rect

    def part(self, rect: Rect) -> Raster:
        """Of any part of the picture."""
        rows, inside = bytearray(), self.rect.within(rect)
        here = self.mask.part(Rect(inside.left - self.rect.left, inside.top - self.rect.top, *inside.size))
        before, after = bytes(inside.left - rect.left), bytes(rect.right - inside.right)
        for y in range(rect.top, rect.bottom):
            row = (y - inside.top) * inside.width
            is_there = inside.top <= y < inside.bottom and inside.width
            rows += before + here.data[row : row + inside.width] + after if is_there else bytes(rect.width)
        return Raster(rect.width, rect.height, "gray", "u8", bytes(rows))


def kind_of(model: str, depth: str) -> tuple[Channels, Depth]:
    """The wire's names of Krita's colour model and depth, as "RGBA" and "U8". Raises: UnsupportedLayer."""
    try:
        return _MODELS[model, depth]
    except KeyError:
        raise UnsupportedLayer(f"{model} {depth}") from None


def to_wire(raster: Raster, icc: str | None = None) -> tuple[Pixels, bytes | bytearray]:
    """What is said of the pixels, and their bytes in the wire's order. `icc`: the blob of their profile."""
    layout = Pixels(raster.width, raster.height, raster.channels, raster.depth, icc)
    return layout, _reordered(raster.data, raster.channels, raster.depth)


def from_wire(layout: Layout, data: bytes | bytearray) -> Raster:
    """The reverse. Raises: ValueError."""
    if len(data) != byte_length(layout):
        raise ValueError(f"{len(data)} bytes are not {layout.width} x {layout.height} pixels")
    reordered = _reordered(data, layout.channels, layout.depth)
    return Raster(layout.width, layout.height, layout.channels, layout.depth, reordered)


def shown(layout: Layout, data: bytes | bytearray) -> Raster:
    """A preview as B, G, R, A of 8 bits, whatever it came as: what Qt calls ARGB32. Meant for small pictures."""
    raster = from_wire(layout, data)
    samples = raster.data[1::2] if raster.depth == "u16" else raster.data  # little-endian: the upper byte
    out = bytearray(b"\xff") * (4 * raster.width * raster.height)
    count = CHANNELS[raster.channels]
    is_gray, has_alpha = count < 3, count % 2 == 0
    for channel in range(3):
        out[channel::4] = samples[0 if is_gray else channel :: count]
    if has_alpha:
        out[3::4] = samples[count - 1 :: count]
    return Raster(raster.width, raster.height, "rgba", "u8", bytes(out))


def selected(mask: Raster) -> Rect | None:
    """The box of all that a selection, one byte a pixel, selects at all; None where that is nothing."""
    data, width = mask.data, mask.width
    above = (len(data) - len(data.lstrip(b"\0"))) // width
    if above == mask.height:
        return None
    bottom = -(-len(data.rstrip(b"\0")) // width)
    left, right = width, 0
    for start in range(above * width, bottom * width, width):
        row = data[start : start + width]
        if any_selected := len(row.rstrip(b"\0")):
            left, right = min(left, width - len(row.lstrip(b"\0"))), max(right, any_selected)
    return Rect.of_edges(left, above, right, bottom)


def object_box(mask: Raster) -> Rect | None:
    """The box of what is selected by half or more of its highest value, whose middle is the object's."""
    data = bytes(mask.data)
    highest = 255 if 255 in data else max(data, default=0)
    if not highest:
        return None
    least = -(-highest // 2)
    half = data.translate(bytes(value >= least for value in range(256)))
    return selected(Raster(mask.width, mask.height, "gray", "u8", half))


def alpha_of(raster: Raster) -> Raster:
    """How opaque each pixel is, as a selection; of 16 bits the upper ones."""
    size = raster.pixel_bytes
    return Raster(raster.width, raster.height, "gray", "u8", bytes(raster.data[size - 1 :: size]))


def _reordered(data: bytes | bytearray, channels: Channels, depth: Depth) -> bytes | bytearray:
    """With the first and the third channel exchanged, where there are colours."""
    if CHANNELS[channels] < 3:
        return data
    sample = SAMPLE_BYTES[depth]
    pixel = CHANNELS[channels] * sample
    out, step = bytearray(), BLOCK_BYTES // pixel * pixel  # grown: all of it at once would hold the others up
    for start in range(0, len(data), step):
        block = data[start : start + step]
        fresh = bytearray(block)
        for byte in range(sample):
            fresh[byte::pixel] = block[2 * sample + byte :: pixel]
            fresh[2 * sample + byte :: pixel] = block[byte::pixel]
        out += fresh
    return out

"""Small pictures and hand-made files for the imaging tests."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from dragbrush.imaging import Picture

D50 = (0.9642, 1.0, 0.8249)
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))


def noise(height: int, width: int, channels: int, *, bits: int = 8, seed: int = 0) -> NDArray:
    kind = np.uint8 if bits == 8 else np.uint16
    return np.random.default_rng(seed).integers(0, 2**bits, (height, width, channels), dtype=kind)


def picture(height: int, width: int, channels: int = 3, *, bits: int = 8, seed: int = 0) -> Picture:
    return Picture(noise(height, width, channels, bits=bits, seed=seed))


def texture(height: int, width: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """A smooth random RGB picture, (height, width, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    planes = []
    for _ in range(3):
        plane = np.zeros((height, width))
        for _ in range(12):
            fy, fx, phase = rng.uniform(-0.25, 0.25), rng.uniform(-0.25, 0.25), rng.uniform(0, 6.28)
            plane += np.sin(fy * y + fx * x + phase)
        planes.append(plane)
    stack = np.stack(planes, axis=2)
    return np.rint(255 * (stack - stack.min()) / np.ptp(stack)).astype(np.uint8)


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC v2 profile with these tags."""
    table, body = b"", b""
    offset = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, offset + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = bytearray(128)
    struct.pack_into(">I", head, 0, offset + len(body))
    head[8:12] = b"\x02\x20\0\0"
    head[12:24] = b"mntr" + space + b"XYZ "
    head[36:40] = b"acsp"
    struct.pack_into(">3i", head, 68, *(round(v * 65536) for v in D50))
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def _gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def _srgb_curve() -> bytes:
    parameters = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return b"para\0\0\0\0" + struct.pack(">HH5i", 3, 0, *(round(v * 65536) for v in parameters))


def rgb_profile(primaries=ADOBE_RGB, gamma: float | None = 563 / 256) -> bytes:
    curve = _gamma(gamma) if gamma else _srgb_curve()
    tags = {
        b"desc": b"desc\0\0\0\0\0\0\0\x05test\0" + b"\0" * 78,
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": _xyz(D50),
    }
    for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True):
        tags[name] = _xyz(column)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return profile(b"RGB ", tags)


def grey_profile(gamma: float = 1.8) -> bytes:
    return profile(b"GRAY", {b"wtpt": _xyz(D50), b"kTRC": _gamma(gamma)})


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes whose header claims this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")


def tiff(
    width: int,
    height: int,
    channels: int,
    data: bytes,
    *,
    bits: int = 8,
    extra: int | None = None,
    sample_format: int = 1,
    order: str = "<",
) -> bytes:
    """An uncompressed TIFF of one strip; `extra` is ExtraSamples (1 multiplied, 2 straight alpha)."""
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, 2 if channels > 2 else 1),
        (273, 4, None),
        (277, 3, channels),
        (278, 4, height),
        (279, 4, len(data)),
    ]
    if extra is not None:
        tags.append((338, 3, extra))
    tags.append((339, 3, sample_format))
    start = 8 + 2 + 12 * len(tags) + 4
    lists, entries = b"", b""
    for tag, kind, value in tags:
        count = channels if tag in (258, 339) and channels > 2 else 1
        if count > 2:
            packed = struct.pack(order + "I", start + len(lists))
            lists += struct.pack(order + f"{count}H", *[value] * count)
        else:
            value = start + 12 * channels if value is None else value
            packed = struct.pack(order + ("I" if kind == 4 else "HH"), *([value] if kind == 4 else [value, value]))
        entries += struct.pack(order + "HHI", tag, kind, count if count > 2 else (channels if tag in (258, 339) else 1))
        entries += packed
    lists = lists.ljust(12 * channels, b"\0")
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(order + "IH", 8, len(tags))
    return head + entries + struct.pack(order + "I", 0) + lists + data

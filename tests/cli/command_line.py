"""The working folder of the command line's tests, and what a command left behind."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 160, 120


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


def fill(folder: Path) -> None:
    """A picture `in.png`, a mask `mask.png` of its left half, and files that are no use."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    samples = np.stack([rows * 2, columns, 255 - rows - columns // 2], axis=2).astype(np.uint8)
    samples[40:80, 40:70] = (220, 40, 30)
    Image.fromarray(samples).save(folder / "in.png")
    Image.fromarray(samples.astype(np.float32)[:, :, 0]).save(folder / "float.tif")
    Image.fromarray(samples).convert("CMYK").save(folder / "cmyk.tif")
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, : WIDTH // 2] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    Image.fromarray(mask[:, :80]).save(folder / "small-mask.png")
    Image.fromarray(mask * 0).save(folder / "empty-mask.png")
    Image.fromarray(np.full((HEIGHT, WIDTH, 4), 99, np.uint8)).save(folder / "alpha.png")
    (folder / "cut.png").write_bytes((folder / "in.png").read_bytes()[:300])
    (folder / "text.png").write_text("no picture")
    (folder / "bomb.png").write_bytes(_png_of_zeros(60000))
    (folder / "old.png").write_bytes(b"kept")
    (folder / "old.json").write_text("{}")
    (folder / "old.safetensors").write_bytes(b"kept")
    (folder / "folder.png").mkdir()
    (folder / "old-bench").mkdir()
    (folder / "old-bench" / "table.md").write_text("kept")
    (folder / "old-demo").mkdir()
    (folder / "old-demo" / "report.json").write_text("kept")
    (folder / "empty-model").mkdir()


def _png_of_zeros(side_px: int) -> bytes:
    """A PNG whose header claims a side that its data does not have."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder, to compare before and after."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }

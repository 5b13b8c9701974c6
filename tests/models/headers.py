"""Safetensors files made by hand, right ones and wrong ones."""

import json
import math
from pathlib import Path

from dragbrush.models.header import ITEM_BYTES

UNET = "model.diffusion_model."
FIRST = f"{UNET}input_blocks.0.0.weight"
TEXT_KEYS = f"{UNET}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"


def entries(shapes: dict[str, tuple[int, ...]], dtype: str = "F16") -> dict[str, dict]:
    """The header of tensors that follow each other."""
    found, offset = {}, 0
    for name, shape in shapes.items():
        end = offset + math.prod(shape) * ITEM_BYTES[dtype]
        found[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    return found


def data_bytes(header: dict[str, dict]) -> int:
    return max((entry["data_offsets"][1] for entry in header.values()), default=0)


def write(file: Path, header: dict[str, dict], *, data: int | None = None) -> Path:
    """A file of this header, with as many bytes after it as it needs, or as told."""
    text = json.dumps(header).encode()
    size = data_bytes(header) if data is None else data
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(size))
    return file

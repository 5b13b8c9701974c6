"""What the editor's tests edit: a red disc on a ground of soft grain, its selection, and short settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragbrush import Drag, Editor

NewEditor = Callable[[Path], Editor]
"""Makes an editor over a cache folder."""

HEIGHT, WIDTH = 96, 112
HANDLE, TARGET = (40.0, 44.0), (60.0, 50.0)
DRAGS = [Drag(HANDLE, TARGET)]
SHORT: dict[str, Any] = {
    "lora_step": 1,
    "lora_batch_size": 1,
    "lora_rank": 2,
    "n_pix_step": 2,
    "n_inference_step": 4,
    "inversion_strength": 0.5,
}
PLAIN = {**SHORT, "lora_step": 0}
"""Without the identity LoRA, for tests that are not about it."""
MODEL_SPEEDS = ("quality", "paper", "reference")
KINDS = {"grey": (), "grey with alpha": (2,), "RGB": (3,), "RGBA": (4,)}
"""What follows height and width in the shape of an array."""


def picture(kind: str = "RGB", bits: int = 8, *, seed: int = 0) -> NDArray[Any]:
    """An array of a kind and depth."""
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    values = np.random.default_rng(seed).uniform(0.3, 0.5, (HEIGHT, WIDTH, *KINDS[kind]))
    disc = np.hypot(cols - HANDLE[0], rows - HANDLE[1]) <= 9
    values[disc] = (0.9, 0.2, 0.1, 0.8)[: values.shape[2]] if values.ndim == 3 else 0.9
    top = 2**bits - 1
    return (values * top).round().astype(np.uint8 if bits == 8 else np.uint16)


def selection() -> NDArray[np.uint8]:
    """A feathered ellipse round the drag that leaves most of the picture alone."""
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    far = np.hypot((cols - 50) / 34, (rows - 47) / 24)
    return (np.clip((1 - far) / 0.2, 0, 1) * 255).round().astype(np.uint8)

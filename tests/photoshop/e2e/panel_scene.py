"""The drawn scene that the panel edits, as raw files: python panel_scene.py FOLDER WIDTH HEIGHT.

`mask` is what a drag may change, `object` the ball in it, `thing` another object on a layer of its own.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dragbrush.bench.demo_scene import DemoScene, demo_scene

_GRIP = (0.45, 0.35)
"""Of the second handle, in radii from the ball's middle, which the first one is."""


def main() -> None:
    folder, width, height = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    scene = demo_scene(width, height)
    picture = np.ascontiguousarray(scene.picture, np.uint8)[:, :, :3]
    masks = {"mask": np.asarray(scene.mask, np.uint8), "object": _ball(scene, width, height)}
    for name, values in {"picture": _opaque(picture), "thing": _thing(width, height), **masks}.items():
        suffix = "gray" if values.ndim == 2 else "rgba"
        (folder / f"{name}.{suffix}").write_bytes(np.ascontiguousarray(values).tobytes())
        Image.fromarray(picture if name == "picture" else values).save(folder / f"{name}.png")
    drags = [[[float(v) for v in drag.handle], [float(v) for v in drag.target]] for drag in scene.drags]
    (folder / "scene.json").write_text(json.dumps({"drags": drags, "prompt": scene.prompt}))


def _opaque(picture: np.ndarray) -> np.ndarray:
    return np.dstack((picture, np.full(picture.shape[:2], 255, np.uint8)))


def _ball(scene: DemoScene, width: int, height: int) -> np.ndarray:
    """(height, width), with a soft edge."""
    (x, y), other = scene.drags[0].handle, scene.drags[1].handle
    radius = 1.04 * math.dist((x, y), other) / math.hypot(*_GRIP)
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(mask.filter(ImageFilter.GaussianBlur(0.8)))


def _thing(width: int, height: int) -> np.ndarray:
    """(height, width, 4): a green balloon with stripes, soft at its edge, at the upper left."""
    box = (round(0.1 * width), round(0.12 * height), round(0.25 * width), round(0.42 * height))
    colours = Image.new("RGB", (width, height), (40, 150, 90))
    draw = ImageDraw.Draw(colours)
    for x in range(box[0], box[2], 12):
        draw.rectangle((x, 0, x + 5, height), fill=(235, 225, 120))
    alpha = Image.new("L", (width, height))
    ImageDraw.Draw(alpha).ellipse(box, fill=255)
    soft = np.asarray(alpha.filter(ImageFilter.GaussianBlur(0.8)))
    return np.dstack((np.where(soft[:, :, None] > 0, np.asarray(colours), 0).astype(np.uint8), soft))


if __name__ == "__main__":
    main()

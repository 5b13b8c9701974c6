"""The drawn scene that the panel edits, as raw files: python panel_scene.py FOLDER WIDTH HEIGHT."""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from dragbrush.bench.demo_scene import demo_scene


def main() -> None:
    folder, width, height = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    scene = demo_scene(width, height)
    picture = np.ascontiguousarray(scene.picture, np.uint8)
    opaque = np.full((height, width, 1), 255, np.uint8)
    (folder / "picture.rgba").write_bytes(np.concatenate([picture[:, :, :3], opaque], 2).tobytes())
    (folder / "mask.gray").write_bytes(np.ascontiguousarray(scene.mask, np.uint8).tobytes())
    Image.fromarray(picture[:, :, :3]).save(folder / "picture.png")
    Image.fromarray(np.asarray(scene.mask, np.uint8)).save(folder / "mask.png")
    drags = [[[float(v) for v in drag.handle], [float(v) for v in drag.target]] for drag in scene.drags]
    (folder / "scene.json").write_text(json.dumps({"drags": drags, "prompt": scene.prompt}))


if __name__ == "__main__":
    main()

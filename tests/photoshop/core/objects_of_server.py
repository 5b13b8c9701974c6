"""Random objects and where the server puts them, as JSON: masks, transforms, middles, boxes, and its crops."""

import json
import random
import sys

import numpy as np

from dragbrush.edit import Transform
from dragbrush.imaging import fit_edit, mask_box
from dragbrush.placing import box_after, joined, matrix_of, middle_of

CANVASES = ((160, 16), (128, 64), (512, 64), (1024, 64))
"""Of instant edits and of models: side, and what sides are multiples of."""


def main() -> None:
    draw = random.Random(11)
    cases = []
    for _ in range(int(sys.argv[1])):
        width, height = draw.randint(40, 900), draw.randint(40, 900)
        mask = np.zeros((height, width), np.uint8)
        left, top = draw.randrange(width - 8), draw.randrange(height - 8)
        right, bottom = draw.randint(left + 4, width), draw.randint(top + 4, height)
        mask[top:bottom, left:right] = draw.randint(1, 120)
        mask[top + 1 : bottom - draw.randint(0, 2), left + draw.randint(0, 2) : right - 1] = draw.randint(121, 255)
        transform = Transform(
            draw.randint(-width // 2, width // 2), draw.randint(-height // 2, height // 2),
            draw.choice((1.0, 0.4, 1.7)), draw.choice((0.0, 30.0, -117.5)), draw.random() < 0.3,
        )  # fmt: skip
        box, matrix = mask_box(mask), matrix_of(transform, middle_of(mask))
        after = box_after(box, matrix, (width, height))
        crops = []
        for side, multiple in CANVASES:
            for needed in (box, joined([box, after]) or box):
                crops.append(fit_edit((width, height), needed, (), canvas_area_side=side, multiple=multiple).box)
        cases.append(
            {
                "size": [width, height],
                "mask": [left, top, mask[top:bottom, left:right].tolist()],
                "transform": [transform.dx, transform.dy, transform.scale, transform.degrees, transform.mirror],
                "middle": middle_of(mask),
                "corner": (matrix[:, :2] @ [left, top] + matrix[:, 2]).tolist(),
                "after": after,
                "crops": crops,
            }
        )
    print(json.dumps(cases))  # noqa: T201


if __name__ == "__main__":
    main()

"""The parts that the Krita plugin sends for random edits, as JSON: cases and what each gives."""

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from krita_dragbrush.core.crop import CropTooLarge, Rect, crop_to_follow, crop_to_send
from krita_dragbrush.core.points import Pair


def main() -> None:
    draw = random.Random(6)
    cases = []
    for _ in range(int(sys.argv[1])):
        width, height = (draw.choice((draw.randint(1, 400), draw.randint(1, 6000), 17000)) for _ in "wh")
        left, top = draw.randrange(width), draw.randrange(height)
        selection = Rect(left, top, draw.randint(1, width - left), draw.randint(1, height - top))
        points = [(draw.uniform(-0.5, width - 0.51), draw.uniform(-0.5, height - 0.51)) for _ in range(4)]
        pairs = [Pair(points[0], points[1]), Pair(points[2], points[3])][: draw.randint(0, 2)]
        chosen = None if draw.random() < 0.05 else selection
        case = {
            "size": [width, height],
            "selection": chosen and [left, top, selection.width, selection.height],
            "pairs": [[pair.handle, pair.target] for pair in pairs],
        }
        for name, crop in (("send", crop_to_send), ("follow", crop_to_follow)):
            try:
                rect = crop((width, height), chosen, pairs)
                case[name] = [rect.left, rect.top, rect.width, rect.height]
            except CropTooLarge:
                case[name] = None
        cases.append(case)
    print(json.dumps(cases))  # noqa: T201


if __name__ == "__main__":
    main()

"""The parts that the Krita plugin sends for random edits, as JSON: cases and what each gives."""

import json
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from krita_dragbrush.core.crop import CropTooLarge, Rect, crop_of_object, crop_to_follow, crop_to_send
from krita_dragbrush.core.points import Pair

Size = tuple[int, int]


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
        goes_to = Rect(draw.randrange(width), draw.randrange(height), selection.width // 2 + 1, selection.height)
        size = (width, height)
        cases.append(
            {
                "size": size,
                "selection": chosen and _edges(chosen),
                "pairs": [[pair.handle, pair.target] for pair in pairs],
                "object": [_edges(selection), _edges(goes_to)],
                "send": _part(partial(crop_to_send, size, chosen, pairs)),
                "follow": _part(partial(_follow, size, chosen, pairs)),
                "move": _part(partial(crop_of_object, size, selection, goes_to)),
            }
        )
    print(json.dumps(cases))  # noqa: T201


def _follow(size: Size, selection: Rect | None, pairs: list[Pair]) -> Rect:
    return crop_to_follow(size, crop_to_send(size, selection, pairs))


def _part(crop: Callable[[], Rect]) -> list[int] | None:
    try:
        return _edges(crop())
    except CropTooLarge:
        return None


def _edges(rect: Rect) -> list[int]:
    return [rect.left, rect.top, rect.width, rect.height]


if __name__ == "__main__":
    main()

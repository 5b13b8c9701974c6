"""Where content ended, on pictures in which it was really moved."""

import math
import time

import numpy as np
import pytest
from pictures import texture

from dragbrush.imaging import Picture, where_it_went


def moved(side: int, start: tuple[int, int], end: tuple[int, int], half: int) -> tuple[Picture, Picture]:
    """A round object of its own texture on a background of another, before and after its move."""
    background, y_x = texture(side, side, seed=1) // 2, np.mgrid[:side, :side]
    thing = texture(2 * half + 1, 2 * half + 1, seed=2)
    pictures = []
    for x, y in (start, end):
        image = background.copy()
        disc = np.hypot(y_x[0] - y, y_x[1] - x) <= half
        image[disc] = np.pad(thing, ((y - half, side - y - half - 1), (x - half, side - x - half - 1), (0, 0)))[disc]
        pictures.append(Picture(image))
    return pictures[0], pictures[1]


@pytest.mark.parametrize(
    ("side", "start", "end", "half"),
    [
        (64, (20, 20), (40, 30), 8),
        (128, (40, 60), (90, 61), 15),
        (256, (60, 60), (190, 170), 30),
        (400, (80, 300), (300, 90), 50),
        (64, (8, 30), (50, 30), 8),
    ],
)
def test_a_moved_object_is_found(side: int, start: tuple, end: tuple, half: int) -> None:
    source, result = moved(side, start, end, half)

    place, score = where_it_went(source, result, start, end)

    assert math.dist(place, end) < 1.5
    assert score > 0.9


def test_an_object_that_stopped_half_way_is_found_there() -> None:
    source, result = moved(200, (50, 60), (90, 80), 20)

    place, _ = where_it_went(source, result, (50, 60), (130, 100))

    assert math.dist(place, (90, 80)) < 1.5


@pytest.mark.parametrize("handle", [(50.0, 60.0), (50.3, 59.6), (0.0, 0.0), (199.0, 3.0)])
@pytest.mark.parametrize("length", [12, 100])
def test_unmoved_content_is_at_the_handle(handle: tuple[float, float], length: int) -> None:
    picture = Picture(texture(200, 200))

    place, score = where_it_went(picture, picture, handle, (100, 60 + length))

    assert math.dist(place, handle) < 1e-6
    assert score == pytest.approx(1, abs=1e-3)


def test_a_plain_object_is_found_by_its_outline() -> None:
    source, result = (np.full((128, 128, 3), 90, np.uint8) for _ in range(2))
    y, x = np.mgrid[:128, :128]
    source[np.hypot(x - 40, y - 50) <= 9] = (220, 40, 40)
    result[np.hypot(x - 80, y - 70) <= 9] = (220, 40, 40)

    place, _ = where_it_went(Picture(source), Picture(result), (40, 50), (80, 70))

    assert math.dist(place, (80, 70)) < 1.5


def test_lost_content_scores_low() -> None:
    source, _ = moved(128, (40, 60), (90, 61), 15)

    _, score = where_it_went(source, Picture(texture(128, 128, seed=9) // 2), (40, 60), (90, 61))

    assert score < 0.7


def test_a_radius_of_the_callers() -> None:
    source, result = moved(128, (40, 60), (90, 61), 15)

    for radius in (4, 8, 12):
        place, _ = where_it_went(source, result, (40, 60), (90, 61), radius=radius)
        assert math.dist(place, (90, 61)) < 1.5
    assert where_it_went(source, source, (40, 60), (90, 61), radius=60)[0] == (40, 60)


def test_a_large_picture_costs_little() -> None:
    samples = np.tile(texture(500, 500), (8, 8, 1))
    samples[1900:2000, 1900:2000] = texture(100, 100, seed=7)
    picture = Picture(samples)
    where_it_went(picture, picture, (1950, 1950), (2160, 2160))

    started = time.process_time()
    where_it_went(picture, picture, (1950, 1950), (2160, 2160))

    assert time.process_time() - started < 0.5  # 0.1 s on an idle core

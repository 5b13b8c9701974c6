"""Objects cut out of a layer and laid over one, at the layer's own resolution."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scene import KINDS, picture

from dragbrush.edit import Transform
from dragbrush.errors import BadRequest
from dragbrush.imaging import Picture
from dragbrush.placing import Cutout, Laid, box_after, cut_out, lift, matrix_of, middle_of

BOX = (slice(35, 54), slice(31, 50))
MIDDLE = (40.0, 44.0)
EVERY_KIND = pytest.mark.parametrize(("kind", "bits"), [(kind, bits) for kind in KINDS for bits in (8, 16)])


def feathered() -> NDArray[np.uint8]:
    """A disc round the middle that fades over four pixels."""
    rows, cols = np.mgrid[:96, :112]
    return (np.clip((11 - np.hypot(cols - MIDDLE[0], rows - MIDDLE[1])) / 4, 0, 1) * 255).round().astype(np.uint8)


def box_mask() -> NDArray[np.uint8]:
    mask = np.zeros((96, 112), np.uint8)
    mask[BOX] = 255
    return mask


def flat(kind: str, bits: int) -> Picture:
    """Opaque ground of one colour."""
    samples = np.zeros_like(Picture.from_array(picture(kind, bits)).samples)
    samples[:] = 100 * (2**bits - 1) // 255
    if "alpha" in kind or kind == "RGBA":
        samples[:, :, -1] = 2**bits - 1
    return Picture(samples)


def moved(source: Picture, mask: NDArray[np.uint8], background: Picture, transform: Transform) -> Picture:
    laid = Laid(lift(source, mask, background), matrix_of(transform, middle_of(mask)), source.size)
    return laid.over(background, laid.covered())


def apart(one: Picture, other: Picture) -> int:
    return int(np.abs(one.samples.astype(int) - other.samples).max())


@EVERY_KIND
def test_object_laid_back_where_it_was_gives_the_picture_again(kind: str, bits: int) -> None:
    source, ground = Picture.from_array(picture(kind, bits)), flat(kind, bits)
    if source.has_alpha:
        source.samples[:, :, -1] = source.maximum
    # A picture whose mixed pixels show the ground, as those of a real outline do.
    share = feathered()[:, :, None] / 255
    over = flat(kind, bits).samples + share * (source.samples.astype(float) - flat(kind, bits).samples)
    mixed = Picture(np.where(share > 0, over.round().astype(source.samples.dtype), ground.samples))

    again = moved(mixed, feathered(), ground, Transform())

    assert apart(again, mixed) <= (1 if bits == 8 else 16)


@EVERY_KIND
def test_shift_by_whole_pixels_copies_the_samples(kind: str, bits: int) -> None:
    source, ground = Picture.from_array(picture(kind, bits)), flat(kind, bits)

    result = moved(source, box_mask(), ground, Transform(dx=30, dy=-12))

    there = result.samples[23:42, 61:80].astype(int)
    if not source.has_alpha:
        assert np.abs(there - source.samples[BOX]).max() <= (0 if bits == 8 else 2)
    outside = np.ones((96, 112), bool)
    outside[23:42, 61:80] = False
    assert (result.samples[outside] == ground.samples[outside]).all()


def test_mixed_pixels_do_not_carry_the_old_background_along() -> None:
    green, red, blue = (np.array(colour) for colour in ((40, 200, 40), (220, 30, 20), (10, 20, 220)))
    share = feathered()[:, :, None] / 255
    source = Picture(np.round(green + share * (red - green)).astype(np.uint8))
    ground, sky = (Picture(np.full((96, 112, 3), colour, np.uint8)) for colour in (green, blue))

    laid = Laid(lift(source, feathered(), ground), matrix_of(Transform(dx=30), MIDDLE), source.size)
    result = laid.over(sky, laid.covered()).samples[:, 30:]

    expected = blue + share[:, :-30] * (red - blue)
    assert np.abs(result[:, :82] - expected).max() <= 2


def test_cut_out_of_an_opaque_picture_gives_mixed_pixels_the_objects_colour() -> None:
    green, red = np.array((40, 200, 40)), np.array((220, 30, 20))
    share = feathered()[:, :, None] / 255
    source = Picture(np.round(green + share * (red - green)).astype(np.uint8))

    values = cut_out(source, feathered()).samples / 65535

    seen = values[:, :, 3] > 0.05
    assert np.abs(values[seen][:, :3] / values[seen][:, 3:] - red / 255).max() < 0.02


def test_alpha_says_what_the_object_is_where_no_mask_does() -> None:
    samples = np.zeros((40, 50, 4), np.uint8)
    samples[10:20, 5:25] = (200, 100, 50, 255)

    found = cut_out(Picture(samples), None)

    assert found.box == (5, 10, 20, 10)
    assert np.allclose(found.samples / 65535, np.array([200, 100, 50, 255]) / 255, atol=1e-5)


def test_object_alone_laid_over_its_background_is_the_edit() -> None:
    source, ground = Picture.from_array(picture()), flat("RGB", 8)
    laid = Laid(lift(source, feathered(), ground), matrix_of(Transform(14.4, 3.3, 1.3, 25), MIDDLE), source.size)
    covered = laid.covered()

    alone = laid.alone(ground, covered).samples.astype(float)
    share = alone[:, :, 3:] / 255
    composited = alone[:, :, :3] * share + ground.samples * (1 - share)

    assert np.abs(composited - laid.over(ground, covered).samples).max() <= 1.5


def test_only_what_is_seen_of_an_object_counts_as_covered() -> None:
    laid = Laid(cut_out(Picture.from_array(picture()), box_mask()), matrix_of(Transform(dx=90), MIDDLE), (112, 96))

    covered = laid.covered()

    assert covered.max() == 0 or np.flatnonzero(covered.any(0)).min() >= 100


@given(
    dx=st.floats(-60, 60), dy=st.floats(-60, 60), scale=st.floats(0.1, 3), degrees=st.floats(-180, 180),
    mirror=st.booleans(),
)  # fmt: skip
def test_box_holds_all_of_the_object(dx: float, dy: float, scale: float, degrees: float, mirror: bool) -> None:
    matrix = matrix_of(Transform(dx, dy, scale, degrees, mirror), MIDDLE)
    box = box_after((31, 35, 19, 19), matrix, (112, 96))

    for x, y in ((31, 35), (49, 35), (31, 53), (49, 53), (40, 44)):
        to_x, to_y = matrix[:, :2] @ [x, y] + matrix[:, 2]
        if 0 <= to_x <= 111 and 0 <= to_y <= 95:
            assert box is not None
            assert box[0] <= to_x <= box[0] + box[2]
            assert box[1] <= to_y <= box[1] + box[3]


@pytest.mark.parametrize(
    ("transform", "point", "goes_to"),
    [
        (Transform(dx=7, dy=-3), (50.0, 44.0), (57.0, 41.0)),
        (Transform(scale=2), (50.0, 44.0), (60.0, 44.0)),
        (Transform(degrees=90), (50.0, 44.0), (40.0, 54.0)),
        (Transform(mirror=True), (50.0, 40.0), (30.0, 40.0)),
        (Transform(mirror=True, degrees=90), (50.0, 44.0), (40.0, 34.0)),
    ],
)
def test_transform_is_about_the_middle(
    transform: Transform, point: tuple[float, float], goes_to: tuple[float, float]
) -> None:
    matrix = matrix_of(transform, MIDDLE)

    assert matrix[:, :2] @ point + matrix[:, 2] == pytest.approx(goes_to)


def test_middle_is_that_of_what_is_selected_by_half() -> None:
    mask = box_mask()
    mask[35:54, 50:60] = 100

    assert middle_of(mask) == MIDDLE


def test_object_of_transparent_pixels_is_refused() -> None:
    samples: Any = np.zeros((96, 112, 4), np.uint8)

    with pytest.raises(BadRequest, match="transparent"):
        lift(Picture(samples), box_mask(), Picture(samples))


def test_large_object_is_laid_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Besides its own samples no more of an object is held at once than a tile of the result needs."""
    fetched: list[int] = []
    part = Cutout.part
    monkeypatch.setattr(Cutout, "part", lambda *given: fetched.append(part(*given).numel()) or part(*given))
    samples = np.random.default_rng(0).integers(0, 255, (1500, 1500, 4), dtype=np.uint8)
    samples[:, :, 3] = 255
    laid = Laid(cut_out(Picture(samples), None), matrix_of(Transform(degrees=30), (750.0, 750.0)), (1500, 1500))

    laid.over(Picture(np.zeros((1500, 1500, 3), np.uint8)), laid.covered())

    assert len(fetched) > 20
    assert max(fetched) <= samples.size / 10

"""Reading: exact samples, and one clear sentence for everything that is not read."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from pictures import grey_profile, noise, picture, png_claiming, rgb_profile, texture, tiff
from PIL import Image

from dragbrush.errors import BadImage, BadRequest, TooLarge
from dragbrush.imaging import Limits, Picture, read_mask, read_picture, write_picture


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def samples_of(image: Image.Image) -> np.ndarray:
    array = np.asarray(image)
    return array[:, :, None] if array.ndim == 2 else array


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WebP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_lossless_colour_is_exact(kind: str, mode: str) -> None:
    image = Image.fromarray(noise(9, 7, len(mode)))

    read = read_picture(encoded(image, kind, **({"lossless": True, "exact": True} if kind == "WebP" else {})))

    assert np.array_equal(read.samples, samples_of(image))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_palette_has_the_same_colours(kind: str) -> None:
    image = Image.fromarray(noise(16, 16, 1)[:, :, 0]).convert("P")
    image.putpalette(noise(256, 3, 1, seed=5).tobytes())

    read = read_picture(encoded(image, kind))

    assert np.array_equal(read.samples, samples_of(image.convert("RGB")))


def test_palette_with_transparency_becomes_rgba() -> None:
    image = Image.fromarray(noise(8, 8, 1)[:, :, 0] // 64).convert("P")
    image.putpalette(noise(4, 3, 1).tobytes())

    read = read_picture(encoded(image, transparency=bytes([0, 90, 255, 255])))

    expected = Image.open(io.BytesIO(encoded(image, transparency=bytes([0, 90, 255, 255])))).convert("RGBA")
    assert np.array_equal(read.samples, samples_of(expected))


@pytest.mark.parametrize(("mode", "key"), [("RGB", (10, 20, 30)), ("L", 7)])
def test_transparent_colour_becomes_alpha(mode: str, key: object) -> None:
    image = Image.new(mode, (4, 3), key)  # type: ignore[arg-type]
    image.putpixel((1, 1), 200 if mode == "L" else (200, 200, 200))

    read = read_picture(encoded(image, transparency=key))

    assert read.has_alpha
    assert read.samples[1, 1, -1] == 255
    assert read.samples[0, 0, -1] == 0
    assert np.count_nonzero(read.samples[:, :, -1]) == 1


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_one_bit_becomes_black_and_white(kind: str) -> None:
    image = Image.fromarray(noise(9, 13, 1)[:, :, 0] > 127)

    read = read_picture(encoded(image, kind))

    assert read.channels == 1
    assert np.array_equal(read.samples[:, :, 0], np.asarray(image.convert("L")))


@pytest.mark.parametrize("extension", ["png", "tif"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("bits", [8, 16])
def test_every_kind_and_depth_round_trips_exactly(tmp_path: Path, extension: str, channels: int, bits: int) -> None:
    source = picture(11, 6, channels, bits=bits)

    write_picture(source, tmp_path / f"x.{extension}")
    read = read_picture(tmp_path / f"x.{extension}")

    assert read.samples.dtype == source.samples.dtype
    assert np.array_equal(read.samples, source.samples)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_exif_orientation_is_applied(orientation: int, kind: str) -> None:
    image = Image.fromarray(noise(5, 8, 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image, kind, exif=exif)

    read = read_picture(data)

    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    expected = image.transpose(turned[orientation]) if orientation > 1 else image
    assert np.array_equal(read.samples, np.asarray(expected))


def test_profile_is_kept_and_a_foreign_one_dropped() -> None:
    image = Image.new("RGB", (4, 4))

    assert read_picture(encoded(image, icc_profile=rgb_profile())).icc == rgb_profile()
    assert read_picture(encoded(image, "TIFF", icc_profile=grey_profile())).icc is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [8, 16])
def test_multiplied_alpha_becomes_straight(order: str, bits: int) -> None:
    top = 2**bits - 1
    pixels = [(top // 2, top // 4, 0, top // 2), (0, 0, 0, 0), (top, 5, 6, top)]
    kind = "B" if bits == 8 else "H"
    data = struct.pack(order + kind * 12, *sum(pixels, ()))

    read = read_picture(tiff(3, 1, 4, data, bits=bits, extra=1, order=order))

    straight = [top, top // 4 * top // (top // 2), 0, top // 2]
    assert np.abs(read.samples[0, 0].astype(int) - straight).max() <= 1
    assert read.samples[0, 1:].tolist() == [[0, 0, 0, 0], [top, 5, 6, top]]


def test_straight_alpha_in_tiff_is_left_alone() -> None:
    data = noise(3, 5, 4).tobytes()

    read = read_picture(tiff(5, 3, 4, data, extra=2))

    assert read.samples.tobytes() == data


@pytest.mark.parametrize(
    "data", [png_claiming(60000, 60000), tiff(60000, 60000, 3, bytes(100)), png_claiming(16000, 16000)]
)
def test_bombs_are_refused_from_the_header(data: bytes) -> None:
    with pytest.raises(TooLarge, match="megapixels"):
        read_picture(data)


def test_limits_are_the_callers() -> None:
    with pytest.raises(TooLarge, match="at most 8 a side"):
        read_picture(encoded(Image.new("L", (9, 2))), limits=Limits(side_px=8))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WebP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_truncated_files_are_refused(kind: str, share: float) -> None:
    data = encoded(Image.fromarray(noise(64, 64, 3)), kind)

    with pytest.raises(BadImage, match="damaged or cut short"):
        read_picture(data[: int(len(data) * share)])


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (encoded(Image.new("CMYK", (8, 8)), "JPEG"), "CMYK"),
        (encoded(Image.new("CMYK", (8, 8)), "TIFF"), "CMYK"),
        (encoded(Image.new("F", (8, 8)), "TIFF"), "float"),
        (encoded(Image.new("I", (8, 8)), "TIFF"), "int"),
        (tiff(8, 8, 3, bytes(8 * 8 * 6), bits=16, sample_format=2), "short"),
        (encoded(Image.new("RGB", (8, 8)), "BMP"), "not a PNG, JPEG, WebP or TIFF"),
        (b"%PDF-1.7 and more of it", "not a PNG"),
    ],
)
def test_kinds_that_are_not_edited_say_so(data: bytes, word: str) -> None:
    with pytest.raises(BadImage, match=word):
        read_picture(data)


@pytest.mark.parametrize("kind", ["PNG", "WebP", "TIFF"])
def test_several_pictures_in_one_file_are_refused(kind: str) -> None:
    other = Image.new("RGBA", (8, 8), (255, 0, 0, 255))
    data = encoded(Image.new("RGBA", (8, 8)), kind, save_all=True, append_images=[other])

    with pytest.raises(BadImage, match="several pictures"):
        read_picture(data)


def test_what_is_no_picture_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "loop.png").symlink_to("loop.png")
    for name, word in [
        ("none.png", "no file"),
        ("", "folder"),
        ("empty.png", "empty"),
        ("loop.png", "opened"),
    ]:
        with pytest.raises(BadImage, match=word) as caught:
            read_picture(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
    with pytest.raises(BadImage, match="not a usable name"):
        read_picture("a\0b.png")


def test_the_extension_does_not_matter(tmp_path: Path) -> None:
    image = Image.fromarray(texture(20, 20))
    image.save(tmp_path / "x.jpg", "PNG")

    assert np.array_equal(read_picture(tmp_path / "x.jpg").samples, np.asarray(image))


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    for seed in (1, 2):
        source = picture(6, 6, seed=seed)
        write_picture(source, tmp_path / "x.png", force=True)
        assert np.array_equal(read_picture(tmp_path / "x.png").samples, source.samples)


def as_png(array: np.ndarray, tmp_path: Path) -> Path:
    write_picture(Picture.from_array(array), tmp_path / "mask.png", force=True)
    return tmp_path / "mask.png"


def test_mask_is_luminance(tmp_path: Path) -> None:
    grey = noise(5, 9, 1)

    assert np.array_equal(read_mask(as_png(grey, tmp_path), (9, 5)), grey[:, :, 0])
    assert np.array_equal(read_mask(as_png(np.repeat(grey, 3, axis=2), tmp_path), (9, 5)), grey[:, :, 0])
    assert np.array_equal(read_mask(as_png(grey.astype(np.uint16) * 257, tmp_path), (9, 5)), grey[:, :, 0])


def test_mask_painted_on_transparency_is_its_alpha(tmp_path: Path) -> None:
    painted = np.zeros((5, 9, 4), np.uint8)
    painted[1:4, 2:5] = (20, 60, 90, 255)
    painted[1, 2, 3] = 100

    assert np.array_equal(read_mask(as_png(painted, tmp_path), (9, 5)), painted[:, :, 3])


def test_opaque_rgba_mask_is_luminance(tmp_path: Path) -> None:
    painted = np.full((5, 9, 4), 255, np.uint8)
    painted[:, :4, :3] = 0

    assert np.array_equal(read_mask(as_png(painted, tmp_path), (9, 5)), painted[:, :, 0])


def test_unusable_masks_say_why(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="9 x 5 pixels and the picture 8 x 5"):
        read_mask(as_png(noise(5, 9, 1), tmp_path), (8, 5))
    with pytest.raises(BadRequest, match="selects nothing"):
        read_mask(as_png(np.zeros((5, 9), np.uint8), tmp_path), (9, 5))

"""Writing: whole or not at all, nothing dropped unasked."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pictures import grey_profile, noise, picture, rgb_profile, texture

from dragbrush.errors import BadRequest, StorageFailed
from dragbrush.imaging import Picture, read_picture, write_picture


@pytest.mark.parametrize("extension", ["png", "tif", "tiff", "webp", "jpg", "PNG"])
def test_profile_is_written(tmp_path: Path, extension: str) -> None:
    source = Picture(noise(6, 6, 3), rgb_profile())

    write_picture(source, tmp_path / f"x.{extension}")

    assert read_picture(tmp_path / f"x.{extension}").icc == rgb_profile()


def test_grey_profile_at_16_bit_changes_no_sample(tmp_path: Path) -> None:
    source = Picture(noise(6, 6, 1, bits=16), grey_profile())

    write_picture(source, tmp_path / "x.png")
    read = read_picture(tmp_path / "x.png")

    assert np.array_equal(read.samples, source.samples)
    assert read.icc == source.icc


def test_resolution_is_kept(tmp_path: Path) -> None:
    source = Picture(noise(4, 4, 3), pixels_per_mm=(11.811, 11.811))

    for name in ("x.png", "x.tif", "x.jpg"):
        write_picture(source, tmp_path / name)
        assert read_picture(tmp_path / name).pixels_per_mm == pytest.approx((11.811, 11.811), rel=0.01)


def test_webp_keeps_colours_under_alpha(tmp_path: Path) -> None:
    source = picture(8, 8, 4)
    source.samples[:4, :, 3] = 0

    write_picture(source, tmp_path / "x.webp")

    assert np.array_equal(read_picture(tmp_path / "x.webp").samples, source.samples)


def test_jpeg_is_close(tmp_path: Path) -> None:
    source = Picture(texture(64, 64))

    write_picture(source, tmp_path / "x.jpg")
    read = read_picture(tmp_path / "x.jpg").samples

    assert np.abs(read.astype(int) - source.samples).mean() < 2


@pytest.mark.parametrize(
    ("name", "channels", "bits", "word"),
    [
        ("x.jpg", 4, 8, "transparency"),
        ("x.jpg", 2, 8, "transparency"),
        ("x.jpeg", 3, 16, "16 bits"),
        ("x.webp", 3, 16, "16 bits"),
        ("x.bmp", 3, 8, "no format"),
        ("x", 3, 8, "no format"),
        ("none/x.png", 3, 8, "no folder"),
        ("folder.png", 3, 8, "is a folder"),
    ],
)
def test_nothing_is_dropped_or_guessed(tmp_path: Path, name: str, channels: int, bits: int, word: str) -> None:
    (tmp_path / "folder.png").mkdir()

    with pytest.raises(BadRequest, match=word):
        write_picture(picture(4, 4, channels, bits=bits), tmp_path / name, force=True)

    assert [p.name for p in tmp_path.iterdir()] == ["folder.png"]


def test_an_existing_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(b"before")

    with pytest.raises(BadRequest, match="exists"):
        write_picture(picture(4, 4), path)
    assert path.read_bytes() == b"before"

    write_picture(picture(4, 4), path, force=True)
    assert np.array_equal(read_picture(path).samples, picture(4, 4).samples)
    assert list(tmp_path.iterdir()) == [path]


_WRITE_WITHOUT_SPACE = """
import resource, sys
from pathlib import Path
import numpy as np
from dragbrush.errors import StorageFailed
from dragbrush.imaging import Picture, write_picture
noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write_picture(Picture(noise), Path(sys.argv[1]), force=True)
except StorageFailed as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files the POSIX way")
@pytest.mark.parametrize("extension", ["png", "tif", "webp", "jpg"])
def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"x.{extension}"
    path.write_bytes(b"before")

    done = subprocess.run(
        [sys.executable, "-c", _WRITE_WITHOUT_SPACE, str(path)], capture_output=True, text=True, check=True
    )

    assert "could not be written" in done.stdout
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_no_permission_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", refuse)

    with pytest.raises(StorageFailed, match="Permission denied"):
        write_picture(picture(4, 4), tmp_path / "x.png")

    assert list(tmp_path.iterdir()) == []

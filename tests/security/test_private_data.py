"""What a picture file says beside its picture stays in that file."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from dragbrush.cli.main import main
from dragbrush.imaging import read_picture, write_picture

SECRET = "51.5007N-home-of-the-artist"
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><gps>{SECRET}</gps></x:xmpmeta>'.encode()
_DESCRIPTION, _ARTIST, _XMP_TAG, _IPTC_TAG, _GPS = 270, 315, 700, 33723, 34853
_EXIF = 0x8769
_OF_THE_PIXELS = {0x100, 0x101, 0x112, 0x11A, 0x11B, 0x128, 0x213, _EXIF}
_OF_THE_SAMPLES = {0x9000, 0x9101, 0xA000, 0xA001, 0xA002, 0xA003}
"""EXIF 3.0: versions, colour space, width and height."""
KINDS = ("png", "jpg", "webp", "tif")


def talkative(kind: str) -> bytes:
    """A picture that says where it was taken and by whom, in every place that its format has for that."""
    rows, columns = np.mgrid[:48, :64]
    image = Image.fromarray(np.stack([rows * 4, columns * 3, rows + columns], axis=2).astype(np.uint8))
    exif = Image.Exif()
    exif[_DESCRIPTION], exif[_ARTIST] = SECRET, SECRET
    exif.get_ifd(_GPS)[29] = SECRET  # GPSDateStamp, a text
    file = io.BytesIO()
    match kind:
        case "png":
            texts = PngImagePlugin.PngInfo()
            texts.add_text("Comment", SECRET)
            texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
            image.save(file, "PNG", exif=exif, pnginfo=texts)
        case "jpg":
            iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", 5 + len(SECRET))
            iptc += b"\x1c\x02\x50" + struct.pack(">H", len(SECRET)) + SECRET.encode()
            image.save(file, "JPEG", exif=exif, xmp=XMP, comment=SECRET)
            segment = b"\xff\xed" + struct.pack(">H", 2 + len(iptc)) + iptc
            return b"\xff\xd8" + segment + file.getvalue()[2:]
        case "webp":
            image.save(file, "WEBP", exif=exif, xmp=XMP)
        case _:
            tags = {_DESCRIPTION: SECRET, _ARTIST: SECRET, _XMP_TAG: XMP, _IPTC_TAG: SECRET.encode()}
            image.save(file, "TIFF", tiffinfo=tags)
    return file.getvalue()


def check(path: Path) -> None:
    """The file has its pixels, profile and resolution; the encoder's own EXIF repeats size and resolution."""
    assert SECRET.encode() not in path.read_bytes()
    with Image.open(path) as image:
        tags = image.getexif()
        assert SECRET not in f"{image.info}{dict(tags)}"
        assert not {"xmp", "XML:com.adobe.xmp", "comment", "Comment", "photoshop"} & set(image.info)
        assert not {_DESCRIPTION, _ARTIST, _XMP_TAG, _IPTC_TAG, _GPS} & set(tags)
        assert set(tags) <= _OF_THE_PIXELS or image.format == "TIFF"
        assert set(tags.get_ifd(_EXIF)) <= _OF_THE_SAMPLES


@pytest.mark.parametrize("kind", KINDS)
def test_the_pictures_of_this_test_do_talk(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"in.{kind}").write_bytes(talkative(kind))

    with pytest.raises(AssertionError):
        check(tmp_path / f"in.{kind}")


@pytest.mark.parametrize("out", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_the_picture_is_written(tmp_path: Path, kind: str, out: str) -> None:
    write_picture(read_picture(talkative(kind)), tmp_path / f"out.{out}")

    check(tmp_path / f"out.{out}")


def test_no_file_that_an_edit_writes_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("in.jpg").write_bytes(talkative("jpg"))
    files = ["-o", "out.jpg", "--compare", "compare.png", "--report", "report.json"]

    assert main(["drag", "in.jpg", *files, "--point", "20,20:30,20", "--speed", "instant", "--quiet"]) == 0

    check(Path("out.jpg"))
    check(Path("compare.png"))
    assert SECRET not in Path("report.json").read_text()

"""Headers of safetensors files: read without their tensors, and refused where they lie."""

import json
from pathlib import Path

import numpy as np
import pytest
from headers import entries, write
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from dragbrush.errors import BadModel
from dragbrush.models.header import MAX_HEADER_BYTES, read_header

SHAPES = {"a": (2, 3), "b": (4,), "empty": (0, 5), "scalar": ()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def refusal(file: Path) -> str:
    with pytest.raises(BadModel) as error:
        read_header(file)
    text = str(error.value)
    assert str(file) in text
    assert text.endswith(".")
    return text


@given(
    arrays=st.dictionaries(
        st.text(min_size=1, max_size=30),
        st.tuples(st.sampled_from([np.float16, np.float32, np.int64]), st.lists(st.integers(0, 4), max_size=3)),
        max_size=6,
    )
)
def test_places_are_where_the_library_finds_the_tensors(
    arrays: dict[str, tuple[type, list[int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("header") / "model.safetensors"
    tensors = {
        name: np.full(shape, index + 1, dtype)
        for index, (name, (dtype, shape)) in enumerate(arrays.items())
        if name != "__metadata__"
    }
    save_file(tensors, file)

    places = read_header(file)

    content = file.read_bytes()
    assert places.keys() == load_file(file).keys()
    for name, place in places.items():
        assert place.shape == tensors[name].shape
        assert content[place.start : place.end] == tensors[name].tobytes()


@given(content=st.binary(max_size=200))
def test_bytes_that_are_no_model_are_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("header") / "model.safetensors"
    file.write_bytes(content)

    refusal(file)


@given(cut=st.integers(1, 300))
def test_file_cut_short_anywhere_is_refused(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = write(tmp_path_factory.mktemp("header") / "model.safetensors", entries(SHAPES))
    content = file.read_bytes()
    file.write_bytes(content[: max(0, len(content) - cut)])

    refusal(file)


def test_missing_bytes_are_counted(file: Path) -> None:
    write(file, entries(SHAPES), data=10)

    assert "12 of its" in refusal(file)


def test_bytes_after_the_last_tensor_are_refused(file: Path) -> None:
    write(file, entries(SHAPES), data=23)

    assert "1 bytes follow" in refusal(file)


@pytest.mark.parametrize(
    "offsets",
    {
        "overlap": [10, 18],
        "gap": [14, 22],
        "backwards": [22, 12],
        "negative": [-8, 0],
        "words": ["a", "b"],
        "one": [1],
    }.items(),
)
def test_contradicting_offsets_are_refused(file: Path, offsets: tuple[str, list]) -> None:
    header = entries(SHAPES)
    header["b"]["data_offsets"] = offsets[1]
    write(file, header, data=22)

    assert "damaged" in refusal(file)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F16", "shape": [5], "data_offsets": [0, 8]},
        {"dtype": "NEW", "shape": [4], "data_offsets": [0, 8]},
        {"dtype": "F16", "shape": "four", "data_offsets": [0, 8]},
        {"dtype": "F16", "shape": [2.0, 2], "data_offsets": [0, 8]},
        {"dtype": "F16", "shape": [True, 4], "data_offsets": [0, 8]},
        {"shape": [4], "data_offsets": [0, 8]},
        [],
        None,
        7,
    ],
)
def test_entries_that_are_no_tensors_are_refused(file: Path, entry: object) -> None:
    write(file, {}, data=0)
    text = json.dumps({"a": entry}).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))

    assert "damaged" in refusal(file)


@pytest.mark.parametrize("text", [b"[]", b"null", b"7", b"{", b"\xff\xff", b"[" * 5000, b'{"a":' * 5000])
def test_header_that_is_no_table_is_refused(file: Path, text: bytes) -> None:
    file.write_bytes(len(text).to_bytes(8, "little") + text)

    refusal(file)


@pytest.mark.parametrize("length", [MAX_HEADER_BYTES + 1, 2**63, 2**64 - 1])
def test_huge_header_is_refused_before_it_is_read(file: Path, length: int) -> None:
    with file.open("wb") as stream:
        stream.write(length.to_bytes(8, "little") + b"{")
        stream.truncate(MAX_HEADER_BYTES + 100)

    refusal(file)


@pytest.mark.parametrize("beginning", [b"\x80\x02}q\x00", b"\x80\x04\x95", b"PK\x03\x04"])
@pytest.mark.parametrize("suffix", [".ckpt", ".safetensors", ".pt", ""])
def test_pickle_is_refused_under_any_name(tmp_path: Path, beginning: bytes, suffix: str) -> None:
    file = tmp_path / f"model{suffix}"
    file.write_bytes(beginning + bytes(100))

    text = refusal(file)

    assert "pickle" in text
    assert ".safetensors" in text


def test_header_length_that_looks_like_a_pickle_is_none(file: Path) -> None:
    header = entries({"a": (1,)})
    header["__metadata__"] = {"padding": ""}  # type: ignore[assignment]  # metadata is no tensor
    missing = 0x280 - len(json.dumps(header))
    header["__metadata__"] = {"padding": "x" * missing}  # type: ignore[assignment]
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(2))

    assert file.read_bytes().startswith(b"\x80\x02")
    assert read_header(file).keys() == {"a"}


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "LFS"), (b"<!DOCTYPE html><html>", "web page")],
)
def test_what_came_instead_of_the_file_is_named(file: Path, content: bytes, word: str) -> None:
    file.write_bytes(content)

    assert word in refusal(file)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.safetensors").mkdir()

    refusal(tmp_path / "none.safetensors")
    refusal(tmp_path / "folder.safetensors")

"""Prepared work kept in memory and on disk."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from dragbrush.engine.cache import DiskCache, MemoryCache, content_key

TENSOR = torch.arange(1000, dtype=torch.float32)
"""4000 bytes, and a header of about 100."""


def put(cache: DiskCache, key: str, *, age_s: float = 0) -> None:
    cache.put(key, {"x": TENSOR}, {"rank": "4"})
    file = cache.folder / f"{key}.safetensors"
    if file.exists():
        then = file.stat().st_mtime - age_s
        os.utime(file, (then, then))


def test_stored_tensors_and_metadata_come_back(tmp_path: Path) -> None:
    put(DiskCache(tmp_path / "new" / "folder"), "a")

    found = DiskCache(tmp_path / "new" / "folder").get("a")

    assert found is not None
    assert torch.equal(found[0]["x"], TENSOR)
    assert found[1] == {"rank": "4"}


def test_unknown_key_is_a_miss(tmp_path: Path) -> None:
    assert DiskCache(tmp_path).get("a") is None


def test_oldest_go_when_the_cap_is_passed(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, cap_bytes=10_000)
    put(cache, "oldest", age_s=300)
    put(cache, "older", age_s=200)

    put(cache, "new")

    assert {f.stem for f in tmp_path.iterdir()} == {"older", "new"}


def test_reading_makes_young_again(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, cap_bytes=10_000)
    put(cache, "read", age_s=300)
    put(cache, "unread", age_s=200)

    cache.get("read")
    put(cache, "new")

    assert {f.stem for f in tmp_path.iterdir()} == {"read", "new"}


@pytest.mark.parametrize("content", [b"", b"damaged", "cut"])
def test_damaged_file_is_a_miss(tmp_path: Path, content: bytes | str) -> None:
    cache = DiskCache(tmp_path)
    put(cache, "a")
    file = tmp_path / "a.safetensors"

    file.write_bytes(file.read_bytes()[:2000] if isinstance(content, str) else content)

    assert cache.get("a") is None


def test_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = DiskCache(tmp_path / "file" / "folder")

    put(cache, "a")

    assert cache.get("a") is None


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)

    put(cache, "a")

    assert [f.name for f in tmp_path.iterdir()] == ["a.safetensors"]


def test_memory_keeps_the_most_recently_used() -> None:
    cache: MemoryCache[int] = MemoryCache(limit=2)
    cache.put("a", 1)
    cache.put("b", 2)

    cache.get("a")
    cache.put("c", 3)

    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_key_depends_on_every_part_and_its_place() -> None:
    pixels = np.zeros(4, np.uint8).tobytes()
    parts = [
        (pixels, "a", 1),
        (pixels, "a", 2),
        (pixels, "b", 1),
        (pixels[:3], "a", 1),
        ("a", pixels, 1),
        (pixels, "a"),
    ]

    keys = {content_key(*part) for part in parts}

    assert len(keys) == len(parts)
    assert content_key(pixels, "a", 1) in keys

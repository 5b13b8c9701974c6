"""Blobs: whole or not there, and gone when nobody wants them, but never while somebody does."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from dragbrush.errors import StorageFailed
from dragbrush.protocol.errors import ProtocolError
from dragbrush.service.blobs import BlobStore

HOUR_S = 3600.0


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path, free_bytes=0)


def test_a_blob_is_named_by_what_it_holds(store: BlobStore) -> None:
    blob = put(store, b"pixels")

    assert blob == hashlib.sha256(b"pixels").hexdigest()
    assert store.path(blob).read_bytes() == b"pixels"
    assert store.size(blob) == 6
    assert blob in store
    assert store.has(blob, 6)
    assert not store.has(blob, 7)


def test_what_is_not_there_says_so(store: BlobStore) -> None:
    with pytest.raises(ProtocolError, match="not here") as caught:
        store.size("0" * 64)

    assert caught.value.code == "not_found"
    assert not store.has("0" * 64, 1)


@pytest.mark.parametrize("name", ["../journal.sqlite", "", "0" * 63, "0" * 63 + "/", "G" * 64])
def test_no_name_but_a_hash_is_a_path(store: BlobStore, name: str) -> None:
    with pytest.raises(AssertionError):
        store.path(name)


def test_drafts_of_a_killed_server_are_removed(store: BlobStore, tmp_path: Path) -> None:
    draft = store.new_draft()
    draft.write_bytes(b"half")
    blob = put(store, b"whole")

    again = BlobStore(tmp_path, free_bytes=0)

    assert not draft.exists()
    assert blob in again


def test_what_was_used_long_ago_goes_and_what_a_job_needs_stays(store: BlobStore) -> None:
    old, needed, fresh = (put(store, name) for name in (b"old", b"needed", b"fresh"))
    for blob in (old, needed):
        age(store, blob, 2 * HOUR_S)

    sweep(store, needed={needed}, keep_s=HOUR_S)

    assert [blob in store for blob in (old, needed, fresh)] == [False, True, True]


def test_over_the_total_the_longest_unused_go_first(store: BlobStore) -> None:
    blobs = [put(store, bytes([number]) * 100) for number in range(5)]
    for number, blob in enumerate(blobs):
        age(store, blob, 50 - number)
    store.touch(blobs[0])

    sweep(store, total_bytes=250)

    assert [blob in store for blob in blobs] == [True, False, False, False, True]


def test_what_is_wanted_again_while_the_files_are_looked_at_stays(store: BlobStore) -> None:
    touched, submitted, made_again, gone = (put(store, name) for name in (b"a", b"b", b"c", b"d"))
    for blob in (touched, submitted, made_again, gone):
        age(store, blob, 2 * HOUR_S)
    old = store.old(needed=set(), keep_s=HOUR_S, total_bytes=10**9)

    store.touch(touched)
    put(store, b"c")
    drafts = store.withdraw(old, needed={submitted})

    assert [blob in store for blob in (touched, submitted, made_again, gone)] == [True, True, True, False]
    assert len(drafts) == 1


def test_a_full_disk_is_said_before_it_is_full(tmp_path: Path) -> None:
    store = BlobStore(tmp_path, free_bytes=2**60)

    with pytest.raises(ProtocolError) as caught:
        store.check_room(1)

    assert caught.value.code == "limit_reached"


def test_a_folder_that_cannot_be_used_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_bytes(b"")

    with pytest.raises(StorageFailed, match="cannot be used"):
        BlobStore(tmp_path, free_bytes=0)


def put(store: BlobStore, data: bytes) -> str:
    draft = store.new_draft()
    draft.write_bytes(data)
    blob = store.hashed(draft)
    store.keep(draft, blob)
    return blob


def age(store: BlobStore, blob: str, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(store.path(blob), (then, then))


def sweep(
    store: BlobStore, *, needed: set[str] | None = None, keep_s: float = HOUR_S, total_bytes: int = 10**9
) -> None:
    wanted = needed or set()
    for draft in store.withdraw(store.old(needed=wanted, keep_s=keep_s, total_bytes=total_bytes), needed=wanted):
        draft.unlink()

"""Uploads: cut anywhere, out of order, repeated, changed."""

import hashlib

import pytest
from conformance import unhurried
from hypothesis import given
from hypothesis import strategies as st

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import Frame
from dragbrush.protocol.uploads import Upload


def _blob(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _cut(data: bytes, cuts: list[int]) -> list[Frame]:
    """The frames of a blob that is cut at `cuts`, which need not be in order."""
    ends = [*sorted({cut % len(data) for cut in cuts} - {0}), len(data)]
    starts = [0, *ends[:-1]]
    return [
        Frame("blob", _blob(data), start, end == len(data), data[start:end])
        for start, end in zip(starts, ends, strict=True)
    ]


blobs = st.tuples(st.binary(min_size=1, max_size=60), st.lists(st.integers(0, 60), max_size=8))


@unhurried
@given(blobs)
def test_upload_in_any_cut_is_whole_at_its_end_and_takes_nothing_twice(blob: tuple[bytes, list[int]]) -> None:
    data, cuts = blob
    upload = Upload(_blob(data), len(data))

    kept = b""
    for frame in _cut(data, cuts):
        assert not upload.is_whole
        kept += upload.take(frame)
        with pytest.raises(ProtocolError):
            upload.take(frame)

    assert upload.is_whole
    assert kept == data


@unhurried
@given(blobs, st.data())
def test_upload_of_arbitrary_frames_is_never_whole_with_other_bytes(
    blob: tuple[bytes, list[int]], draw: st.DataObject
) -> None:
    data, cuts = blob
    good = _cut(data, cuts)
    wild = st.builds(
        Frame,
        kind=st.just("blob"),
        blob=st.just(_blob(data)),
        offset=st.sampled_from([frame.offset for frame in good]) | st.integers(0, 70),
        is_last=st.booleans(),
        payload=st.sampled_from([frame.payload for frame in good]) | st.binary(max_size=60),
    )
    upload, kept = Upload(_blob(data), len(data)), bytearray(len(data))

    for frame in draw.draw(st.lists(st.sampled_from(good) | wild, max_size=20)):
        before = upload.received
        try:
            kept[frame.offset : frame.end] = upload.take(frame)
            expected = {frame.end}
        except ProtocolError:
            expected = {before, 0}
        assert upload.received in expected
        assert upload.received <= len(data) == len(kept)
        assert not upload.is_whole or kept == data


def test_upload_goes_on_where_it_stopped() -> None:
    data = bytes(range(10))
    upload = Upload(_blob(data), 10)

    upload.take(Frame("blob", upload.blob, 0, False, data[:4]))
    with pytest.raises(ProtocolError, match="4 comes next"):
        upload.take(Frame("blob", upload.blob, 5, True, data[5:]))
    upload.take(Frame("blob", upload.blob, 4, True, data[4:]))

    assert upload.is_whole


def test_upload_of_other_bytes_begins_anew() -> None:
    data = bytes(range(10))
    upload = Upload(_blob(data), 10)

    upload.take(Frame("blob", upload.blob, 0, False, data[:4]))
    with pytest.raises(ProtocolError, match="send it again"):
        upload.take(Frame("blob", upload.blob, 4, True, bytes(6)))
    assert upload.received == 0
    upload.take(Frame("blob", upload.blob, 0, True, data))

    assert upload.is_whole


@pytest.mark.parametrize(
    ("offset", "is_last", "size"),
    [(0, False, 10), (0, True, 9), (0, True, 11), (0, False, 11), (1, True, 9)],
    ids=["whole but not last", "last but short", "last but long", "long", "late"],
)
def test_upload_of_another_size_is_refused_and_holds_nothing(offset: int, is_last: bool, size: int) -> None:
    upload = Upload(_blob(bytes(10)), 10)

    with pytest.raises(ProtocolError) as caught:
        upload.take(Frame("blob", upload.blob, offset, is_last, bytes(size)))

    assert caught.value.code == "bad_blob"
    assert upload.received == 0

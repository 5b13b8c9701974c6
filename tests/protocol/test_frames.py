"""Binary frames: the vectors, round trips, and arbitrary bytes."""

from typing import Any

import pytest
from conformance import each, unhurried
from hypothesis import given
from hypothesis import strategies as st

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import HEADER_BYTES, Frame, chunks, pack_frame, parse_frame
from dragbrush.protocol.limits import CHUNK_BYTES, MAX_BLOB_BYTES, MAX_CHUNK_BYTES

BLOB = "0123456789abcdef" * 4


@pytest.mark.parametrize("vector", each("frames", valid=True))
def test_valid_frame_is_read_and_written_the_same(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])

    frame = parse_frame(data)

    fields = vector["fields"] | {"payload": bytes.fromhex(vector["fields"]["payload"])}
    assert frame == Frame(**fields)
    assert pack_frame(frame) == data


@pytest.mark.parametrize("vector", each("frames", valid=False))
def test_invalid_frame_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_frame(bytes.fromhex(vector["hex"]))

    assert caught.value.code == vector["code"]


frames = st.builds(
    Frame,
    kind=st.sampled_from(["blob", "preview"]),
    blob=st.binary(min_size=32, max_size=32).map(bytes.hex),
    offset=st.integers(0, MAX_BLOB_BYTES - 64),
    is_last=st.booleans(),
    payload=st.binary(min_size=1, max_size=64),
)


@unhurried
@given(frames)
def test_frame_round_trip(frame: Frame) -> None:
    assert parse_frame(pack_frame(frame)) == frame


def _is_frame_or_error(data: bytes) -> bool:
    try:
        return pack_frame(parse_frame(data)) == data
    except ProtocolError as error:
        return error.code in ("bad_frame", "too_large")


@unhurried
@given(st.binary(max_size=80) | st.binary(max_size=80).map(lambda tail: b"\xd7\x01\x01" + tail))
def test_arbitrary_bytes_are_a_frame_or_an_error(data: bytes) -> None:
    assert _is_frame_or_error(bytes(data))


@unhurried
@given(frames, st.integers(0, HEADER_BYTES - 1), st.integers(0, 255))
def test_one_changed_header_byte_is_a_frame_or_an_error(frame: Frame, at: int, value: int) -> None:
    data = bytearray(pack_frame(frame))
    data[at] = value

    assert _is_frame_or_error(bytes(data))


def test_payload_is_a_view_and_begins_at_a_multiple_of_16() -> None:
    data = bytearray(pack_frame(Frame("blob", BLOB, 0, True, b"abc")))

    payload = parse_frame(memoryview(data)).payload
    data[-1] = ord("d")

    assert bytes(payload) == b"abd"
    assert HEADER_BYTES % 16 == 0


def test_chunk_of_a_mebibyte_is_taken_and_a_byte_more_is_not() -> None:
    taken = parse_frame(pack_frame(Frame("blob", BLOB, 0, True, bytes(MAX_CHUNK_BYTES))))
    with pytest.raises(ProtocolError) as caught:
        parse_frame(pack_frame(Frame("blob", BLOB, 0, True, bytes(MAX_CHUNK_BYTES + 1))))

    assert taken.end == MAX_CHUNK_BYTES
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
@pytest.mark.parametrize("start", [0, 17])
def test_chunks_join_to_the_data(size: int, start: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    data = data[:size]

    cut = chunks("blob", BLOB, data, start=start)

    assert b"".join(frame.payload for frame in cut) == data
    assert [frame.offset for frame in cut] == [start, *(frame.end for frame in cut[:-1])]
    assert [frame.is_last for frame in cut] == [False] * (len(cut) - 1) + [True]
    assert all(parse_frame(pack_frame(frame)) == frame for frame in cut)

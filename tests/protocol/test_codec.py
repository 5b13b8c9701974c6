"""Text frames: the vectors, and whatever else may come."""

import json
from typing import Any, get_args

import msgspec
import pytest
from conformance import each, unhurried, vectors
from hypothesis import given
from hypothesis import strategies as st
from mutations import mutated

from dragbrush.protocol.codec import decode_from_server, decode_request, encode
from dragbrush.protocol.errors import CODES, ProtocolError
from dragbrush.protocol.limits import MAX_PARAMS, MAX_PROMPT, MAX_TEXT_BYTES
from dragbrush.protocol.messages import Error, FromServer, Request
from dragbrush.protocol.session import Listener

DECODE = {"request": decode_request, "from_server": decode_from_server}
VALID = {direction: vectors("messages", direction=direction, valid=True) for direction in DECODE}
LIST = '{"type": "list", "id": "1"}'


@pytest.mark.parametrize("vector", each("messages", valid=True))
def test_valid_message_is_read_and_written_the_same(vector: dict[str, Any]) -> None:
    decode = DECODE[vector["direction"]]

    message = decode(vector["text"])

    assert decode(encode(message)) == message
    assert decode(vector["text"].encode()) == message


@pytest.mark.parametrize("vector", each("messages", valid=False))
def test_invalid_message_is_refused_with_code_and_path(vector: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError) as caught:
        DECODE[vector["direction"]](vector["text"])

    assert (caught.value.code, caught.value.path) == (vector["code"], vector.get("path"))
    assert caught.value.code in CODES


@pytest.mark.parametrize(
    ("direction", "union", "least_invalid"), [("request", Request, 2), ("from_server", FromServer, 1)]
)
def test_every_message_has_vectors(direction: str, union: Any, least_invalid: int) -> None:
    tags = [kind.__struct_config__.tag for kind in get_args(union)]

    count = {
        (tag, valid): sum(f'"type": "{tag}"' in vector["text"] for vector in vectors("messages", **wanted))
        for tag in tags
        for valid in (True, False)
        if (wanted := {"direction": direction, "valid": valid})
    }

    assert [tag for tag in tags if count[tag, True] < 1 or count[tag, False] < least_invalid] == []


def test_from_server_unknown_fields_are_passed_over_everywhere() -> None:
    free = {"phase_seconds", "warm", "settings", "versions"}  # whose fields are data

    def with_unknown(value: Any) -> Any:
        if isinstance(value, list):
            return [with_unknown(item) for item in value]
        if isinstance(value, dict):
            known = {name: item if name in free else with_unknown(item) for name, item in value.items()}
            return known | {"a newer field": [{}]}
        return value

    for vector in VALID["from_server"]:
        more = json.dumps(with_unknown(json.loads(vector["text"])))

        assert decode_from_server(more) == decode_from_server(vector["text"])


def test_text_of_256_kib_is_taken_and_a_byte_more_is_not() -> None:
    assert decode_request(LIST.ljust(MAX_TEXT_BYTES)).id == "1"
    with pytest.raises(ProtocolError) as caught:
        decode_request(LIST.ljust(MAX_TEXT_BYTES + 1))

    assert caught.value.code == "too_large"


def test_size_is_counted_in_bytes_not_in_characters() -> None:
    text = LIST[:-1] + f', "more": "{"é" * (MAX_TEXT_BYTES // 2)}"}}'

    with pytest.raises(ProtocolError) as caught:
        decode_request(text)

    assert len(text) < MAX_TEXT_BYTES
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 50_000,
        LIST[:-1] + ', "more": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"more": ' + "[" * 100_000 + "]" * 100_000 + ', "type": "list", "id": "1"}',
        '{"id": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
    ids=["lists", "objects", "in an unknown field", "before the type", "in the id"],
)
def test_deep_nesting_is_refused(text: str) -> None:
    for decode in DECODE.values():
        with pytest.raises(ProtocolError) as caught:
            decode(text)
        assert caught.value.code in ("bad_message", "unknown_type")


@pytest.mark.parametrize(
    ("field", "value", "is_valid"),
    [
        ("prompt", "x" * MAX_PROMPT, True),
        ("prompt", "x" * (MAX_PROMPT + 1), False),
        ("params", dict.fromkeys(map(str, range(MAX_PARAMS)), 1), True),
        ("params", dict.fromkeys(map(str, range(MAX_PARAMS + 1)), 1), False),
        ("params", {"x" * 65: 1}, False),
    ],
    ids=["longest prompt", "prompt too long", "most settings", "too many settings", "setting's name too long"],
)
def test_limits_of_submit(field: str, value: Any, is_valid: bool) -> None:
    text = json.dumps(json.loads(vectors("messages/submit.json")[0]["text"]) | {field: value})

    heard = _hear(text)

    assert not isinstance(heard, Error) if is_valid else (heard.code, heard.path) == ("bad_message", f"$.{field}")


@pytest.mark.parametrize("text", [LIST[:-1] + f', "{"x" * 200_000}": 1}}', LIST.replace("list", "x" * 200_000)])
def test_error_does_not_repeat_all_that_was_sent(text: str) -> None:
    error = _hear(text)

    assert isinstance(error, Error)
    assert len(encode(error)) < 1_000


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_request(b'{"type": "list", "id": "\xff"}')

    assert caught.value.code == "bad_message"


def _hear(text: str | bytes) -> Any:
    """What a greeted listener makes of a text frame."""
    listener = Listener()
    listener.is_greeted = True
    return listener.text(text)  # pyright: ignore[reportArgumentType] - some sockets give bytes


def _is_request_or_small_error(text: str | bytes) -> None:
    heard = _hear(text)

    assert isinstance(heard, (*get_args(Request), Error))
    if isinstance(heard, Error):
        assert heard.code in CODES
        assert len(encode(heard)) < 8_000
    else:
        msgspec.msgpack.encode(heard)  # as it goes to the worker


@unhurried
@given(st.text() | st.binary())
def test_arbitrary_text_is_a_request_or_an_error(text: str | bytes) -> None:
    _is_request_or_small_error(text)


@unhurried
@given(mutated())
def test_mutated_message_is_a_request_or_an_error(text: str) -> None:
    _is_request_or_small_error(text)


@unhurried
@given(mutated())
def test_mutated_answer_is_read_or_refused(text: str) -> None:
    try:
        is_usual = isinstance(decode_from_server(text), get_args(FromServer))
    except ProtocolError as error:
        is_usual = error.code in CODES

    assert is_usual

"""The message module that is made for Krita: the same vectors, with the standard library of Python 3.8."""

import ast
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from conformance import each, unhurried
from hypothesis import given
from mutations import mutated

from dragbrush.protocol import codec, frames
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.limits import CHUNK_BYTES, MAX_TEXT_BYTES, SUBPROTOCOL

PATH = Path(__file__).parents[2] / "krita_plugin" / "dragbrush" / "wire.py"
BLOB = "0123456789abcdef" * 4


def _loaded() -> Any:
    spec = importlib.util.spec_from_file_location("krita_wire", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["krita_wire"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


wire = _loaded()


def test_source_is_python_3_8_with_the_standard_library_alone() -> None:
    tree = ast.parse(PATH.read_text("utf-8"), feature_version=(3, 8))

    nodes = list(ast.walk(tree))
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    subscripted = {
        node.value.id for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    }
    assert imported <= sys.stdlib_module_names
    assert not any(isinstance(node, ast.BitOr) for node in nodes)
    assert not subscripted & {"list", "dict", "tuple", "type"}


@pytest.mark.parametrize("vector", each("messages", direction="request", valid=True))
def test_request_is_written_as_the_server_reads_it(vector: dict[str, Any]) -> None:
    said = json.loads(vector["text"])

    text = wire.encode(wire.from_json(wire.REQUESTS[said["type"]], said))

    assert codec.decode_request(text) == codec.decode_request(vector["text"])


def test_defaults_are_not_written() -> None:
    picture = wire.Picture(BLOB, wire.Pixels(2, 2, "rgb", depth="u8"))

    said = json.loads(wire.encode(wire.Submit("1", "job", picture, seed=42, params={})))

    pixels = {"width": 2, "height": 2, "channels": "rgb"}
    assert said == {"type": "submit", "id": "1", "job": "job", "image": {"blob": BLOB, "pixels": pixels}}


@pytest.mark.parametrize("vector", each("messages", direction="from_server", valid=True))
def test_message_from_server_is_read(vector: dict[str, Any]) -> None:
    message = wire.decode(vector["text"])

    assert codec.decode_from_server(wire.encode(message)) == codec.decode_from_server(vector["text"])


@pytest.mark.parametrize("vector", each("messages", direction="from_server", valid=False))
def test_unusable_message_from_server(vector: dict[str, Any]) -> None:
    if vector["code"] == "unknown_type":
        assert wire.decode(vector["text"]) is None
        return

    with pytest.raises(wire.WireError) as caught:
        wire.decode(vector["text"])

    assert caught.value.code == vector["code"]
    assert vector.get("path") in (caught.value.path, None)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 50_000, "1" * 5_000], ids=["lists", "objects", "digits"])
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(wire.WireError) as caught:
        wire.decode(text)

    assert caught.value.code == "bad_message"


@unhurried
@given(mutated())
def test_what_the_server_may_say_is_read_the_same_and_nothing_else_is_an_exception(text: str) -> None:
    try:
        message = wire.decode(text)
    except wire.WireError:
        message = None

    try:
        expected = codec.decode_from_server(text)
    except ProtocolError:
        return  # what the server cannot say need only be harmless
    assert codec.decode_from_server(wire.encode(message)) == expected


def test_text_over_256_kib_is_refused() -> None:
    text = '{"type": "ok", "re": "1"}'

    taken = wire.decode(text.ljust(MAX_TEXT_BYTES))
    with pytest.raises(wire.WireError) as caught:
        wire.decode(text.ljust(MAX_TEXT_BYTES + 1))

    assert taken == wire.Ok("1")
    assert caught.value.code == "too_large"


def test_nan_is_not_written() -> None:
    with pytest.raises(wire.WireError):
        wire.encode(wire.Update("1", "job", [wire.Drag((0, 0), (float("nan"), 0))]))


@pytest.mark.parametrize("vector", each("frames"))
def test_frame(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])

    if not vector["valid"]:
        with pytest.raises(wire.WireError) as caught:
            wire.parse_frame(data)
        assert caught.value.code == vector["code"]
        return
    frame = wire.parse_frame(data)

    fields = vector["fields"] | {"payload": bytes.fromhex(vector["fields"]["payload"])}
    assert frame == wire.Frame(**fields)
    assert wire.pack_frame(frame) == data


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 1])
def test_chunks_are_those_of_the_server(size: int) -> None:
    data = bytes(size)

    sent = [wire.pack_frame(frame) for frame in wire.chunks("blob", BLOB, data, 3)]

    assert sent == [frames.pack_frame(frame) for frame in frames.chunks("blob", BLOB, data, start=3)]


@pytest.mark.parametrize("vector", each("pixels"))
def test_byte_length(vector: dict[str, Any]) -> None:
    pixels = wire.from_json(wire.Pixels, vector["pixels"])

    if "bytes" in vector:
        assert wire.byte_length(pixels) == vector["bytes"]
    else:
        with pytest.raises(wire.WireError) as caught:
            wire.byte_length(pixels)
        assert caught.value.code == vector["code"]


def test_constants_are_those_of_the_server() -> None:
    assert wire.SUBPROTOCOL == SUBPROTOCOL
    assert wire.MAX_TEXT_BYTES == MAX_TEXT_BYTES

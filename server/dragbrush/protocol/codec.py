"""Between text frames and messages. Whatever comes in, it is a message or one clear error."""

import re
from typing import Any

import msgspec

from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.limits import MAX_NAME, MAX_TEXT_BYTES
from dragbrush.protocol.messages import FromServer, Request

_requests = msgspec.json.Decoder(Request)
_from_server = msgspec.json.Decoder(FromServer)
_encoder = msgspec.json.Encoder()
_PLACE = re.compile(r" - at (`key` in )?`(?P<path>\$[^`]*)`$")
_FIELD = re.compile(r"^Object (missing required|contains unknown) field `(?P<name>.*)`$", re.DOTALL)
_SHOWN = 200


class _Head(msgspec.Struct):
    """What an answer needs to know of a message that cannot be used."""

    id: str | None = None


def encode(message: msgspec.Struct) -> str:
    return _encoder.encode(message).decode()


def decode_request(text: str | bytes) -> Any:
    """The `Request` of a client's text frame. Raises `ProtocolError`."""
    return _decoded(_requests, text)


def decode_from_server(text: str | bytes) -> Any:
    """The `FromServer` of a server's text frame. Raises `ProtocolError`."""
    return _decoded(_from_server, text)


def _decoded(decoder: "msgspec.json.Decoder[Any]", text: str | bytes) -> Any:
    try:
        data = text.encode() if isinstance(text, str) else text
        if len(data) > MAX_TEXT_BYTES:
            raise ProtocolError("too_large", f"The message has {len(data)} bytes; at most {MAX_TEXT_BYTES} are taken.")
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        reason, path = _reason_and_path(str(error))
        code = "unknown_type" if reason.startswith("Invalid value") and path == "$.type" else "bad_message"
        raise ProtocolError(
            code, f"The message cannot be used: {reason[:_SHOWN]}.", path=path and path[:_SHOWN], request=_id_of(text)
        ) from error


def _reason_and_path(text: str) -> tuple[str, str | None]:
    """What is wrong, and the path of the field that it is wrong with, where msgspec tells."""
    place = _PLACE.search(text)
    reason, path = (text[: place.start()], place["path"]) if place else (text, None)
    if field := _FIELD.search(reason):
        path = f"{path or '$'}.{field['name']}"
    return reason, path


def _id_of(text: str | bytes) -> str | None:
    try:
        found = msgspec.json.decode(text, type=_Head).id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found if found is not None and 0 < len(found) <= MAX_NAME else None

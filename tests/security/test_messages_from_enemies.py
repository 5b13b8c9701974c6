"""A client that has a token and means harm: one clear error each time, and the conversation goes on."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragbrush.protocol.errors import CODES
from live_server import Process, bearer, live, request
from raw_client import DRAGS, RawClient
from serving import run

BLOB = "a" * 64
PIXELS = {"width": 4, "height": 3, "channels": "rgb"}
IMAGE = {"blob": BLOB, "pixels": PIXELS}
LONG = 2000


@pytest.fixture
def raw(server: Process) -> Iterator[RawClient]:
    with RawClient(server.port, server.token) as client:
        client.hello()
        yield client
        assert client.ask("list")["type"] == "jobs"


def edit(image: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "submit", "id": "x", "job": "j", "image": image, "drags": DRAGS, **fields}


def paste(reference: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return edit(IMAGE, **{"tool": "paste", "drags": [], "at": [1, 1], "reference": reference, **fields})


def pixels(**fields: Any) -> dict[str, Any]:
    return {"blob": BLOB, "pixels": {**PIXELS, **fields}}


TEXTS = [
    ("deep", "[" * 100_000, None),
    ("deep in a field", '{"type": "list", "id": "x", "more": ' + "[" * 50_000 + "]" * 50_000 + "}", None),
    ("nothing", "", None),
    ("null", "null", None),
    ("a text", '"list"', None),
    ("no type", '{"id": "x"}', None),
    ("not a number", '{"type": "submit", "id": "x", "job": "j", "seed": NaN}', None),
    ("infinity", json.dumps(edit(IMAGE, drags=[{"handle": [1e999, 1], "target": [1, 1]}])), None),
    ("two bodies", '{"type": "list", "id": "x"}{"type": "list", "id": "y"}', None),
    ("a number as id", '{"type": "list", "id": 7}', None),
    ("a lone half of a sign", '{"type": "list", "id": "\\ud800"}', None),
    ("a type of a server's", '{"type": "welcome", "id": "x"}', "$.type"),
    ("a long id", json.dumps({"type": "list", "id": "x" * 1000}), "$.id"),
    ("a message too large", json.dumps({"type": "list", "id": "x", "more": "a" * 256 * 1024}), None),
]


@pytest.mark.parametrize(("text", "path"), [pytest.param(t, p, id=name) for name, t, p in TEXTS])
def test_texts_that_are_no_message(raw: RawClient, text: str, path: str | None) -> None:
    raw.socket.send(text)
    error = raw.until("error")

    assert error["code"] in ("bad_message", "unknown_type", "too_large")
    assert path is None or error["path"] == path
    assert len(error["message"]) < LONG


MESSAGES = [
    ("unknown field", edit(IMAGE, path="/etc/passwd"), "bad_message", "$.path"),
    ("an address as a picture", edit({"url": "http://192.0.2.1/x.png"}), "bad_message", None),
    ("a path as a blob", edit({"blob": "../../etc/passwd", "pixels": PIXELS}), "bad_message", "$.image.blob"),
    ("a blob that is not there", edit(IMAGE), "not_found", None),
    ("65 handles", edit(IMAGE, drags=DRAGS * 65), "bad_message", "$.drags"),
    ("a handle far away", edit(IMAGE, drags=[{"handle": [1e9, 0], "target": [0, 0]}]), "bad_message", None),
    ("a handle of three", edit(IMAGE, drags=[{"handle": [1, 2, 3], "target": [0, 0]}]), "bad_message", None),
    ("no width", edit(pixels(width=0)), "bad_message", "$.image.pixels.width"),
    ("a negative height", edit(pixels(height=-1)), "bad_message", "$.image.pixels.height"),
    ("too wide", edit(pixels(width=60_000, height=60_000)), "bad_message", "$.image.pixels.width"),
    ("too many pixels", edit(pixels(width=16_384, height=16_384)), "too_large", None),
    ("five channels", edit(pixels(channels="cmyka")), "bad_message", "$.image.pixels.channels"),
    ("floats", edit(pixels(depth="f32")), "bad_message", "$.image.pixels.depth"),
    ("a long prompt", edit(IMAGE, prompt="a" * 2001), "bad_message", "$.prompt"),
    ("a huge seed", edit(IMAGE, seed=2**70), "bad_message", "$.seed"),
    ("a negative seed", edit(IMAGE, seed=-1), "bad_message", "$.seed"),
    ("65 settings", edit(IMAGE, params={f"p{n}": 1 for n in range(65)}), "bad_message", "$.params"),
    ("settings within settings", edit(IMAGE, params={"a": {"b": 1}}), "bad_message", None),
    ("an address as a reference", paste({"url": "http://192.0.2.1/x.png"}), "bad_message", None),
    ("a path as a reference", paste({"blob": "../../etc/passwd", "pixels": PIXELS}), "bad_message",
     "$.reference.blob"),
    ("a path as its mask", paste(IMAGE, reference_mask={"blob": "/etc/passwd", "pixels": PIXELS}), "bad_message",
     "$.reference_mask.blob"),
    ("a reference too wide", paste(pixels(width=60_000)), "bad_message", "$.reference.pixels.width"),
    ("a place far away", paste(IMAGE, at=[1e9, 0]), "bad_message", "$.at[0]"),
    ("an object of no size", paste(IMAGE, transform={"scale": 0}), "bad_message", "$.transform.scale"),
    ("a huge object", paste(IMAGE, transform={"scale": 1e6}), "bad_message", "$.transform.scale"),
    ("a thousand turns", paste(IMAGE, transform={"degrees": 360_000}), "bad_message", "$.transform.degrees"),
    ("a transform of a million fields", paste(IMAGE, transform={"x": [0] * 10_000}), "bad_message", None),
    ("another tool's inputs", edit(IMAGE, tool="move", at=[1, 1]), "not_found", "$.image"),
    ("previews of 10000 px", edit(IMAGE, preview_px=10_000), "bad_message", "$.preview_px"),
    ("an offer of nothing", {"type": "offer", "id": "x", "blob": BLOB, "bytes": 0}, "bad_message", "$.bytes"),
    ("an offer of 1 TiB", {"type": "offer", "id": "x", "blob": BLOB, "bytes": 2**40}, "bad_message", "$.bytes"),
    ("a fetch from before", {"type": "fetch", "id": "x", "blob": BLOB, "offset": -1}, "bad_message", "$.offset"),
    ("an unknown job", {"type": "cancel", "id": "x", "job": "none"}, "not_found", "$.job"),
    ("an unknown job again", {"type": "release", "id": "x", "job": "none"}, "not_found", "$.job"),
    ("hello again", {"type": "hello", "id": "x", "versions": [1, 1], "client": {"name": "a", "version": "1"}},
     "bad_order", None),
]  # fmt: skip


@pytest.mark.parametrize(("message", "code", "path"), [pytest.param(m, c, p, id=name) for name, m, c, p in MESSAGES])
def test_messages_that_ask_too_much(raw: RawClient, message: Any, code: str, path: str | None) -> None:
    raw.socket.send(json.dumps(message))
    error = raw.until("error", re="x")

    assert error["code"] == code
    assert error["code"] in CODES
    assert path is None or error["path"] == path


def test_a_field_said_twice_counts_once(raw: RawClient) -> None:
    """The last one: what was checked is what is done."""
    image, _ = raw.picture()
    text = json.dumps(edit(image, job="twice", prompt="steps=1", preview_px=0))
    raw.socket.send(text[:-1] + ', "preview_px": 1000000}')

    assert raw.until("error", re="x")["path"] == "$.preview_px"


def test_bytes_that_are_not_the_picture(raw: RawClient) -> None:
    image, data = raw.picture()
    for odd in ({"width": 5}, {"channels": "rgba"}, {"depth": "u16"}, {"width": 4000, "height": 4000}):
        error = raw.submit("lie", {"blob": image["blob"], "pixels": {**PIXELS, **odd}})
        assert (error["code"], error["path"]) == ("bad_image", "$.image")
    for odd in ({"width": 3}, {"channels": "rgb"}, {"height": 300}):
        mask = {"blob": image["blob"], "pixels": {"width": 4, "height": 3, "channels": "gray", **odd}}
        assert raw.submit("lie", image, mask=mask)["code"] in ("bad_request", "bad_image")
    assert len(data) == 36


def test_a_second_picture_is_counted_like_the_first(raw: RawClient) -> None:
    image, _ = raw.picture()
    rest: dict[str, Any] = {"tool": "paste", "drags": [], "at": [1, 1]}
    for odd in ({"width": 5}, {"channels": "rgba"}, {"depth": "u16"}, {"width": 4000, "height": 4000}):
        error = raw.submit("lie", image, reference={"blob": image["blob"], "pixels": {**PIXELS, **odd}}, **rest)
        assert (error["code"], error["path"]) == ("bad_image", "$.reference")
    for odd in ({"width": 3}, {"channels": "rgb"}, {"height": 300}):
        mask = {"blob": image["blob"], "pixels": {"width": 4, "height": 3, "channels": "gray", **odd}}
        error = raw.submit("lie", image, reference=image, reference_mask=mask, **rest)
        assert error["code"] in ("bad_request", "bad_image")
        assert error["path"].startswith("$.reference_mask")
    many = {"blob": image["blob"], "pixels": {**PIXELS, "width": 16_384, "height": 16_384}}
    for field in ("reference", "reference_mask"):
        error = raw.submit("lie", image, **{"reference": image, field: many}, **rest)
        assert (error["code"], error["path"]) == ("too_large", f"$.{field}")
    profile = raw.send(bytes(17 * 2**20))
    error = raw.submit("lie", image, reference={"blob": image["blob"], "pixels": {**PIXELS, "icc": profile}}, **rest)
    assert (error["code"], error["path"]) == ("too_large", "$.reference.pixels.icc")


def test_a_profile_that_is_too_large(raw: RawClient) -> None:
    image, _ = raw.picture()
    profile = raw.send(bytes(17 * 2**20))

    error = raw.submit("profile", {"blob": image["blob"], "pixels": {**PIXELS, "icc": profile}})

    assert (error["code"], error["path"]) == ("too_large", "$.image.pixels.icc")


def test_files_of_picture_formats_are_bytes_like_others(raw: RawClient) -> None:
    """No decoder of the server sees what a client sends: a PNG that would unpack to gigabytes is 36 samples here."""
    bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x06".ljust(36, b"\0")
    raw.submit("bomb", {"blob": raw.send(bomb), "pixels": PIXELS})
    (output,) = raw.until("done", job="bomb")["outputs"]

    assert raw.fetch(output["blob"], 36) == bytes(255 - byte for byte in bomb)


def test_more_uploads_and_jobs_than_a_session_may_have(raw: RawClient) -> None:
    offers = [raw.ask("offer", blob=f"{number:064x}", bytes=10) for number in range(12)]
    image, _ = _other(raw)
    jobs = [raw.submit(f"many-{number}", image, "steps=1000 step_ms=5") for number in range(40)]

    assert [offer["type"] for offer in offers].count("need") == 8
    assert {offer["code"] for offer in offers if offer["type"] == "error"} == {"limit_reached"}
    assert {job["code"] for job in jobs if job["type"] == "error"} == {"limit_reached"}
    for number in range(40):
        raw.ask("cancel", job=f"many-{number}")


def _other(raw: RawClient) -> tuple[Any, bytes]:
    """A picture that is there already, for a session that may upload no more."""
    with RawClient(_port(raw), _token(raw)) as client:
        client.hello()
        return client.picture(seed=99)


def _port(raw: RawClient) -> int:
    return raw.socket.remote_address[1]


def _token(raw: RawClient) -> str:
    assert raw.socket.request is not None
    return raw.socket.request.headers["Authorization"].removeprefix("Bearer ")


# Paths

TRICKS = [
    "../token", "../../etc/passwd", "/etc/passwd", "..", ".", "a/../../b", "a\\..\\b", "\\\\host\\share", "C:\\x",
    "file:///etc/passwd", "%2e%2e%2ftoken", "..%00", "a\0b", "token\n", "~/.ssh/id_rsa", "$HOME", "CON", "nul.txt",
    "a:b", "`id`", "；rm", "．．／token",
]  # fmt: skip
_watched: list[str] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is not None and event in ("open", "os.remove", "os.rename", "os.mkdir", "os.listdir", "os.scandir"):
        paths = arguments[:1] if event == "open" else arguments
        _watched.extend(os.fsdecode(path) for path in paths if isinstance(path, str | bytes | Path))


def test_no_name_of_a_client_becomes_a_path(tmp_path: Path) -> None:
    """All names that a client can choose, with every trick, while it is watched which files are touched."""
    global _watched
    folder = tmp_path / "data"

    def attack(port: int, token: str) -> None:
        with RawClient(port, token) as raw:
            raw.hello()
            image, _ = raw.picture()
            for trick in TRICKS:
                answers = [
                    raw.submit("j", {"blob": trick, "pixels": PIXELS}),
                    raw.submit("j", {"blob": image["blob"], "pixels": {**PIXELS, "icc": trick}}),
                    raw.submit("j", image, tool="paste", reference={"blob": trick, "pixels": PIXELS}),
                    raw.submit("j", image, tool="move", mask={"blob": trick, "pixels": PIXELS}),
                    raw.submit("j", image, tool=trick),
                    raw.submit("j", image, speed=trick),
                    raw.submit("j", image, params={trick[:64]: trick}),
                    raw.ask("prepare", job=trick, image={"blob": trick, "pixels": PIXELS}),
                    raw.ask("offer", blob=trick, bytes=10),
                    raw.ask("fetch", blob=trick),
                    raw.ask("get", job=trick),
                    raw.ask("cancel", job=trick),
                    raw.ask("release", job=trick),
                ]
                assert all(answer["type"] == "error" for answer in answers), answers
                if raw.submit(trick, image)["type"] == "accepted":  # CON is a word like others, here
                    raw.until("done", job=trick)
                with RawClient(port, token) as other:
                    other.hello(resume={"session": trick[:64], "last_seq": 0})
        for path in (
            "/../token",
            "/v1/../../token",
            "/%2e%2e/token",
            "//etc/passwd",
            "/v1/..%2f..%2ftoken",
            "/\\token",
        ):
            assert request(port, "GET", path, [bearer(token)]).status in (400, 404)
            assert request(port, "GET", path).status in (400, 401, 429)

    async def main() -> None:
        global _watched
        async with live(folder) as runtime:
            await asyncio.to_thread(attack, runtime.port, runtime.token)  # with what is imported on the way
            _watched = []
            await asyncio.to_thread(attack, runtime.port, runtime.token)
            touched, _watched = _watched, None
        ours = {str(folder), *(str(path) for path in (folder / "blobs", folder / "drafts"))}
        beside = {
            path for path in touched
            if not (path in ours or str(Path(path).parent) in ours) and not path.startswith(str(sys.prefix))
        }  # fmt: skip
        names = {Path(path).name for path in touched if path.startswith(str(folder))}
        assert beside <= {"/etc/hosts", "/dev/null"}, beside
        assert not names & {*TRICKS, "token", "server.json"}

    sys.addaudithook(_watch)
    run(main())
    assert not list(tmp_path.rglob("CON*"))

"""Every route over plain HTTP, and what stands before it."""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from websockets.exceptions import ConnectionClosed

from dragbrush.net.app import Server
from live_server import ORIGIN, Process, Response, bearer, exchange, in_a_process, request, upgrade
from raw_client import RawClient

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")
CODES = "/v1/pairing"


def routes() -> list[str]:
    """All paths, as the router itself knows them."""
    part = cast(Any, SimpleNamespace())
    app = Server(part, guard=part, tokens=part, model=part, stop=lambda: None).app()
    return sorted(resource.canonical for resource in app.router.resources())


def post(server: Process, path: str, content: Any, *headers: tuple[str, str], token: str | None = None) -> Response:
    sent = [("Content-Type", "application/json"), bearer(server.token if token is None else token), *headers]
    return request(server.port, "POST", path, sent, json.dumps(content).encode())


def pair(server: Process, name: str = "panel") -> str:
    """A paired client's token."""
    code = json.loads(post(server, CODES, {}).body)["code"]
    return json.loads(post(server, "/v1/pair", {"code": code, "name": name}, token="").body)["token"]


def paired(server: Process) -> dict[str, str]:
    """Ids by name."""
    found = json.loads(request(server.port, "GET", "/v1/status", [bearer(server.token)]).body)
    return {client["name"]: client["id"] for client in found["paired"]}


def test_no_route_answers_without_a_token_but_the_two(server: Process) -> None:
    paths = routes()
    assert {"/v1/ws", "/v1/status", "/v1/stop", "/v1/revoke", "/v1/pairing"} <= set(paths)

    answers = {
        (method, path): request(server.port, method, path, upgrade()).status
        for method in METHODS
        for path in [*paths, "/", "/v2/ws", "/v1/ws/", "/v1/%77s", "/v1/../v1/status", "*"]
    }

    let_in = {asked for asked, status in answers.items() if status not in (400, 401, 403, 404, 405, 421, 429)}
    assert let_in <= {("GET", "/v1/health"), ("POST", "/v1/pair")}
    assert {answers[method, "/v1/status"] for method in METHODS if method != "CONNECT"} <= {401, 429}


def test_options_is_not_answered_even_with_the_token(server: Process) -> None:
    for path in routes():
        assert request(server.port, "OPTIONS", path, [bearer(server.token)]).status == 405
        assert request(server.port, "OPTIONS", path, [bearer(server.token), ("Origin", ORIGIN)]).status == 405


def test_no_answer_opens_the_server_to_pages(server: Process) -> None:
    asked = [(method, path) for method in ("GET", "POST", "OPTIONS") for path in [*routes(), "/nothing"]]
    asked.remove(("POST", "/v1/stop"))
    for token in ("wrong", server.token):
        for method, path in asked:
            answer = request(server.port, method, path, [bearer(token), ("Origin", ORIGIN)])

            names = set(answer.headers)
            assert not any(name.startswith("access-control-") or name == "set-cookie" for name in names)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["content-type"].startswith("application/json")


def test_health_says_only_that_it_is_there(server: Process) -> None:
    answer = request(server.port, "GET", "/v1/health")

    assert (answer.status, json.loads(answer.body)) == (200, {"ok": True})


def test_the_guard_stands_before_http_and_the_upgrade_alike(server: Process) -> None:
    right = bearer(server.token)
    for path, more in (("/v1/status", []), ("/v1/ws", upgrade())):
        for headers, wanted in (
            ([("Host", "evil.com")], 421),
            ([("Host", f"evil.com:{server.port}")], 421),
            ([("Host", "")], 421),
            ([("Host", f"localhost.:{server.port}")], 421),
            ([("Origin", "null")], 403),
            ([("Origin", f"http://127.0.0.1:{server.port}")], 403),
            ([("Origin", ORIGIN), ("Origin", "null")], 403),
            ([("Sec-Fetch-Site", "cross-site")], 403),
            ([("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")], 403),
        ):
            assert request(server.port, "GET", path, [*headers, *more, right]).status == wanted, headers
        assert request(server.port, "GET", path, [("Host", f"localhost:{server.port}"), *more, right]).status in (
            200,
            101,
        )


def test_two_hosts_are_refused(server: Process) -> None:
    ours = f"127.0.0.1:{server.port}"

    answer = request(server.port, "GET", "/v1/health", [("Host", ours), ("Host", "evil.com")])

    assert answer.status in (400, 421)


def test_a_request_without_a_host_is_refused(server: Process) -> None:
    assert exchange(server.port, b"GET /v1/health HTTP/1.0\r\n\r\n").status == 421


def test_the_token_counts_only_where_it_belongs(server: Process) -> None:
    token = server.token
    for path, headers in (
        (f"/v1/status?token={token}", []),
        (f"/v1/status?access_token={token}", []),
        ("/v1/status", [("Cookie", f"token={token}; Authorization=Bearer {token}")]),
        ("/v1/status", [("X-Token", token)]),
        ("/v1/status", [("Proxy-Authorization", f"Bearer {token}")]),
        ("/v1/status", [("Sec-WebSocket-Protocol", f"dragbrush.auth.{token}")]),
    ):
        assert request(server.port, "GET", path, headers).status in (401, 429)


def test_bytes_that_are_no_text_in_a_token(server: Process) -> None:
    answer = request(server.port, "GET", "/v1/status", [("Authorization", "Bearer \udcff\udcfe")])

    assert answer.status in (400, 401, 429)


def test_the_upgrade_names_the_version_and_never_the_token_and_packs_nothing(server: Process) -> None:
    offered = f"dragbrush.v1, dragbrush.auth.{server.token}"
    packed = ("Sec-WebSocket-Extensions", "permessage-deflate")

    answer = request(server.port, "GET", "/v1/ws", upgrade(packed, protocols=offered))
    other = request(server.port, "GET", "/v1/ws", upgrade(bearer(server.token), protocols="dragbrush.v9"))

    assert answer.status == 101
    assert answer.headers["sec-websocket-protocol"] == "dragbrush.v1"
    assert "sec-websocket-extensions" not in answer.headers
    assert other.status == 426


def test_a_page_of_the_listed_origin_gets_in_with_a_token(server: Process) -> None:
    with RawClient(server.port, server.token, is_browser=True, origin=ORIGIN) as client:
        assert client.hello()["type"] == "welcome"


def test_brute_force_is_told_to_wait_and_the_artist_is_not(tmp_path: Path) -> None:
    with in_a_process(tmp_path / "server") as server:
        answers = [request(server.port, "GET", "/v1/status", [bearer("wrong")]).status for _ in range(12)]

        assert answers == [401] * 10 + [429] * 2
        assert request(server.port, "GET", "/v1/status", [bearer(server.token)]).status == 200


def test_a_code_is_exchanged_once_for_a_token(server: Process) -> None:
    code = json.loads(post(server, CODES, {}).body)["code"]

    first = post(server, "/v1/pair", {"code": code, "name": "once"}, token="")
    again = post(server, "/v1/pair", {"code": code, "name": "twice"}, token="")

    token = json.loads(first.body)["token"]
    assert (first.status, again.status) == (200, 403)
    with RawClient(server.port, token, is_browser=True) as client:
        assert client.hello()["type"] == "welcome"


def test_guessing_a_code_ends_it(server: Process) -> None:
    code = json.loads(post(server, CODES, {}).body)["code"]
    guesses = [f"{(int(code) + number) % 10**6:06}" for number in range(1, 6)]

    answers = [post(server, "/v1/pair", {"code": guess, "name": "guesser"}, token="").status for guess in guesses]

    assert answers == [403] * 5
    assert post(server, "/v1/pair", {"code": code, "name": "guesser"}, token="").status == 403
    assert "guesser" not in paired(server)


@pytest.mark.parametrize(
    ("body", "kind", "wanted"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"code": 1, "name": "a"}', "application/json", 400),
        (b'{"code": "1"}', "application/json", 400),
        (b'{"code": "1", "name": "a", "x": 1}', "application/json", 400),
        (b'{"code": "1", "name": ""}', "application/json", 400),
        (b'{"code": "1", "name": "\\u001b[2J"}', "application/json", 400),
        (b'{"code": "\\ud800", "name": "a"}', "application/json", 400),
        (b'{"code": "1", "name": "%s"}' % (b"a" * 65), "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 4000, "application/json", 400),
        (b"a" * 5000, "application/json", 413),
        (b'{"code": "1", "name": "a"}', "text/plain", 415),
        (b"code=1&name=a", "application/x-www-form-urlencoded", 415),
    ],
)
def test_bodies_that_pairing_does_not_take(server: Process, body: bytes, kind: str, wanted: int) -> None:
    answer = request(server.port, "POST", "/v1/pair", [("Content-Type", kind)], body)

    assert answer.status == wanted
    assert set(json.loads(answer.body)) == {"error"}


def test_a_paired_client_edits_but_lets_nobody_in_and_stops_nothing(server: Process) -> None:
    token = pair(server, "small")

    seen = json.loads(request(server.port, "GET", "/v1/status", [bearer(token)]).body)
    answers = [
        post(server, path, content, token=token).status
        for path, content in ((CODES, {}), ("/v1/revoke", {"id": paired(server)["small"]}), ("/v1/stop", {}))
    ]

    assert answers == [403] * 3
    assert "paired" not in seen


def test_a_revoked_token_closes_its_sockets_at_once_and_no_other(server: Process) -> None:
    token = pair(server, "revoked")
    with RawClient(server.port, token, is_browser=True) as out, RawClient(server.port, server.token) as stays:
        out.hello()
        stays.hello()
        began = time.monotonic()

        assert post(server, "/v1/revoke", {"id": paired(server)["revoked"]}).status == 200

        with pytest.raises(ConnectionClosed) as closed:
            out.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        assert time.monotonic() - began < 1
        assert stays.ask("list")["type"] == "jobs"
    assert request(server.port, "GET", "/v1/status", [bearer(token)]).status in (401, 429)


@pytest.mark.parametrize("id_", ["", "nobody", "a\r\nX-Injected: 1", "../../token", "x" * 3000])
def test_revoking_nobody(server: Process, id_: str) -> None:
    answer = post(server, "/v1/revoke", {"id": id_})

    assert answer.status == 404
    assert "x-injected" not in answer.headers
    assert id_ == "" or id_ not in answer.body.decode()

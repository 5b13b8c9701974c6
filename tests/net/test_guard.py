"""Decisions about who may speak, without a socket."""

from pathlib import Path

import pytest

from dragbrush.net.guard import TRIES, Call, Guard, Refusal, hosts_of, local_hosts
from dragbrush.net.tokens import OWN, Tokens

PORT = 28471
HOST = f"127.0.0.1:{PORT}"
ORIGIN = "https://panel.example"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(tokens: Tokens, clock: Clock) -> Guard:
    return Guard(hosts=local_hosts(PORT), origins=frozenset({ORIGIN}), tokens=tokens, clock=clock)


def call(
    *,
    token: str = "",
    path: str = "/v1/status",
    hosts: tuple[str, ...] = (HOST,),
    origins: tuple[str, ...] = (),
    sites: tuple[str, ...] = (),
    authorizations: tuple[str, ...] | None = None,
    subprotocols: tuple[str, ...] = (),
    address: str = "127.0.0.1",
) -> Call:
    given = ((f"Bearer {token}",) if token else ()) if authorizations is None else authorizations
    return Call(path, hosts, origins, sites, given, subprotocols, address)


def status(guard: Guard, asked: Call) -> int:
    """200 for who is let in."""
    verdict = guard.check(asked)
    return verdict.status if isinstance(verdict, Refusal) else 200


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}", f"[::1]:{PORT}"])
def test_our_own_names_are_let_in(guard: Guard, tokens: Tokens, host: str) -> None:
    assert guard.check(call(token=tokens.own, hosts=(host,))) == OWN


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("",),
        ("evil.com",),
        (f"evil.com:{PORT}",),
        (f"127.0.0.1.nip.example:{PORT}",),
        (f"localhost.evil:{PORT}",),
        (f"2130706433:{PORT}",),
        (f"0x7f.1:{PORT}",),
        (f"localhost.:{PORT}",),
        ("127.0.0.1",),
        ("127.0.0.1:80",),
        (f"LOCALHOST:{PORT}",),
        (f"user@127.0.0.1:{PORT}",),
        (f"0.0.0.0:{PORT}",),
        (HOST, HOST),
        (HOST, "evil.com"),
    ],
)
def test_a_foreign_host_is_refused_even_with_the_token(guard: Guard, tokens: Tokens, hosts: tuple[str, ...]) -> None:
    assert status(guard, call(token=tokens.own, hosts=hosts)) == 421


@pytest.mark.parametrize(
    "origins",
    [
        ("https://evil.example",),
        ("http://localhost:3000",),
        (f"http://{HOST}",),
        ("http://127.0.0.1.evil",),
        ("null",),
        ("",),
        ("file://",),
        ("chrome-extension://x",),
        ("HTTPS://PANEL.EXAMPLE",),
        (f"{ORIGIN}/",),
        (f"{ORIGIN}:443",),
        ("https://panel.example@evil.example",),
        ("https://pаnel.example",),
        ("https://notpanel.example",),
        (f"{ORIGIN}.evil.com",),
        ("http://panel.example",),
        (ORIGIN, ORIGIN),
        (ORIGIN, "https://evil.example"),
        ("https://" + "a" * 5000,),
    ],
)
def test_an_unlisted_origin_is_refused_even_with_the_token(
    guard: Guard, tokens: Tokens, origins: tuple[str, ...]
) -> None:
    assert status(guard, call(token=tokens.own, origins=origins)) == 403


def test_the_listed_origin_needs_the_token_too(guard: Guard, tokens: Tokens) -> None:
    assert status(guard, call(origins=(ORIGIN,))) == 401
    assert status(guard, call(origins=(ORIGIN,), token=tokens.own)) == 200


def test_the_listed_origin_is_another_site_to_a_browser(guard: Guard, tokens: Tokens) -> None:
    assert status(guard, call(origins=(ORIGIN,), sites=("cross-site",), token=tokens.own)) == 200


@pytest.mark.parametrize(
    ("sites", "wanted"),
    [
        ((), 200),
        (("none",), 200),
        (("same-origin",), 200),
        (("same-site",), 403),
        (("cross-site",), 403),
        (("none", "cross-site"), 403),
        (("Cross-Site",), 403),
        (("",), 403),
    ],
)
def test_what_a_browser_says_of_the_calling_site(
    guard: Guard, tokens: Tokens, sites: tuple[str, ...], wanted: int
) -> None:
    assert status(guard, call(token=tokens.own, sites=sites)) == wanted


@pytest.mark.parametrize("path", ["/v1/health", "/v1/pair"])
def test_open_paths_need_no_token_but_all_else(guard: Guard, path: str) -> None:
    assert guard.check(call(path=path)) == ""
    assert status(guard, call(path=path, hosts=("evil.com",))) == 421
    assert status(guard, call(path=path, origins=("null",))) == 403
    assert status(guard, call(path=path, sites=("cross-site",))) == 403


@pytest.mark.parametrize("path", ["/", "/v1/health/", "/v1/healthx", "/V1/HEALTH", "//v1/health", "/v1/pair?x", ""])
def test_paths_that_only_look_open_need_it(guard: Guard, path: str) -> None:
    assert status(guard, call(path=path)) == 401


def test_wrong_forms_of_the_token_are_refused(guard: Guard, tokens: Tokens) -> None:
    own = tokens.own
    forms = [
        (),
        ("",),
        ("Bearer",),
        ("Bearer ",),
        ("Bearer wrong",),
        (f"Bearer {own[:-1]}",),
        (f"Bearer {own.swapcase()}",),
        (f"Bearer  {own}",),
        (f"bearer {own}",),
        (f"Basic {own}",),
        (own,),
        (f"Bearer {own}", f"Bearer {own}"),
        ("Bearer wrong", f"Bearer {own}"),
        ("Bearer \udcff\udcfe",),
        ("Bearer " + "a" * 100_000,),
    ]

    answers = {status(guard, call(authorizations=form)) for form in forms}

    assert answers <= {401, 429}


def test_the_token_as_a_second_subprotocol(guard: Guard, tokens: Tokens) -> None:
    offered = ("dragbrush.v1", f"dragbrush.auth.{tokens.own}")

    assert status(guard, call(subprotocols=offered)) == 200
    assert status(guard, call(subprotocols=offered[1:])) == 401
    assert status(guard, call(subprotocols=("dragbrush.v1", "dragbrush.auth."))) == 401
    assert status(guard, call(subprotocols=offered, authorizations=("Bearer wrong",))) == 401


def test_a_paired_client_is_its_own_owner_until_it_is_revoked(guard: Guard, tokens: Tokens) -> None:
    token = tokens.pair("panel")
    (panel,) = tokens.paired()

    assert guard.check(call(token=token)) == panel.id

    tokens.revoke(panel.id)

    assert status(guard, call(token=token)) == 401


def test_brute_force_is_told_to_wait(guard: Guard, clock: Clock) -> None:
    answers = [status(guard, call(token="wrong")) for _ in range(TRIES + 5)]
    clock.now = 61

    assert answers == [401] * TRIES + [429] * 5
    assert status(guard, call(token="wrong")) == 401


def test_nobody_on_the_same_address_locks_the_right_token_out(guard: Guard, tokens: Tokens) -> None:
    for _ in range(10 * TRIES):
        guard.check(call(token="wrong"))

    assert status(guard, call(token=tokens.own)) == 200


def test_addresses_are_counted_apart_and_not_without_end(guard: Guard) -> None:
    for _ in range(TRIES + 1):
        guard.check(call(token="wrong", address="192.0.2.1"))

    assert status(guard, call(token="wrong", address="192.0.2.2")) == 401

    for number in range(5000):
        guard.check(call(token="wrong", address=f"2001:db8::{number}"))

    assert len(guard._wrong) <= 1024


def test_names_with_colons_are_written_in_brackets() -> None:
    assert hosts_of(("studio.example", "fe80::1"), 7) == {"studio.example:7", "[fe80::1]:7"}

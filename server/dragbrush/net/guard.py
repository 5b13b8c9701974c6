"""Who may speak to the server. Pure decisions, taken before any route is looked at and before any upgrade.

A web page in the artist's browser can open a websocket to any port of this machine, and a name that it owns can be
made to point here; so the Host must be literally ours, an Origin must be one that was allowed by name, and the token
must be right. Checked in this order, for every path and method.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from dragbrush.net.tokens import Tokens
from dragbrush.protocol.limits import SUBPROTOCOL, TOKEN_SUBPROTOCOL

HEALTH, PAIR = "/v1/health", "/v1/pair"
OPEN_PATHS = frozenset({HEALTH, PAIR})
"""Need no token: the one says only that a server is here, the other takes a code instead."""
TRIES, _TRIES_WITHIN_S = 10, 60.0
_ADDRESSES = 1024
"""Of which wrong tokens are counted; the first goes when there are more."""
_OWN_SITES = frozenset({"none", "same-origin"})


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Call:
    """What of a request decides."""

    path: str
    hosts: tuple[str, ...]
    """All Host headers, as sent; so the others."""
    origins: tuple[str, ...]
    sites: tuple[str, ...]
    """Sec-Fetch-Site"""
    authorizations: tuple[str, ...]
    subprotocols: tuple[str, ...]
    address: str


class Guard:
    def __init__(
        self,
        *,
        hosts: frozenset[str],
        origins: frozenset[str],
        tokens: Tokens,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`hosts` with their port, `origins` as a browser writes them: compared letter by letter."""
        self._hosts, self._origins, self._tokens, self._clock = hosts, origins, tokens, clock
        self._wrong: dict[str, deque[float]] = {}

    def check(self, call: Call) -> Refusal | str:
        """The owner of the token ("" where none is needed), or why not."""
        if len(call.hosts) != 1 or call.hosts[0] not in self._hosts:
            return Refusal(421, "This is not a name of this server.")
        if call.origins and (len(call.origins) != 1 or call.origins[0] not in self._origins):
            return Refusal(403, "Web pages may not speak to this server.")
        if not call.origins and not _OWN_SITES.issuperset(call.sites):
            return Refusal(403, "Other sites may not speak to this server.")
        if call.path in OPEN_PATHS:
            return ""
        owner = self._tokens.owner(token_of(call))
        return self._refusal(call.address) if owner is None else owner

    def _refusal(self, address: str) -> Refusal:
        """Of a wrong token.

        The right one is let in however many wrong ones came before: all local programs share one address, and none
        of them may lock the artist out. That lets nobody guess: a token has 256 bits.
        """
        if address not in self._wrong and len(self._wrong) >= _ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        tries, now = self._wrong.setdefault(address, deque(maxlen=TRIES)), self._clock()
        if len(tries) == TRIES and now - tries[0] < _TRIES_WITHIN_S:
            return Refusal(429, "Too many wrong tokens; try again in a minute.")
        tries.append(now)
        return Refusal(401, "The token is missing or wrong.")


def token_of(call: Call) -> str:
    """From the header, or from the second subprotocol, which is all that a browser's WebSocket can send."""
    if call.authorizations:
        scheme, _, token = call.authorizations[0].partition(" ")
        return token if scheme == "Bearer" and len(call.authorizations) == 1 else ""
    if SUBPROTOCOL in call.subprotocols:
        for offered in call.subprotocols:
            if offered.startswith(TOKEN_SUBPROTOCOL):
                return offered.removeprefix(TOKEN_SUBPROTOCOL)
    return ""


def local_hosts(port: int) -> frozenset[str]:
    return hosts_of(("127.0.0.1", "localhost", "::1"), port)


def hosts_of(names: "tuple[str, ...] | frozenset[str]", port: int) -> frozenset[str]:
    """What a Host header says for names and addresses of this server."""
    return frozenset(f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name in names)

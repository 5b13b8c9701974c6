"""Pairing: a six-digit code, shown where only the artist sees it, is exchanged once for a client's own token."""

import hmac
import secrets
import time
from collections.abc import Callable

CODE_S = 120.0
TRIES = 5
_DIGITS = 6


class Pairing:
    """At most one code at a time. Wrong tries are counted over the code, whoever makes them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._code: str | None = None
        self._until, self._tries = 0.0, 0

    def begin(self) -> str:
        """A new code; an earlier one is void."""
        self._code = "".join(secrets.choice("0123456789") for _ in range(_DIGITS))
        self._until, self._tries = self._clock() + CODE_S, 0
        return self._code

    def accept(self, code: str) -> bool:
        """Whether it is the code, which then is used up."""
        if self._code is None or self._clock() > self._until:
            self._code = None
            return False
        self._tries += 1
        is_right = hmac.compare_digest(code.encode(errors="replace"), self._code.encode())
        if is_right or self._tries >= TRIES:
            self._code = None
        return is_right

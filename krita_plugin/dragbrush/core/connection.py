"""A connection that comes back, on an event loop: requests are answered, events come once, whatever the socket does.

Knows no jobs and no threads.
"""

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Callable
from typing import Any, Protocol

from .. import wire
from .._vendor.websockets.asyncio.client import ClientConnection
from .._vendor.websockets.asyncio.client import connect as open_socket
from .._vendor.websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from .._vendor.websockets.typing import Subprotocol
from .peer import Peer
from .runtime import ServerAddress

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 10.0
"""Between two tries to connect; each wait is drawn from the half to the whole of a doubling time."""
LOOK_S = 1.0
"""Between two looks for a server that says that it runs."""
OPEN_S = 10.0
WELCOME_S = 10.0
ANSWER_S = 60.0
"""A server that owes an answer for so long is taken for lost."""
FETCH_S = 600.0
"""For 512 MB over a slow network."""
CLOSE_S = 1.0
_REPLACED, _REVOKED = 4409, 4401
_REFUSED_FOR_GOOD = frozenset({400, 401, 403, 404, 421, 426})


class Hearer(Protocol):
    """Who is told what comes in; none of it may raise or wait."""

    def status(self, line: Any, why: str) -> None:
        """Of the connection; see `events.Status`."""

    def hear(self, message: Any) -> None:
        """An event, or an error that answers no request."""

    def hear_frame(self, frame: wire.Frame) -> None: ...

    def lost(self) -> None:
        """The socket is gone; another is looked for."""

    def back(self, is_resumed: bool) -> None:
        """A socket is there. If it is not resumed, events may be missing."""


class Lost(Exception):
    """The socket went before all was said on it."""


class _Refused(Exception):
    """The same would be said to the next try. Its text is a word of `events.Status.why`."""


class Connection:
    def __init__(self, find: Callable[[], ServerAddress | None], peer: Peer, hearer: Hearer) -> None:
        """`find` is asked before each try: a server that was started again may have another port."""
        self._find, self._peer, self._hearer = find, peer, hearer
        self._socket: ClientConnection | None = None
        self._up = asyncio.Event()
        self._again = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self.welcome: wire.Welcome | None = None
        self.line = 0
        """Number of the welcome that the socket of the moment began with."""

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    def retry(self) -> None:
        """Tries now, whatever was refused before."""
        self._again.set()

    def drop(self) -> None:
        """Loses the socket, as a network would."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def keep(self) -> None:
        """Looks for a server and speaks with it, again and again, until it is cancelled."""
        wait, why = FIRST_WAIT_S, ""
        while True:
            address = self._find()
            if address is None:
                self._hearer.status("no_server", "")
                await self._pause(LOOK_S)
                wait, why = FIRST_WAIT_S, ""
                continue
            if not why:  # after a try in vain the next one is nothing new to show
                self._hearer.status("connecting", "")
            line = self.line
            try:
                why = await self._converse(await _opened(address))
            except _Refused as refused:
                self._hearer.status("refused", str(refused))
                await self._pause_until_other(address)
                why = ""
                continue
            except (OSError, ValueError, WebSocketException, asyncio.TimeoutError) as error:
                log.info("no server answers (%s)", type(error).__name__)
                why = "silent"
            if self.line != line:
                wait = FIRST_WAIT_S
            self._hearer.status("no_server" if why else "connecting", why)
            if await self._pause(wait * random.uniform(0.5, 1)):
                wait, why = FIRST_WAIT_S, ""
            else:
                wait = min(2 * wait, LONGEST_WAIT_S)

    async def ask(self, make: Callable[[str], Any], *, wait_s: float | None = None) -> Any:
        """The answer to a request, which is made with its number; asked again if the socket is lost meanwhile.

        Every request of this protocol may be repeated. Waits for a server as long as it takes. Raises the server's
        error as `WireError`.
        """
        while True:
            await self._up.wait()
            number = self._peer.next_id()
            text = _text(make(number))
            answer = self._answers[number] = asyncio.get_running_loop().create_future()
            try:
                await self._send(text)
                await asyncio.wait([answer], timeout=ANSWER_S if wait_s is None else wait_s)
            except Lost:
                continue
            finally:
                del self._answers[number]
            if not answer.done():
                self.drop()
                self._up.clear()
            elif isinstance(answer.result(), wire.WireError):
                raise answer.result()
            elif answer.result() is not Lost:
                return answer.result()

    async def send_frame(self, frame: wire.Frame, *, line: int) -> None:
        """On that line only. Raises: Lost."""
        if line != self.line or not self.is_up:
            raise Lost
        await self._send(wire.pack_frame(frame))

    async def _send(self, data: str | bytes) -> None:
        socket = self._socket
        if socket is None:
            raise Lost
        try:
            await socket.send(data)
        except ConnectionClosed as error:
            # Seen here before it is seen by who reads: nobody shall try this socket again and again until then.
            if socket is self._socket:
                self._up.clear()
            raise Lost from error

    async def _pause(self, seconds: float) -> bool:
        """Whether someone asked for another try before the time was over."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._again.wait(), seconds)
        is_asked = self._again.is_set()
        self._again.clear()
        return is_asked

    async def _pause_until_other(self, refused: ServerAddress) -> None:
        """Until there is another server than the one that refused, or someone asks for another try."""
        while not self._again.is_set() and self._find() in (refused, None):
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._again.wait(), LOOK_S)
        self._again.clear()

    async def _converse(self, socket: ClientConnection) -> str:
        """Until the socket is gone; a word for what the server had against it, if it said so. Raises: _Refused."""
        self._socket = socket
        hello, before = self._peer.hello(), self.line
        impatience = asyncio.get_running_loop().call_later(WELCOME_S, socket.transport.abort)
        try:
            await socket.send(wire.encode(hello))
            async for data in socket:
                try:
                    if isinstance(data, bytes):
                        self._hearer.hear_frame(wire.parse_frame(data))
                        continue
                    message = self._peer.receive(data)
                except wire.WireError as error:
                    log.warning("what the server sent cannot be used (%s)", error.code)
                    continue
                if isinstance(message, wire.Error) and message.re == hello.id:
                    if message.code == "unsupported":
                        raise _Refused("version")
                    return "busy"
                if isinstance(message, wire.Welcome):
                    impatience.cancel()
                self._take(message)
        except ConnectionClosed as closed:
            code = None if closed.rcvd is None else closed.rcvd.code
            if code == _REPLACED:
                self._peer.forget()
                raise _Refused("replaced") from closed
            if code == _REVOKED:
                raise _Refused("token") from closed
        finally:
            impatience.cancel()
            self._lose()
            await socket.close()
        return "" if self.line != before else "strange"

    def _take(self, message: Any) -> None:
        if isinstance(message, wire.Welcome):
            self.welcome = message
            self.line += 1
            self._up.set()
            self._hearer.status("connected", "")
            self._hearer.back(message.session.is_resumed)
            return
        number = getattr(message, "re", None)
        if number is None:
            if message is not None:
                self._hearer.hear(message)
        elif (answer := self._answers.get(number)) is not None and not answer.done():
            is_error = isinstance(message, wire.Error)
            answer.set_result(wire.WireError(message.code, message.message, message.path) if is_error else message)

    def _lose(self) -> None:
        self._socket = None
        self._up.clear()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(Lost)
        self._hearer.lost()


def _text(request: Any) -> str:
    """Raises: WireError for one that the server would not take: one over its limit for frames ends the socket."""
    text = wire.encode(request)
    if len(text.encode()) > wire.MAX_TEXT_BYTES:
        raise wire.WireError("too_large", f"The request is over {wire.MAX_TEXT_BYTES} bytes.")
    return text


async def _opened(address: ServerAddress) -> ClientConnection:
    """Raises: _Refused, OSError, ValueError for an address that is none, WebSocketException, asyncio.TimeoutError."""
    secure = _tls_to(address) if address.url.startswith("wss:") else None
    try:
        return await open_socket(
            address.url,
            subprotocols=[Subprotocol(wire.SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {address.token}"},
            ssl=secure,
            compression=None,
            max_size=wire.MAX_CHUNK_BYTES + wire.HEADER_BYTES,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            proxy=None,
            logger=_no_log(),
        )
    except InvalidStatus as error:
        status = error.response.status_code
        if status in _REFUSED_FOR_GOOD:
            raise _Refused("token" if status == 401 else "door") from error
        raise


def _tls_to(address: ServerAddress) -> ssl.SSLContext:
    """Trusts that one certificate by itself, whatever names it has. Raises: _Refused."""
    try:
        context = ssl.create_default_context(cafile=address.certificate)
    except (OSError, ssl.SSLError) as error:
        raise _Refused("certificate") from error
    context.check_hostname = False
    context.verify_flags |= getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0x80000)  # Python 3.10 has no name for it
    return context


def _no_log() -> logging.Logger:
    """For `websockets`, which would write tokens and prompts into the log of a program that debugs."""
    quiet = logging.Logger("websockets")
    quiet.disabled = True
    return quiet

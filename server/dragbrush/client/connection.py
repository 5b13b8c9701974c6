"""A connection that comes back: requests are answered, events arrive once, whatever the socket does."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from dragbrush.errors import DragbrushError, NoServer
from dragbrush.net.runtime import data_folder, read_runtime, tls_to
from dragbrush.protocol.codec import encode
from dragbrush.protocol.errors import ProtocolError
from dragbrush.protocol.frames import HEADER_BYTES, Frame, pack_frame, parse_frame
from dragbrush.protocol.limits import MAX_CHUNK_BYTES, MAX_TEXT_BYTES, SUBPROTOCOL
from dragbrush.protocol.messages import Client as About
from dragbrush.protocol.messages import Error, Welcome
from dragbrush.protocol.peer import Peer

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 10.0
"""Between two tries to connect; each wait is drawn from the half to the whole of a doubling time."""
PATIENCE_S = 60.0
"""How long a lost server is looked for."""
WELCOME_S = 10.0
ANSWER_S = 60.0
_CLOSE_S = 2.0
_REPLACED, _REVOKED = 4409, 4401
_REFUSED_FOR_GOOD = frozenset({400, 401, 403, 404, 421, 426})


@dataclass(frozen=True, slots=True)
class ServerAddress:
    url: str
    token: str = field(repr=False)
    certificate: Path | None = None
    """The server's own, where nobody else vouches for it."""


def find_server(folder: Path | None = None) -> ServerAddress:
    """This user's running server. Raises `NoServer`."""
    runtime = read_runtime(folder or data_folder())
    if runtime is None:
        raise NoServer("No Dragbrush server runs here; start one with 'dragbrush serve'.")
    host = f"[{runtime.host}]" if ":" in runtime.host else runtime.host
    certificate = None if runtime.certificate is None else Path(runtime.certificate)
    scheme = "ws" if certificate is None else "wss"
    return ServerAddress(f"{scheme}://{host}:{runtime.port}/v1/ws", runtime.token, certificate)


class Hearer(Protocol):
    """Who is told what comes in; none of it may raise or wait."""

    def hear(self, message: Any) -> None:
        """An event, or an error that answers no request."""

    def hear_frame(self, frame: Frame) -> None: ...

    def lost(self) -> None:
        """The socket is gone; another is looked for."""

    def back(self, is_resumed: bool) -> None:
        """A socket is there. If it is not resumed, events may be missing."""

    def ended(self, error: DragbrushError) -> None:
        """There will be no other socket."""


class Lost(Exception):
    """The socket went before all was said on it."""


class Connection:
    def __init__(
        self, find: Callable[[], ServerAddress], about: About, hearer: Hearer, *, patience_s: float = PATIENCE_S
    ) -> None:
        """`find` is asked before each try: a server that was started again may have another port."""
        self._find, self._hearer, self._patience_s = find, hearer, patience_s
        self._peer = Peer(about)
        self._socket: ClientConnection | None = None
        self._is_up = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._end: DragbrushError | None = None
        self.welcome: Welcome | None = None
        self.line = 0
        """Number of the welcome that the socket of the moment began with."""

    async def open(self) -> None:
        """The first connection. Raises `NoServer` where there is none, or none that speaks with this client."""
        self._keeper = asyncio.create_task(self._keep(await self._connect()))
        try:
            async with asyncio.timeout(WELCOME_S):
                await self._up()
        except TimeoutError:
            raise NoServer("What answers there does not speak like a Dragbrush server.") from None

    async def close(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._stop(NoServer("The connection was closed."))

    async def ask(self, make: Callable[[str], msgspec.Struct], *, wait_s: float = ANSWER_S) -> Any:
        """The answer to a request, which is made with its number; asked again if the socket is lost meanwhile.

        Every request of this protocol may be repeated. Raises the server's error as `ProtocolError`, and `NoServer`
        when the server is gone for good.
        """
        while True:
            await self._up()
            number = self._peer.next_id()
            waiting = self._answers[number] = asyncio.get_running_loop().create_future()
            try:
                await self._send(_text(make(number)))
                async with asyncio.timeout(wait_s):
                    answer = await waiting
            except Lost:
                continue
            except TimeoutError:
                raise NoServer(f"The server did not answer within {wait_s:g} s.") from None
            finally:
                del self._answers[number]
            if isinstance(answer, DragbrushError):
                raise answer
            if answer is not Lost:
                return answer

    async def send_frame(self, frame: Frame, *, line: int) -> None:
        """On that line only. Raises `Lost`."""
        if line != self.line or not self._is_up.is_set():
            raise Lost
        await self._send(pack_frame(frame))

    def drop(self) -> None:
        """Loses the socket, as a network would."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _up(self) -> None:
        await self._is_up.wait()
        if self._end is not None:
            raise self._end

    async def _send(self, data: str | bytes) -> None:
        socket = self._socket
        assert socket is not None
        try:
            await socket.send(data)
        except ConnectionClosed as error:
            # Often seen here before it is seen by who reads: nobody shall try this socket again until then. After the
            # end of all sockets, nobody shall wait for another one.
            if socket is self._socket and self._end is None:
                self._is_up.clear()
            raise Lost from error

    async def _connect(self) -> ClientConnection:
        """Raises `NoServer`."""
        address = self._find()
        is_secret = address.url.startswith("wss:")
        try:
            return await open_socket(
                address.url,
                subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  a plain string
                additional_headers={"Authorization": f"Bearer {address.token}"},
                ssl=tls_to(address.certificate) if is_secret else None,
                compression=None,
                max_size=MAX_CHUNK_BYTES + HEADER_BYTES,
                close_timeout=_CLOSE_S,
                proxy=None,
                logger=_no_log(),
            )
        except InvalidStatus as error:
            status = error.response.status_code
            what = "The token is not (or no longer) valid there." if status == 401 else f"It answered {status}."
            kind = _Refused if status in _REFUSED_FOR_GOOD else NoServer
            raise kind(f"The server at {address.url} refused the connection. {what}") from error
        except (OSError, ValueError, WebSocketException) as error:  # ValueError: of an address that is none
            raise NoServer(
                f"No Dragbrush server answers at {address.url}; start one with 'dragbrush serve'."
            ) from error

    async def _keep(self, socket: ClientConnection) -> None:
        try:
            self._stop(await self._until_the_end(socket))
        except Exception:
            log.exception("a connection failed")
            self._stop(DragbrushError("The client failed by a fault of its own; its log says more."))

    async def _until_the_end(self, socket: ClientConnection) -> DragbrushError:
        """Why there will be no other socket."""
        clock = asyncio.get_running_loop().time
        last_up, wait, line = clock(), FIRST_WAIT_S, 0
        while True:
            refusal = await self._converse(socket)
            if line != self.line:
                last_up, wait, line = clock(), FIRST_WAIT_S, self.line
            if self.welcome is None:
                return refusal or NoServer("The server closed the connection before its welcome.")
            if isinstance(refusal, _Refused):
                return refusal
            while True:
                if clock() - last_up > self._patience_s:
                    return NoServer(f"The server was lost and did not come back. {refusal or ''}".rstrip())
                await asyncio.sleep(wait * random.uniform(0.5, 1))
                wait = min(2 * wait, LONGEST_WAIT_S)
                try:
                    socket = await self._connect()
                    break
                except _Refused as refused:
                    return refused
                except NoServer as error:
                    log.info("%s", error)
                    refusal = error

    async def _converse(self, socket: ClientConnection) -> DragbrushError | None:
        """Until the socket is gone; what the server had against it, if it said so."""
        self._socket = socket
        refusal: DragbrushError | None = None
        hello = self._peer.hello()
        try:
            await socket.send(encode(hello))
            async for data in socket:
                try:
                    if isinstance(data, bytes):
                        self._hearer.hear_frame(parse_frame(data))
                    else:
                        message = self._peer.receive(data)
                        if isinstance(message, Error) and message.re == hello.id:
                            kind = _Refused if message.code == "unsupported" else NoServer
                            refusal = kind(f"The server does not speak with this client: {message.message}")
                            break
                        self._take(message)
                except ProtocolError as error:
                    log.warning("What the server sent cannot be used (%s).", error.code)
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code in (_REPLACED, _REVOKED):
                refusal = _Refused(f"The server ended the connection: {closed.rcvd.reason}.")
        finally:
            self._lose()
            await socket.close()
        return refusal

    def _take(self, message: Any) -> None:
        if isinstance(message, Welcome):
            self.welcome = message
            self.line += 1
            self._is_up.set()
            self._hearer.back(message.session.is_resumed)
            return
        number = getattr(message, "re", None)
        if number is None:
            if message is not None:
                self._hearer.hear(message)
        elif (answer := self._answers.get(number)) is not None and not answer.done():
            is_error = isinstance(message, Error)
            answer.set_result(ProtocolError(message.code, message.message, path=message.path) if is_error else message)

    def _lose(self) -> None:
        self._is_up.clear()
        self._answer_all(Lost)
        self._hearer.lost()

    def _stop(self, reason: DragbrushError) -> None:
        if self._end is None:
            self._end = reason
            self._is_up.set()
            self._answer_all(reason)
            self._hearer.ended(reason)

    def _answer_all(self, answer: Any) -> None:
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_result(answer)


def _text(request: msgspec.Struct) -> str:
    """Raises `ProtocolError` for one that the server cannot take: one over its limit for frames ends the socket."""
    try:
        text = encode(request)
    except UnicodeEncodeError as error:
        raise ProtocolError("bad_message", "The request's text holds half a character; take it out.") from error
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise ProtocolError("too_large", f"The request is over {MAX_TEXT_BYTES} bytes; shorten its texts.")
    return text


class _Refused(NoServer):
    """The same would be said to the next try."""


def _no_log() -> logging.Logger:
    """For `websockets`, which would write tokens and prompts into the log of a program that debugs."""
    quiet = logging.Logger("websockets")
    quiet.disabled = True
    return quiet

"""Routes and the guard in front of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from dragbrush import __version__
from dragbrush.errors import StorageFailed
from dragbrush.net.guard import HEALTH, PAIR, Call, Guard, Refusal
from dragbrush.net.pairing import CODE_S, Pairing
from dragbrush.net.tokens import OWN, Tokens
from dragbrush.net.websocket import CLOSE_S, HEARTBEAT_S, REVOKED, STOPPED, Conversation
from dragbrush.protocol.frames import HEADER_BYTES
from dragbrush.protocol.limits import MAX_CHUNK_BYTES, MAX_NAME, MAX_TEXT_BYTES, SUBPROTOCOL
from dragbrush.protocol.messages import GoingAway, Model
from dragbrush.service.service import Service

log = logging.getLogger(__name__)

OWNER = web.RequestKey("owner", str)
"""Of the token that a request came with; empty where it needed none."""
SOCKETS_MAX = 256
STRANGERS_MAX = 64
"""Connections that have not shown a token yet; when there are more, the oldest of them go."""
REQUEST_S = 5.0
"""For a request to come whole. An idle connection is closed after it, too."""
_BODY_BYTES = 4096
_HEADERS = {
    "Server": "dragbrush",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PairRequest(msgspec.Struct, forbid_unknown_fields=True):
    code: str
    name: str


class RevokeRequest(msgspec.Struct, forbid_unknown_fields=True):
    id: str


class Server:
    """What the routes work on."""

    def __init__(
        self, service: Service, *, guard: Guard, tokens: Tokens, model: Model, stop: Callable[[], None]
    ) -> None:
        self._service, self._guard, self._tokens, self._model, self._stop = service, guard, tokens, model, stop
        self._pairing = Pairing()
        self._conversations: set[Conversation] = set()
        self._is_stopping = False
        self._known: set[web.RequestHandler] = set()
        """Connections that have shown a token."""

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guarded], client_max_size=_BODY_BYTES)
        app.router.add_get(HEALTH, self._health, allow_head=False)
        app.router.add_get("/v1/ws", self._websocket, allow_head=False)
        app.router.add_get("/v1/status", self._status, allow_head=False)
        app.router.add_post(PAIR, self._pair)
        app.router.add_post("/v1/pairing", self._begin_pairing)
        app.router.add_post("/v1/revoke", self._revoke)
        app.router.add_post("/v1/stop", self._stop_server)
        return app

    def runner(self) -> web.AppRunner:
        return web.AppRunner(
            self.app(),
            access_log=None,
            logger=_no_log(),
            handler_cancellation=True,
            keepalive_timeout=REQUEST_S,
            lingering_time=0,
            shutdown_timeout=CLOSE_S,
        )

    def accept(self, runner: web.AppRunner) -> web.RequestHandler:
        """A protocol for a connection that comes in."""
        assert runner.server is not None
        connections = runner.server.connections
        self._known.intersection_update(connections)
        strangers = [connection for connection in connections if connection not in self._known]
        for stranger in strangers[: max(0, len(strangers) + 1 - STRANGERS_MAX)]:
            stranger.force_close()
        return runner.server()

    async def say_goodbye(self) -> None:
        """Each client hears that the server goes; it comes back when the server is there again."""
        self._is_stopping = True
        goodbye = GoingAway("The server stops; jobs that wait are kept for its next start.")
        for conversation in self._conversations:
            conversation.end(STOPPED, "the server stops", goodbye)
        until = asyncio.get_running_loop().time() + 2 * CLOSE_S
        while self._conversations and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        verdict = self._guard.check(_call(request))
        try:
            if isinstance(verdict, Refusal):
                response: web.StreamResponse = _refusal(verdict.status, verdict.reason)
            else:
                if verdict:
                    self._known.add(request.protocol)
                request[OWNER] = verdict
                response = await handler(request)
        except web.HTTPException as error:
            response = _refusal(error.status, error.reason)
        except ConnectionError:
            raise
        except Exception:
            log.exception("a request failed")
            response = _refusal(500, "The server failed at this request; its log says more.")
        if not verdict or isinstance(verdict, Refusal):
            response.force_close()
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _status(self, request: web.Request) -> web.Response:
        status = {
            "version": __version__,
            "model": self._model.id,
            "device": self._service.device,
            "worker": self._service.worker_state,
            "worker_process": self._service.worker_id,
            "queued": self._service.queued,
            "sockets": len(self._conversations),
        }
        if request[OWNER] == OWN:
            status["paired"] = [{"id": p.id, "name": p.name, "since": p.since} for p in self._tokens.paired()]
        return web.json_response(status)

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        if SUBPROTOCOL not in _subprotocols(request):
            return _refusal(426, f"Ask for the subprotocol {SUBPROTOCOL}.")
        if len(self._conversations) >= SOCKETS_MAX or self._is_stopping:
            return _refusal(503, "The server is stopping." if self._is_stopping else "Too many connections; close one.")
        socket = web.WebSocketResponse(
            protocols=[SUBPROTOCOL],
            compress=False,
            heartbeat=HEARTBEAT_S,
            timeout=CLOSE_S,
            max_msg_size=max(MAX_TEXT_BYTES, MAX_CHUNK_BYTES + HEADER_BYTES) + 1,
        )
        await socket.prepare(request)
        if request.transport is None:
            return socket
        conversation = Conversation(self._service, self._model, request[OWNER], socket, request.transport)
        self._conversations.add(conversation)
        try:
            await conversation.run()
        finally:
            self._conversations.discard(conversation)
        return socket

    async def _begin_pairing(self, request: web.Request) -> web.Response:
        _own_only(request)
        return web.json_response({"code": self._pairing.begin(), "seconds": CODE_S})

    async def _pair(self, request: web.Request) -> web.Response:
        asked = await _body(request, PairRequest)
        if not 0 < len(asked.name) <= MAX_NAME or not asked.name.isprintable():
            raise web.HTTPBadRequest(reason=f"The name takes 1 to {MAX_NAME} printable signs.")
        if not self._pairing.accept(asked.code):
            raise web.HTTPForbidden(reason="The code is wrong or no longer valid; run 'dragbrush pair' for a new one.")
        try:
            token = self._tokens.pair(asked.name)
        except StorageFailed as error:
            log.error("a client was not paired: %s", error)
            raise web.HTTPInsufficientStorage(reason="The server cannot keep this; its disk may be full.") from error
        log.info("a client was paired")
        return web.json_response({"token": token})

    async def _revoke(self, request: web.Request) -> web.Response:
        _own_only(request)
        asked = await _body(request, RevokeRequest)
        try:
            was_there = self._tokens.revoke(asked.id)
        except StorageFailed as error:
            log.error("a client may be back after a restart: %s", error)
            raise web.HTTPInsufficientStorage(reason="It is out until a restart; this could not be kept.") from error
        finally:
            for conversation in self._conversations:
                if not self._tokens.knows(conversation.owner):
                    conversation.end(REVOKED, "the token was revoked")
        if not was_there:
            raise web.HTTPNotFound(reason="There is no paired client of that id; see 'dragbrush pair --list'.")
        return web.json_response({"ok": True})

    async def _stop_server(self, request: web.Request) -> web.Response:
        _own_only(request)
        asyncio.get_running_loop().call_soon(self._stop)
        return web.json_response({"ok": True})


def _refusal(status: int, reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=status)


def _own_only(request: web.Request) -> None:
    """For who reads this user's files: a paired client may edit, not let others in or stop the server."""
    if request[OWNER] != OWN:
        raise web.HTTPForbidden(reason="Only this user's own programs may do that.")


async def _body(request: web.Request, kind: type[Any]) -> Any:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="Send JSON.")
    try:
        async with asyncio.timeout(REQUEST_S):
            return msgspec.json.decode(await request.read(), type=kind)
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(reason="The request did not come whole.") from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise web.HTTPBadRequest(reason="The JSON is not what this takes.") from error


def _subprotocols(request: web.Request) -> tuple[str, ...]:
    values = request.headers.getall("Sec-WebSocket-Protocol", ())
    return tuple(part.strip() for value in values for part in value.split(","))


def _call(request: web.Request) -> Call:
    headers = request.headers
    return Call(
        path=request.path,
        hosts=tuple(headers.getall("Host", ())),
        origins=tuple(headers.getall("Origin", ())),
        sites=tuple(headers.getall("Sec-Fetch-Site", ())),
        authorizations=tuple(headers.getall("Authorization", ())),
        subprotocols=_subprotocols(request),
        address=request.remote or "",
    )


def _no_log() -> logging.Logger:
    """For aiohttp, which would write a malformed request into the log as it came, with the token that is in it."""
    quiet = logging.Logger("aiohttp")
    quiet.disabled = True
    return quiet

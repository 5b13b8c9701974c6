"""One socket: what comes in goes to the session's listener and the service, what the outbox holds goes out."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

from dragbrush import __version__
from dragbrush.errors import DragbrushError
from dragbrush.net.download import Downloads
from dragbrush.protocol import limits
from dragbrush.protocol.codec import encode
from dragbrush.protocol.frames import Frame, pack_frame
from dragbrush.protocol.messages import (
    Cancel,
    Error,
    Fetch,
    Get,
    GoingAway,
    Hello,
    Limits,
    List,
    Model,
    Offer,
    Ok,
    Prepare,
    Release,
    Submit,
    Update,
    Welcome,
)
from dragbrush.protocol.messages import Session as SessionInfo
from dragbrush.protocol.session import Listener
from dragbrush.service.catalogue import tools
from dragbrush.service.outbox import Outbox
from dragbrush.service.service import Service
from dragbrush.service.sessions import Session

log = logging.getLogger(__name__)

HELLO_S = 5.0
HEARTBEAT_S = 15.0
WRITE_S = 30.0
"""A client that takes nothing for so long is cut off; it resumes when it can."""
CLOSE_S = 2.0
"""For the client's half of the closing; then the socket is gone, whatever it does."""
DONE, STOPPED, FAILED, REVOKED, TOO_SLOW, REPLACED = 1000, 1001, 1011, 4401, 4408, 4409
"""1002, 1007 and 1009 (a message over 1 MiB) are aiohttp's own."""


@dataclass(frozen=True, slots=True)
class _End:
    code: int
    reason: str
    last: GoingAway | None = None


class Conversation:
    """One socket's, from its hello to its end."""

    def __init__(
        self,
        service: Service,
        model: Model,
        owner: str,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
    ) -> None:
        self.owner = owner
        self._service, self._model, self._socket, self._transport = service, model, socket, transport
        self._listener = Listener()
        self._session: Session | None = None
        self._outbox = Outbox()
        self._downloads = Downloads(service.blobs, self._outbox, self._send_frame)
        self._end: asyncio.Future[_End] = asyncio.get_running_loop().create_future()

    def end(self, code: int, reason: str, last: GoingAway | None = None) -> None:
        """Has the socket closed, with a last message before that; the first reason counts."""
        if not self._end.done():
            self._end.set_result(_End(code, reason, last))

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(tasks))
                tasks.create_task(self._send())
                tasks.create_task(self._expect_hello())
                tasks.create_task(self._leave_at_the_end())
        except* _Over:
            pass
        except* ConnectionError:
            log.debug("a socket was lost")
        except* Exception:
            log.exception("a conversation failed")
            self.end(FAILED, "a fault of the server")
        finally:
            if self._session is not None:
                self._service.close_socket(self._session, self._outbox)
        await self._close()

    async def _leave_at_the_end(self) -> None:
        await self._end
        raise _Over

    async def _close(self) -> None:
        end = self._end.result() if self._end.done() else _End(DONE, "")
        try:
            async with asyncio.timeout(CLOSE_S):
                if end.last is not None:
                    await self._socket.send_str(encode(end.last))
                await self._socket.close(code=end.code, message=end.reason.encode())
        except (ConnectionError, TimeoutError):
            log.debug("a socket was lost")
        finally:
            # A socket that is closed while its client reads nothing would stay open to be emptied.
            asyncio.get_running_loop().call_later(CLOSE_S, self._transport.abort)

    async def _expect_hello(self) -> None:
        await asyncio.sleep(HELLO_S)
        if self._session is None:
            self.end(TOO_SLOW, "no hello")

    # In

    async def _read(self, tasks: asyncio.TaskGroup) -> None:
        async for message in self._socket:
            answer = await self._hear(message, tasks)
            if answer is not None:
                self._outbox.put(answer)
        self.end(DONE, "")

    async def _hear(self, message: WSMessage, tasks: asyncio.TaskGroup) -> Any:
        """Takes one message; the answer, where there is one now."""
        number: str | None = None
        try:
            match message.type:
                case WSMsgType.TEXT:
                    heard = self._listener.text(message.data)
                    if isinstance(heard, Error):
                        return heard
                    number = heard.id
                    return self._greet(heard) if isinstance(heard, Hello) else self._answer(heard, tasks)
                case WSMsgType.BINARY:
                    heard = self._listener.binary(message.data)
                    return heard if isinstance(heard, Error) else await self._service.receive(self._known(), heard)
                case _:
                    return None
        except DragbrushError as error:
            return Error(number, error.code, str(error), getattr(error, "path", None))
        except Exception:
            log.exception("a request failed")
            return Error(number, "internal", "The server failed at this request; its log says more.")

    def _known(self) -> Session:
        assert self._session is not None
        return self._session

    def _greet(self, hello: Hello) -> None:
        try:
            session, missed, is_resumed = self._service.open_session(self.owner, hello.resume, self._outbox)
        except BaseException:
            self._listener.is_greeted = False
            raise
        self._session, settings = session, self._service.settings
        next_seq = missed[0].seq if missed else session.log.next_seq
        self._outbox.put(
            Welcome(
                re=hello.id,
                version=limits.VERSION,
                server=__version__,
                session=SessionInfo(session.id, is_resumed, next_seq),
                limits=Limits(
                    text_bytes=limits.MAX_TEXT_BYTES,
                    chunk_bytes=limits.CHUNK_BYTES,
                    blob_bytes=limits.MAX_BLOB_BYTES,
                    side_px=limits.MAX_SIDE_PX,
                    pixels=limits.MAX_PIXELS,
                    drags=limits.MAX_DRAGS,
                    prompt=limits.MAX_PROMPT,
                    queued_jobs=settings.queued_jobs,
                    keep_s=int(settings.keep_session_s),
                    keep_results_s=int(settings.keep_results_s),
                ),
                tools=tools(),
                model=self._model,
                device=self._service.device,
            )
        )
        for event in missed:
            self._outbox.put(event)

    def _answer(self, request: Any, tasks: asyncio.TaskGroup) -> Any:
        service, session = self._service, self._known()
        match request:
            case Offer():
                return service.offer(session, request)
            case Submit() | Prepare():
                return service.submit(session, request)
            case List():
                return service.list(session, request.id)
            case Get():
                return service.get(session, request.id, request.job)
            case Fetch():
                self._downloads.start(session, request, tasks)
                return None
            case Update():
                service.update(session, request)
            case Cancel():
                service.cancel(session, request.job)
            case Release():
                service.release(session, request.job)
        return Ok(request.id)

    # Out

    async def _send(self) -> None:
        try:
            while (parcel := await self._outbox.next()) is not None:
                async with asyncio.timeout(WRITE_S):
                    await self._socket.send_str(encode(parcel.message))
                    for frame in parcel.frames:
                        await self._socket.send_bytes(pack_frame(frame))
                if self._outbox.is_overfull:  # something reliable was left out; all of it comes after a resume
                    self.end(TOO_SLOW, "too much is waiting")
        except TimeoutError:
            self.end(TOO_SLOW, "nothing is read")
        else:
            self.end(REPLACED, "another socket of this session took over")

    async def _send_frame(self, frame: Frame) -> None:
        """Of a download: straight to the socket, the client's slowness is what paces it."""
        try:
            async with asyncio.timeout(WRITE_S):
                await self._socket.send_bytes(pack_frame(frame))
        except TimeoutError:
            self.end(TOO_SLOW, "nothing is read")
            raise ConnectionError from None


class _Over(Exception):
    """Ends the tasks of a conversation."""

"""The client's thread: what the host calls returns at once, what happens comes back through one callback."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

from .. import wire
from .events import Event, Status
from .orders import Aim, Kind, Order
from .runtime import ServerAddress
from .session import Session

log = logging.getLogger(__name__)

STOP_S = 2.0
"""For closing the socket at the end; then the thread is left behind, which being a daemon holds up nothing."""


class Client:
    """Used from one thread, the host's. `tell` is called in the client's own: it should only pass the event on."""

    def __init__(
        self,
        find: Callable[[], ServerAddress | None],
        about: wire.Client,
        tell: Callable[[Event], None],
        *,
        resume: wire.Resume | None = None,
    ) -> None:
        """`resume`: the session of an earlier life of the host, whose jobs `look_for` then finds."""
        self._find, self._about, self._host, self._resume = find, about, tell, resume
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: Session | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Looks for a server from now on."""
        if self._thread is None:
            is_ready = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(is_ready,), name="dragbrush", daemon=True)
            self._thread.start()
            is_ready.wait()

    def stop(self, wait_s: float = STOP_S) -> None:
        """The server keeps the session and its jobs for a while; see `resume`."""
        thread, stop, self._thread = self._thread, self._stop, None
        if thread is not None and stop is not None:
            self._call(stop.set)
            thread.join(wait_s)

    @property
    def resume(self) -> wire.Resume | None:
        """What finds this session again later."""
        peer = None if self._session is None else self._session.peer
        return None if peer is None or peer.session is None else wire.Resume(peer.session, peer.last_seq)

    def retry(self) -> None:
        """Tries to connect now, whatever was refused before."""
        self._on_session(lambda session: session.connection.retry())

    def submit(self, order: Order) -> None:
        """Takes a job on; it ends with one `Finished` or `Ended`."""
        self._on_session(lambda session: session.start(order))

    def look_for(self, job: str, kind: Kind = "edit") -> None:
        """A job of the resumed session; it ends as if it had been submitted now."""
        self._on_session(lambda session: session.look_for(job, kind))

    def pull(self, job: str, aim: Aim, number: int) -> None:
        """Of a live job: where the hand is now."""
        self._on_session(lambda session: session.pull(job, aim, number))

    def cancel(self, job: str) -> None:
        self._on_session(lambda session: session.cancel(job))

    def release(self, job: str) -> None:
        """The result of a finished job is where it belongs; the server may forget it."""
        self._on_session(lambda session: session.release(job))

    def drop(self) -> None:
        """Loses the socket, as a network would; the client comes back by itself. For tests and diagnostics."""
        self._on_session(lambda session: session.connection.drop())

    def _tell(self, event: Event) -> None:
        try:
            self._host(event)
        except Exception:  # as from a window that is being closed; no reason to lose the connection
            log.exception("the host failed to take an event")

    def _on_session(self, do: Callable[[Session], None]) -> None:
        if (session := self._session) is not None:
            self._call(lambda: do(session))

    def _call(self, do: Callable[[], Any]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(do)
            except RuntimeError:  # closed in this very moment
                log.debug("the client is stopping")

    def _run(self, is_ready: threading.Event) -> None:
        try:
            asyncio.run(self._main(is_ready))
        except Exception:
            log.exception("the client failed")
        finally:
            is_ready.set()
            self._tell(Status())

    async def _main(self, is_ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._session = Session(self._find, self._about, self._tell, self._resume)
        is_ready.set()
        running = asyncio.create_task(self._session.run())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in (running, stopping):
            task.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)
        if not running.cancelled() and (error := running.exception()) is not None:
            raise error

"""Runs the server until it is asked to stop."""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from dragbrush import __version__
from dragbrush.errors import BadRequest, Conflict, StorageFailed
from dragbrush.net.app import Server
from dragbrush.net.guard import Guard, hosts_of, local_hosts
from dragbrush.net.runtime import (
    Runtime,
    read_runtime,
    remove_runtime,
    this_process,
    write_runtime,
)
from dragbrush.net.tokens import Tokens
from dragbrush.protocol.messages import Model
from dragbrush.service.service import Service
from dragbrush.worker.child import Work

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
_HANDSHAKE_S = 5.0
_TAKEN = {errno.EADDRINUSE, getattr(errno, "WSAEACCES", errno.EADDRINUSE)}
"""Windows says the second where the other one listens exclusively."""
_EVERY_ADDRESS = {"0.0.0.0": LOOPBACK, "::": "::1"}
"""And the one by which this machine's own programs reach it."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str = LOOPBACK
    port: int = 0
    """0: any that is free."""
    origins: frozenset[str] = frozenset()
    certificate: Path | None = None
    key: Path | None = None
    names: frozenset[str] = frozenset()
    """Other names and addresses by which clients call the server; needed where `host` is every address."""

    @property
    def is_local(self) -> bool:
        return self.host in (LOOPBACK, "::1", "localhost")


async def serve(
    folder: Path,
    make_work: Callable[[], Work],
    address: Address,
    *,
    model: Model,
    on_ready: Callable[[Runtime], None],
) -> None:
    """Until SIGINT, SIGTERM or a call of the stop route; where there are no such signals (Windows), until cancelled.

    Raises `BadRequest` for an address that cannot be used or that other machines reach without TLS, `Conflict` when
    the port is taken or another server uses the folder, `StorageFailed`.
    """
    if not address.is_local and (address.certificate is None or address.key is None):
        raise BadRequest(
            f"The address {address.host} is reached by other machines; give --tls-cert and --tls-key, or leave it out."
        )
    running = read_runtime(folder)
    if running is not None:
        raise Conflict(
            f"A Dragbrush server (process {running.process}) already runs on port {running.port}; "
            "'dragbrush stop' ends it."
        )
    _check_nobody_else_writes(folder)
    context = _tls(address)
    with _private_files(), contextlib.closing(_listener(address)) as listener:
        tokens = Tokens(folder)
        stopping = asyncio.Event()
        port = listener.getsockname()[1]
        hosts = local_hosts(port) | hosts_of(address.names | {address.host}, port)
        guard = Guard(hosts=hosts, origins=address.origins, tokens=tokens)
        service = Service(folder, make_work)
        server = Server(service, guard=guard, tokens=tokens, model=model, stop=stopping.set)
        host = _EVERY_ADDRESS.get(address.host, address.host)
        runtime = this_process(host, port, tokens.own, __version__, None if context is None else address.certificate)
        runner = server.runner()
        await runner.setup()
        accepting = await asyncio.get_running_loop().create_server(
            lambda: server.accept(runner),
            sock=listener,
            ssl=context,
            ssl_handshake_timeout=None if context is None else _HANDSHAKE_S,
        )
        working = asyncio.create_task(service.run())
        waiting = asyncio.create_task(stopping.wait())
        try:
            write_runtime(folder, runtime)
            with _stopped_by_signals(stopping):
                on_ready(runtime)
                await asyncio.wait({waiting, working}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            accepting.close()
            remove_runtime(folder)
            await server.say_goodbye()
            for task in (waiting, working):
                task.cancel()
            await asyncio.gather(waiting, working, return_exceptions=True)
            await runner.cleanup()
    if not working.cancelled():
        working.result()


def _check_nobody_else_writes(folder: Path) -> None:
    """Raises `StorageFailed` for a folder in which another user could lay a token of theirs, or links for ours."""
    if os.name != "posix" or not folder.exists():
        return
    found = folder.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise StorageFailed(
            f"Other users can write into '{folder}'; 'chmod go-w' ends that, or name a folder of your own with "
            "DRAGBRUSH_HOME."
        )


@contextlib.contextmanager
def _private_files() -> Iterator[None]:
    """What this process and its workers make is the owner's alone: pictures, prompts, tokens.

    On Windows a user's data folder is private by itself.
    """
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def _stopped_by_signals(stopping: asyncio.Event) -> Iterator[None]:
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    try:
        for number in numbers:
            loop.add_signal_handler(number, stopping.set)
    except NotImplementedError:  # Windows; there Ctrl-C cancels the program's main task
        numbers = ()
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _listener(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    else:  # where another program could otherwise listen on the same port and be sent the tokens
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno in _TAKEN:
            raise Conflict(
                f"Port {address.port} of {address.host} is taken by {_who_listens(address.port)}; "
                "end it, or choose another port with --port."
            ) from error
        raise BadRequest(
            f"The server cannot listen on {address.host}, port {address.port}: {error.strerror or error}."
        ) from error
    listener.setblocking(False)
    return listener


def _who_listens(port: int) -> str:
    """As far as the system says it: of another user's program it may not."""
    try:
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port and found.pid:
                return f"process {found.pid} ({psutil.Process(found.pid).name()})"
    except psutil.Error:
        pass
    return "another program"


def _tls(address: Address) -> ssl.SSLContext | None:
    if address.certificate is None or address.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(address.certificate, address.key)
    except (OSError, ssl.SSLError) as error:
        raise BadRequest(f"The certificate '{address.certificate}' or its key cannot be used: {error}.") from error
    return context

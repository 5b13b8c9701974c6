"""The file that tells this user's programs where the server is and with which token: owner-only, gone when it stops."""

import os
import ssl
from pathlib import Path

import msgspec
import psutil
from platformdirs import user_data_path

from dragbrush.errors import NoServer, StorageFailed
from dragbrush.net.tokens import write_private

DEFAULT_PORT = 28471
"""Fixed, because a Photoshop panel must name it in its manifest."""
_SAME_START_S = 5.0
"""A clock that is set while the server runs moves what the system says of its start."""


class Runtime(msgspec.Struct, frozen=True):
    host: str
    port: int
    token: str
    process: int
    started: float
    """Of the process, seconds since the epoch: its number alone may be another's by now."""
    version: str
    certificate: str | None = None
    """File of the server's own certificate; with it the server speaks TLS."""

    def __repr__(self) -> str:
        return f"Runtime(host={self.host!r}, port={self.port}, process={self.process})"

    @property
    def is_alive(self) -> bool:
        try:
            process = psutil.Process(self.process)
            is_same = abs(process.create_time() - self.started) < _SAME_START_S
            return is_same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:  # it is there, and not ours to look at
            return True


def this_process(host: str, port: int, token: str, version: str, certificate: Path | None) -> Runtime:
    """What this process says of itself."""
    named = None if certificate is None else str(certificate.absolute())
    return Runtime(host, port, token, os.getpid(), psutil.Process().create_time(), version, named)


def data_folder() -> Path:
    """Where a user's server keeps what is its own. DRAGBRUSH_HOME names another folder, for a second server."""
    named = os.environ.get("DRAGBRUSH_HOME")
    return Path(named) if named else user_data_path("dragbrush", appauthor=False)


def runtime_file(folder: Path) -> Path:
    return folder / "server.json"


def write_runtime(folder: Path, runtime: Runtime) -> None:
    try:
        write_private(runtime_file(folder), msgspec.json.encode(runtime).decode())
    except OSError as error:
        raise StorageFailed(f"'{runtime_file(folder)}' could not be written: {error.strerror or error}.") from error


def read_runtime(folder: Path) -> Runtime | None:
    """None where no server has said that it runs, or where it is gone without a word."""
    try:
        runtime = msgspec.json.decode(runtime_file(folder).read_bytes(), type=Runtime)
    except (OSError, ValueError):
        return None
    return runtime if runtime.is_alive else None


def remove_runtime(folder: Path) -> None:
    """Of this process; another's is left."""
    found = read_runtime(folder)
    if found is not None and found.process == os.getpid():
        runtime_file(folder).unlink(missing_ok=True)


def tls_to(certificate: Path | None) -> ssl.SSLContext:
    """For clients: trusts that one certificate by itself, whatever names it has; None: as browsers do.

    Raises `NoServer` where the certificate cannot be read.
    """
    if certificate is None:
        return ssl.create_default_context()
    try:
        context = ssl.create_default_context(cafile=certificate)
    except (OSError, ssl.SSLError) as error:
        raise NoServer(f"The server's certificate '{certificate}' cannot be read: {error}.") from error
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context

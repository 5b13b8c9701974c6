"""What this user's own programs ask of the running server beside edits: how it is, a pairing code, to stop."""

import http.client
import json
import time
from pathlib import Path
from typing import Any

from dragbrush.errors import NoServer
from dragbrush.net.runtime import Runtime, read_runtime, tls_to

_ANSWER_S = 5.0
STOP_S = 20.0


def running(folder: Path) -> Runtime:
    """Raises `NoServer`."""
    runtime = read_runtime(folder)
    if runtime is None:
        raise NoServer("No Dragbrush server runs here; start one with 'dragbrush serve'.")
    return runtime


def status(runtime: Runtime) -> dict[str, Any]:
    return _call(runtime, "GET", "/v1/status")


def begin_pairing(runtime: Runtime) -> tuple[str, float]:
    """The code, and the seconds it is good for."""
    answer = _call(runtime, "POST", "/v1/pairing")
    return answer["code"], answer["seconds"]


def revoke(runtime: Runtime, id_: str) -> None:
    _call(runtime, "POST", "/v1/revoke", {"id": id_})


def stop(folder: Path, runtime: Runtime) -> None:
    """Asks the server to stop and waits until it has. Raises `NoServer` where it does not."""
    _call(runtime, "POST", "/v1/stop")
    until = time.monotonic() + STOP_S
    while read_runtime(folder) is not None or runtime.is_alive:
        if time.monotonic() > until:
            raise NoServer(f"The server (process {runtime.process}) did not stop within {STOP_S:g} s.")
        time.sleep(0.05)


def _connection(runtime: Runtime) -> http.client.HTTPConnection:
    if runtime.certificate is None:
        return http.client.HTTPConnection(runtime.host, runtime.port, timeout=_ANSWER_S)
    context = tls_to(Path(runtime.certificate))
    return http.client.HTTPSConnection(runtime.host, runtime.port, timeout=_ANSWER_S, context=context)


def _call(runtime: Runtime, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    connection = _connection(runtime)
    body = None if content is None else json.dumps(content)
    headers = {"Authorization": f"Bearer {runtime.token}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NoServer(f"The server on port {runtime.port} did not answer ({error}).") from error
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise NoServer(f"The server refused ({response.status}): {answer.get('error', '')}")
    return answer

"""What must stay secret is in no log and no answer, whatever goes wrong."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dragbrush.client import Client, find_server
from dragbrush.edit import Drag
from dragbrush.errors import DragbrushError
from live_server import Process, bearer, exchange, in_a_process, request, upgrade
from raw_client import DRAGS, RawClient
from serving import run

PROMPT = "xyzzy-secret-prompt"


def all_that_goes_wrong(server: Process) -> str:
    """Good and bad conversations, with the prompt and the tokens in every place; all that the server says.

    Who sends a header that is none is told that line of it, by aiohttp; nobody else is.
    """
    said: list[Any] = []
    with RawClient(server.port, server.token, is_browser=True) as raw:
        raw.hello()
        image, _ = raw.picture()
        for number, order in enumerate(("steps=2", "break", "fault", "die", "die=once")):
            raw.submit(f"job-{number}", image, f"{order} {PROMPT}")
            while not any(m.get("job") == f"job-{number}" and m["type"] in ("done", "failed") for m in _texts(raw)):
                raw.hear()
        raw.ask("prepare", job="prepared", image=image, drags=DRAGS, prompt=PROMPT)
        raw.submit("long", image, PROMPT * 200)
        raw.submit("job-0", image, f"another {PROMPT}")
        raw.submit("speed", image, PROMPT, speed="none")
        for text in (f'{{"prompt": "{PROMPT}"', f'{{"type": "submit", "prompt": "{PROMPT}"}}', PROMPT):
            raw.socket.send(text)
            raw.until("error")
        raw.ask("list")
        said += raw.heard
    token, own = server.token, bearer(server.token)
    for headers in (
        [own, ("Bad Header", token)],
        [own, ("X", f"\x01{token}")],
        [("Authorization", f"Basic {token}")],
        [own, ("Transfer-Encoding", "nonsense")],
        [own, ("Origin", "null")],
        [own, ("Host", "evil.com")],
        [own, ("Cookie", token)],
    ):
        for method, path in (("GET", "/v1/status"), ("GET", f"/v1/nothing?token={token}"), ("POST", "/v1/revoke")):
            said.append(request(server.port, method, path, headers, json.dumps({"id": token}).encode()).body)
    said.append(request(server.port, "GET", "/v1/ws", upgrade(protocols=f"dragbrush.auth.{token}")).body)
    said.append(exchange(server.port, f"{token}\r\n\r\n".encode()).body)
    said.append(exchange(server.port, f"GET /{token} HTTP/9.9\r\nAuthorization: Bearer {token}\r\n\r\n".encode()).body)
    return repr(said)


def _texts(raw: RawClient) -> list[Any]:
    return [message for message in raw.heard if isinstance(message, dict)]


def test_no_token_prompt_or_folder_is_in_any_log_or_answer(tmp_path: Path) -> None:
    with in_a_process(tmp_path / "server") as server:
        said = all_that_goes_wrong(server)
        code = json.loads(request(server.port, "POST", "/v1/pairing", [bearer(server.token)]).body)["code"]
        body = json.dumps({"code": code, "name": "panel"}).encode()
        kind = ("Content-Type", "application/json")
        paired = json.loads(request(server.port, "POST", "/v1/pair", [kind], body).body)["token"]
        request(server.port, "GET", "/v1/nothing", [bearer(paired), ("Bad Header", paired)])
    log = server.log.read_text()

    assert "a fault on purpose" in log
    assert re.search(r"DEBUG|INFO", log)
    for place, secrets in (
        (log, (server.token, paired, code, PROMPT, str(server.folder))),
        (said, (PROMPT, str(server.folder), str(Path.home()) + "/", "Traceback")),
    ):
        for secret in secrets:
            assert secret not in place, secret
    assert 'File "' not in said


def test_the_client_logs_neither(server: Process, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def main() -> None:
        async with Client.connect(find_server(server.folder)) as client:
            picture = np.zeros((8, 8, 3), np.uint8)
            await (await client.submit(picture, [Drag((1, 1), (2, 2))], prompt=PROMPT)).result()
            client.drop()
            job = await client.submit(picture, [Drag((1, 1), (2, 2))], prompt=f"break {PROMPT}")
            with pytest.raises(DragbrushError) as failed:
                await job.result()
            assert PROMPT not in str(failed.value)

    run(main())
    assert server.token not in caplog.text
    assert PROMPT not in caplog.text

"""A page in a real browser tries what pages can."""

import asyncio
import html
import http.server
import json
import queue
import subprocess
import threading
from pathlib import Path
from typing import Self

from chromium import find_chromium
from dragbrush.net import control
from dragbrush.net.serve import Address
from live_server import live
from serving import run

_WAIT_S = 50

_PAGE = """<!doctype html><body><iframe name="frame"></iframe><script>
const server = "127.0.0.1:PORT", found = {};
async function attempt(name, what) {
  try { found[name] = await what(); } catch (error) { found[name] = "refused"; }
}
async function read(path, options) {
  const answer = await fetch(`http://${server}${path}`, options);
  return `${answer.type} ${answer.status} ${await answer.text()}`;
}
function socket(protocols) {
  return new Promise((resolve) => {
    const line = new WebSocket(`ws://${server}/v1/ws`, protocols);
    line.onopen = () => line.send(JSON.stringify(
      {type: "hello", id: "1", versions: [1, 1], client: {name: "page", version: "1"}}));
    line.onmessage = (event) => resolve(JSON.parse(event.data).type);
    line.onerror = () => resolve("refused");
  });
}
function form(path) {
  return new Promise((resolve) => {
    const sent = document.createElement("form");
    Object.assign(sent, {method: "POST", action: `http://${server}${path}`, target: "frame", enctype: "text/plain"});
    document.body.append(sent);
    sent.submit();
    setTimeout(() => resolve("sent"), 500);
  });
}
(async () => {
  await attempt("health", () => read("/v1/health"));
  await attempt("status", () => read("/v1/status"));
  await attempt("no-cors", () => read("/v1/health", {mode: "no-cors"}));
  await attempt("stop", () => read("/v1/stop", {method: "POST", mode: "no-cors", credentials: "include"}));
  await attempt("json", () => read("/v1/pair", {method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({code: "123456", name: "page"})}));
  await attempt("form", () => form("/v1/stop"));
  await attempt("socket", () => socket(["dragbrush.v1"]));
  await attempt("socket with a token", () => socket(["dragbrush.v1", "dragbrush.auth.TOKEN"]));
  await fetch("/found", {method: "POST", body: JSON.stringify(found)});
})();
</script>"""


class Site:
    """A web server with one page, which may be written after its address is known and sends what it found."""

    def __init__(self) -> None:
        site = self
        self.text = ""
        self.found: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(site.text.encode())

            def do_POST(self) -> None:
                site.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def browser(folder: Path, *options: str) -> list[str]:
    return [find_chromium(), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", *options]


def shown(address: str, folder: Path) -> str:
    """A page that needs no script."""
    rule = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    command = browser(folder, rule, "--dump-dom", address)
    return html.unescape(subprocess.run(command, capture_output=True, text=True, timeout=_WAIT_S).stdout)


def visit(tmp_path: Path, *, is_listed: bool) -> dict[str, str]:
    """What a page of a listed or unlisted origin, which somebody told the token, could do."""
    found: list[dict[str, str]] = []

    async def main() -> None:
        with Site() as site:
            address = Address(origins=frozenset({site.origin} if is_listed else ()))
            async with live(tmp_path / "data", address) as runtime:
                site.text = _PAGE.replace("PORT", str(runtime.port)).replace("TOKEN", runtime.token)
                command = browser(tmp_path / "profile", "--remote-debugging-port=0", site.origin)
                process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
                try:
                    found.append(await asyncio.to_thread(site.found.get, True, _WAIT_S))
                finally:
                    process.kill()
                    process.wait()
                status = await asyncio.to_thread(control.status, control.running(tmp_path / "data"))
                assert status["paired"] == []

    run(main())
    return found[0]


def test_a_page_reads_nothing_and_changes_nothing_even_with_the_token(tmp_path: Path) -> None:
    found = visit(tmp_path, is_listed=False)

    assert found == {
        "health": "refused",
        "status": "refused",
        "no-cors": "refused",
        "stop": "refused",
        "json": "refused",
        "form": "sent",
        "socket": "refused",
        "socket with a token": "refused",
    }


def test_a_page_that_the_artist_listed_gets_a_socket_and_no_more(tmp_path: Path) -> None:
    """Shows too that the attempts of the other test are real ones."""
    found = visit(tmp_path, is_listed=True)

    assert found["socket"] == "refused"
    assert found["socket with a token"] == "welcome"
    assert found["health"] == found["status"] == found["json"] == "refused"


def test_a_name_that_is_made_to_point_here_is_not_ours(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path / "data") as runtime:
            for path in ("/v1/health", "/v1/status"):
                foreign = f"http://evil.example:{runtime.port}{path}"
                text = await asyncio.to_thread(shown, foreign, tmp_path / "profile")
                assert "This is not a name of this server." in text
            ours = await asyncio.to_thread(shown, f"http://127.0.0.1:{runtime.port}/v1/health", tmp_path / "profile")
            assert '{"ok": true}' in ours

    run(main())

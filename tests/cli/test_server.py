"""serve, status, stop, pair and drag --server, with a real server in a process of its own."""

import contextlib
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from command_line import HEIGHT, WIDTH, Command
from PIL import Image

from dragbrush.net.runtime import read_runtime, runtime_file
from live_server import bearer, request, self_signed

START_S = 60.0
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The server's own folder."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DRAGBRUSH_HOME", str(folder))
    return folder


@pytest.fixture
def start(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts servers and waits until they answer; ends those that a test leaves."""
    begun: list[subprocess.Popen[str]] = []

    def started(*options: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "dragbrush", "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))},
        )
        begun.append(process)
        until = time.monotonic() + START_S
        while read_runtime(home) is None:
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.02)
        return process

    yield started
    for process in begun:
        process.kill()
        process.communicate()


def test_without_a_server_each_command_says_so(dragbrush: Command, home: Path) -> None:
    for command in (["status"], ["stop"], ["pair"]):
        outcome = dragbrush(*command)

        assert outcome.code == 1
        assert "dragbrush serve" in outcome.err


def test_status_and_stop(dragbrush: Command, home: Path, start: Start) -> None:
    process = start("--echo")

    said, told = dragbrush("status", "--json"), dragbrush("status")
    stopped = dragbrush("stop")

    assert json.loads(said.out)["process"] == process.pid
    assert "echo" in told.out
    assert stopped.code == 0
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"process {process.pid}" in out
    assert not runtime_file(home).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without a word")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_exit_code_0(start: Start, home: Path, number: signal.Signals) -> None:
    process = start("--echo")

    process.send_signal(number)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 0
    assert "Traceback" not in err
    assert not runtime_file(home).exists()


def test_a_second_server_says_who_is_there(dragbrush: Command, start: Start) -> None:
    process = start("--echo")

    outcome = dragbrush("serve", "--echo", "--port", "0")

    assert outcome.code == 1
    assert str(process.pid) in outcome.err


def test_a_taken_port_is_named(
    dragbrush: Command, home: Path, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start("--echo")
    runtime = read_runtime(home)
    assert runtime is not None
    monkeypatch.setenv("DRAGBRUSH_HOME", str(tmp_path / "other"))

    outcome = dragbrush("serve", "--echo", "--port", str(runtime.port))

    assert outcome.code == 1
    assert str(runtime.port) in outcome.err


def test_an_address_that_others_reach_needs_tls(dragbrush: Command, home: Path) -> None:
    outcome = dragbrush("serve", "--echo", "--port", "0", "--listen", "0.0.0.0")

    assert outcome.code == 2
    assert "--tls-cert" in outcome.err


def test_pairing_shows_six_digits_and_clients_can_be_revoked(dragbrush: Command, start: Start) -> None:
    start("--echo")

    shown, listed = dragbrush("pair", "--json"), dragbrush("pair", "--list")
    unknown = dragbrush("pair", "--revoke", "nobody")

    assert len(json.loads(shown.out)["code"]) == 6
    assert "No client" in listed.out
    assert unknown.code == 1


def test_a_code_from_the_terminal_lets_a_client_in_until_it_is_revoked(
    dragbrush: Command, home: Path, start: Start
) -> None:
    start("--echo")
    runtime = read_runtime(home)
    assert runtime is not None

    shown = dragbrush("pair").out
    code = "".join(sign for sign in shown.rpartition(":")[2] if sign.isdigit())
    body = json.dumps({"code": code, "name": "the panel"}).encode()
    token = json.loads(request(runtime.port, "POST", "/v1/pair", [("Content-Type", "application/json")], body).body)
    known = bearer(token["token"])
    let_in = request(runtime.port, "GET", "/v1/status", [known]).status
    (listed,) = json.loads(dragbrush("pair", "--list", "--json").out)
    revoked = dragbrush("pair", "--revoke", listed["id"])

    assert "120 seconds" in shown
    assert (let_in, listed["name"], revoked.code) == (200, "the panel", 0)
    assert request(runtime.port, "GET", "/v1/status", [known]).status == 401


def test_drag_on_the_server_writes_what_the_server_made(dragbrush: Command, folder: Path, start: Start) -> None:
    start("--echo")

    outcome = dragbrush(
        "drag", "in.png", "-o", "out.png", "--point", "55,60:90,60", "--server", "--report", "r.json", "--quiet"
    )

    assert outcome.code == 0, outcome.err
    source, made = (np.asarray(Image.open(folder / name)) for name in ("in.png", "out.png"))
    assert made.shape == (HEIGHT, WIDTH, 3)
    assert (made == 255 - source).all()
    assert json.loads((folder / "r.json").read_text())["output"] == "out.png"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signal to a process")
def test_ctrl_c_cancels_what_the_server_does_and_writes_nothing(folder: Path, home: Path, start: Start) -> None:
    start("--echo")
    command = ["drag", "in.png", "-o", "out.png", "--point", "55,60:90,60", "--server"]
    with subprocess.Popen(
        [sys.executable, "-m", "dragbrush", *command, "--prompt", "steps=100000 step_ms=5"],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()

    assert process.returncode == 130
    assert err.splitlines()[-1] == "dragbrush: Cancelled; nothing was written."
    assert not (folder / "out.png").exists()


def test_clients_may_call_the_server_by_the_names_it_was_given(home: Path, tmp_path: Path, start: Start) -> None:
    certificate, key = self_signed(tmp_path)
    tls = ["--tls-cert", str(certificate), "--tls-key", str(key)]
    start("--echo", "--listen", "0.0.0.0", *tls, "--name", "studio.example")
    runtime = read_runtime(home)
    assert runtime is not None

    def status(name: str) -> int:
        context = ssl.create_default_context(cafile=str(certificate))
        context.check_hostname = False
        server = http.client.HTTPSConnection("127.0.0.1", runtime.port, context=context, timeout=10)
        with contextlib.closing(server):
            server.request("GET", "/v1/health", headers={"Host": f"{name}:{runtime.port}"})
            return server.getresponse().status

    assert (status("studio.example"), status("other.example")) == (200, 421)


@pytest.mark.parametrize("option", [["--model", "x"], ["--device", "cpu"], ["--lora", "old.safetensors"]])
def test_what_the_server_decides_is_not_asked_of_it(dragbrush: Command, home: Path, option: list[str]) -> None:
    outcome = dragbrush("drag", "in.png", "-o", "out.png", "--point", "55,60:90,60", "--server", *option)

    assert outcome.code == 2
    assert option[0] in outcome.err


def test_drag_without_a_server_writes_nothing(dragbrush: Command, folder: Path, home: Path) -> None:
    outcome = dragbrush("drag", "in.png", "-o", "out.png", "--point", "55,60:90,60", "--server")

    assert outcome.code == 1
    assert "dragbrush serve" in outcome.err
    assert not (folder / "out.png").exists()


def test_the_engine_on_the_server_gives_what_the_editor_gives(dragbrush: Command, folder: Path, start: Start) -> None:
    start()
    points = ["--point", "55,60:90,60", "--speed", "instant", "--mask", "mask.png", "--quiet"]

    there = dragbrush("drag", "in.png", "-o", "there.png", *points, "--server")
    here = dragbrush("drag", "in.png", "-o", "here.png", *points)

    assert (there.code, here.code) == (0, 0), there.err
    assert (np.asarray(Image.open(folder / "there.png")) == np.asarray(Image.open(folder / "here.png"))).all()

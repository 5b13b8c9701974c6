"""The user's settings, the way to the server, its start, and what is told of it all."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krita_dragbrush.core import runtime
from krita_dragbrush.core.crop import Rect
from krita_dragbrush.core.diagnostics import report, without_secrets
from krita_dragbrush.core.events import Status
from krita_dragbrush.core.inputs import Inputs
from krita_dragbrush.core.jobs import Job
from krita_dragbrush.core.launch import clean_environment, last_lines, launch
from krita_dragbrush.core.runtime import find_server
from krita_dragbrush.core.settings import Settings, load, save

from dragbrush.net.runtime import data_folder, runtime_file, this_process, write_runtime
from live_server import Process

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.builds(
        Settings,
        speed=text,
        seed=st.integers(0, 2**63 - 1),
        is_seed_locked=st.booleans(),
        placement=st.sampled_from(["above", "replace"]),
        origin=st.sampled_from(["layer", "visible"]),
        server_command=text,
    )
)
def test_settings_come_back(settings: Settings) -> None:
    path = Path(f"/tmp/dragbrush-test-{os.getpid()}.json")  # hypothesis calls this often with one tmp_path
    try:
        assert save(path, settings)
        assert load(path) == settings
    finally:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "data", [None, b"", b"[]", b'{"seed": -1, "speed": 5, "has_live": "yes", "placement": "away"}']
)
def test_what_cannot_be_read_is_as_at_first(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "krita.json").write_bytes(data)

    assert load(tmp_path / "krita.json") == Settings()


def test_what_a_newer_version_wrote_stays(tmp_path: Path) -> None:
    path = tmp_path / "krita.json"
    path.write_text('{"speed": "instant", "new": [1]}')

    save(path, dataclasses.replace(load(path), seed=5))

    said = json.loads(path.read_text())
    assert (said["speed"], said["seed"], said["new"]) == ("instant", 5, [1])
    assert [file.name for file in tmp_path.iterdir()] == ["krita.json"]


def test_settings_that_cannot_be_written_are_no_exception(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert not save(tmp_path / "file" / "krita.json", Settings())


def test_the_server_s_command_is_read_as_a_shell_would() -> None:
    assert Settings(server_command="'/a b/dragbrush' serve --model x").server_arguments == [
        "/a b/dragbrush", "serve", "--model", "x",
    ]  # fmt: skip
    assert Settings(server_command="'").server_arguments == []


# The way to the server


@pytest.mark.parametrize("variable", ["DRAGBRUSH_HOME", "XDG_DATA_HOME", None])
def test_the_server_s_folder_is_looked_for_where_the_server_puts_it(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, tmp_path: Path
) -> None:
    for name in ("DRAGBRUSH_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    if variable is not None:
        monkeypatch.setenv(variable, str(tmp_path))

    assert runtime.data_folder() == data_folder()
    assert Settings(server_folder=str(tmp_path)).folder == tmp_path


def test_a_running_server_is_found(server: Process) -> None:
    address = find_server(server.folder)

    assert address is not None
    assert address.url == f"ws://127.0.0.1:{server.port}/v1/ws"
    assert address.token == server.token
    assert server.token not in repr(address)


def test_a_server_on_another_address_with_a_certificate(tmp_path: Path) -> None:
    write_runtime(tmp_path, this_process("::1", 5, "token", "1", tmp_path / "c.pem"))

    address = find_server(tmp_path)

    assert address is not None
    assert (address.url, address.certificate) == ("wss://[::1]:5/v1/ws", tmp_path / "c.pem")


def said_runtime(tmp_path: Path, **fields: Any) -> dict[str, Any]:
    write_runtime(tmp_path, this_process("127.0.0.1", 5, "token", "1", None))
    said = json.loads(runtime_file(tmp_path).read_bytes()) | fields
    runtime_file(tmp_path).write_text(json.dumps(said))
    return said


def test_a_server_that_is_gone_without_a_word_is_not_sent_the_token(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    said_runtime(tmp_path, process=gone.pid)

    assert find_server(tmp_path) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell when a process began")
def test_another_process_of_the_same_number_is_not_the_server(tmp_path: Path) -> None:
    said = said_runtime(tmp_path)
    assert find_server(tmp_path) is not None
    said_runtime(tmp_path, started=said["started"] - 1000)

    assert find_server(tmp_path) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"port": 0},
        {"port": "x"},
        {"port": 70000},
        {"token": "a\nb"},
        {"token": "ä"},
        {"process": -1},
        {"process": 10**30},
    ],
)
def test_a_damaged_runtime_file_is_no_server(tmp_path: Path, fields: dict[str, Any]) -> None:
    said_runtime(tmp_path, **fields)

    assert find_server(tmp_path) is None


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"5", b"\xff"])
def test_a_runtime_file_that_says_nothing_is_no_server(tmp_path: Path, data: bytes) -> None:
    runtime_file(tmp_path).write_bytes(data)

    assert find_server(tmp_path) is None
    assert find_server(tmp_path / "nowhere") is None


# Start and diagnostics


def test_a_server_is_started_apart_and_its_words_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    program = "import os, sys; print('hello', os.environ['DRAGBRUSH_HOME']); print('bye', file=sys.stderr); sys.exit(3)"

    launched = launch([sys.executable, "-c", program], tmp_path / "logs" / "server.log", folder=tmp_path / "home")

    until = time.monotonic() + 20
    while not launched.has_ended:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert sorted(launched.last_lines().splitlines()) == ["bye", f"hello {tmp_path / 'home'}"]


def test_a_command_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-program"):
        launch(["no-such-program"], tmp_path / "server.log")


def test_a_server_does_not_inherit_the_host_s_libraries() -> None:
    assert clean_environment({"PATH": "p", "PYTHONHOME": "x", "LD_LIBRARY_PATH": "y"}) == {"PATH": "p"}


def test_of_a_long_log_the_end_is_shown(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("\n".join(map(str, range(100_000))))

    assert last_lines(tmp_path / "log", 2) == "99998\n99999"
    assert last_lines(tmp_path / "none") == ""


def test_diagnostics_tell_versions_state_and_faults_without_secrets(server: Process) -> None:
    job = Job("0123456789", "edit", "d", "n", Rect(0, 0, 3, 4), "n", Inputs(prompt="a secret cat"), state="failed")
    job.code, job.message = "internal", "The server failed."
    log = f"listening\nAuthorization: Bearer {server.token}\ntoken={server.token}\n{Path.home()}/pictures"

    text = report({"Krita": "5.2.9"}, Status("refused", "token"), [job], log)

    assert "Krita: 5.2.9" in text
    assert "Connection: refused (token)" in text
    assert "edit 01234567, quality, 0 pairs, 3 x 4 px: failed: internal, The server failed." in text
    assert "listening" in text
    for secret in (server.token, "cat", str(Path.home())):
        assert secret not in text


def test_short_words_are_no_secrets() -> None:
    assert without_secrets("opened 4096 x 4096 at 12:30") == "opened 4096 x 4096 at 12:30"

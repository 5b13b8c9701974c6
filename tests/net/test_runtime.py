"""The file that says where the server is."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from dragbrush.net.runtime import (
    Runtime,
    data_folder,
    read_runtime,
    remove_runtime,
    runtime_file,
    this_process,
    write_runtime,
)
from live_server import wait_until


@pytest.fixture
def ours() -> Runtime:
    return this_process("127.0.0.1", 28471, "secret", "1.0", None)


def test_what_is_written_is_read(tmp_path: Path, ours: Runtime) -> None:
    write_runtime(tmp_path, ours)

    assert read_runtime(tmp_path) == ours


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_it_is_for_the_owner_alone(tmp_path: Path, ours: Runtime) -> None:
    write_runtime(tmp_path, ours)

    assert stat.S_IMODE(runtime_file(tmp_path).stat().st_mode) == 0o600


def test_the_token_is_not_in_what_is_shown_of_it(ours: Runtime) -> None:
    assert "secret" not in f"{ours} {ours!r}"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"host": 1}', b"\xff"])
def test_a_damaged_file_is_no_server(tmp_path: Path, content: bytes) -> None:
    runtime_file(tmp_path).write_bytes(content)

    assert read_runtime(tmp_path) is None


def test_a_process_that_is_gone_is_no_server(tmp_path: Path, ours: Runtime) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = psutil.Process(process.pid).create_time()
    write_runtime(tmp_path, msgspec.structs.replace(ours, process=process.pid, started=started))
    assert read_runtime(tmp_path) is not None

    process.kill()
    wait_until(lambda: read_runtime(tmp_path) is None)  # also while nobody has asked how it ended
    process.communicate()

    assert read_runtime(tmp_path) is None


def test_another_program_with_the_number_of_a_gone_one_is_no_server(tmp_path: Path, ours: Runtime) -> None:
    write_runtime(tmp_path, msgspec.structs.replace(ours, started=ours.started - 3600))

    assert read_runtime(tmp_path) is None


def test_a_process_removes_only_its_own(tmp_path: Path, ours: Runtime) -> None:
    parent = psutil.Process(os.getppid())
    other = msgspec.structs.replace(ours, process=parent.pid, started=parent.create_time())
    write_runtime(tmp_path, other)
    remove_runtime(tmp_path)

    assert read_runtime(tmp_path) == other

    write_runtime(tmp_path, ours)
    remove_runtime(tmp_path)

    assert not runtime_file(tmp_path).exists()


def test_a_named_folder_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DRAGBRUSH_HOME", str(tmp_path))

    assert data_folder() == tmp_path

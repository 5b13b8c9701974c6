"""Ctrl-C and the like, sent to a real process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import contents

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals to a process")

LONG = ("--set", "lora_step=0", "--set", "n_pix_step=1000", "--set", "n_inference_step=4")


@pytest.fixture
def running(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, tiny_sd15_folder: Path
) -> Iterator[subprocess.Popen[str]]:
    """A drag that would take minutes, in its drag phase."""
    command = (
        "drag", "in.png", "-o", "out.png", "--report", "r.json", "--point", "55,60:75,60",
        "--model", str(tiny_sd15_folder), "--device", "cpu", *LONG,
    )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "dragbrush", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))},
    )
    try:
        _wait_for(process, "drag,")
        yield process
    finally:
        process.kill()
        process.communicate()


def _wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if text in line:
            return
    pytest.fail("".join(seen))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_cancels_and_nothing_is_written(
    running: "subprocess.Popen[str]", folder: Path, number: signal.Signals
) -> None:
    before = contents(folder)

    running.send_signal(number)
    out, err = running.communicate(timeout=120)

    assert running.returncode == 130
    assert err.splitlines()[-1] == "dragbrush: Cancelled; nothing was written."
    assert "Traceback" not in err
    assert out == ""
    assert contents(folder) == before


def test_second_signal_ends_at_once(running: "subprocess.Popen[str]", folder: Path) -> None:
    before = contents(folder)

    running.send_signal(signal.SIGINT)
    _wait_for(running, "Ctrl-C once more")
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=20)

    assert running.returncode in (-signal.SIGINT, 130)
    assert contents(folder) == before

"""The tests of the Photoshop panel run in Node and a browser; where those are not, they are skipped, and say so.

With DRAGBRUSH_REQUIRE_PHOTOSHOP=1 what is missing is a failure instead.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
_PACKAGES = FOLDER / "node_modules"
_CHROMIUM = ("chromium", "chromium-browser")
_NODE = (20, 10)
_WEBSOCKET_BUILT_IN = 22
"""The first Node whose WebSocket needs no flag."""


def _missing(what: str) -> None:
    if os.environ.get("DRAGBRUSH_REQUIRE_PHOTOSHOP") == "1":
        pytest.fail(f"DRAGBRUSH_REQUIRE_PHOTOSHOP is set, and {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def node() -> str:
    """Its path."""
    path = shutil.which("node")
    if path is None:
        _missing("there is no node")
    assert path is not None
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2]) < _NODE:
        _missing(f"node is {said.strip()}, older than {_NODE[0]}.{_NODE[1]}")
    return path


@pytest.fixture(scope="session")
def packages() -> Path:
    """The locked development packages."""
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    wanted = [name for name in lock["packages"] if name]
    if not all((FOLDER / name).is_dir() for name in wanted):
        _missing("its packages are not there; run 'npm ci' in tests/photoshop")
    return _PACKAGES


@pytest.fixture(scope="session")
def chromium() -> str:
    """Its path."""
    named = os.environ.get("DRAGBRUSH_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if path is None:
        _missing("there is no Chromium")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def run_node(node: str) -> Callable[..., None]:
    """Runs test files of Node; what they print is shown where one fails."""

    def run(*names: str, seconds: int = 240, **environment: str) -> None:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        is_old = int(version.lstrip("v").split(".")[0]) < _WEBSOCKET_BUILT_IN
        flags = ["--experimental-websocket"] if is_old else []
        finished = subprocess.run(
            [node, *flags, "--test", "--test-reporter=spec", *names],
            cwd=FOLDER,
            env={**os.environ, "DRAGBRUSH_PYTHON": sys.executable, **environment},
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert finished.returncode == 0, finished.stdout[-8000:] + finished.stderr[-2000:]

    return run

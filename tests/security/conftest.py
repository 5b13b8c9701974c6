"""One server for the tests that leave it as it was."""

from collections.abc import Iterator

import pytest

from live_server import Process, in_a_process


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with in_a_process(tmp_path_factory.mktemp("server")) as process:
        yield process

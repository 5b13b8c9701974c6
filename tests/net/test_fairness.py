"""One client's weight is not the other's wait."""

import os
import threading
import time

from live_server import Process
from raw_client import RawClient


def test_others_are_answered_while_one_uploads(server: Process) -> None:
    """A bound that also a busy machine keeps; `dragbrush bench server` measures the real figure."""
    with RawClient(server.port, server.token) as heavy, RawClient(server.port, server.token) as light:
        heavy.hello()
        light.hello()
        uploading = threading.Thread(target=heavy.send, args=(os.urandom(32 * 2**20),))
        uploading.start()
        waits: list[float] = []
        while uploading.is_alive():
            began = time.monotonic()
            assert light.ask("list")["type"] == "jobs"
            waits.append(time.monotonic() - began)

    assert len(waits) >= 5
    assert sorted(waits)[len(waits) // 2] < 0.5


def test_others_are_answered_while_one_floods_with_messages(server: Process) -> None:
    is_over = threading.Event()

    def flood() -> None:
        with RawClient(server.port, server.token) as heavy:
            heavy.hello()
            while not is_over.is_set():
                for number in [heavy.say(kind) for kind in ("list", "nonsense", "offer") * 300][-1:]:
                    while heavy.hear().get("re") != number:
                        heavy.heard.clear()

    with RawClient(server.port, server.token) as light:
        light.hello()
        flooding = threading.Thread(target=flood)
        flooding.start()
        waits: list[float] = []
        for _ in range(30):
            began = time.monotonic()
            assert light.ask("list")["type"] == "jobs"
            waits.append(time.monotonic() - began)
        is_over.set()
        flooding.join()

    assert sorted(waits)[len(waits) // 2] < 0.5


def test_others_are_answered_while_one_downloads(server: Process) -> None:
    with RawClient(server.port, server.token) as heavy, RawClient(server.port, server.token) as light:
        heavy.hello()
        light.hello()
        image, data = heavy.picture(width=2000, height=1500)
        heavy.submit("large", image)
        (output,) = heavy.until("done")["outputs"]
        results: list[bytes] = []
        downloading = threading.Thread(target=lambda: results.append(heavy.fetch(output["blob"], len(data))))
        downloading.start()
        answers = [light.ask("list")["type"] for _ in range(20)]
        downloading.join()

    assert answers == ["jobs"] * 20
    assert results == [bytes(255 - byte for byte in data)]

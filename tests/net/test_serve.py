"""Start and stop: where the server listens, what it refuses to do, and how it leaves."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from dragbrush.client import Client, find_server
from dragbrush.errors import BadRequest, Conflict, NoServer, StorageFailed
from dragbrush.net import control
from dragbrush.net.runtime import read_runtime, runtime_file
from dragbrush.net.serve import Address
from live_server import Process, bearer, in_a_process, live, request, self_signed
from raw_client import RawClient
from serving import run

HAS_IPV6 = socket.has_ipv6 and Path("/proc/net/if_inet6").exists()


def refused(folder: Path, address: Address, error: type[Exception], match: str) -> None:
    async def main() -> None:
        with pytest.raises(error, match=match):
            async with live(folder, address):
                pass

    run(main())


def test_it_listens_on_loopback_alone(server: Process) -> None:
    listening = [c for c in psutil.Process(server.process.pid).net_connections("inet") if c.status == "LISTEN"]
    workers = psutil.Process(server.process.pid).children(recursive=True)

    assert [(c.laddr.ip, c.laddr.port) for c in listening] == [("127.0.0.1", server.port)]
    assert not [c for worker in workers for c in worker.net_connections("inet")]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "127.0.0.2", "example.com"])
def test_another_address_needs_tls(tmp_path: Path, host: str) -> None:
    refused(tmp_path, Address(host), BadRequest, "--tls-cert")
    refused(tmp_path, Address(host, certificate=tmp_path / "cert.pem"), BadRequest, "--tls-cert")

    assert list(tmp_path.iterdir()) == []


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    none = tmp_path / "cert.pem"

    refused(tmp_path / "data", Address("0.0.0.0", certificate=none, key=none), BadRequest, "certificate")
    refused(tmp_path / "data", Address("0.0.0.0", certificate=tmp_path / "a", key=tmp_path / "b"), BadRequest, "cert")


def test_an_address_that_this_machine_has_not(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)

    refused(tmp_path, Address("192.0.2.1", certificate=certificate, key=key), BadRequest, "cannot listen")


def test_a_port_that_is_taken_names_who_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        refused(tmp_path, Address(port=port), Conflict, rf"{port}.*process {os.getpid()}.*--port")


def test_a_second_server_of_a_folder_names_the_first(server: Process) -> None:
    refused(server.folder, Address(), Conflict, rf"process {server.process.pid}.*port {server.port}.*dragbrush stop")

    assert read_runtime(server.folder) is not None


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    refused(tmp_path / "file", Address(), StorageFailed, "file")


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777, 0o702])
def test_a_folder_that_others_may_write_into_is_refused(tmp_path: Path, mode: int) -> None:
    """Their links and tokens would be taken for ours."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(mode)

    refused(folder, Address(), StorageFailed, "chmod go-w")

    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_all_its_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    """Also in a folder that others may look into."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    with in_a_process(shared) as server, RawClient(server.port, server.token) as client:
        client.hello()
        image, _ = client.picture()
        client.submit("job", image)
        client.until("done")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in shared.rglob("*")}

    assert {"token", "server.json", "journal.sqlite", "blobs", "drafts", image["blob"]} <= set(modes)
    assert not {name: oct(mode) for name, mode in modes.items() if mode & 0o077}


def test_the_umask_of_the_program_is_as_before(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path):
            pass

    before = os.umask(0o022)
    try:
        run(main())
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with in_a_process(tmp_path / "server") as server, RawClient(server.port, server.token) as client:
        client.hello()
        image, _ = client.picture()
        client.submit("waits", image, "steps=1000 step_ms=20")
        began = time.monotonic()

        server.process.send_signal(number)

        assert client.until("going_away")["reason"]
        with pytest.raises(ConnectionClosed) as closed:
            client.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
        assert server.process.wait(timeout=20) == 0
        assert time.monotonic() - began < 10
    assert read_runtime(server.folder) is None
    assert not runtime_file(server.folder).exists()
    assert "Traceback" not in server.log.read_text()
    assert "no torch" in server.log.read_text()


def test_the_stop_route_ends_it_and_leaves_no_process(tmp_path: Path) -> None:
    with in_a_process(tmp_path / "server") as server:
        workers = psutil.Process(server.process.pid).children(recursive=True)

        assert request(server.port, "POST", "/v1/stop", [bearer(server.token)]).status == 200
        assert server.process.wait(timeout=20) == 0
        assert not psutil.wait_procs(workers, timeout=5)[1]


def test_control_asks_and_stops(tmp_path: Path) -> None:
    with in_a_process(tmp_path / "server") as server:
        runtime = control.running(server.folder)
        status = control.status(runtime)
        code, seconds = control.begin_pairing(runtime)

        assert status["model"] == "echo"
        assert status["sockets"] == 0
        assert len(code) == 6
        assert seconds == 120
        with pytest.raises(NoServer, match="404"):
            control.revoke(runtime, "nobody")
        control.stop(server.folder, runtime)
        with pytest.raises(NoServer, match="dragbrush serve"):
            control.running(server.folder)


def test_a_client_that_does_not_answer_holds_nobody_up(tmp_path: Path) -> None:
    with in_a_process(tmp_path / "server") as server:
        idle = socket.create_connection(("127.0.0.1", server.port))
        with RawClient(server.port, server.token, max_queue=1) as client, idle:
            client.hello()
            image, _ = client.picture(width=1500, height=1500)
            client.submit("large", image)
            (output,) = client.until("done")["outputs"]
            for _ in range(4):
                client.say("fetch", blob=output["blob"])
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)

            assert server.process.wait(timeout=20) == 0


def test_the_system_frees_the_port_for_the_next(tmp_path: Path) -> None:
    with in_a_process(tmp_path / "server") as first:
        with RawClient(first.port, first.token) as client:
            client.hello()
        port, token = first.port, first.token
    with in_a_process(tmp_path / "server", port=port) as second:
        assert (second.port, second.token) == (port, token)


@pytest.mark.skipif(not HAS_IPV6, reason="no IPv6 here")
def test_loopback_of_the_newer_protocol(tmp_path: Path) -> None:
    async def main() -> None:
        async with live(tmp_path, Address("::1")), Client.connect(find_server(tmp_path)) as client:
            assert client.welcome.model.id == "echo"
            assert (await asyncio.to_thread(control.status, control.running(tmp_path)))["sockets"] == 1

    run(main())


def test_with_tls_it_listens_for_others(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    address = Address("0.0.0.0", certificate=certificate, key=key, names=frozenset({"studio.example"}))

    async def main() -> None:
        async with live(tmp_path / "data", address) as runtime:
            found = find_server(tmp_path / "data")
            assert found.url == f"wss://127.0.0.1:{runtime.port}/v1/ws"
            async with Client.connect(found) as client:
                assert client.welcome.model.id == "echo"
            status = await asyncio.to_thread(control.status, control.running(tmp_path / "data"))
            assert status["model"] == "echo"
            certificate.write_text(self_signed(make(tmp_path / "other"))[0].read_text())
            with pytest.raises(NoServer):
                async with Client.connect(found):
                    pass
            with pytest.raises((OSError, ValueError, IndexError)):
                await asyncio.to_thread(request, runtime.port, "GET", "/v1/health")

    run(main())


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_the_serving_process_needs_no_torch() -> None:
    names = ("torch", "diffusers", "transformers", "pyvips", "PIL")
    program = f"import json, sys, dragbrush.net.serve; print(json.dumps([n for n in {names} if n in sys.modules]))"

    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert json.loads(found.stdout) == []

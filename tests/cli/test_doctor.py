"""The report of what works here."""

import json
import socket
from pathlib import Path

import pytest
from command_line import Command

from dragbrush.cli import doctor
from dragbrush.net.runtime import DEFAULT_PORT


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user of this machine with a home of their own."""
    home = tmp_path / "home" / "artemisia"
    for name, folder in {
        "HOME": "",
        "USERPROFILE": "",
        "XDG_DATA_HOME": ".local/share",
        "XDG_CACHE_HOME": ".cache",
    }.items():
        monkeypatch.setenv(name, str(home / folder))
    monkeypatch.delenv("DRAGBRUSH_HOME", raising=False)
    return home


def test_report_says_what_works_and_not_who_asks(dragbrush: Command, user: Path) -> None:
    told = dragbrush("doctor")

    assert told.code == 0, told.out + told.err
    lines = dict(line[5:].split(": ", 1) for line in told.out.splitlines())
    assert list(lines) == list(doctor.CHECKS)
    assert all(line.startswith("ok   ") for line in told.out.splitlines())
    assert "built for" in lines["torch"]
    assert lines["model"].startswith("'toybox' is the default")
    assert "GB of the machine's are free" in lines["memory"]
    assert lines["data folder"].startswith("~")
    assert lines["Krita plugin"].startswith("not found in ~")
    assert user.name not in told.out


def test_installed_plugin_is_found_with_its_version(user: Path) -> None:
    plugin = user / ".local" / "share" / "krita" / "pykrita" / "dragbrush"
    plugin.mkdir(parents=True)
    (plugin / "__init__.py").write_text('"""Dragbrush."""\n\n__version__ = "0.9.1"\n')

    assert doctor.CHECKS["Krita plugin"]().startswith("version 0.9.1 in ")


def test_port_in_use_is_told() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", DEFAULT_PORT))
        other.listen()

        assert "used by another program" in doctor.CHECKS["port"]()


def test_what_does_not_work_is_told_and_the_rest_too(
    dragbrush: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "model_index.json").write_text("{")
    monkeypatch.setattr("dragbrush.models.default_model", lambda: str(torn))
    quick = {name: check for name, check in doctor.CHECKS.items() if "edit" not in name}
    monkeypatch.setattr(doctor, "CHECKS", quick)

    told = dragbrush("doctor", "--json")

    found = json.loads(told.out)
    assert told.code == 1
    assert {name for name, each in found.items() if not each["ok"]} == {"model"}
    assert found["model"]["found"].startswith("BadModel: ")

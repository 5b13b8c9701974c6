"""The zip for Krita's importer."""

import compileall
import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import dragbrush
from package_krita import ROOT, build

IMPORTER = Path("/usr/share/krita/pykrita/plugin_importer/plugin_importer.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is packaged, with the leftovers of its use."""
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "krita_plugin", root / "krita_plugin", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "LICENSE", root)
    compileall.compile_dir(root / "krita_plugin", quiet=1)
    (root / "krita_plugin" / "dragbrush" / ".hidden").write_text("x")
    return root


def test_the_zip_is_the_same_wherever_and_whenever_it_is_built(checkout: Path, tmp_path: Path) -> None:
    for file in checkout.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
        file.chmod(0o700)

    first, second = build(tmp_path / "one"), build(tmp_path / "two", root=checkout)

    assert first.read_bytes() == second.read_bytes()


def test_the_zip_holds_all_of_the_plugin_and_nothing_else(checkout: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path, root=checkout)) as archive:
        names = archive.namelist()

    def is_source(file: Path) -> bool:
        parts = file.relative_to(ROOT).parts
        return file.is_file() and not any(part[0] == "." or part == "__pycache__" for part in parts)

    plugin = ROOT / "krita_plugin"
    expected = {file.relative_to(plugin).as_posix() for file in (plugin / "dragbrush").rglob("*") if is_source(file)}
    assert {name for name in names if name.startswith("dragbrush/")} == {*expected, "dragbrush/", "dragbrush/LICENSE"}
    assert {"dragbrush.desktop", "dragbrush/wire.py", "dragbrush/_vendor/websockets/LICENSE"} <= set(names)
    assert len(names) == len(set(names))


def test_the_desktop_file_names_the_package_and_the_name_its_version(tmp_path: Path) -> None:
    path = build(tmp_path)
    with zipfile.ZipFile(path) as archive:
        config = configparser.ConfigParser()
        config.read_string(archive.read("dragbrush.desktop").decode())

    assert config["Desktop Entry"]["X-KDE-Library"] == "dragbrush"
    assert path.name == f"dragbrush-krita-{dragbrush.__version__}.zip"


def test_the_core_works_from_the_zip(tmp_path: Path) -> None:
    program = "import sys; sys.path.insert(0, sys.argv[1]); import dragbrush.core.client, dragbrush.core.jobs"

    subprocess.run([sys.executable, "-S", "-I", "-c", program, str(build(tmp_path))], check=True, timeout=60)


@pytest.mark.skipif(not IMPORTER.exists(), reason="no Krita with its importer is installed")
def test_krita_s_own_importer_takes_it(tmp_path: Path) -> None:
    (tmp_path / "resources").mkdir()
    program = "import builtins, runpy, sys; builtins.i18n = str; sys.argv = sys.argv[1:]; "
    program += "runpy.run_path(sys.argv[0], run_name='__main__')"

    ended = subprocess.run(
        [sys.executable, "-c", program, str(IMPORTER), str(build(tmp_path)), str(tmp_path / "resources")],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "Imported plugin: Dragbrush" in ended.stdout, ended.stderr
    assert (tmp_path / "resources" / "pykrita" / "dragbrush" / "core" / "client.py").exists()
    assert (tmp_path / "resources" / "pykrita" / "dragbrush.desktop").exists()

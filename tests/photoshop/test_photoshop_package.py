"""The archive that a double click installs."""

import json
import zipfile
from pathlib import Path

import package_photoshop

ROOT = Path(__file__).resolve().parents[2]


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    first, second = (package_photoshop.build(tmp_path / name) for name in "ab")

    assert first.read_bytes() == second.read_bytes()
    assert first.suffix == ".ccx"


def test_it_holds_what_is_tested_and_nothing_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(package_photoshop.build(tmp_path)) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        page = archive.read("index.html").decode()
        for name in names:
            source = ROOT / "LICENSE" if name == "LICENSE" else ROOT / "photoshop_uxp" / name
            assert archive.read(name) == source.read_bytes()

    assert manifest["main"] in names
    assert 'src="main.js"' in page
    assert {name.split("/")[0] for name in names} == {
        "LICENSE", "core", "host", "icons", "index.html", "main.js", "manifest.json", "style.css", "view",
    }  # fmt: skip
    assert not [name for name in names if name.endswith((".d.ts", ".md")) or "package" in name]
    assert "icons/panel-dark@2x.png" in names

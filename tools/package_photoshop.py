"""Builds the .ccx that a double click installs in Photoshop.

    python tools/package_photoshop.py              writes dist/dragbrush.photoshop_PS-VERSION.ccx
    python tools/package_photoshop.py --out FOLDER

The same files give the same archive, byte for byte, on every machine.
"""

import argparse
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_SHIPPED = frozenset({".html", ".css", ".js", ".json", ".png"})
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say."""
_FILE = 0o100644 << 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the archive; default dist")
    print(f"wrote {build(parser.parse_args().out)}")


def build(folder: Path, *, root: Path = ROOT) -> Path:
    """Writes the archive into `folder` and returns its path. `root`: the checkout."""
    panel = root / "photoshop_uxp"
    manifest = json.loads((panel / "manifest.json").read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{manifest['id']}_PS-{manifest['version']}.ccx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(contents(root)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # of a Unix, whatever it is built on
            entry.external_attr = _FILE
            archive.writestr(entry, source.read_bytes())
    return path


def contents(root: Path) -> Iterator[tuple[str, Path]]:
    """Names in the archive, and the files that they are."""
    panel = root / "photoshop_uxp"
    yield "LICENSE", root / "LICENSE"
    for file in sorted(panel.rglob("*")):
        name = file.relative_to(panel)
        is_hidden = any(part.startswith(".") or part == "node_modules" for part in name.parts)
        if file.is_file() and file.suffix in _SHIPPED and not is_hidden:
            yield name.as_posix(), file


if __name__ == "__main__":
    main()

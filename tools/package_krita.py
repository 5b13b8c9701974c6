"""Builds the zip that Krita's "Import Python Plugin from File" takes.

    python tools/package_krita.py              writes dist/dragbrush-krita-VERSION.zip
    python tools/package_krita.py --out FOLDER

The same files give the same zip, byte for byte, on every machine.
"""

import argparse
import ast
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = "dragbrush"
_LEFT_OUT = frozenset({"__pycache__"})
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say."""
_FILE, _FOLDER = 0o100644 << 16, (0o040755 << 16) | 0x10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the zip; default dist")
    print(f"wrote {build(parser.parse_args().out)}")


def build(folder: Path, *, root: Path = ROOT) -> Path:
    """Writes the zip into `folder` and returns its path. `root`: the checkout."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{PLUGIN}-krita-{version(root)}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        # Krita's importer looks for the folder as an entry of its own.
        _add(archive, f"{PLUGIN}/", b"", _FOLDER)
        for name, source in sorted(contents(root)):
            _add(archive, name, source.read_bytes(), _FILE)
    return path


def contents(root: Path) -> Iterator[tuple[str, Path]]:
    """Names in the zip, and the files that they are."""
    plugin = root / "krita_plugin"
    yield f"{PLUGIN}.desktop", plugin / f"{PLUGIN}.desktop"
    yield f"{PLUGIN}/LICENSE", root / "LICENSE"
    for action in sorted(plugin.glob("actions/*.action")):
        yield f"actions/{action.name}", action
    for file in sorted((plugin / PLUGIN).rglob("*")):
        parts = file.relative_to(plugin).parts
        is_left_out = any(part in _LEFT_OUT or part.startswith(".") for part in parts)
        if file.is_file() and not is_left_out and file.suffix != ".pyc":
            yield "/".join(parts), file


def version(root: Path) -> str:
    """As the plugin says it."""
    tree = ast.parse((root / "krita_plugin" / PLUGIN / "__init__.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__":
            return str(ast.literal_eval(node.value))
    raise SystemExit("krita_plugin/dragbrush/__init__.py says no __version__")


def _add(archive: zipfile.ZipFile, name: str, data: bytes, attributes: int) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_STORED if attributes == _FOLDER else zipfile.ZIP_DEFLATED
    entry.create_system = 3  # of a Unix, whatever it is built on: only that one has these attributes
    entry.external_attr = attributes
    archive.writestr(entry, data)


if __name__ == "__main__":
    main()

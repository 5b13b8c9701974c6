"""`python -m dragbrush.protocol.generate [--check]`: writes the generated files, or says which are stale."""

import argparse
import sys
from pathlib import Path

from dragbrush.protocol.generate.python import python_module
from dragbrush.protocol.generate.schema import json_schema
from dragbrush.protocol.generate.typescript import typescript_declarations

ROOT = Path(__file__).parents[4]
COMMAND = "python -m dragbrush.protocol.generate"
FILES = {
    "schema/dragbrush-v1.json": json_schema,
    "photoshop_uxp/core/wire.d.ts": typescript_declarations,
    "krita_plugin/dragbrush/wire.py": python_module,
}


def stale(root: Path = ROOT) -> dict[Path, str]:
    """The files under `root` that are missing or not what they should be, and what they should be."""
    wanted = {root / name: make() for name, make in FILES.items()}
    return {path: text for path, text in wanted.items() if not path.is_file() or path.read_bytes() != text.encode()}


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Writes the schema and the clients' message types.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is stale")
    is_check = parser.parse_args(arguments).check
    found = stale(root)
    for path, text in found.items():
        sys.stderr.write(f"{'stale' if is_check else 'written'}: {path.relative_to(root).as_posix()}\n")
        if not is_check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    if is_check and found:
        sys.stderr.write(f"Run `{COMMAND}`.\n")
    return 1 if is_check and found else 0


if __name__ == "__main__":
    sys.exit(main())

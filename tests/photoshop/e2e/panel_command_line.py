"""Runs `dragbrush` once for each list of arguments in a JSON file, in one process: its start is most of the time."""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from dragbrush.cli.main import main as dragbrush


def main() -> None:
    for arguments in json.loads(Path(sys.argv[1]).read_text()):
        try:
            code = dragbrush(arguments)
        except SystemExit as end:
            code = end.code
        if code:
            raise SystemExit(code)
        _write_raw(arguments[arguments.index("-o") + 1], "RGB")
        if "--layers" in arguments:
            for name in arguments[arguments.index("--layers") + 1].split(","):
                _write_raw(name, "RGBA")


def _write_raw(name: str, mode: str) -> None:
    Path(name).with_suffix(f".{mode.lower()}").write_bytes(np.asarray(Image.open(name).convert(mode)).tobytes())


if __name__ == "__main__":
    main()

"""The adapters under both bindings of Qt, each in a process of its own: only one can be loaded."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from krita_session import PLUGIN, do_without

FOLDER = Path(__file__).parent / "offscreen"


@pytest.mark.parametrize("check", sorted(FOLDER.glob("check_*.py")), ids=lambda path: path.stem)
@pytest.mark.parametrize("binding", ["PyQt5", "PyQt6"])
def test_the_adapters_work_with_either_qt(binding: str, check: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec(binding) is None:
        do_without(f"not installed: {binding}")
    environment = {
        **os.environ,
        "DRAGBRUSH_TEST_QT": binding,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": os.pathsep.join([str(PLUGIN), str(FOLDER)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider", "-c", os.devnull]
    first = ["-p", "offscreen_qt"]  # chooses the binding, before a check can import the other

    run = subprocess.run(
        [*command, *first, "--rootdir", str(FOLDER), str(check)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]

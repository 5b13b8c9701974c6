"""Importing the package is cheap."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "diffusers", "transformers", "peft", "PIL", "numpy")


@pytest.mark.parametrize("module", ["dragbrush", "dragbrush.edit", "dragbrush.presets", "dragbrush.models"])
def test_import_brings_in_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"


def test_imaging_does_without_torch() -> None:
    code = "import sys, dragbrush.imaging; print('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "False"

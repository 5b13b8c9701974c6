"""The Chromium of tests that need a real browser: the one that DRAGBRUSH_CHROMIUM names, or the one on the PATH.

Where there is none they are skipped, and say so; with DRAGBRUSH_REQUIRE_BROWSER=1 they fail instead.
"""

import os
import shutil
from typing import NoReturn

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium() -> str:
    """Its path."""
    found = os.environ.get("DRAGBRUSH_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        do_without("there is no Chromium on the PATH, and DRAGBRUSH_CHROMIUM names none")
    return found


def do_without(missing: str) -> NoReturn:
    if os.environ.get("DRAGBRUSH_REQUIRE_BROWSER") == "1":
        pytest.fail(f"DRAGBRUSH_REQUIRE_BROWSER is set, and {missing}")
    pytest.skip(missing)

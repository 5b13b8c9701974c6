"""The Photoshop panel: its core and host adapter in Node, and all of it in a browser with the real server."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent
Run = Callable[..., None]


def test_core_and_host(run_node: Run) -> None:
    run_node(*sorted(str(path) for path in (FOLDER / "core").glob("*.test.js")))


def test_in_a_browser_with_the_real_server(run_node: Run, packages: Path, chromium: str) -> None:
    run_node(str(FOLDER / "e2e" / "panel.test.js"), seconds=500, DRAGBRUSH_CHROMIUM=chromium)


def test_move_appearance_and_paste_in_a_browser(run_node: Run, packages: Path, chromium: str) -> None:
    run_node(str(FOLDER / "e2e" / "tools.test.js"), seconds=500, DRAGBRUSH_CHROMIUM=chromium)


def test_broken_panels_are_found(run_node: Run) -> None:
    run_node(str(FOLDER / "mutants" / "mutants.test.js"), seconds=500)


def test_broken_pages_are_found(run_node: Run, packages: Path, chromium: str) -> None:
    run_node(str(FOLDER / "mutants" / "page.test.js"), seconds=500, DRAGBRUSH_CHROMIUM=chromium)


def test_types(node: str, packages: Path) -> None:
    checked = _type_check(node, packages, "tsconfig.json")

    assert checked.returncode == 0, checked.stdout


def test_the_type_check_finds_what_a_panel_does_not_have(node: str, packages: Path) -> None:
    lines = (FOLDER / "types" / "probe" / "wrong.js").read_text("utf-8").splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("// wrong")}

    checked = _type_check(node, packages, "types/probe/tsconfig.json")

    found = {int(number) for number in re.findall(r"wrong\.js\((\d+),", checked.stdout)}
    assert found == wrong, checked.stdout


def _type_check(node: str, packages: Path, project: str) -> subprocess.CompletedProcess[str]:
    command = [node, packages / "typescript" / "bin" / "tsc", "-p", FOLDER / project]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)

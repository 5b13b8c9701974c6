"""Starts a real Krita on a screen of its own, has it run scenarios, and reads what came of them.

Installs nothing. The first start of a Krita version takes long, as it reads its bundled brushes into a database;
that home folder is kept between runs and copied for each.
"""

import ast
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

REQUIRE = "DRAGBRUSH_REQUIRE_KRITA"
PROGRAMS = ("krita", "Xvfb", "xdotool")
FIRST_START_S = 120
DRIVER = Path(__file__).parent / "driver"
PLUGIN = Path(__file__).parents[2] / "krita_plugin"
PREFIX = "scenario_"

Canvas = Literal["raster", "gl"]


def do_without(reason: str) -> None:
    """Skips, or fails where all of it was asked for."""
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(f"{reason}, and {REQUIRE}=1 asks for it")
    pytest.skip(reason)


def missing_programs() -> list[str]:
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextmanager
def screen(folder: Path) -> Iterator[str]:
    """An X server on a free display, whose name is given."""
    read, write = os.pipe()
    with open(folder / "xvfb.log", "wb") as log:
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"]
        server = subprocess.Popen(command, pass_fds=[write], stdout=log, stderr=log)
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError(f"Xvfb did not start: {(folder / 'xvfb.log').read_text()}")
        yield f":{number}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


@dataclass(frozen=True)
class KritaRun:
    """What one start of Krita left behind."""

    out: Path
    returncode: int
    results: dict[str, dict[str, Any]]
    errors: list[str]
    log: str

    def notes(self, scenario: str) -> dict[str, Any]:
        """What a scenario noted. Fails as the scenario did, or for an error of the run as a whole."""
        __tracebackhide__ = True
        result = self.results.get(scenario)
        if result is None:
            raise AssertionError(
                f"{scenario} did not run; Krita ended with {self.returncode}.\n"
                + "\n".join(self.errors)
                + f"\nThe end of its log:\n{self.log[-3000:]}"
            )
        if result["error"] is not None:
            raise AssertionError(f"{result['error']}\nKrita ended with {self.returncode}; pictures are in {self.out}.")
        return result["notes"]


class KritaLauncher:
    """Runs scenario files in Krita on one screen. `homes` is where prepared home folders are kept."""

    def __init__(self, display: str, *, homes: Path) -> None:
        self._display = display
        self._homes = homes

    def run(
        self,
        scripts: Sequence[Path],
        out: Path,
        *,
        canvas: Canvas = "raster",
        plugin: Path = PLUGIN,
        environment: dict[str, str] | None = None,
        timeout_s: int = 300,
    ) -> KritaRun:
        """One start of Krita with the plugin folder that holds `dragbrush/`; `out` gets results and pictures."""
        home = out / "home"
        shutil.copytree(self._prepared_home(plugin), home, symlinks=True)
        try:
            return self._start(scripts, out, home, canvas, plugin, environment or {}, timeout_s)
        finally:
            shutil.rmtree(home, ignore_errors=True)  # 90 MB, of no use to anyone who reads the results

    def _prepared_home(self, plugin: Path) -> Path:
        """A home folder that this version of Krita has started in; another version's would stop it with a dialog."""
        prepared = self._homes / self._version()
        if not prepared.exists():
            making = self._homes / f"{prepared.name}.{os.getpid()}"
            shutil.rmtree(making, ignore_errors=True)
            (making / "home").mkdir(parents=True)
            self._start([], making, making / "home", "raster", plugin, {}, FIRST_START_S)
            if not prepared.exists():  # another run of the tests may have been faster
                os.replace(making / "home", prepared)
            shutil.rmtree(making)
        return prepared

    def _version(self) -> str:
        asked = subprocess.run(
            ["krita", "--version"],
            env={**os.environ, "DISPLAY": self._display},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return asked.stdout.split()[-1]

    def _start(
        self,
        scripts: Sequence[Path],
        out: Path,
        home: Path,
        canvas: Canvas,
        plugin: Path,
        environment: dict[str, str],
        timeout_s: int,
    ) -> KritaRun:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QT_"))}
        env = {**ours, **_environment(home), **environment, "DISPLAY": self._display}
        _install(home, plugin)
        _configure(home, canvas)
        plan = out / "plan.json"
        plan.write_text(json.dumps({"out": str(out), "scripts": [str(script) for script in scripts]}))
        env["DRAGBRUSH_TEST_PLAN"] = str(plan)
        log = out / "krita.log"
        with open(log, "wb") as stream:
            ended = subprocess.run(
                ["timeout", "-k", "5", str(timeout_s), "krita", "--nosplash"],
                env=env,
                stdout=stream,
                stderr=stream,
                check=False,
            )
        text = log.read_text("utf-8", "replace")
        written = out / "results.json"
        if not written.exists():
            raise RuntimeError(f"Krita ended with {ended.returncode} before any scenario:\n{text[-3000:]}")
        found = json.loads(written.read_text("utf-8"))
        return KritaRun(out, ended.returncode, found["results"], found["errors"], text)


def scenarios_in(script: Path) -> list[str]:
    """The names of a file's scenarios, without importing what only Krita has."""
    tree = ast.parse(script.read_text("utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name.removeprefix(PREFIX) for name in functions if name.startswith(PREFIX)]


def _environment(home: Path) -> dict[str, str]:
    runtime = home / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_RUNTIME_DIR": str(runtime),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _install(home: Path, plugin: Path) -> None:
    """Puts the plugin as it was built, and the driver, where Krita looks for them."""
    folder = home / ".local" / "share" / "krita" / "pykrita"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for source in (plugin, DRIVER):
        for entry in source.iterdir():
            if entry.is_dir() and entry.name != "actions":
                shutil.copytree(entry, folder / entry.name, ignore=ignored)
            elif entry.suffix == ".desktop":
                shutil.copy(entry, folder)
    actions = folder.parent / "actions"
    actions.mkdir(exist_ok=True)
    for action in plugin.rglob("*.action"):
        shutil.copy(action, actions)


def _configure(home: Path, canvas: Canvas) -> None:
    folder = home / ".config"
    folder.mkdir(exist_ok=True)
    (folder / "kritarc").write_text("[python]\nenable_dragbrush=true\nenable_dragbrush_test_driver=true\n")
    renderer = "none" if canvas == "raster" else "auto"
    (folder / "kritadisplayrc").write_text(f"[General]\nOpenGLRenderer={renderer}\ncanvasState=OPENGL_SUCCESS\n")

"""The Krita that the tests of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from edit_session import run_edits
from krita_session import Canvas, KritaLauncher, KritaRun, do_without, missing_programs, screen

from dragbrush.bench.demo_scene import DemoScene, demo_scene

SCENARIOS = Path(__file__).parent / "scenarios"
ON_GL = ("placing", "looking")  # what depends on how the canvas is painted
OTHERS = ("sharing_input", "coming_and_going", "pens")  # pens last: after one Krita passes over strokes of the mouse
EDITS = [SCENARIOS / f"edit_{name}.py" for name in ("first", "kinds", "working", "objects", "lost", "quit")]
NEXT_LIFE = SCENARIOS / "edit_next_life.py"


@pytest.fixture(scope="session")
def krita(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KritaLauncher]:
    """A launcher of Krita on a screen of its own."""
    absent = missing_programs()
    if absent:
        do_without(f"not installed: {', '.join(absent)}")
    assert request.config.cache is not None
    with screen(tmp_path_factory.mktemp("screen")) as display:
        yield KritaLauncher(display, homes=Path(request.config.cache.mkdir("krita_homes")))


@pytest.fixture(scope="session")
def raster_run(krita: KritaLauncher, tmp_path_factory: pytest.TempPathFactory) -> KritaRun:
    """All scenarios of the overlay, on the canvas that is painted by the processor."""
    return _run(krita, tmp_path_factory, "raster", ON_GL + OTHERS)


@pytest.fixture(scope="session")
def gl_run(krita: KritaLauncher, tmp_path_factory: pytest.TempPathFactory) -> KritaRun:
    """Some of them on the canvas that is painted by OpenGL."""
    return _run(krita, tmp_path_factory, "gl", ON_GL)


@pytest.fixture(scope="session")
def scene() -> DemoScene:
    """What the edits are of."""
    return demo_scene()


@pytest.fixture(scope="session")
def edit_runs(krita: KritaLauncher, scene: DemoScene, tmp_path_factory: pytest.TempPathFactory) -> list[KritaRun]:
    """All whole edits in one life of Krita, and another life that finds what the first left behind."""
    return run_edits(krita, [EDITS, [NEXT_LIFE]], tmp_path_factory.mktemp("krita_edit"), scene)


@pytest.fixture
def edit_run(edit_runs: list[KritaRun]) -> KritaRun:
    return edit_runs[0]


def _run(krita: KritaLauncher, folders: pytest.TempPathFactory, canvas: Canvas, files: tuple[str, ...]) -> KritaRun:
    scripts = [SCENARIOS / f"{file}.py" for file in files]
    return krita.run(scripts, folders.mktemp(f"krita_{canvas}"), canvas=canvas)

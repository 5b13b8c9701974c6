"""The benchmark's table and files, with rows that need no model."""

import json
import math
from pathlib import Path

import pytest
from PIL import Image

from dragbrush.bench.cases import Case, drag_cases
from dragbrush.bench.scenes import FILES, ROWS, run_scenes
from dragbrush.bench.scores import Scores
from dragbrush.bench.table import Entry, Table
from dragbrush.editor import Editor
from dragbrush.errors import BadRequest


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return drag_cases(2)


@pytest.fixture
def editor(tiny_sd15_folder: Path) -> Editor:
    return Editor(str(tiny_sd15_folder), device="cpu")


def entry(case: str, row: str, *, moves="part", remaining=1.0, inside=20.0, outside=math.inf, seconds=1.0) -> Entry:
    match = remaining if moves == "object" else None
    return Entry(case, moves, 8.0, row, Scores(remaining, remaining, match, inside, outside), seconds, 10)


def test_table_and_files(editor: Editor, cases: list[Case], tmp_path: Path) -> None:
    heard = []
    folder = tmp_path / "new"
    rows = ["instant", "do-nothing", "cut-and-paste"]

    table = run_scenes(
        editor, cases=cases, rows=rows, out_dir=folder, on_progress=lambda done, total, _: heard.append((done, total))
    )

    expected = [(moves, row) for moves in ("part", "object") for row in ("do-nothing", "cut-and-paste", "instant")]
    assert [(found.moves, found.row) for found in table] == expected
    assert heard == [(done, 6) for done in range(7)]
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    content = json.loads((folder / "scores.json").read_text())
    assert len(content["entries"]) == 6
    assert content["entries"][0]["scores"]["psnr_outside"] == "inf"
    assert (folder / "table.md").read_text() == table.markdown()
    with Image.open(folder / "cases.png") as grid:
        assert grid.width > 4 * 3 * 64


def test_doing_nothing_arrives_nowhere_and_changes_nothing(editor: Editor, cases: list[Case]) -> None:
    for found in run_scenes(editor, cases=cases, rows=["do-nothing"]):
        assert found.n == 1
        assert found.within == (0, 0)
        assert math.isinf(found.psnr_outside)


def test_a_row_that_does_not_exist_is_named(editor: Editor) -> None:
    with pytest.raises(BadRequest, match="'best'"):
        run_scenes(editor, cases=1, rows=["best"])


def test_aggregates() -> None:
    left = {"a": 1.0, "b": 3.0, "c": 8.0}
    entries = [entry(case, "quality", remaining=px, seconds=2.0) for case, px in left.items()]
    entries += [entry(case, "reference", seconds=5.0) for case in left]

    table = Table("m", "cpu", 0, 64, ROWS, tuple(entries))
    quality = table.aggregate("quality", "part")

    assert quality is not None
    assert quality.remaining_per_64 == 4
    assert quality.within == pytest.approx((1 / 3, 2 / 3))
    assert quality.match_per_64 is None
    assert table.aggregate("quality", "object") is None
    assert table.seconds_ratio("quality", "reference") == pytest.approx(0.4)
    assert table.seconds_ratio("quality", "instant") is None
    assert "`quality` took 40% of the time of `reference`" in table.markdown()

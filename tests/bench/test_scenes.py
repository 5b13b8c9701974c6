"""The benchmark's table and files, with rows that need no model."""

import json
import math
from pathlib import Path

import pytest
from dragbrush.bench.scenes import ROWS, markdown, run_scenes
from dragbrush.editor import Editor
from dragbrush.errors import BadRequest


@pytest.fixture
def editor(tiny_sd15_folder: Path) -> Editor:
    return Editor(str(tiny_sd15_folder), device="cpu")


def test_table_and_files(editor: Editor, tmp_path: Path):
    heard = []

    table = run_scenes(
        editor,
        cases=4,
        rows=["do-nothing", "cut-and-paste"],
        out_dir=tmp_path / "new",
        on_progress=lambda done, total, what: heard.append((done, total)),
    )

    assert [(row.is_whole, row.row, row.cases) for row in table] == [
        (False, "do-nothing", 2),
        (False, "cut-and-paste", 2),
        (True, "do-nothing", 2),
        (True, "cut-and-paste", 2),
    ]
    assert table[0].near == 0
    assert math.isinf(table[0].outside_db)
    assert heard[0] == (0, 8)
    assert heard[-1] == (8, 8)
    data = json.loads((tmp_path / "new" / "scores.json").read_text())
    assert len(data["scores"]) == 8
    assert "**Parts of objects**, 2 drags" in (tmp_path / "new" / "table.md").read_text()
    assert (tmp_path / "new" / "cases.png").stat().st_size > 10_000
    assert markdown(table).count("exact") == 4


def test_unknown_row_is_named(editor: Editor):
    with pytest.raises(BadRequest, match="'best'"):
        run_scenes(editor, cases=1, rows=["best"])


def test_command_line_lists_the_same_rows():
    from dragbrush.cli import bench

    assert tuple(ROWS) == bench.ROWS

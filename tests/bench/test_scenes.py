"""The benchmark's table and files, with rows that need no training, and how a run goes on."""

import json
import math
from pathlib import Path

import pytest
from PIL import Image

from dragbrush.bench.scenes import FILES, ROWS, run_scenes
from dragbrush.bench.scores import Scores
from dragbrush.bench.table import Entry, Table, bootstrap
from dragbrush.edit import CancelToken
from dragbrush.editor import Editor
from dragbrush.errors import BadRequest, Cancelled

SUITES = ["drag-part", "resize"]
QUICK = ["do-nothing", "cut-and-paste", "instant"]


@pytest.fixture
def editor(tiny_sd15_folder: Path) -> Editor:
    return Editor(str(tiny_sd15_folder), device="cpu")


def entry(case: str, row: str, *, remaining=1.0, inside=20.0, outside=math.inf, seconds=1.0, seed=0) -> Entry:
    scores = Scores(remaining, None, inside, 0.8, 0.1, outside)
    return Entry(case, "drag-part", True, row, seed, scores, seconds, 10, None)


def test_table_and_files(editor: Editor, tmp_path: Path) -> None:
    heard = []
    folder = tmp_path / "new"

    table = run_scenes(
        editor,
        suites=SUITES,
        cases=1,
        rows=["instant", "do-nothing", "cut-and-paste"],
        out_dir=folder,
        on_progress=lambda done, total, _: heard.append((done, total)),
    )

    assert table.suites == SUITES
    assert [a.row for suite in SUITES for a in table.aggregates(suite)] == 2 * QUICK
    assert heard[-1] == (6, 6)
    assert heard == sorted(heard)
    assert set(FILES) < {path.name for path in folder.iterdir()}
    content = json.loads((folder / "scores.json").read_text())
    assert len(content["entries"]) == 6
    assert content["entries"][0]["scores"]["psnr_outside"] == "inf"
    assert (folder / "table.md").read_text() == table.markdown()
    with Image.open(folder / "cases.png") as grid:
        assert grid.width > 4 * 128


def test_doing_nothing_arrives_nowhere_and_changes_nothing(editor: Editor) -> None:
    found = run_scenes(editor, suites=SUITES, cases=1, rows=["do-nothing"]).aggregate("do-nothing", "resize")

    assert found is not None
    assert (found.cases, found.arrived) == (1, 0)
    assert math.isinf(found.psnr_outside)


def test_a_stopped_run_goes_on_where_it_was(editor: Editor, tmp_path: Path) -> None:
    cancel, heard = CancelToken(), []

    def stop_after_two(done: int, total: int, _: str) -> None:
        if done == 2:
            cancel.cancel()

    with pytest.raises(Cancelled):
        run_scenes(
            editor, suites=SUITES, cases=1, rows=QUICK, out_dir=tmp_path, on_progress=stop_after_two, cancel=cancel
        )
    run_scenes(
        editor,
        suites=SUITES,
        cases=1,
        rows=QUICK,
        out_dir=tmp_path,
        on_progress=lambda done, total, what: heard.append(what),
    )

    done_now = [what for what in heard if ":" in what]
    assert 0 < len(done_now) < 6
    assert len((tmp_path / "drag-part.jsonl").read_text().splitlines()) == 3


def test_a_folder_of_another_run_is_refused(editor: Editor, tmp_path: Path) -> None:
    run_scenes(editor, suites=["resize"], cases=1, rows=["do-nothing"], out_dir=tmp_path)

    with pytest.raises(BadRequest, match="another"):
        run_scenes(editor, suites=["resize"], cases=1, rows=["do-nothing"], seed=1, out_dir=tmp_path)


@pytest.mark.parametrize(("named", "match"), [({"rows": ["best"]}, "'best'"), ({"suites": ["drags"]}, "'drags'")])
def test_a_name_that_does_not_exist_is_repeated(editor: Editor, named: dict[str, list[str]], match: str) -> None:
    with pytest.raises(BadRequest, match=match):
        run_scenes(editor, cases=1, **named)


def test_slow_rows_do_fewer_cases_and_only_noisy_rows_repeat(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def noted(editor_, case, row, seed, cancel):
        done.append((case.name, row, seed))
        return entry(case.name, row, seed=seed), case.source

    monkeypatch.setattr("dragbrush.bench.scenes._entry", noted)
    run_scenes(editor, suites=["resize"], cases=2, slow_cases=1, seeds=2, rows=["do-nothing", "quality", "reference"])

    counted = {row: sum(1 for _, r, _ in done if r == row) for row in ("do-nothing", "quality", "reference")}
    assert counted == {"do-nothing": 2, "quality": 4, "reference": 2}


def test_aggregates() -> None:
    left = {"a": 1.0, "b": 3.0, "c": 8.0}
    entries = [entry(case, "quality", remaining=px, seconds=2.0, seed=s) for case, px in left.items() for s in (0, 1)]
    entries += [entry(case, "reference", seconds=5.0) for case in left]

    table = Table("m", "cpu", 0, 64, ROWS, tuple(entries))
    quality = table.aggregate("quality", "drag-part")

    assert quality is not None
    assert (quality.cases, quality.seeds) == (3, 2)
    assert quality.remaining_per_64.value == 4
    assert quality.remaining_per_64.low < 4 < quality.remaining_per_64.high
    assert quality.arrived == pytest.approx(1 / 3)
    assert quality.match_per_64 is None
    assert table.aggregate("quality", "resize") is None
    assert table.seconds_ratio("quality", "reference") == pytest.approx(0.4)
    assert table.seconds_ratio("quality", "instant") is None
    assert "`quality` took 40% of the time of `reference`" in table.markdown()
    assert "3 x 2" in table.markdown()


def test_the_bootstrap_interval_narrows_with_more_cases() -> None:
    few, many = bootstrap([1.0, 2.0, 6.0]), bootstrap([1.0, 2.0, 6.0] * 30)

    assert few.value == many.value == 3
    assert few.high - few.low > 2 * (many.high - many.low)
    assert bootstrap([1.0, 2.0, 6.0]) == few

"""The commands that draw their own scenes, with a tiny model of random weights."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from command_line import Command, contents

from dragbrush.bench import cases, demo_scene, scenes
from dragbrush.cli import bench, demo
from dragbrush.presets import PRESETS, QUALITY


def test_demo_writes_all_it_names(edit: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = replace(QUALITY, lora_step=1, n_pix_step=2, n_inference_step=6)
    monkeypatch.setitem(PRESETS, "quality", quick)
    monkeypatch.setattr(demo_scene, "demo_scene", partial(demo_scene.demo_scene, 96, 64))

    first = edit("demo", "-o", "show/demo")
    second = edit("demo", "-o", "show/demo")

    assert first.code == 0, first.err
    assert sorted(path.name for path in (folder / "show/demo").iterdir()) == sorted(demo.FILES)
    for name in demo.FILES:
        assert f"wrote {Path('show/demo') / name}" in first.out
    assert set(json.loads((folder / "show/demo/report.json").read_text())) == {"instant", "quality"}
    assert second.code == 2


def test_bench_prints_its_table_and_writes_its_files(edit: Command, folder: Path) -> None:
    outcome = edit(
        "bench", "scenes", "--suites", "resize", "--cases", "1", "--rows", "do-nothing,instant", "-o", "scores"
    )

    assert outcome.code == 0, outcome.err
    assert "do nothing" in outcome.out
    assert "instant" in outcome.out
    assert set(bench.FILES) < {path.name for path in (folder / "scores").iterdir()}


def test_bench_prints_json_alone_and_writes_nothing_unasked(edit: Command, folder: Path) -> None:
    before = contents(folder)

    outcome = edit("bench", "scenes", "--suites", "resize", "--cases", "1", "--rows", "do-nothing", "--json", "--quiet")

    assert outcome.code == 0, outcome.err
    assert {entry["row"] for entry in json.loads(outcome.out)["entries"]} == {"do-nothing"}
    assert contents(folder) == before


def test_rows_and_suites_are_those_of_the_benchmark() -> None:
    assert tuple(scenes.ROWS) == bench.ROWS
    assert cases.SUITES == bench.SUITES

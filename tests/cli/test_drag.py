"""Drags from file to file, with a tiny model of random weights."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from command_line import HEIGHT, WIDTH, Command, contents
from PIL import Image

POINT = ("--point", "55,60:75,60")
INSTANT = ("drag", "in.png", "-o", "out.png", *POINT, "--speed", "instant")
SHORT = ("--set", "lora_step=1", "--set", "n_pix_step=2", "--set", "n_inference_step=6")
QUALITY = ("drag", "in.png", "-o", "out.png", *POINT, "--mask", "mask.png", *SHORT)
REPORTED = {
    "settings", "seed", "versions", "device", "model", "phase_seconds", "unet_evaluations", "peak_memory_bytes",
}  # fmt: skip


def test_instant_drag_moves_the_square_and_says_where_it_ended(edit: Command) -> None:
    outcome = edit(*INSTANT)

    assert outcome.code == 0, outcome.err
    assert "wrote out.png" in outcome.out
    assert "handle 1: " in outcome.out
    source, result = (np.asarray(Image.open(name)).astype(int) for name in ("in.png", "out.png"))
    assert result.shape == source.shape
    assert np.abs(result[60, 75] - source[60, 55]).max() < 8
    assert (result[:, WIDTH - 20 :] == source[:, WIDTH - 20 :]).all()


def test_side_files_are_written(edit: Command, folder: Path) -> None:
    outcome = edit(*QUALITY, "--seed", "7", "--report", "r.json", "--compare", "grid.png", "--frames", "f.gif")

    assert outcome.code == 0, outcome.err
    for name in ("out.png", "r.json", "grid.png", "f.gif"):
        assert f"wrote {name}" in outcome.out
    report = json.loads((folder / "r.json").read_text())
    assert set(report) >= REPORTED
    assert report["seed"] == 7
    assert len(report["handles"]) == 1
    assert Image.open("out.png").size == (WIDTH, HEIGHT)
    assert Image.open("grid.png").size > (WIDTH, HEIGHT)
    assert getattr(Image.open("f.gif"), "n_frames", 1) > 1


def test_json_prints_the_report_alone(edit: Command, folder: Path) -> None:
    outcome = edit(*INSTANT, "--json", "--quiet", "--report", "r.json")

    assert outcome.code == 0
    assert json.loads(outcome.out) == json.loads((folder / "r.json").read_text())
    assert outcome.err == ""


def test_quiet_prints_nothing(edit: Command) -> None:
    outcome = edit(*INSTANT, "--quiet")

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_quiet_silences_the_libraries_too(edit: Command, folder: Path, tiny_sd15_folder: Path) -> None:
    command = (*QUALITY, "--model", str(tiny_sd15_folder), "--device", "cpu", "--quiet")

    done = subprocess.run(
        [sys.executable, "-m", "dragbrush", *command], capture_output=True, text=True, timeout=100, check=True
    )

    assert (done.stdout, done.stderr) == ("", "")


def test_existing_output_is_kept_without_force_and_replaced_with_it(edit: Command, folder: Path) -> None:
    command = ("drag", "in.png", "-o", "old.png", *POINT, "--speed", "instant")

    refused = edit(*command)
    kept = (folder / "old.png").read_bytes()
    forced = edit(*command, "--force")

    assert refused.code == 2
    assert kept == b"kept"
    assert forced.code == 0
    assert Image.open("old.png").size == (WIDTH, HEIGHT)


def test_prepared_lora_is_reused(edit: Command, folder: Path) -> None:
    prepared = edit(
        "prepare", "in.png", "--lora-out", "l.safetensors", "--report", "p.json",
        *POINT, "--mask", "mask.png", *SHORT,
    )  # fmt: skip
    dragged = edit(*QUALITY, "--lora", "l.safetensors", "--json")

    assert prepared.code == 0, prepared.err
    assert "wrote l.safetensors" in prepared.out
    assert (folder / "p.json").is_file()
    assert dragged.code == 0, dragged.err
    assert json.loads(dragged.out)["phase_seconds"].get("identity") is None


def test_lora_of_another_kind_is_refused(edit: Command, folder: Path) -> None:
    before = contents(folder)

    outcome = edit(*QUALITY, "--lora", "old.safetensors")

    assert outcome.code == 2
    assert outcome.err.splitlines()[-1].startswith("dragbrush: ")
    assert "old.safetensors" in outcome.err
    assert contents(folder) == before


def test_models_are_listed(dragbrush: Command) -> None:
    text, values = dragbrush("models", "list"), dragbrush("models", "list", "--json")

    assert (text.code, values.code) == (0, 0)
    assert "toybox" in text.out
    assert "toybox" in [model["name"] for model in json.loads(values.out)]

"""The script for graphics cards goes from end to end, on a CPU with a tiny model."""

import json

import pytest

import bench_gpu
from dragbrush.presets import QUALITY


def test_every_phase_and_the_call_are_timed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_gpu, "STEPS", {"lora_step": 2, "n_pix_step": 2, "n_inference_step": 4})
    monkeypatch.setattr(bench_gpu, "ROUNDS", 2)

    bench_gpu.main(["--tiny", "--device", "cpu", "--models", "sd15", "--speeds", "quality", "--no-compile", "--json"])

    found = json.loads(capsys.readouterr().out)
    phases = {phase["phase"]: phase for phase in found["phases"]}
    assert set(phases) == {"identity", "inversion", "warp", "drag", "denoise", "decode"}
    assert phases["identity"]["steps"] == QUALITY.lora_step
    assert all(phase["step_s"] > 0 for phase in phases.values())
    assert 0 < phases["drag"]["share_of_rate"] < 1
    assert found["edits"][0]["seconds"] == pytest.approx(sum(p["step_s"] * p["steps"] for p in phases.values()))
    assert [call["way"] for call in found["calls"]] == ["as it is"]


def test_tables_are_for_people() -> None:
    device = bench_gpu.choose_device("cpu")
    edit = bench_gpu.Edit("SD", "quality", ("checkpointed",), 1.5, None, 3.25)
    phase = bench_gpu.Phase("SD", "quality", "drag", 0.012, 20, 0.31)
    calls = [bench_gpu.Call("SD", "as it is", 0.02), bench_gpu.Call("SD", "compiled", 0.01)]
    calls.append(bench_gpu.Call("SD", "compiled, CUDA graphs", None))

    text = bench_gpu.markdown(device, 2e12, [edit], [phase], calls)

    assert "| SD | quality | checkpointed | 1.50 |  | 3.25 |" in text
    assert "| SD | quality | drag | 12.0 | 20 | 31% |" in text
    assert "| SD | compiled | 10.0 | 2.00 |" in text
    assert "| SD | compiled, CUDA graphs | not here | |" in text

"""The whole training, a few steps long and of its smallest size: it goes on where it stopped, and its export loads."""

import csv
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import train_toybox
from dragbrush.bench.words import vocabulary
from dragbrush.engine.components import Components
from dragbrush.engine.features import predict_noise
from dragbrush.engine.loading import load_components
from toybox_parts import SIZES
from train_toybox import Pace

Train = Callable[..., None]


@pytest.fixture(scope="module")
def train() -> Iterator[Train]:
    """Runs the program with the given arguments, with few pictures at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_toybox, "PACES", {"cpu": Pace(batch=4, drawn=6, pool=12)})
        patch.setattr(torch.cuda, "is_available", lambda: False)

        def run(*arguments: str | Path) -> None:
            torch.manual_seed(0)  # of the first weights
            patch.setattr(sys, "argv", ["train_toybox.py", *map(str, arguments), "--size", "tiny"])
            train_toybox.main()

        yield run


@pytest.fixture(scope="module")
def trained(train: Train, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two steps each, exported into its folder `model`."""
    run = tmp_path_factory.mktemp("run")
    train("all", run, "--steps", "2", "--out", run / "model")
    return run


@pytest.fixture(scope="module")
def components(trained: Path) -> Components:
    return load_components(trained / "model", device=torch.device("cpu"))


def steps_logged(run: Path, phase: str) -> list[int]:
    with (run / f"{phase}.csv").open(newline="") as log:
        rows = list(csv.reader(log))
    assert all(float(loss) > 0 and float(speed) > 0 for _, loss, speed in rows)
    return [int(step) for step, _, _ in rows]


def weights_of(run: Path, phase: str) -> list[torch.Tensor]:
    return torch.load(run / f"{phase}.pt", weights_only=True)["weights"]


@pytest.mark.parametrize("phase", ["vae", "unet"])
def test_losses_are_kept_in_a_table_and_a_plot(trained: Path, phase: str) -> None:
    assert steps_logged(trained, phase) == [2]
    assert (trained / f"{phase}.png").stat().st_size > 1000


def test_the_export_loads_and_predicts_noise(components: Components) -> None:
    size = SIZES["tiny"]
    assert (components.canvas_side, components.factor) == (size.side_px, size.side_px // size.latent_side)

    picture = torch.rand(1, 3, size.side_px, size.side_px, generator=torch.Generator().manual_seed(0))
    latent, _ = components.encode(picture)
    with torch.no_grad():
        noise = predict_noise(components.unet, latent, 500, components.encode_prompt("a red ball on green tiles"))

    assert noise.shape == latent.shape == (1, 4, size.latent_side, size.latent_side)
    assert noise.isfinite().all()
    assert components.decode(latent).shape == picture.shape


def test_every_word_of_a_caption_is_one_token_of_the_export(components: Components) -> None:
    for word in vocabulary():
        assert len(components.readers[0].tokenizer(word).input_ids) == 3, word


def test_exported_latents_have_deviation_one(components: Components) -> None:
    pictures = train_toybox.drawn(0, 64, SIZES["tiny"], torch.device("cpu"))[0]

    latents, _ = components.encode(pictures / 2 + 0.5)

    assert float(latents.std()) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("phase", ["vae", "unet"])
def test_a_run_goes_on_from_its_checkpoint(
    train: Train, tmp_path: Path, phase: str, capsys: pytest.CaptureFixture[str]
) -> None:
    train("vae", tmp_path, "--steps", "1")
    train(phase, tmp_path, "--steps", "2")
    before = weights_of(tmp_path, phase)
    capsys.readouterr()

    train(phase, tmp_path, "--steps", "3")

    kept = torch.load(tmp_path / f"{phase}.pt", weights_only=True)
    assert kept["step"] == 3
    assert {int(state["step"]) for state in kept["optimiser"]["state"].values()} == {3}
    assert steps_logged(tmp_path, phase)[-2:] == [2, 3]
    assert "step 3/3" in capsys.readouterr().out
    # One step of a rate that warms up changes weights a little; weights begun anew would be far from them.
    change = max(float((a - b).abs().max()) for a, b in zip(before, kept["weights"], strict=True))
    assert 0 < change < 1e-3


def test_a_finished_run_stays_as_it_is(train: Train, tmp_path: Path) -> None:
    train("vae", tmp_path, "--steps", "2")
    before = (tmp_path / "vae.pt").read_bytes()

    train("vae", tmp_path, "--steps", "2")

    assert (tmp_path / "vae.pt").read_bytes() == before


def test_minutes_choose_the_number_of_steps(train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()  # a second goes by whenever somebody looks
    monkeypatch.setattr(train_toybox, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))

    train("vae", tmp_path, "--minutes", "0.5")

    assert 25 <= next(clock) <= 32
    assert steps_logged(tmp_path, "vae") == [torch.load(tmp_path / "vae.pt", weights_only=True)["step"]]


@pytest.mark.parametrize(
    "arguments",
    [("vae",), ("export", "--steps", "1"), ("all", "--steps", "1"), ("vae", "--steps", "1", "--minutes", "1")],
)
def test_missing_and_clashing_arguments_are_refused(train: Train, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    phase, *rest = arguments

    with pytest.raises(SystemExit) as refused:
        train(phase, tmp_path / "run", *rest)

    assert refused.value.code == 2
    assert not (tmp_path / "run").exists()

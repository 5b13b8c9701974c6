"""The gates of the embedded model: their measures say what they should on things whose answer is known."""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import gate_toybox
from dragbrush.bench.cases import Case, suite_cases
from dragbrush.bench.world import EMPTY
from dragbrush.engine.components import Components
from dragbrush.engine.loading import load_components
from gates.classifier import (
    Classifier,
    accuracy,
    draw_singles,
    kept_or_trained,
    kind_of,
    named,
    single_scenes,
    train_classifier,
)
from gates.correspondence import nearest, point_errors, points_of
from gates.marks import Counts
from gates.measures import kurtosis, mean_psnr, psnr
from gates.oracle import drag_to
from gates.prior import draw, noise_errors
from gates.sheet import sheet
from gates.trips import SETTINGS, denoised, make_trip, prepared_for, round_trip_psnr
from gates.verdict import Row, markdown, shortfalls


@pytest.fixture(scope="module")
def components(tiny_sd15_folder: Path) -> Components:
    return load_components(tiny_sd15_folder, device=torch.device("cpu"))


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return suite_cases("drag-object", 2, side=64)


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (29.0, 29.0, None, "PASS"),
        (28.9, 29.0, None, "SHORT"),
        (3.3, None, 3.3, "PASS"),
        (3.31, None, 3.3, "SHORT"),
        (1.06, 0.95, 1.05, "SHORT"),
        (0.9, 0.95, 1.05, "SHORT"),
        (1.0, 0.95, 1.05, "PASS"),
        (math.nan, 29.0, None, "SHORT"),
        (math.inf, 38.0, None, "PASS"),
        (-5.0, None, None, "recorded"),
    ],
)
def test_a_value_passes_within_its_limits(value: float, low: float | None, high: float | None, verdict: str) -> None:
    assert Row(1, "anything", value, low=low, high=high).verdict == verdict


def test_the_table_shows_value_limit_and_verdict() -> None:
    rows = [
        Row(3, "named", 0.785, "share", low=0.8),
        Row(6, "deviation", 0.9804, low=0.95, high=1.03, digits=3),
        Row(2, "error", 0.0432, digits=4),
    ]

    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown(rows).splitlines()]

    assert lines[2:] == [
        ["3", "named", "78.5 %", ">= 80.0 %", "SHORT"],
        ["6", "deviation", "0.980", "0.950 to 1.030", "PASS"],
        ["2", "error", "0.0432", "", "recorded"],
    ]
    assert shortfalls(rows) == rows[:1]


def test_psnr_counts_only_the_pixels_asked_for() -> None:
    a, b = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    b[..., :2] = 0.1
    left = torch.zeros(4, 4, dtype=torch.bool)
    left[:, :2] = True

    assert psnr(a, b, left) == pytest.approx(20, abs=1e-4)
    assert psnr(a, b) == pytest.approx(20 + 10 * math.log10(2), abs=1e-4)
    assert psnr(a, b, ~left) == math.inf
    assert mean_psnr(torch.cat([a, a]), torch.cat([b, 10 * b])) == pytest.approx(13.01, abs=0.01)


def test_kurtosis_is_three_for_noise_and_one_for_two_values() -> None:
    assert kurtosis(torch.randn(200_000, generator=torch.Generator().manual_seed(0))) == pytest.approx(3, abs=0.05)
    assert kurtosis(torch.tensor([-1.0, 1.0, -1.0, 1.0])) == pytest.approx(1)


def test_features_of_a_shifted_picture_are_found_where_they_went() -> None:
    features = torch.randn(1, 16, 24, 24, generator=torch.Generator().manual_seed(0))
    shifted = features.roll((3, -5), (2, 3))
    points = torch.tensor([[20.5, 20.5], [30.5, 10.5]])

    found = nearest(features, 2 * shifted, points, width=48)

    assert torch.allclose(found, points + torch.tensor([-10.0, 6.0]))


def test_points_are_on_the_thing_before_and_after(cases: list[Case]) -> None:
    for case in cases:
        before, after = points_of(case)

        assert 1 <= len(before) <= 12
        for points, alpha in ((before, case.source_alpha), (after, case.truth_alpha)):
            columns, rows = points.round().long().unbind(1)
            assert np.all(alpha[rows, columns] > 0.9)
        shift = torch.from_numpy(case.transform[:, 2])
        assert torch.allclose(after - before, shift.expand(len(before), 2), atol=1e-6)


def test_a_picture_corresponds_to_itself(components: Components, cases: list[Case]) -> None:
    case = cases[0]
    still = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    same = replace(case, truth=case.source, truth_alpha=case.source_alpha, transform=still)

    # A feature cell of the tiny model is 8 pixels wide: its middle is at most 4 px off along each side.
    assert point_errors(components, same, 401).max() * 64 < 4 * math.sqrt(2) + 0.1


def test_single_scenes_hold_one_thing_each() -> None:
    scenes = single_scenes(40, seed=5)

    assert len(scenes) == 40
    assert ((scenes.kind != EMPTY).sum(1) == 1).all()
    assert ((kind_of(scenes) >= 0) & (kind_of(scenes) < 16)).all()


def test_a_classifier_learns_what_a_picture_shows() -> None:
    def squares(seed: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Grey pictures with a red or a blue square somewhere."""
        generator = torch.Generator().manual_seed(seed)
        pictures, kinds = torch.full((count, 3, 32, 32), 0.5), torch.randint(2, (count,), generator=generator)
        places = torch.randint(24, (count, 2), generator=generator).tolist()
        for i, (row, column) in enumerate(places):
            pictures[i, 2 * int(kinds[i]), row : row + 8, column : column + 8] = 1
        return pictures, kinds

    torch.manual_seed(0)
    classifier = train_classifier(
        squares, Classifier(32, 2, widths=(8, 16)), rounds=2, fresh=128, passes=4, say=lambda _: None
    )

    pictures, kinds = squares(99, 64)
    assert accuracy(classifier, pictures, kinds) == 1
    assert accuracy(classifier, pictures, 1 - kinds) == 0
    assert named(classifier, pictures[:3]).shape == (3,)


def test_drawn_scenes_serve_the_classifier() -> None:
    pictures, kinds = draw_singles(32, torch.device("cpu"))(1, 6)

    assert pictures.shape == (6, 3, 32, 32)
    assert Classifier(32, 16).eval()(pictures).shape == (6, 16)
    assert torch.equal(kinds, draw_singles(32, torch.device("cpu"))(1, 6)[1])


def test_a_classifier_is_kept_until_the_world_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[Classifier] = []
    monkeypatch.setattr("gates.classifier.train_classifier", lambda draw, classifier, say: trained.append(classifier))
    file, cpu = tmp_path / "classifier.safetensors", torch.device("cpu")

    first, again = (kept_or_trained(file, 32, cpu, lambda _: None) for _ in range(2))
    with monkeypatch.context() as patch:
        patch.setattr("gates.classifier.world_digest", lambda side: "another")
        kept_or_trained(file, 32, cpu, lambda _: None)

    assert torch.equal(first.head.weight, again.head.weight)
    assert len(trained) == 2


def test_noise_errors_and_drawings_have_their_shapes(components: Components, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gates.prior.STEPS", 2)

    errors = noise_errors(components, torch.randn(2, 4, 16, 16), ["a red car", "a cat"])

    assert len(errors) == 5
    assert all(0 < error < 100 for error in errors)
    assert draw(components, ["a red car"]).shape == (1, 3, 128, 128)


def test_a_trip_comes_back_and_a_drag_changes_the_mask_alone(
    components: Components, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gates.trips.SETTINGS", replace(SETTINGS, n_inference_step=4))
    monkeypatch.setattr("gates.oracle.ORACLE", replace(SETTINGS, n_pix_step=2, latent_lr=0.03))
    case = cases[0]

    trip = make_trip(components, case)
    start = trip.prepared.inversion.latents[-1]
    goal = prepared_for(components, case.truth, case.caption).inversion.latents[-1]
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:6, 2:6] = 1
    dragged = drag_to(components, trip.prepared, goal, mask)

    assert 0 < round_trip_psnr(components, trip) < 100
    assert torch.equal(denoised(components, trip.prepared.inversion, trip.prepared.source.condition), trip.back)
    assert torch.equal(dragged * (1 - mask), start * (1 - mask))
    assert (dragged - start)[mask.bool().expand_as(start)].abs().min() > 1e-4


def test_the_sheet_holds_every_pair() -> None:
    pictures = torch.rand(7, 3, 16, 16)

    image = sheet(pictures, pictures, ["a red car on a green ground"] * 7, [("seen as: car", True)] * 7)

    assert image.width > 6 * 144
    assert image.height > 4 * 144


def test_a_missed_mark_fails_the_command_only_when_asked_to(
    tiny_sd15_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gate_toybox, "QUICK", Counts(scenes=2, samples=1, pairs=1, trips=1, drags=1))
    command = [
        "gate_toybox",
        str(tiny_sd15_folder),
        "--out",
        str(tmp_path),
        "--quick",
        "--only",
        "1",
        "--device",
        "cpu",
    ]
    codes = []
    for options in ([], ["--strict"]):
        monkeypatch.setattr(sys, "argv", command + options)
        codes.append(gate_toybox.main())

    table, report = (tmp_path / "gates.md").read_text(), json.loads((tmp_path / "gates.json").read_text())
    assert codes == [0, 1]
    assert table in capsys.readouterr().out
    assert [row["verdict"] for row in report["rows"]].count("SHORT") >= 1

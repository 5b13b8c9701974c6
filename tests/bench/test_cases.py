"""Benchmark cases and their scores: the truth is the truth, doing nothing leaves the whole way."""

import math
from itertools import islice

import numpy as np
import pytest

from dragbrush.bench import things
from dragbrush.bench.baselines import cut_and_paste, do_nothing
from dragbrush.bench.case import FRACTIONS, Case
from dragbrush.bench.cases import DRAG_SUITES, FIRST_SEED, MOVE_SUITES, suite_cases
from dragbrush.bench.scores import left_over, psnr, remaining_px, score, ssim
from dragbrush.bench.words import vocabulary

HIGHEST_TRAINING_SEED = 100_000_000
COUNT = 4
SUITES = (*DRAG_SUITES, *MOVE_SUITES)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [case for suite in SUITES for case in suite_cases(suite, COUNT)]


def way_px(case: Case) -> float:
    return float(np.mean([math.dist(drag.handle, drag.target) for drag in case.drags]))


def test_things_come_in_turn_and_half_of_the_cases_are_hard(cases: list[Case]) -> None:
    assert [case.thing for case in suite_cases("move", 3)] == ["ball", "crate", "flower"]
    assert [case.thing for case in suite_cases("drag-part", 3)] == ["crate's lid", "flower's head", "flower's leaf"]
    for suite in SUITES:
        assert sum(case.is_busy for case in cases if case.suite == suite) >= COUNT // 2


def test_names_are_unique(cases: list[Case]) -> None:
    assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("suite", SUITES)
def test_the_same_seed_makes_the_same_cases(cases: list[Case], suite: str) -> None:
    first = next(case for case in cases if case.suite == suite)
    again, other = suite_cases(suite, 1)[0], suite_cases(suite, 1, seed=1)[0]

    assert (again.source == first.source).all()
    assert (again.mask == first.mask).all()
    assert again.drags == first.drags
    assert (other.source != first.source).any()
    assert FIRST_SEED > HIGHEST_TRAINING_SEED


def test_the_family_begins_at_the_source_and_reaches_the_truth(cases: list[Case]) -> None:
    for case in cases:
        assert (case.family.pictures[FRACTIONS.index(0)] == case.source).all()
        assert (case.family.pictures[FRACTIONS.index(1)] == case.truth).all()
        for place, member in (("handle", 0.0), ("target", 1.0)):
            points = [getattr(drag, place) for drag in case.drags]
            assert case.family.places[FRACTIONS.index(member)] == pytest.approx(np.array(points), abs=0.06)


def test_the_truth_scores_perfectly(cases: list[Case]) -> None:
    for case in cases:
        found = score(case, case.truth)

        assert found.remaining_per_64 == 0, case.name
        assert found.match_per_64 in (None, 0), case.name
        assert found.psnr_inside == math.inf
        assert found.ssim_inside == pytest.approx(1)
        assert found.left_over in (None, 0)
        assert found.psnr_outside > 40


def test_doing_nothing_leaves_the_whole_way(cases: list[Case]) -> None:
    for case in cases:
        found = score(case, do_nothing(case))

        assert found.remaining_per_64 == pytest.approx(way_px(case), abs=0.3), case.name
        assert found.psnr_outside == math.inf
        assert found.ssim_inside < 0.9
        assert found.left_over in (None, 1)
        if case.suite in ("drag-object", "move"):
            assert found.match_per_64 == pytest.approx(way_px(case), abs=2), case.name


def test_half_way_is_measured_as_half_way(cases: list[Case]) -> None:
    for case in cases:
        left = remaining_px(case, case.family.pictures[FRACTIONS.index(0.5)])

        assert 0.3 * way_px(case) < left < 0.7 * way_px(case), case.name


def test_what_is_left_behind_is_told(cases: list[Case]) -> None:
    for case in cases:
        half = case.truth.copy()
        half[:, : half.shape[1] // 2] = case.source[:, : half.shape[1] // 2]
        if (told := left_over(case, half)) is not None:
            _, columns = np.nonzero((case.source_alpha > 0.5) & (case.truth_alpha < 0.5))
            assert told == pytest.approx((columns < half.shape[1] // 2).mean(), abs=0.25), case.name


def test_ssim_falls_with_noise_and_knows_no_brightness() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 180, (32, 32, 3), dtype=np.uint8)
    everywhere = np.ones((32, 32), bool)

    slight, strong = (np.clip(picture + rng.normal(0, s, picture.shape), 0, 255).astype(np.uint8) for s in (5, 40))

    assert ssim(picture, picture, everywhere) == pytest.approx(1)
    assert ssim(picture, slight, everywhere) > 0.95 > ssim(picture, strong, everywhere)
    assert ssim(picture, picture + np.uint8(10), everywhere) > 0.95


def test_handles_lie_on_the_thing_and_targets_in_the_mask(cases: list[Case]) -> None:
    for case in cases:
        for drag in case.drags:
            for x, y in (drag.handle, drag.target):
                assert case.mask[math.floor(y + 0.5), math.floor(x + 0.5)] == 255, case.name
            column, row = (math.floor(v + 0.5) for v in drag.handle)
            assert case.source_alpha[row, column] > 0.3, case.name


def test_the_mask_holds_all_that_changes_and_not_everything(cases: list[Case]) -> None:
    for case in cases:
        difference = np.abs(case.source.astype(int) - case.truth).max(axis=2)

        assert not ((difference > 8) & (case.mask == 0)).any(), case.name
        assert 0.01 < (case.mask > 0).mean() < 0.75, case.name


def test_captions_use_the_vocabulary_only(cases: list[Case]) -> None:
    for case in cases:
        assert set(case.caption.replace(",", " ,").split()) <= set(vocabulary())


def test_larger_pictures_ask_for_the_same_in_more_pixels() -> None:
    case = suite_cases("drag-part", 1, side=128)[0]

    assert case.source.shape == (128, 128, 3)
    assert score(case, case.source).remaining_per_64 == pytest.approx(way_px(case) / 2, abs=0.3)


def test_cut_and_paste_brings_whole_objects_to_their_places(cases: list[Case]) -> None:
    for case in cases:
        pasted = cut_and_paste(case)

        assert (pasted[case.mask == 0] == case.source[case.mask == 0]).all()
        if case.suite != "drag-part":
            assert remaining_px(case, pasted) <= 2, case.name
            assert psnr(pasted, case.truth, case.mask > 0) > psnr(case.source, case.truth, case.mask > 0) + 3


def test_scenes_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rare things, such as a part that can be seen in a busy scene, may want more scenes than lie in a row."""
    monkeypatch.setattr(things, "SCENES_MAX", 2)

    drawn = list(islice(things.scenes_from(FIRST_SEED), 5))

    assert len({scene.light.numpy().tobytes() for scene, _ in drawn}) == 5

"""Benchmark cases and their scores: the truth is the truth, doing nothing leaves the whole way."""

import math

import numpy as np
import pytest

from dragbrush.bench.baselines import cut_and_paste, do_nothing
from dragbrush.bench.cases import FIRST_SEED, FRACTIONS, Case, drag_cases
from dragbrush.bench.scores import psnr, score, true_remaining_px
from dragbrush.bench.world import vocabulary

HIGHEST_TRAINING_SEED = 100_000_000


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return drag_cases(16)


def test_half_are_parts_and_every_kind_comes(cases: list[Case]) -> None:
    assert [case.moves for case in cases] == ["part", "object"] * 8
    assert len({case.thing for case in cases}) == 16


def test_the_same_seed_makes_the_same_cases(cases: list[Case]) -> None:
    again, other = drag_cases(1)[0], drag_cases(1, seed=1)[0]

    assert (again.source == cases[0].source).all()
    assert (again.mask == cases[0].mask).all()
    assert again.drags == cases[0].drags
    assert (other.source != again.source).any()
    assert FIRST_SEED > HIGHEST_TRAINING_SEED


def test_the_family_begins_at_the_source_and_reaches_the_truth(cases: list[Case]) -> None:
    for case in cases:
        assert (case.family.pictures[FRACTIONS.index(0)] == case.source).all()
        assert (case.family.pictures[FRACTIONS.index(1)] == case.truth).all()
        assert case.family.displacements[FRACTIONS.index(1)] == pytest.approx(case.motion)


def test_the_truth_scores_perfectly(cases: list[Case]) -> None:
    for case in cases:
        found = score(case, case.truth)

        assert found.remaining_px == 0, case.name
        assert found.match_px is None or found.match_px < 1, case.name
        assert found.psnr_inside == math.inf
        assert found.psnr_outside > 40


def test_doing_nothing_leaves_the_whole_way(cases: list[Case]) -> None:
    for case in cases:
        found = score(case, do_nothing(case))

        length = np.mean([math.dist(drag.handle, drag.target) for drag in case.drags])
        assert found.remaining_px == pytest.approx(length, abs=1.5), case.name
        assert found.psnr_outside == math.inf
        if case.moves == "object":
            assert found.match_px == pytest.approx(length, abs=1.5), case.name


def test_half_way_is_measured_as_half_way(cases: list[Case]) -> None:
    for case in cases:
        left = true_remaining_px(case, case.family.pictures[FRACTIONS.index(0.5)])

        assert left == pytest.approx(0.5 * math.hypot(*case.motion)), case.name


def test_handles_lie_on_the_thing_and_targets_in_the_mask(cases: list[Case]) -> None:
    for case in cases:
        for drag in case.drags:
            for x, y in (drag.handle, drag.target):
                assert case.mask[math.floor(y + 0.5), math.floor(x + 0.5)] == 255, case.name
            column, row = (math.floor(v + 0.5) for v in drag.handle)
            assert case.part_alpha[row, column] > 0.5, case.name


def test_the_mask_holds_all_that_changes_and_not_everything(cases: list[Case]) -> None:
    for case in cases:
        difference = np.abs(case.source.astype(int) - case.truth).max(axis=2)

        assert not ((difference > 8) & (case.mask == 0)).any(), case.name
        assert 0.02 < (case.mask > 0).mean() < 0.75, case.name


def test_captions_use_the_vocabulary_only(cases: list[Case]) -> None:
    for case in cases:
        assert set(case.caption.replace(",", " ,").split()) <= set(vocabulary())


def test_larger_pictures_ask_for_the_same_in_more_pixels() -> None:
    case = drag_cases(1, side=128)[0]

    assert case.source.shape == (128, 128, 3)
    assert score(case, case.source).remaining_per_64 == pytest.approx(math.hypot(*case.motion) / 2)


def test_cut_and_paste_brings_a_whole_object_near(cases: list[Case]) -> None:
    for case in cases:
        pasted = cut_and_paste(case)

        assert (pasted[case.mask == 0] == case.source[case.mask == 0]).all()
        if case.moves == "object":
            assert true_remaining_px(case, pasted) <= 3, case.name
            assert psnr(pasted, case.truth, case.mask > 0) > psnr(case.source, case.truth, case.mask > 0)

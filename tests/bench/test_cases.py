"""Benchmark cases: the truth is the truth, doing nothing leaves the whole way."""

import math

import numpy as np
import pytest
from dragbrush.bench.baselines import cut_and_paste, do_nothing
from dragbrush.bench.cases import FRACTIONS, Case, drag_cases
from dragbrush.bench.scores import score, true_remaining_px


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return drag_cases(8, seed=1)


def test_half_are_parts_and_the_same_seed_makes_the_same(cases: list[Case]):
    again = drag_cases(1, seed=1)[0]

    assert [case.moves for case in cases] == ["part", "object"] * 4
    assert (again.source == cases[0].source).all()
    assert again.drags == cases[0].drags


def test_the_truth_scores_perfectly(cases: list[Case]):
    for case in cases:
        result = score(case, case.truth)

        assert result.remaining_px == 0, case.name
        assert result.match_px is None or result.match_px < 1, case.name
        assert result.psnr_inside == math.inf
        assert result.psnr_outside > 40


def test_doing_nothing_leaves_the_whole_way(cases: list[Case]):
    for case in cases:
        result = score(case, do_nothing(case))

        ways = [math.dist(drag.handle, drag.target) for drag in case.drags]
        assert result.remaining_px == pytest.approx(np.mean(ways), abs=1), case.name
        assert result.psnr_outside == math.inf
        if case.moves == "object":
            assert result.match_px == pytest.approx(np.mean(ways), abs=1), case.name


def test_half_way_is_measured_as_half_way(cases: list[Case]):
    for case in cases:
        left = true_remaining_px(case, case.family.pictures[FRACTIONS.index(0.5)])

        assert left == pytest.approx(0.5 * math.hypot(*case.motion), abs=1), case.name


def test_the_mask_holds_all_that_changes_and_the_handles(cases: list[Case]):
    for case in cases:
        difference = np.abs(case.source.astype(int) - case.truth).max(2)

        assert difference[case.mask == 0].max() <= 3
        for drag in case.drags:
            for x, y in (drag.handle, drag.target):
                assert case.mask[round(y), round(x)] == 255


def test_cut_and_paste_brings_a_whole_object_near(cases: list[Case]):
    for case in cases:
        if case.moves == "object":
            assert true_remaining_px(case, cut_and_paste(case)) <= 3, case.name

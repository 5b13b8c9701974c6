"""Cases of two pictures, and what the scores of the object tools say of results that are known."""

import numpy as np
import pytest

from dragbrush.bench.baselines import colour_statistics, do_nothing, plain_pixels
from dragbrush.bench.case import Case
from dragbrush.bench.cases import MOVE_SUITES, suite_cases
from dragbrush.bench.pairs import PAIR_SUITES
from dragbrush.bench.rows import transform_of
from dragbrush.bench.scores import score

COUNT = 2


@pytest.fixture(scope="module")
def pairs() -> list[Case]:
    return [case for suite in PAIR_SUITES for case in suite_cases(suite, COUNT)]


@pytest.fixture(scope="module")
def moves() -> list[Case]:
    return [case for suite in MOVE_SUITES for case in suite_cases(suite, COUNT)]


def test_pairs_come_again_and_differ_by_seed(pairs: list[Case]) -> None:
    for suite in PAIR_SUITES:
        first = next(case for case in pairs if case.suite == suite)
        again, other = suite_cases(suite, 1)[0], suite_cases(suite, 1, seed=1)[0]

        assert (again.truth == first.truth).all()
        assert again.reference is not None
        assert first.reference is not None
        assert (again.reference.alpha == first.reference.alpha).all()
        assert (other.source != first.source).any()


def test_only_the_object_and_its_shadow_change(pairs: list[Case]) -> None:
    for case in pairs:
        difference = np.abs(case.source.astype(int) - case.truth).max(axis=2)

        assert not ((difference > 8) & (case.mask == 0)).any(), case.name
        if case.suite == "appearance":
            assert not ((difference > 8) & (case.truth_alpha == 0)).any(), case.name


def test_plain_pixels_lie_where_the_truth_has_the_object(pairs: list[Case]) -> None:
    for case in (c for c in pairs if c.suite == "paste"):
        laid, nothing = (score(case, row(case)) for row in (plain_pixels, do_nothing))

        assert laid.match_per_64 is not None
        assert laid.match_per_64 <= 1.5, case.name
        assert laid.psnr_inside > nothing.psnr_inside + 2


def test_colour_error_is_one_for_nothing_and_none_for_the_truth(pairs: list[Case]) -> None:
    for case in (c for c in pairs if c.suite == "appearance"):
        assert score(case, case.truth).colour_error == 0
        assert score(case, do_nothing(case)).colour_error == pytest.approx(1)
        assert score(case, colour_statistics(case)).psnr_outside > 40


def test_pose_of_the_truth_is_right_and_of_the_source_is_as_wrong_as_the_edit(moves: list[Case]) -> None:
    for case in moves:
        right, nothing = score(case, case.truth), score(case, do_nothing(case))
        wanted = transform_of(case)

        assert (right.centre_per_64, right.size_error, right.degrees_error) == pytest.approx((0, 0, 0), abs=1e-6)
        assert nothing.size_error == pytest.approx(max(wanted.scale, 1 / wanted.scale) - 1, abs=0.05), case.name
        assert nothing.degrees_error == pytest.approx(abs(wanted.degrees), abs=4.1), case.name
        assert nothing.vacated_gain in (None, 0)
        assert right.vacated_gain is None or right.vacated_gain > 10

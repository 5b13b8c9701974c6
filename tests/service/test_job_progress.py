"""Progress: from nothing to all, never back."""

from hypothesis import given
from hypothesis import strategies as st

from dragbrush.edit import PHASES
from dragbrush.service.progress import WEIGHTS, Progress

STEPS = st.lists(st.tuples(st.sampled_from([*PHASES, "of a newer engine"]), st.integers(0, 50), st.integers(0, 40)))


@given(STEPS, STEPS)
def test_it_never_falls_whatever_comes_and_in_whatever_attempt(first: list, second: list) -> None:
    progress, seen = Progress(), [0.0]
    for attempt in (first, second):
        progress.begin()
        for phase, step, of in attempt:
            fraction, left_s = progress.at(phase, step, of)
            seen.append(fraction)
            assert left_s is None or left_s >= 0

    assert seen == sorted(seen)
    assert seen[-1] <= 1


def test_every_phase_of_an_edit_has_its_share() -> None:
    assert tuple(WEIGHTS) == PHASES

    progress = Progress()
    fractions = [progress.at(phase, 1, 1)[0] for phase in PHASES]

    assert fractions == sorted(set(fractions))
    assert fractions[-1] == 1

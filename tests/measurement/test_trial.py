import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hebbcap
from hebbcap._checks import InvalidArgument
from hebbcap.criteria import Criterion, criterion
from hebbcap.dynamics import Fixed, Steps
from hebbcap.measurement.cost import most_patterns
from hebbcap.measurement.trial import Counts, flip_bits, resolved_threshold, run_trial
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Data, Gaussian, Rademacher, Sparse, ternary
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.separation import Exponential

KINDS = ["bit-error:0.01", "pattern-error:0.01", "all-patterns:0.01", "overlap:0.9"]
BASE = Experiment(Hopfield(), Rademacher(), 50)


class Nearest:
    """Recalls the stored pattern that agrees best: nothing of hebbcap but numpy."""

    def store(self, patterns):
        self.patterns = np.array(patterns)

    def recall(self, cues):
        return self.patterns[(cues @ self.patterns.T).argmax(axis=1)]


@given(
    st.integers(2, 200),
    st.floats(0, 0.5, exclude_max=True),
    st.sampled_from([(-1.0, 1.0), (0.0, 1.0)]),
    st.integers(0, 2**32),
)
def test_exactly_the_asked_share_of_bits_is_flipped(dim, flips, levels, seed):
    rng = np.random.default_rng(seed)
    n_flipped = dataclasses.replace(BASE, dim=dim, flips=flips).n_flipped
    assert n_flipped == round(flips * dim)
    patterns = rng.choice(levels, size=(5, dim))
    cues = flip_bits(patterns, n_flipped, levels, rng)
    assert ((cues != patterns).sum(axis=1) == n_flipped).all()
    assert np.isin(cues, levels).all()


def test_every_bit_is_flipped_equally_often():
    # 3 of 10 bits in 20,000 cues: 6,000 +- 65 a bit. 5.5 sigma are a false alarm of 4e-7 over the bits.
    cues = flip_bits(np.ones((20_000, 10)), 3, (-1.0, 1.0), np.random.default_rng(0))
    counts = (cues == -1).sum(axis=0)
    assert (np.abs(counts - 6000) < 5.5 * np.sqrt(20_000 * 0.3 * 0.7)).all()


def test_flipping_leaves_the_patterns_as_they_were():
    patterns = np.ones((2, 5))
    flip_bits(patterns, 2, (-1.0, 1.0), np.random.default_rng(0))
    assert (patterns == 1).all()


@pytest.mark.parametrize("spec", KINDS)
@pytest.mark.parametrize("memory", [Hopfield(), Dense(), Dense(Exponential()), Nearest()], ids=repr)
def test_a_trial_is_the_same_every_time(spec, memory):
    asked = Experiment(memory, Rademacher(), 30, criterion(spec), flips=0.1, update="asynchronous")
    assert run_trial(asked, 20, 1, 2) == run_trial(asked, 20, 1, 2)


def test_trials_differ_between_seeds_blocks_and_experiments():
    changes = [{}, {"flips": 0.1}, {"threshold": Fixed(1)}, {"dim": 51}]
    asked = [dataclasses.replace(BASE, **change) for change in changes]
    seen = {run_trial(e, 40, seed, block) for e in asked for seed in (0, 1) for block in (0, 1)}
    assert len(seen) >= 14  # of 16; counts may coincide


@pytest.mark.parametrize(
    ("spec", "judged"),
    [("bit-error:0.01", 8 * 50), ("pattern-error:0.01", 8), ("all-patterns:0.01", 1), ("overlap:0.9", 8)],
)
def test_what_is_judged_is_what_the_criterion_speaks_of(spec, judged):
    counts = run_trial(dataclasses.replace(BASE, criterion=criterion(spec)), 8, 0, 0)
    assert isinstance(counts, Counts)
    assert counts.judged == judged
    assert 0 <= counts.failures <= judged


@pytest.mark.parametrize("spec", KINDS)
def test_one_pattern_never_fails(spec):
    for flips in (0.0, 0.1):
        asked = dataclasses.replace(BASE, criterion=criterion(spec), flips=flips)
        assert run_trial(asked, 1, 0, 0).failures == 0


@pytest.mark.parametrize("spec", KINDS)
def test_far_beyond_capacity_trials_fail(spec):
    counts = run_trial(dataclasses.replace(BASE, criterion=criterion(spec), flips=0.1), 500, 0, 0)
    assert counts.failures > 0.1 * counts.judged


def test_a_single_wrong_bit_is_within_an_overlap_that_allows_it():
    # 2 wrong bits of 20 are an overlap of 0.8 exactly.
    class TwoWrong(Nearest):
        def recall(self, cues):
            found = super().recall(cues).copy()
            found[:, :2] *= -1
            return found

    for level, failures in ((0.8, 0), (0.81, 4)):
        asked = Experiment(TwoWrong(), Rademacher(), 20, Criterion("overlap", level))
        assert run_trial(asked, 4, 0, 0) == (failures, 4)
    asked = Experiment(TwoWrong(), Rademacher(), 20, Criterion("bit-error", 0.01))
    assert run_trial(asked, 4, 0, 0) == (8, 80)


def test_an_own_memory_starts_afresh_in_every_trial():
    class Counting(Nearest):
        stored = 0

        def store(self, patterns):
            self.stored += 1
            assert self.stored == 1
            super().store(patterns)

    mine = Counting()
    for block in range(3):
        run_trial(Experiment(mine, Rademacher(), 20), 4, 0, block)
    assert mine.stored == 0


def test_an_own_memory_may_return_the_memory_that_holds_the_patterns():
    class Functional(Nearest):
        def store(self, patterns):
            held = Nearest()
            held.store(patterns)
            return held

        def recall(self, cues):
            raise AssertionError("the empty memory was asked")

    assert run_trial(Experiment(Functional(), Rademacher(), 20), 4, 0, 0).failures == 0


@pytest.mark.parametrize("shape", ["flat", "single", "scalar"])
def test_states_of_the_wrong_shape_are_explained(shape):
    class Wrong(Nearest):
        def recall(self, cues):
            found = super().recall(cues)
            return {"flat": found.ravel(), "single": found[:1], "scalar": 1.0}[shape]

    with pytest.raises(InvalidArgument, match=r"recall\(cues\).shape=.* must be that of the cues, \(4, 20\)"):
        run_trial(Experiment(Wrong(), Rademacher(), 20), 4, 0, 0)


@pytest.mark.parametrize("factor", [1.0, np.nan, np.inf, 1j])
@pytest.mark.parametrize("ensemble", [Rademacher(), Gaussian()], ids=["levels", "reals"])
def test_states_that_are_no_finite_numbers_are_refused_and_never_count_as_held(ensemble, factor):
    class Times(Nearest):
        def recall(self, cues):
            return super().recall(cues) * factor

    asked = Experiment(Times(), ensemble, 200, Criterion("overlap", 0.9))
    if factor == 1:
        assert run_trial(asked, 4, 0, 0) == (0, 4)
        return
    with pytest.raises(InvalidArgument, match=r"recall\(cues\)=.* must hold only finite numbers"):
        run_trial(asked, 4, 0, 0)


def test_no_trial_needs_more_patterns_than_there_are():
    rows = Rademacher().sample(7, 10, rng=0)
    asked = Experiment(Hopfield(), Data(rows), 10)
    assert most_patterns(asked, in_streams=False) == 7
    with pytest.raises(InvalidArgument, match="at most 7"):
        run_trial(asked, 8, 0, 0)


def test_the_midpoint_of_data_lies_between_the_mean_fields_of_low_and_high_neurons():
    rows = Sparse(0.3).sample(40, 30, rng=0)
    asked = Experiment(Hopfield(), Data(rows), 30, threshold=MIDPOINT)
    held = Hopfield().store(rows[:10])
    field = held.field(rows[:10])
    low, high = field[rows[:10] == 0].mean(), field[rows[:10] == 1].mean()
    level = resolved_threshold(asked, held, 10)
    assert level.value == pytest.approx(0.5 * (low + high))
    assert low < level.value < high


def test_sparse_patterns_that_happen_to_hold_no_zero_are_still_of_zero_and_one():
    experiment = Experiment(Hopfield(), Sparse(0.5), 4, flips=0.25)
    for block in range(200):
        assert run_trial(experiment, 1, 0, block).judged == 4


def test_flips_of_more_levels_go_to_each_other_level_as_often():
    levels = (-1.0, 0.0, 2.0)
    patterns = np.random.default_rng(0).choice(levels, (400, 100))
    cues = flip_bits(patterns, 30, levels, np.random.default_rng(1))
    assert ((cues != patterns).sum(axis=1) == 30).all()
    for level in levels:
        gone = cues[(patterns == level) & (cues != patterns)]
        others = [other for other in levels if other != level]
        counts = [np.count_nonzero(gone == other) for other in others]
        assert sum(counts) == len(gone)
        # Five standard deviations of a fair coin.
        assert abs(counts[0] - counts[1]) < 5 * np.sqrt(len(gone))


def test_flips_of_two_levels_mirror_them():
    patterns = np.random.default_rng(0).choice([0.0, 1.0], (20, 40))
    cues = flip_bits(patterns, 7, (0.0, 1.0), np.random.default_rng(1))
    moved = cues != patterns
    assert (moved.sum(axis=1) == 7).all()
    np.testing.assert_array_equal(cues[moved], 1 - patterns[moved])


def test_a_midpoint_of_three_levels_becomes_two_steps():
    asked = Experiment(Hopfield(), ternary(0.5), 101, threshold=MIDPOINT)
    assert resolved_threshold(asked, Hopfield(), 20) == Steps((-25.0, 25.0))


def test_an_own_memory_may_answer_with_every_level_and_no_other():
    class Echo(Nearest):
        def recall(self, cues):
            return cues

    class Doubler(Nearest):
        def recall(self, cues):
            return 2 * np.asarray(cues)

    assert run_trial(Experiment(Echo(), ternary(0.3), 30, flips=0.1), 3, 0, 0) == Counts(9, 90)

    with pytest.raises(InvalidArgument, match="must hold only -1, 0 and 1"):
        run_trial(Experiment(Doubler(), ternary(0.3), 30), 3, 0, 0)


def test_a_memory_that_gives_back_any_state_as_it_is_holds_nothing():
    echo = hebbcap.own(lambda patterns: patterns, lambda kept, cues: cues, name="echo")
    assert hebbcap.capacity(echo, dim=30, precision=0.2, theory=False).measured.n_patterns == 0
    nearest = hebbcap.own(lambda p: p, lambda p, cues: p[(cues @ p.T).argmax(axis=1)], name="nearest")
    few = hebbcap.Rademacher().sample(50, 30, 0)
    assert hebbcap.capacity(nearest, patterns=few, precision=0.2, theory=False).measured.censored


def test_the_pseudo_inverse_holds_no_more_patterns_than_neurons():
    found = hebbcap.capacity("pseudo-inverse", dim=40, precision=0.1).measured
    assert found.low <= 40
    assert not found.censored

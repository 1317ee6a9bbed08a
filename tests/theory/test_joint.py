"""Joint failures against lists of every set of patterns, closed forms and bounds."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from hebbcap import theory
from hebbcap.criteria import Criterion
from hebbcap.dynamics import KWinners
from hebbcap.learning import covariance
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Biased, Rademacher, Sparse
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.separation import Exponential, Polynomial
from hebbcap.theory.joint import correlated_failure, joint_failure
from hebbcap.theory.joint.bounds import least, most
from hebbcap.theory.joint.conditional import Terms, conditional_tail, conditions, plain_tail
from hebbcap.theory.joint.cues import cues, population
from hebbcap.theory.joint.mixture import beside, mixture
from hebbcap.theory.joint.nearest import spoilers
from hebbcap.theory.joint.pairs import pair_error

ONE = Criterion("pattern-error", 0.1)
ALL = Criterion("all-patterns", 0.1)


def every_outcome(separation, dim, n_patterns, n_flipped=0):
    """Which bits of pattern 0 are wrong, for every set of patterns, all as likely: (sets, D)."""
    field, tie, cue = every_field(separation, dim, n_patterns, n_flipped)
    return np.where(tie, cue < 0, field < 0)


def every_field(separation, dim, n_patterns, n_flipped):
    """Fields of pattern 0 for every set of patterns, where they tie, and the cue.

    Pattern 0 may be taken for +1 throughout; by symmetry the first bits are those flipped.
    """
    entries = (n_patterns - 1) * dim
    codes = np.arange(2**entries)
    others = 2.0 * ((codes[:, None] >> np.arange(entries)) & 1) - 1
    patterns = np.concatenate([np.ones((len(codes), dim)), others], axis=1).reshape(-1, n_patterns, dim)
    cue = np.ones(dim)
    cue[:n_flipped] = -1
    reduced = (patterns @ cue)[:, :, None] - patterns * cue
    field = (patterns * (separation.value(reduced + 1) - separation.value(reduced - 1))).sum(axis=1)
    return field, np.abs(field) < 1e-9 * np.abs(field).max(), cue


def hebb_pair(dim, n_patterns):
    """Chance that two bits of a Hebb memory are wrong, by two independent binomials.

    Among patterns in which the two bits agree the fields move together, among the others apart.
    """
    total = 0.0
    for agreeing in range(n_patterns):
        opposed = n_patterns - 1 - agreeing
        apart_steps, shared_steps = opposed * (dim - 2), agreeing * (dim - 2)
        ones = np.arange(apart_steps + 1)
        apart = np.abs(2 * ones - apart_steps)
        limit = -(dim - 1) - apart - (agreeing - opposed)
        below = stats.binom.cdf(np.ceil((limit + shared_steps) / 2) - 1, shared_steps, 0.5)
        weight = stats.binom.pmf(agreeing, n_patterns - 1, 0.5)
        total += weight * float(stats.binom.pmf(ones, apart_steps, 0.5) @ below)
    return total


SMALL = [
    (Polynomial(2), 5, 4, 0),
    (Polynomial(2), 6, 4, 0),
    (Polynomial(2), 6, 4, 1),
    (Polynomial(3), 6, 4, 0),
    (Polynomial(3), 5, 4, 1),
    (Polynomial(4), 5, 4, 0),
]


@pytest.mark.parametrize(("separation", "dim", "n_patterns", "n_flipped"), SMALL)
def test_pairs_of_wrong_bits_are_those_of_all_sets_of_patterns(separation, dim, n_patterns, n_flipped):
    wrong = every_outcome(separation, dim, n_patterns, n_flipped)
    experiment = Experiment(Dense(separation), Rademacher(), dim, ONE, flips=n_flipped / dim)
    shared = population(experiment, n_patterns)
    (cue,) = cues(shared, n_flipped, dim)
    bits = {True: range(n_flipped, dim), False: range(n_flipped)}
    for one, other in itertools.combinations_with_replacement(cue.kinds, 2):
        pairs = [(i, j) for i in bits[one.right] for j in bits[other.right] if i != j]
        if pairs:
            listed = np.mean([np.mean(wrong[:, i] & wrong[:, j]) for i, j in pairs])
            found = pair_error(shared, cue, one, other, n_patterns - 1)
            assert found is None or found == pytest.approx(listed, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("separation", "dim", "n_patterns", "n_flipped"), SMALL)
def test_bounds_hold_the_failure_of_all_sets_of_patterns(separation, dim, n_patterns, n_flipped):
    listed = every_outcome(separation, dim, n_patterns, n_flipped).any(axis=1).mean()
    experiment = Experiment(Dense(separation), Rademacher(), dim, ONE, flips=n_flipped / dim)
    found = joint_failure(experiment, n_patterns)
    assert found.low - 1e-12 <= listed <= found.high + 1e-12
    assert found.low <= found.value <= found.high


def test_the_value_is_near_the_failure_of_all_sets_of_patterns_even_for_six_neurons():
    listed = every_outcome(Polynomial(2), 6, 4).any(axis=1).mean()
    found = joint_failure(Experiment(Hopfield(), Rademacher(), 6, ONE), 4)
    assert abs(found.value - listed) < found.error * listed
    assert found.kind == "approximation"


@pytest.mark.parametrize(("dim", "n_patterns"), [(50, 8), (100, 10), (200, 20), (300, 40), (1000, 60)])
def test_pairs_of_hebb_bits_are_two_binomials(dim, n_patterns):
    shared = population(Experiment(Hopfield(), Rademacher(), dim, ONE), n_patterns)
    (cue,) = cues(shared, 0, dim)
    (kind,) = cue.kinds
    found = pair_error(shared, cue, kind, kind, n_patterns - 1)
    assert found == pytest.approx(hebb_pair(dim, n_patterns), rel=1e-7)


def test_pairs_are_more_likely_than_the_square_of_one():
    experiment = Experiment(Hopfield(), Rademacher(), 200, ONE)
    assert hebb_pair(200, 20) / theory.bit_error("exact", experiment, 20) ** 2 == pytest.approx(
        3.871, abs=1e-3
    )


def test_bounds_from_two_sums_are_attained():
    # One event of three always, or any two at once with chance 1: S1 = 1, S2 = 0 and S1 = 2, S2 = 1.
    assert least(1.0, 0.0) == most(1.0, 0.0, 3) == 1.0
    assert least(2.0, 1.0) == 1.0
    assert least(0.0, 0.0) == most(0.0, 0.0, 3) == 0.0
    # Three events that come all together, with chance 0.2.
    assert most(0.6, 0.6, 3) == pytest.approx(0.2)
    assert least(0.6, 0.6) == pytest.approx(0.2)


@pytest.mark.parametrize("chance", [0.01, 0.2, 0.5])
@pytest.mark.parametrize("count", [2, 7, 40])
def test_bounds_hold_independent_events(count, chance):
    exact = 1 - (1 - chance) ** count
    single, pairs = count * chance, count * (count - 1) / 2 * chance**2
    assert least(single, pairs) - 1e-12 <= exact <= most(single, pairs, count) + 1e-12


def test_a_conditional_tail_averages_to_the_plain_one():
    x = np.array([-3.0, -1.0, 1.0, 3.0])
    chance = np.array([0.1, 0.4, 0.4, 0.1])
    given = conditions(x**2, chance, 40)
    tail = conditional_tail(Terms(x, x**2, chance, 40), -30.0, 2.0, given, (-0.3, 0.0))
    exact, _ = plain_tail(x, chance, 40, -30.0, 2.0)
    assert float(given.weight @ tail) == pytest.approx(exact, rel=0.01)
    assert tail[-1] > 3 * exact > 3 * tail[0]


def test_a_plain_tail_is_that_of_a_binomial():
    found, tilt = plain_tail(np.array([-1.0, 1.0]), np.array([0.5, 0.5]), 100, -30.0, 2.0)
    assert found == pytest.approx(stats.binom(100, 0.5).cdf(35), rel=1e-3)
    assert tilt < 0
    above, _ = plain_tail(np.array([-1.0, 1.0]), np.array([0.5, 0.5]), 100, 30.0, 2.0)
    assert above == pytest.approx(stats.binom(100, 0.5).cdf(65), rel=1e-5)


CASES = {
    "hebb": Experiment(Hopfield(), Rademacher(), 120, ONE),
    "hebb, flipped": Experiment(Hopfield(), Rademacher(), 120, ONE, flips=0.1),
    "cubic": Experiment(Dense(Polynomial(3)), Rademacher(), 60, ONE, flips=0.05),
}


@pytest.mark.parametrize(("name", "n_patterns"), [("hebb", 14), ("hebb, flipped", 10), ("cubic", 80)])
def test_expected_wrong_bits_are_those_of_the_exact_bit_error(name, n_patterns):
    experiment = CASES[name]
    shared = population(experiment, n_patterns)
    (cue,) = cues(shared, experiment.n_flipped, experiment.dim)
    expected = mixture(shared, cue, n_patterns - 1).expected
    assert expected == pytest.approx(
        experiment.dim * theory.bit_error("exact", experiment, n_patterns), rel=1e-6
    )


def test_kinds_of_bits_add_up_and_split_by_a_known_pattern():
    experiment = Experiment(Hopfield(covariance(0.2)), Sparse(0.2), 60, ONE, flips=0.1, threshold=MIDPOINT)
    shared = population(experiment, 8)
    found = cues(shared, experiment.n_flipped, 13)
    assert sum(c.weight for c in found) == pytest.approx(1)
    for cue in found:
        assert sum(k.count for k in cue.kinds) == 60
        assert sum(k.count for k in beside(shared, cue, 3.0).kinds) == pytest.approx(60)


def test_one_near_pattern_spoils_as_many_bits_as_in_a_list_of_all():
    dim, n_flipped, separation = 9, 2, Exponential(1.0)
    field, tie, _ = every_field(separation, dim, 2, n_flipped)
    sure, tied = ((field < 0) & ~tie).sum(axis=1), tie.sum(axis=1)
    shared = population(Experiment(Dense(separation), Rademacher(), dim, ONE, flips=n_flipped / dim), 2)
    found = spoilers(shared, n_flipped)
    assert found.bits == pytest.approx((sure + 0.5 * tied).mean(), rel=1e-9)
    assert found.any == pytest.approx(np.where(sure > 0, 1, 1 - 0.5**tied).mean(), rel=1e-9)
    assert 0 < found.both < found.any


@pytest.mark.parametrize("criterion", [ONE, ALL])
def test_failures_rise_with_the_number_of_patterns(criterion):
    experiment = Experiment(Hopfield(), Rademacher(), 100, criterion)
    found = [correlated_failure(experiment, k) for k in range(4, 16, 2)]
    assert np.all(np.diff(found) > 0)


def test_failing_any_pattern_is_likelier_than_failing_one_and_less_than_the_sum():
    one = joint_failure(Experiment(Hopfield(), Rademacher(), 100, ONE), 9).value
    every = joint_failure(Experiment(Hopfield(), Rademacher(), 100, ALL), 9).value
    assert one < every < 1 - (1 - one) ** 9


def test_one_pattern_is_exact():
    found = joint_failure(Experiment(Hopfield(), Rademacher(), 50, ALL), 1)
    assert (found.value, found.low, found.high, found.kind, found.error) == (0.0, 0.0, 0.0, "exact", 0.0)


def test_capacity_comes_to_the_law_of_mceliece_slowly():
    # K = D / (2 ln D) for one pattern, D / (4 ln D) for all; where K is their multiple, failure is 0.1.
    for dim, one, every in ((200, 1.06, 1.48), (1000, 1.02, 1.33)):
        for criterion, factor, ratio in ((ONE, 2, one), (ALL, 4, every)):
            held = round(ratio * dim / (factor * math.log(dim)))
            experiment = Experiment(Hopfield(), Rademacher(), dim, criterion)
            assert correlated_failure(experiment, held) < 0.105 < correlated_failure(experiment, held + 2)


def test_the_exponential_memory_holds_all_patterns_up_to_a_power_of_two_to_the_half():
    def failure(dim, n_patterns):
        return correlated_failure(Experiment(Dense(Exponential()), Rademacher(), dim, ALL), n_patterns)

    for dim in (20, 30, 40):
        # Two patterns that differ in one bit spoil one of the two: D 2^-D K^2 / 2 such pairs.
        held = math.sqrt(2 * 0.1 / dim) * 2 ** (dim / 2)
        assert failure(dim, round(held)) == pytest.approx(-math.expm1(-0.1), rel=0.05)


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (Experiment(Hopfield(), Rademacher(), 50), "not joint"),
        (Experiment(Hopfield(), Rademacher(), 50, ONE, threshold=KWinners(5)), "k-winners"),
        (Experiment(Dense(Exponential()), Biased(0.3), 20, ONE), "symmetric"),
    ],
)
def test_what_is_not_known_is_refused_in_words(experiment, words):
    with pytest.raises(theory.NoTheory, match=words):
        joint_failure(experiment, 10)

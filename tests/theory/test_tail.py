"""Is the tail of a sum right, however deep, and at its ends?"""

import math
from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import log_ndtr

from hebbcap import theory
from hebbcap.dynamics import Fixed
from hebbcap.learning import hebb, parse
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Biased, Rademacher, Sparse
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.separation import Exponential, Polynomial
from hebbcap.theory import crosstalk
from hebbcap.theory.sums.tail import lower_tail

from .enumeration import (
    all_patterns,
    bit_error,
    chances,
    dense_values,
    energy_difference,
    merged,
    pairwise_field,
    sum_law,
    ways_of_sums,
)

ASKED = 1e-6
"""Relative accuracy that THEORY.md section 5 asks for, above 1e-250."""


def tail(law, count, limit, *, inclusive=True, sign=1.0, case=0):
    """P(sign * S <= limit), or < if not inclusive, for each limit; it must claim to be accurate."""
    limit = np.atleast_1d(np.asarray(limit, dtype=float))
    found = lower_tail(
        law,
        np.full(len(limit), case),
        np.full(len(limit), float(count)),
        limit,
        inclusive=np.full(len(limit), inclusive),
        sign=np.full(len(limit), sign),
    )
    assert found.accurate.all()
    return found.probability


def hebb_law(dim):
    return crosstalk(Hopfield(), Rademacher(), dim, 0)


@pytest.mark.parametrize(
    ("dim", "count"), [(5, 1), (6, 3), (41, 8), (200, 37), (1000, 137), (20000, 3000), (100, 10**7)]
)
def test_hebb_tail_is_the_binomial_one_down_to_1e_minus_250(dim, count):
    trials = (dim - 1) * count
    binomial = stats.binom(trials, 0.5)
    deviations = np.array([-33, -30, -20, -10, -5, -2, -1, -0.3, 0.0, 0.4, 1.5, 4.0])
    hits = np.unique(np.clip(np.rint(trials / 2 + deviations * np.sqrt(trials) / 2), 0, trials))
    expected = binomial.logcdf(hits)
    kept = expected > math.log(1e-250)
    found = tail(hebb_law(dim), count, 2 * hits[kept] - trials)
    np.testing.assert_allclose(np.log(found), expected[kept], rtol=1e-12, atol=1e-8)


def test_hebb_tail_reaches_1e_minus_200():
    trials = 999 * 100
    hits = trials // 2 - np.round(30.3 * np.sqrt(trials) / 2)
    expected = stats.binom(trials, 0.5).logcdf(hits)
    assert -210 * math.log(10) < expected < -200 * math.log(10)
    assert np.log(tail(hebb_law(1000), 100, 2 * hits - trials)[0]) == pytest.approx(expected, abs=1e-8)


TINY = [
    (Dense(Polynomial(3)), Rademacher(), energy_difference(lambda m: m**3 / 3)),
    (Dense(Polynomial(3)), Biased(0.3), energy_difference(lambda m: m**3 / 3)),
    (Dense(Polynomial(4)), Rademacher(), energy_difference(lambda m: m**4 / 4)),
    (
        Dense(Polynomial(3, rectified=True)),
        Rademacher(),
        energy_difference(lambda m: np.maximum(m, 0) ** 3 / 3),
    ),
    (Hopfield(), Rademacher(), pairwise_field(hebb())),
    (Hopfield(), Biased(0.3), pairwise_field(hebb())),
    *(
        (Hopfield(parse(rule)), patterns, pairwise_field(parse(rule)))
        for rule in (
            "post*pre - 0.3*pre + 0.2*post",
            "(post - 0.25)*(pre - 0.25)",
            "post*pre - pre",
        )
        for patterns in (Sparse(0.25), Biased(0.7))
    ),
]


def _name(value):
    return getattr(value, "name", None) if not isinstance(value, Hopfield) else value.rule.formula


@pytest.mark.parametrize("n_patterns", [2, 3, 4])
@pytest.mark.parametrize("dim", [6, 7])
@pytest.mark.parametrize("n_flipped", [0, 1])
@pytest.mark.parametrize(("memory", "patterns", "field"), TINY, ids=_name)
def test_bit_error_is_that_of_listing_every_pattern_and_cue(
    memory, patterns, field, dim, n_patterns, n_flipped
):
    experiment = Experiment(memory, patterns, dim, flips=n_flipped / dim, threshold=Fixed(0.0))
    listed = bit_error(field, patterns, dim, n_patterns, n_flipped=n_flipped)
    assert theory.bit_error("exact", experiment, n_patterns) == pytest.approx(listed, rel=1e-8, abs=1e-300)


@pytest.mark.parametrize("level", [-0.45, 0.6, MIDPOINT])
def test_bit_error_at_a_threshold_is_that_of_listing_every_pattern_and_cue(level):
    rule, patterns = parse("post*pre - 0.3*pre + 0.2*post"), Sparse(0.25)
    chosen = MIDPOINT if level == MIDPOINT else Fixed(level)
    experiment = Experiment(Hopfield(rule), patterns, 6, flips=1 / 6, threshold=chosen)
    at = theory.midpoint(experiment, 4) if level == MIDPOINT else level
    listed = bit_error(pairwise_field(rule), patterns, 6, 4, n_flipped=1, level=at)
    assert theory.bit_error("exact", experiment, 4) == pytest.approx(listed, rel=1e-8)


@pytest.mark.parametrize("dim", [8, 10])
@pytest.mark.parametrize("n_patterns", [2, 3, 4])
def test_every_tail_of_a_cubic_memory_is_that_of_listing_every_pattern(dim, n_patterns):
    patterns = all_patterns((-1.0, 1.0), dim)
    field = energy_difference(lambda m: m**3 / 3)(patterns, np.ones(dim))
    values, weights = sum_law(*merged(field, chances(patterns, Rademacher())), n_patterns - 1)
    law = crosstalk(Dense(Polynomial(3)), Rademacher(), dim, 0)
    found = tail(law, n_patterns - 1, values)
    np.testing.assert_allclose(found, np.cumsum(weights), rtol=1e-8)


@cache
def counted(order, dim, copies):
    """Ways in which each value of n * S comes about, in whole numbers: first value, gap, ways, total."""
    return ways_of_sums(*dense_values(order, dim), copies)


@pytest.mark.parametrize(
    ("order", "dim", "copies", "depth"),
    [(3, 20, 9, -40), (3, 24, 15, -100), (4, 16, 7, -25), (4, 21, 9, -40), (3, 41, 9, -100)],
)
def test_dense_tail_is_that_of_counting_in_whole_numbers(order, dim, copies, depth):
    first, gap, below, total = counted(order, dim, copies)
    law = crosstalk(Dense(Polynomial(order)), Rademacher(), dim, 0)
    deepest = 0.0
    with mpmath.workdps(50):
        for share in (1e-9, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.49, 0.5, 0.55, 0.7):
            place = int(share * (len(below) - 1))
            expected = mpmath.mpf(int(below[place])) / total
            limit = (first + gap * place) / order
            assert tail(law, copies, limit)[0] == pytest.approx(float(expected), rel=1e-8)
            deepest = min(deepest, float(mpmath.log10(expected)))
    assert deepest < depth


def exponential_error(dim, n_patterns):
    """Bit error of an exponential memory from an intact cue, by listing every sum."""
    n = dim - 1
    overlap = np.arange(-n, n + 1, 2.0)
    size = np.exp(overlap + 1) - np.exp(overlap - 1)
    chance = np.array([math.comb(n, k) for k in range(n + 1)]) / 2.0**dim
    values, weights = sum_law(*merged(np.r_[size, -size], np.r_[chance, chance]), n_patterns - 1)
    return float(weights[values < -size[-1] * (1 + 1e-11)].sum())


@pytest.mark.slow  # up to 20 s each: the integral walks far before the sums are listed
@pytest.mark.parametrize(
    ("dim", "n_patterns"),
    [
        (6, 3),
        (7, 6),
        (8, 8),
        (10, 4),
        (12, 5),
        (8, 10),
    ],
)
def test_exponential_memory_of_few_patterns_errs_as_often_as_listing_every_sum_says(dim, n_patterns):
    experiment = Experiment(Dense(Exponential()), Rademacher(), dim)
    expected = exponential_error(dim, n_patterns)
    assert theory.bit_error("exact", experiment, n_patterns) == pytest.approx(expected, rel=ASKED)


@pytest.mark.parametrize(
    ("rule", "n_flipped", "n_patterns"),
    [
        ("1.4142135623730951*post*pre + 0.3*post", 0, 2),
        ("1.4142135623730951*post*pre + 0.3*post", 1, 4),
        ("post*pre + 0.1234567891*pre^2", 1, 2),
    ],
)
def test_few_terms_whose_values_share_no_unit_are_right_or_refused(rule, n_flipped, n_patterns):
    patterns = Sparse(0.25)
    experiment = Experiment(Hopfield(parse(rule)), patterns, 6, flips=n_flipped / 6)
    listed = bit_error(pairwise_field(parse(rule)), patterns, 6, n_patterns, n_flipped=n_flipped)
    try:
        found = theory.bit_error("exact", experiment, n_patterns)
    except theory.NoTheory:
        return
    assert found == pytest.approx(listed, rel=ASKED)


@pytest.mark.parametrize(("dim", "n_patterns"), [(10, 60), (12, 200), (14, 1000)])
def test_exponential_tail_lies_between_bounds_from_a_grid(dim, n_patterns):
    # Rounding every term down, then up, to a grid gives sums that are surely below and above.
    law = crosstalk(Dense(Exponential()), Rademacher(), dim, 0)
    copies = n_patterns - 1
    cell = law.values[-1] / 20000
    limit = -0.731 * law.values[-1]
    bounds = []
    for rounded in (np.ceil, np.floor):
        cells = rounded(law.values / cell).astype(int)
        bounds.append(_grid_tail(cells, law.probabilities[0], copies, math.floor(limit / cell)))
    assert bounds[1] / bounds[0] < 1.15
    assert bounds[0] <= tail(law, copies, limit)[0] <= bounds[1]


def _grid_tail(cells, chance, copies, limit):
    size = 2**21
    pmf = np.bincount(cells % size, weights=chance, minlength=size)
    law = np.fft.irfft(np.fft.rfft(pmf) ** copies, size)
    places = np.arange(size)
    places = np.where(places > size // 2, places - size, places)
    return float(law[places <= limit].sum())


LAWS = {
    "hebb": hebb_law(21),
    "dense": crosstalk(Dense(Polynomial(3)), Rademacher(), 20, 0),
    "dense, biased": crosstalk(Dense(Polynomial(3)), Biased(0.3), 15, 0),
    "rectified": crosstalk(Dense(Polynomial(4, rectified=True)), Rademacher(), 16, 0),
    "covariance": crosstalk(Hopfield(parse("(post - 0.25)*(pre - 0.25)")), Sparse(0.25), 20, 0),
    "with parts": crosstalk(Hopfield(parse("post*pre - 0.3*pre + 0.2*post")), Biased(0.7), 12, 0),
}


@pytest.mark.parametrize(
    "name",
    [*LAWS],
)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(count=st.integers(3, 400), place=st.floats(-6, 6))
@example(count=100, place=0.0)
def test_both_sides_of_any_limit_add_up_to_one(name, count, place):
    law = LAWS[name]
    case = int(np.argmax(law.weight))
    limit = count * law.mean[case] + place * math.sqrt(count * law.variance[case])
    below = tail(law, count, limit, case=case)[0]
    above = tail(law, count, -limit, inclusive=False, sign=-1.0, case=case)[0]
    assert below + above == pytest.approx(1, abs=1e-9)
    assert 0 < below < 1


@pytest.mark.parametrize(
    ("patterns", "order", "copies"),
    [
        (Rademacher(), 3, 20),
        (Rademacher(), 3, 300),
        (Biased(0.3), 3, 20),
        (Biased(0.3), 3, 300),
        (Biased(0.3), 4, 20),
        (Rademacher(), 3, 100),
        (Biased(0.3), 4, 100),
    ],
)
def test_tail_around_the_middle_is_that_of_convolving_all_values(patterns, order, copies):
    law = crosstalk(Dense(Polynomial(order)), patterns, 15, 0)
    case = int(np.argmax(law.weight))
    step = np.rint((law.values - law.offset[case]) / law.spacing[case]).astype(int)
    one = np.bincount(step, weights=law.probabilities[law.law[case]])
    pmf = np.ones(1)  # all terms are positive, so every entry keeps its relative accuracy
    for digit in f"{copies:b}":
        pmf = np.convolve(pmf, pmf)
        pmf = np.convolve(pmf, one) if digit == "1" else pmf
    expected = np.cumsum(pmf)
    mean, spread = copies * law.mean[case], math.sqrt(copies * law.variance[case])
    for sigmas in (-4, -2, -1, -0.1, 0.0, 0.1, 1):
        place = math.floor((mean + sigmas * spread - copies * law.offset[case]) / law.spacing[case])
        limit = copies * law.offset[case] + place * law.spacing[case]
        assert tail(law, copies, limit, case=case)[0] == pytest.approx(expected[place], rel=ASKED)


@pytest.mark.parametrize("hits", [30, 60, 79, 80, 81, 100])
def test_inclusive_and_strict_tails_differ_by_exactly_the_atom(hits):
    # 20 * 8 coin tosses
    at = 2 * hits - 160
    law = hebb_law(21)
    atom = tail(law, 8, at)[0] - tail(law, 8, at, inclusive=False)[0]
    assert atom == pytest.approx(stats.binom(160, 0.5).pmf(hits), rel=1e-6)


def test_between_two_possible_sums_inclusive_and_strict_tails_are_the_same():
    law = hebb_law(21)
    assert tail(law, 8, -31.0)[0] == tail(law, 8, -31.0, inclusive=False)[0] == tail(law, 8, -32.0)[0]


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("count", [1, 7, 1000])
def test_impossible_and_certain_limits_give_exactly_zero_and_one(name, count):
    law = LAWS[name]
    least, most = count * law.least[0], count * law.most[0]
    gap = max(abs(least), abs(most)) * 1e-3 + 1
    assert tail(law, count, least - gap)[0] == 0.0
    assert tail(law, count, least, inclusive=False)[0] == 0.0
    assert tail(law, count, most)[0] == 1.0
    assert tail(law, count, most + gap, inclusive=False)[0] == 1.0
    assert tail(law, count, -most - gap, sign=-1.0)[0] == 0.0


def test_a_sum_of_nothing_is_zero():
    law = hebb_law(21)
    found = [
        tail(law, 0, limit, inclusive=i)[0] for limit, i in ((0, True), (0, False), (-1, True), (1, True))
    ]
    assert found == [1.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("count", [1e13, 1e15])
@pytest.mark.parametrize("sigmas", [0.5, 2.3, 6.0, 25.0])
def test_tail_of_1e15_patterns_is_the_normal_one(order, count, sigmas):
    law = crosstalk(Dense(Polynomial(order)), Rademacher(), 50, 0)
    limit = -sigmas * math.sqrt(count * law.variance[0])
    # A limit between two lattice points counts as anything up to a whole spacing further out.
    lattice = (sigmas + 1) * law.spacing[0] / math.sqrt(count * law.variance[0])
    assert np.log(tail(law, count, limit)[0]) == pytest.approx(log_ndtr(-sigmas), abs=1e-8 + lattice)


def test_a_normal_tail_is_told_from_the_exact_one():
    # The twin of the test above: at few patterns the two are far apart, so that agreement means something.
    law = crosstalk(Dense(Polynomial(3)), Rademacher(), 50, 0)
    limit = -6.0 * math.sqrt(50 * law.variance[0])
    assert abs(np.log(tail(law, 50, limit)[0]) - log_ndtr(-6.0)) > 1

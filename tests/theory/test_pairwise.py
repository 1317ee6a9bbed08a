"""Is the law of a pairwise field right, for any levels, however many patterns and however rare the event?"""

import math
import time
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from hebbcap import theory
from hebbcap._checks import NoTheory
from hebbcap.criteria import Criterion
from hebbcap.dynamics import Fixed, Inhibition, Steps
from hebbcap.learning import covariance, hebb, parse
from hebbcap.memories import Hopfield
from hebbcap.patterns import Biased, Discrete, Rademacher, Sparse, ternary
from hebbcap.question import MIDPOINT, Experiment, default_threshold
from hebbcap.theory.exact import kind_tail
from hebbcap.theory.field.few import listed_tail
from hebbcap.theory.field.lattice import rational_unit
from hebbcap.theory.field.local_field import log_expectation, pairwise_field
from hebbcap.theory.field.post_counts import all_or_likely, around
from hebbcap.theory.field.tail import Limit, field_tail
from hebbcap.theory.pairwise import pairwise_law
from hebbcap.theory.sums.tail import lower_tail

from .levels import cue_by_cue, listed_bit_error

ASKED = 1e-6
"""Relative accuracy that is asked for above 1e-250."""

GRADED = Discrete((0, 1, 3), (0.5, 0.3, 0.2))
SKEWED = Discrete((-1, 0, 1), (0.2, 0.5, 0.3))
ROOT = math.sqrt(2)


def field_law(rule, drawn, dim, n_flipped=0):
    return pairwise_field(parse(rule).table(drawn.levels), drawn, dim, n_flipped)


def kind_of(law, level, cued=None):
    return next(k for k in law.kinds if k.level == level and k.cued == (level if cued is None else cued))


def name(value):
    return getattr(value, "name", None)


TINY = [
    # rule, patterns, dim, K, flips, steps
    ("post*pre", Rademacher(), 6, 4, 1, (0.0,)),
    ("post*pre - 0.3*pre + 0.2*post", Biased(0.7), 6, 4, 1, (0.6,)),
    ("(post - 0.25)*(pre - 0.25)", Sparse(0.25), 6, 5, 1, (0.3,)),
    ("post", Rademacher(), 5, 3, 1, (0.0,)),
    ("pre", Sparse(0.3), 5, 3, 0, (1.0,)),
    ("post*pre", ternary(0.3), 5, 3, 0, (-1.0, 1.0)),
    ("post*pre", ternary(0.3), 5, 3, 1, (-1.0, 1.0)),
    ("post*pre - 0.5*post^2", ternary(0.5), 4, 4, 1, (-1.5, 0.5)),
    ("post*pre + 0.1*post", SKEWED, 4, 4, 1, (-1.0, 1.2)),
    ("post^2*pre - pre", GRADED, 4, 3, 1, (-1.0, 4.0)),
    ("post", ternary(0.3), 4, 3, 1, (-1.0, 1.0)),
    ("post*pre", Discrete((-2, -1, 1, 2), (0.1, 0.4, 0.3, 0.2)), 4, 3, 1, (-3.0, 0.0, 4.0)),
    # Coefficients that share no unit, and few patterns: every sum has a probability of its own.
    (f"post*pre + {0.1 * ROOT}*pre", Rademacher(), 6, 4, 1, (0.3,)),
    (f"post*pre - {0.3 * ROOT}*post", Biased(0.3), 6, 4, 1, (-0.4,)),
    (f"post*pre - {0.3 * ROOT}*post + {0.2 * math.sqrt(3)}*pre", Sparse(0.3), 6, 4, 1, (0.4,)),
]


@pytest.mark.parametrize(("rule", "drawn", "dim", "n_patterns", "n_flipped", "steps"), TINY)
def test_bit_error_is_that_of_listing_every_pattern_and_cue(rule, drawn, dim, n_patterns, n_flipped, steps):
    threshold = Fixed(*steps) if len(steps) == 1 else Steps(steps)
    asked = Experiment(Hopfield(parse(rule)), drawn, dim, flips=n_flipped / dim, threshold=threshold)
    listed = listed_bit_error(parse(rule), drawn, dim, n_patterns, n_flipped, steps)
    assert theory.bit_error("exact", asked, n_patterns) == pytest.approx(listed, rel=1e-10)


def test_the_tie_rule_is_part_of_what_is_listed():
    # Fields are whole here and ties frequent: one that always moved a tied neuron up errs more.
    listed = listed_bit_error(hebb(), ternary(0.3), 5, 3, 1, (-1.0, 1.0))
    moved = listed_bit_error(hebb(), ternary(0.3), 5, 3, 1, (-1.0 - 1e-6, 1.0 - 1e-6))
    assert moved > 1.05 * listed


SMALL, LARGE = Fraction(1, 100), Fraction(1, 2)
CELLS = [
    # rule, patterns, dim, K, level, standard deviations below the mean, unit
    ("post*pre", Biased(0.3), 5, 8, 1, 3.0, SMALL),
    ("post*pre", Biased(0.3), 5, 1000, 1, 3.0, SMALL),
    ("post*pre", Biased(0.3), 5, 10**10, 1, 1.0, SMALL),
    ("post*pre", Biased(0.3), 5, 10**15, 1, 1.0, SMALL),
    ("(post - 0.1)*(pre - 0.1)", Sparse(0.1), 5, 40, 1, 4.0, SMALL),
    ("(post - 0.1)*(pre - 0.1)", Sparse(0.1), 5, 1000, 1, 6.0, SMALL),
    ("(post - 0.1)*(pre - 0.1)", Sparse(0.1), 5, 10**10, 1, 2.0, SMALL),
    ("(post - 0.1)*(pre - 0.1)", Sparse(0.1), 5, 10**15, 1, 12.0, SMALL),
    ("post*pre - 0.3*pre + 0.2*post", Biased(0.7), 4, 8, 0, 2.0, SMALL),
    ("post*pre - 0.3*pre + 0.2*post", Biased(0.7), 4, 10**4, 0, 2.0, SMALL),
    ("post*pre - 0.3*pre + 0.2*post", Biased(0.7), 4, 10**15, 0, 1.0, SMALL),
    ("post*pre", ternary(0.3), 4, 8, 1, 4.0, LARGE),
    ("post*pre", ternary(0.3), 4, 40, 2, 5.0, LARGE),
    ("post*pre", ternary(0.3), 4, 10**10, 1, 4.0, LARGE),
    ("post*pre", ternary(0.3), 4, 10**15, 1, 24.0, LARGE),
    ("post*pre + 0.5*post", SKEWED, 4, 8, 2, 3.0, LARGE),
    ("post*pre + 0.5*post", SKEWED, 4, 10**10, 2, 1.5, LARGE),
]


@pytest.mark.parametrize(("rule", "drawn", "dim", "n_patterns", "level", "sigmas", "unit"), CELLS)
def test_tail_is_that_of_mpmath_cue_by_cue(rule, drawn, dim, n_patterns, level, sigmas, unit):
    law = field_law(rule, drawn, dim)
    kind = kind_of(law, level)
    mean, variance = law.moments(kind, n_patterns - 1)
    limit = mean - sigmas * math.sqrt(variance)
    found, accurate = kind_tail(law, kind, n_patterns - 1, Limit(limit, True, 1))
    with mp.workdps(25):
        expected = cue_by_cue(np.round(law.table, 12), drawn, dim - 1, level, n_patterns - 1, limit, unit)
    assert accurate
    assert found == pytest.approx(float(expected), rel=ASKED)


DEEP = [
    ("post*pre - 0.3*pre", Rademacher()),
    ("(post - 0.3)*(pre - 0.3)", Biased(0.3)),
    ("post*pre", ternary(0.5)),
]


@pytest.mark.slow
@pytest.mark.parametrize("nats", [200, 560])
@pytest.mark.parametrize(("rule", "drawn"), DEEP)
def test_tails_down_to_1e_minus_250_are_those_of_mpmath(rule, drawn, nats):
    law = field_law(rule, drawn, 4)
    kind = kind_of(law, len(drawn.levels) - 1)
    mean, variance = law.moments(kind, 500)
    limit = mean - math.sqrt(2 * nats * variance) / 2
    found, accurate = kind_tail(law, kind, 500, Limit(limit, True, 1))
    with mp.workdps(25):
        expected = float(
            cue_by_cue(np.round(law.table, 12), drawn, 3, kind.level, 500, limit, Fraction(1, 100))
        )
    if expected > 1e-250:
        assert accurate
        assert found == pytest.approx(expected, rel=ASKED)
    else:
        assert found < 1e-249


def random_cell(rng):
    drawn = [Rademacher(), Biased(0.3), Biased(0.45), Sparse(0.1), Sparse(0.5)][rng.integers(5)]
    a, b, c = rng.choice([0, 0.1, 0.25, 0.3, 0.5, 1, -0.3], size=3)
    law = field_law(
        f"post*pre + {a}*pre + {b}*post + {c}", drawn, int(rng.choice([5, 10, 30])), int(rng.integers(2))
    )
    kind = law.kinds[rng.integers(len(law.kinds))]
    n_others, sign = int(rng.choice([1, 2, 4, 9, 29])), int(rng.choice([-1, 1]))
    mean, variance = law.moments(kind, n_others)
    sigmas = rng.choice([0.5, 2, 4, 6])
    return law, kind, n_others, Limit(sign * mean - sigmas * math.sqrt(variance), bool(rng.integers(2)), sign)


def test_the_integral_agrees_with_lists_wherever_it_says_that_it_is_accurate():
    rng = np.random.default_rng(11)
    compared = 0
    for _ in range(60):
        cell = random_cell(rng)
        found, accurate = field_tail(*cell)
        listed = listed_tail(*cell)
        if accurate and listed is not None and listed[1]:
            assert found == pytest.approx(listed[0], rel=1e-7, abs=1e-300), cell
            compared += 1
    assert compared > 45


@pytest.mark.parametrize("missed", ["echoes", "revivals"])
def test_an_integral_over_the_first_peak_alone_would_be_seen(missed, monkeypatch):
    from hebbcap.theory.field import peaks

    if missed == "echoes":
        monkeypatch.setattr(peaks, "_echoes", lambda *args: (0.0, 0.0))
    else:
        monkeypatch.setattr(peaks, "_is_quiet", lambda *args: True)
        monkeypatch.setattr(peaks, "_CELL", 8)
    rng = np.random.default_rng(11)
    worst = 0.0
    for _ in range(30):
        cell = random_cell(rng)
        (found, accurate), listed = field_tail(*cell), listed_tail(*cell)
        if accurate and listed is not None and listed[0] > 0:
            worst = max(worst, abs(found / listed[0] - 1))
    assert worst > ASKED


@pytest.mark.parametrize("drawn", [ternary(0.4), SKEWED], ids=name)
def test_the_field_is_a_mixture_over_cues_of_sums_of_the_law_given_the_cue(drawn):
    rule, dim, others = "post*pre + 0.5*post", 12, 9
    field = field_law(rule, drawn, dim)
    given = pairwise_law(parse(rule).table(drawn.levels), drawn, dim, 0)
    for level in range(3):
        cases = np.flatnonzero(given.level == level)
        one = np.ones(len(cases))
        kind = kind_of(field, level)
        mean, variance = field.moments(kind, others)
        limit = round(mean - math.sqrt(variance)) + 0.25
        tail = lower_tail(given, cases, others * one, limit - given.own[cases], inclusive=one > 0, sign=one)
        expected = given.weight[cases] @ tail.probability / given.weight[cases].sum()
        assert field_tail(field, kind, others, Limit(limit, True, 1))[0] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("n_flipped", [0, 3])
@pytest.mark.parametrize("drawn", [Rademacher(), Biased(0.3), Sparse(0.2), ternary(0.4), GRADED], ids=name)
@pytest.mark.parametrize("rule", ["post*pre", "post*pre - 0.3*pre + 0.2*post", "post^2*pre + 0.5"])
def test_moments_are_the_derivatives_of_the_transform(rule, drawn, n_flipped):
    law, others = field_law(rule, drawn, 9, n_flipped), 4
    for kind in law.kinds:
        mean, variance = law.moments(kind, others)
        assert mean == pytest.approx(_mean_and_variance(law, kind, others)[0], rel=1e-9, abs=1e-9)
        assert variance == pytest.approx(_mean_and_variance(law, kind, others)[1], rel=1e-7)


def _mean_and_variance(law, kind, others):
    """From the cumulant function of the definition, in exact arithmetic of 40 digits."""
    with mp.workdps(60):
        x, p = [mp.mpf(v) for v in law.levels], [mp.mpf(v) for v in law.chances]
        g = [[mp.mpf(v) for v in row] for row in law.table]
        count = range(len(x))

        def transform(z):
            total = mp.mpf(0)
            for k in _compositions(others, len(x)):
                weight = mp.mpf(math.factorial(others))
                for y in count:
                    weight *= p[y] ** k[y] / math.factorial(k[y])
                for n, joint in ((kind.n_kept, law.kept), (kind.n_flipped, law.moved)):
                    one = mp.mpf(0)
                    for a in count:
                        own = sum(mp.mpf(joint[a][b]) * mp.exp(z * x[a] * g[kind.level][b]) for b in count)
                        for y in count:
                            own *= sum(p[b] * mp.exp(z * x[a] * g[y][b]) for b in count) ** k[y]
                        one += own
                    weight *= one**n
                total += weight
            return mp.log(total)

        h = mp.mpf("1e-15")
        up, down, middle = transform(h), transform(-h), transform(mp.mpf(0))
        return float((up - down) / (2 * h)), float((up + down - 2 * middle) / h**2)


def _compositions(total, parts):
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


def test_midpoints_lie_between_the_means_of_adjacent_levels():
    asked = Experiment(Hopfield(), ternary(0.5), 101, threshold=MIDPOINT)
    assert theory.midpoints(asked, 20) == (-25.0, 25.0)
    asked = Experiment(Hopfield(covariance(0.9)), GRADED, 51, threshold=MIDPOINT)
    low, high = theory.midpoints(asked, 20)
    assert (low, high) == pytest.approx((50 * -0.4 * 1.29, 50 * 1.1 * 1.29))


def test_the_one_midpoint_of_two_levels_is_not_one_of_three():
    with pytest.raises(NoTheory, match="see midpoints"):
        theory.midpoint(Experiment(Hopfield(), ternary(0.5), 101, threshold=MIDPOINT), 20)


def test_levels_whose_mean_fields_are_not_in_order_have_no_midpoints():
    asked = Experiment(Hopfield(parse("post^2*pre")), ternary(0.5), 50, threshold=MIDPOINT)
    for method in theory.METHODS:
        assert "not in the order" in theory.error_reading(method, asked, 5).why


def test_neurons_of_more_levels_take_the_midpoint_by_default():
    assert default_threshold(Hopfield(), ternary(0.3)) == MIDPOINT
    with pytest.raises(ValueError, match="must have 2 for neurons of 3 levels"):
        Experiment(Hopfield(), ternary(0.3), 50, threshold=Inhibition())


def test_capacity_of_ternary_patterns_meets_the_criterion_and_the_next_numbers_do_not():
    asked = Experiment(
        Hopfield(), ternary(0.3), 80, criterion=Criterion("bit-error", 0.02), threshold=MIDPOINT
    )
    for method in theory.METHODS:
        best = theory.capacity_reading(method, asked).value
        assert theory.failure(method, asked, best) <= 0.02
        assert all(theory.failure(method, asked, best + more) > 0.02 for more in (1, 2, 3))


def test_many_levels_of_few_chances_are_refused_in_words():
    asked = Experiment(
        Hopfield(parse("post*pre + 0.1*post^2")), Discrete(range(7), (1 / 7,) * 7), 40, threshold=MIDPOINT
    )
    reading = theory.error_reading("exact", asked, 500)
    assert "too many levels" in reading.why


def test_flips_to_several_levels_have_no_law_given_the_cue():
    with pytest.raises(NoTheory, match="not independent given the cue"):
        theory.crosstalk(Hopfield(), ternary(0.3), 20, 2)


def test_nearly_equal_steps_are_not_taken_for_none():
    # 1.141 and 0.859 are nearly as 4 to 3: an integral that looked no further would be off by 1e-5.
    law = field_law(f"post*pre + {0.1 * ROOT}*pre", Rademacher(), 100)
    kind, limit = kind_of(law, 1), Limit(0.0, False, 1)
    found, accurate = kind_tail(law, kind, 39, limit)
    assert accurate
    assert found == pytest.approx(listed_tail(law, kind, 39, limit)[0], rel=1e-9)


def test_cues_whose_fields_lie_apart_are_all_counted():
    # Here the integrand fades, and swells again where the fields of neighbouring cues are a turn apart.
    law = field_law("post*pre - 0.3*pre + post + 0.5", Sparse(0.5), 60)
    kind, limit = kind_of(law, 1), Limit(-5202.27, False, -1)
    found, accurate = field_tail(law, kind, 99, limit)
    assert accurate
    assert found == pytest.approx(listed_tail(law, kind, 99, limit)[0], rel=1e-9)


FAST = [
    ("post*pre - 0.3*post", Rademacher(), 500, 100, 0.0),
    ("post*pre - 0.1*post - 0.1*pre + 0.01", Sparse(0.1), 500, 300, 0.1),
    ("post*pre", ternary(0.3), 200, 30, 0.1),
]


@pytest.mark.parametrize(("rule", "drawn", "dim", "n_patterns", "flips"), FAST)
def test_an_error_takes_about_a_second_at_most(rule, drawn, dim, n_patterns, flips):
    asked = Experiment(Hopfield(parse(rule)), drawn, dim, flips=flips, threshold=MIDPOINT)
    started = time.process_time()
    assert 0.001 < theory.bit_error("exact", asked, n_patterns) < 0.5
    assert time.process_time() - started < 3


@pytest.mark.parametrize(("total", "chances"), [(7, (0.3, 0.7)), (300, (0.2, 0.3, 0.5)), (10**6, (0.9, 0.1))])
def test_posts_have_the_multinomial_law(total, chances):
    counts = all_or_likely(total, np.array(chances))
    likely = counts.log_weight > counts.log_weight.max() - 600
    expected = stats.multinomial(total, chances).logpmf(counts.k[likely])
    volume = (len(chances) - 1) * math.log(counts.stride)
    np.testing.assert_allclose(counts.log_weight[likely] - volume, expected, rtol=1e-8, atol=1e-7)
    assert np.exp(counts.log_weight).sum() == pytest.approx(1, abs=1e-10)


def test_posts_of_1e15_patterns_are_normal():
    counts = all_or_likely(10**15, np.array([0.3, 0.7]))
    spread = math.sqrt(0.21e15)
    near = np.abs(counts.deviation[:, 1]) < 6 * spread
    expected = stats.norm(0, spread).logpdf(counts.deviation[near, 1]) + math.log(counts.stride)
    np.testing.assert_allclose(counts.log_weight[near], expected, atol=1e-5)


@pytest.mark.parametrize("period", [2, 10, 21])
def test_a_grid_for_echoes_meets_all_residues_alike(period):
    chances = np.array([0.4, 0.6])
    likely = all_or_likely(10**6, chances)
    counts = around(likely.only(likely.log_weight > likely.log_weight.max() - 30), 10**6, chances, period)
    share = np.bincount(counts.k[:, 1].astype(int) % period, weights=np.exp(counts.log_weight))
    np.testing.assert_allclose(share, 1 / period, rtol=1e-8)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([1, -1], 1),
        ([0.25, -0.1], Fraction(1, 20)),
        ([1, ROOT], 0),
        ([0, 0], 0),
        ([3 * ROOT, 2 * ROOT], ROOT),
    ],
)
def test_the_unit_is_the_largest_that_divides_all(values, unit):
    assert float(rational_unit(np.array(values, dtype=float))) == pytest.approx(float(unit), rel=1e-12)


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1e-2, 0.4, 0.6, 5.0, 300.0])
def test_cumulants_keep_their_digits_near_0(size):
    values, chances = np.array([-1.0, 0.3, 2.0]), np.array([0.2, 0.5, 0.3])
    for z in (np.array([-size]), np.array([1j * size])):
        with mp.workdps(60):
            mean = sum(mp.mpf(p) * mp.mpf(v) for p, v in zip(chances, values, strict=True))
            at = mp.mpmathify(complex(z[0]))
            exact = mp.log(
                sum(mp.mpf(p) * mp.exp(at * (mp.mpf(v) - mean)) for p, v in zip(chances, values, strict=True))
            )
        found = complex(log_expectation(z, values, chances)[0])
        if size > 1:  # a logarithm of a complex number is known up to a turn
            assert abs(np.exp(found) - complex(mp.exp(exact))) <= 1e-10 * abs(complex(mp.exp(exact)))
        else:
            assert abs(found - complex(exact)) <= 1e-12 * abs(complex(exact))

"""Are the capacities of attention those of the papers, of enumeration and of simulation?"""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import gammaln, ive
from scipy.stats import binomtest

from hebbcap._checks import NoTheory
from hebbcap.criteria import criterion
from hebbcap.memories import memory
from hebbcap.memories.continuous.modern import Modern
from hebbcap.patterns import Rademacher, ensemble
from hebbcap.question import Experiment
from hebbcap.separation import Exponential
from hebbcap.theory.dense import dense_law
from hebbcap.theory.exact import exact_error
from hebbcap.theory.published import published_reading
from hebbcap.theory.published.modern import capacity, exponent, sphere_bound
from hebbcap.theory.published.softmax import softmax_law


def asked(name, patterns, dim, level, flips=0.0):
    return Experiment(memory(name), ensemble(patterns), dim, criterion(level), flips)


def log_mean_on_sphere(dim, beta):
    """Log E exp(beta xi.s) for xi on a sphere of radius sqrt(D) and s of that length: a Bessel function."""
    order, at = dim / 2 - 1, beta * dim
    return gammaln(dim / 2) + order * np.log(2 / at) + np.log(ive(order, at)) + at


@pytest.mark.parametrize("beta", [0.3, 1.0, 4.0])
def test_the_exponent_on_the_sphere_is_the_limit_of_a_bessel_function(beta):
    rate = beta - log_mean_on_sphere(600, beta) / 600
    assert exponent("sphere", beta) == pytest.approx(rate, abs=1e-3)
    assert exponent("sphere", beta) != pytest.approx(exponent("gaussian", beta), abs=1e-3)


def test_known_exponents():
    assert exponent("gaussian", 0.5) == pytest.approx(0.375)
    assert exponent("gaussian", 1.0) == exponent("gaussian", 7.0) == pytest.approx(0.5)
    assert exponent("binary", 1.0) == pytest.approx(1 - np.log(np.cosh(1)))
    assert exponent("binary", 50.0) == pytest.approx(np.log(2))
    share = 0.1
    nearest = np.log(2) + share * np.log(share) + (1 - share) * np.log(1 - share)
    assert exponent("binary", 50.0, share) == pytest.approx(nearest)
    assert exponent("gaussian", 50.0, share) == pytest.approx(0.5 * 0.8**2)
    assert exponent("sphere", 50.0, share) == pytest.approx(-0.5 * np.log(4 * share * (1 - share)))
    # Without an end on the sphere: 1/2 + log(beta) / 2 at large beta.
    assert exponent("sphere", 1e4) == pytest.approx(0.5 + 0.5 * np.log(1e4), abs=1e-4)


@pytest.mark.parametrize("kind", ["binary", "gaussian", "sphere"])
@pytest.mark.parametrize("flips", [0.0, 0.2])
def test_the_exponent_never_falls_with_beta(kind, flips):
    rates = [exponent(kind, beta, flips) for beta in np.linspace(0.01, 5, 60)]
    assert (np.diff(rates) >= -1e-12).all()


def test_the_bound_of_ramsauer_et_al_has_their_two_examples():
    for dim, scale, expected in ((20, 3.0, 3.1546), (75, 1.0, 1.3718)):
        found = sphere_bound(dim, 1.0, 0.001, scale * (dim - 1) ** 0.5)
        assert (found / 0.001**0.5) ** (4 / (dim - 1)) == pytest.approx(expected, abs=1e-4)
    with pytest.raises(NoTheory, match="needs c >= "):
        sphere_bound(20, 1.0, 0.001, 19**0.5)


@pytest.mark.parametrize("n_flipped", [0, 2])
def test_the_law_of_softmax_is_that_of_all_patterns_there_are(n_flipped):
    dim, beta = 7, 0.4
    cue = np.ones(dim)
    cue[dim - n_flipped :] = -1
    every = np.array(list(itertools.product([-1, 1], repeat=dim)))
    terms = np.exp(beta * (every @ cue - (dim - 2 * n_flipped)))
    law = softmax_law(beta, dim, n_flipped)
    for case, neuron in enumerate([0, dim - 1][: 1 + bool(n_flipped)]):
        values, counts = np.unique((every[:, neuron] * terms).round(12), return_counts=True)
        there = law.probabilities[case] > 0
        np.testing.assert_allclose(law.values[there], values, atol=1e-11)
        np.testing.assert_allclose(law.probabilities[case][there], counts / 2**dim)
        assert law.mean[case] == pytest.approx(float((every[:, neuron] * terms).mean()))
        assert law.cued_right[case] == (neuron == 0)
    assert law.weight.sum() == pytest.approx(1)


def flipped_error(law, n_others):
    """Exact chance that a bit which the cue has wrong stays wrong."""
    wrong = np.where(law.cued_right, 0.0, law.weight)
    return exact_error(replace(law, weight=wrong / wrong.sum()), n_others, (0.0,))


def test_the_exact_error_is_that_of_simulation_and_the_one_without_the_own_bit_is_not():
    dim, n_patterns, n_flipped, beta = 20, 3000, 2, 0.7
    rng, wrong, networks = np.random.default_rng(11), 0, 1500
    for _ in range(networks):  # one bit of one cue each, so that they are independent
        patterns = rng.choice([-1.0, 1.0], (n_patterns, dim))
        cue = patterns[:1].copy()
        cue[:, :n_flipped] *= -1
        wrong += int(np.sign(Modern(beta).holding(patterns).step(cue)[0, 0]) != patterns[0, 0])
    own_bit_in = flipped_error(softmax_law(beta, dim, n_flipped), n_patterns - 1)
    left_out = flipped_error(dense_law(Exponential(beta), Rademacher(), dim, n_flipped), n_patterns - 1)
    assert binomtest(wrong, networks, own_bit_in).pvalue > 1e-6
    assert binomtest(wrong, networks, left_out).pvalue < 1e-6


def test_capacity_at_one_step_grows_with_the_exponent():
    small, large = (
        capacity(asked("modern", "rademacher", dim, "bit-error:0.01", 0.1))[0] for dim in (50, 100)
    )
    rate = np.log(large / small) / 50
    assert rate == pytest.approx(exponent("binary", 1.0, 0.1), abs=0.01)


@pytest.mark.parametrize(
    ("dim", "name", "pattern"), [(14, "modern:2,sparsemax", "rademacher"), (12, "modern:1,entmax", "sphere")]
)
def test_as_many_patterns_as_no_margin_is_broken_for_come_back_exactly(dim, name, pattern):
    question = asked(name, pattern, dim, "overlap:0.95", 1 / dim)
    bound, why = capacity(question)
    assert "lower bound" in why
    rng = np.random.default_rng(12)

    def half_come_back(n_patterns):
        exact = 0
        for _ in range(150):
            patterns = question.ensemble.sample(n_patterns, dim, rng).astype(float)
            cue = patterns[:1].copy()
            cue[0, 0] *= -1
            exact += int(np.abs(question.memory.store(patterns).step(cue) - patterns[0]).max() < 1e-12)
        # A cue on the sphere keeps 1 - 2 x^2 / D of its overlap, not 1 - 2 / D, with x the entry.
        return binomtest(exact, 150).pvalue > 2e-6

    assert half_come_back(int(bound))
    assert not half_come_back(int(bound) // 4)
    assert not half_come_back(16 * int(bound))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (asked("modern", "rademacher", 40, "bit-error:0.01"), "intact cue"),
        (asked("modern", "rademacher", 40, "bit-error:0.2", 0.1), "does not change at all"),
        (asked("modern", "rademacher", 12, "bit-error:0.01", 0.1), "longer than measuring"),
        (asked("modern", "biased:0.3", 40, "bit-error:0.01", 0.1), "not for biased"),
        (asked("modern:0.1", "gaussian", 40, "overlap:0.9", 0.48), "differ in how much"),
        (asked("modern:1e-6", "sphere", 20, "overlap:0.95"), "even two patterns are too many"),
        (asked("modern:1", "rademacher", 20, "overlap:0.95", 0.1), "exp(0.366 D) to leading order"),
        (asked("modern:0.5", "rademacher", 20, "overlap:0.95"), "a few near patterns decide"),
        (asked("kernel", "rademacher", 64, "all-patterns:0.1"), "a typical pattern"),
        (asked("kernel", "rademacher", 7, "bit-error:0.01"), "needs dim >= 8"),
        (asked("kernel:1", "gaussian", 40, "overlap:0.9"), "patterns of one length"),
        (asked("kernel:1", "sphere", 4000, "overlap:0.9"), "past what is counted"),
        (asked("modern:1,sparsemax", "gaussian", 40, "overlap:0.9"), "use sphere"),
        (asked("modern:1e-3,sparsemax", "rademacher", 40, "overlap:0.9"), "wider than any two overlaps"),
    ],
)
def test_where_no_theory_applies_it_says_why(question, words):
    reading = published_reading(question)
    assert reading is not None
    assert not reading.applies
    assert words in reading.why


def test_the_kernel_memory_shares_the_exponent_on_the_sphere():
    ours = capacity(asked("modern:1", "sphere", 40, "overlap:0.95"))
    assert capacity(asked("kernel:1", "sphere", 40, "overlap:0.95")) == ours

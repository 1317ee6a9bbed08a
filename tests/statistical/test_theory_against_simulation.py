"""Does simulation err as often as the exact law says, and can it tell a wrong law?

Bits of one trial share its patterns, so trials are the unit: their mean error is compared with the law by
Student's t. Each test raises a false alarm once in a million seeds; the seed is fixed. Each twin feeds the
same trials a wrong law, and the same bound must reject it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from hebbcap import theory
from hebbcap.learning import covariance, parse
from hebbcap.measurement.trial import run_trial
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Biased, Rademacher, Sparse
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.separation import Exponential, Polynomial

FALSE_ALARM = 1e-6
SEED = 20260801


@dataclass(frozen=True)
class Claim:
    """An experiment with so many patterns and trials, and wrong laws: name -> bit error."""

    experiment: Experiment
    n_patterns: int
    trials: int
    wrong: dict[str, Callable[[], float]]


def exact(experiment, n_patterns):
    return theory.bit_error("exact", experiment, n_patterns)


def load_off_by_a_tenth(experiment, n_patterns):
    return lambda: exact(experiment, round(1.1 * n_patterns))


def with_self_coupling(dim, n_patterns):
    """Hebb with W_ii = K left in: the field of every neuron gains K of its own sign."""
    tosses = (dim - 1) * (n_patterns - 1)
    return lambda: float(stats.binom(tosses, 0.5).cdf((tosses - (dim - 1) - n_patterns - 1) // 2))


def ties_as_errors(dim, n_patterns):
    tosses = (dim - 1) * (n_patterns - 1)
    return lambda: float(stats.binom(tosses, 0.5).cdf((tosses - (dim - 1)) // 2))


def claim(experiment, n_patterns, trials, **wrong):
    found = {"load off by a tenth": load_off_by_a_tenth(experiment, n_patterns)}
    for name, other in wrong.items():
        is_experiment = isinstance(other, Experiment)
        found[name.replace("_", " ")] = (lambda e=other: exact(e, n_patterns)) if is_experiment else other
    return Claim(experiment, n_patterns, trials, found)


R = Rademacher()
HEBB = Experiment(Hopfield(), R, 41)
CUBIC = Experiment(Dense(Polynomial(3)), R, 50)
FLIPPED = replace(CUBIC, flips=0.1)
RECTIFIED = Experiment(Dense(Polynomial(3, rectified=True)), R, 50)
EXPONENTIAL = Experiment(Dense(Exponential()), R, 12)
SPARSE = Experiment(Hopfield(covariance(0.1)), Sparse(0.1), 100, threshold=MIDPOINT)
BIASED = Experiment(Hopfield(covariance(-0.4)), Biased(0.3), 80, flips=0.05, threshold=MIDPOINT)
BIASED_HEBB = Experiment(Hopfield(), Biased(0.4), 60, threshold=MIDPOINT)
PARTS = Experiment(Hopfield(parse("post*pre - 0.3*pre + 0.2*post")), R, 60, threshold=MIDPOINT)

CLAIMS = {
    "hebb, odd K": claim(
        HEBB,
        9,
        3000,
        one_neuron_more=replace(HEBB, dim=43),
        self_coupling_kept=with_self_coupling(41, 9),
        ties_are_errors=ties_as_errors(41, 9),
    ),
    "hebb, even K": claim(
        HEBB,
        10,
        3000,
        one_neuron_more=replace(HEBB, dim=43),
        self_coupling_kept=with_self_coupling(41, 10),
        ties_are_errors=ties_as_errors(41, 10),
    ),
    "dense of order 3": claim(
        CUBIC,
        200,
        500,
        wrong_order=replace(CUBIC, memory=Dense(Polynomial(4))),
        rectified=replace(CUBIC, memory=RECTIFIED.memory),
        one_neuron_more=replace(CUBIC, dim=51),
    ),
    "dense of order 3, flipped cues": claim(
        FLIPPED, 200, 500, no_flips=CUBIC, fewer_flips=replace(FLIPPED, flips=0.08)
    ),
    "rectified of order 3": claim(
        RECTIFIED, 300, 500, not_rectified=CUBIC, one_neuron_more=replace(RECTIFIED, dim=51)
    ),
    "exponential": claim(
        EXPONENTIAL,
        200,
        2000,
        one_neuron_more=replace(EXPONENTIAL, dim=13),
        flatter=replace(EXPONENTIAL, memory=Dense(Exponential(0.5))),
    ),
    "covariance, sparse, midpoint": claim(
        SPARSE,
        50,
        1500,
        no_midpoint=replace(SPARSE, threshold=type(HEBB.threshold)()),
        hebb=replace(SPARSE, memory=Hopfield()),
    ),
    "covariance, biased, flipped cues": claim(
        BIASED, 14, 2500, no_flips=replace(BIASED, flips=0.0), hebb=replace(BIASED, memory=Hopfield())
    ),
    "hebb, biased": claim(BIASED_HEBB, 7, 3000, unbiased=replace(BIASED_HEBB, ensemble=R)),
    "rule with pre and post parts": claim(
        PARTS,
        10,
        3000,
        without_the_parts=replace(PARTS, memory=Hopfield()),
        other_sign=replace(PARTS, memory=Hopfield(parse("post*pre + 0.9*pre"))),
    ),
}
TWINS = [(name, wrong) for name, made in CLAIMS.items() for wrong in made.wrong]


@cache
def trial_errors(name):
    made = CLAIMS[name]
    counts = [run_trial(made.experiment, made.n_patterns, SEED, block) for block in range(made.trials)]
    assert len({c.judged for c in counts}) == 1
    return np.array([c.failures / c.judged for c in counts])


def deviation(errors, expected):
    """Student's t of the trials against the expected error, and its bound."""
    t = (errors.mean() - expected) / (errors.std(ddof=1) / np.sqrt(len(errors)))
    return abs(t), stats.t(len(errors) - 1).isf(FALSE_ALARM / 2)


@pytest.mark.parametrize("name", CLAIMS)
def test_simulation_errs_as_often_as_the_exact_law_says(name):
    made = CLAIMS[name]
    t, bound = deviation(trial_errors(name), exact(made.experiment, made.n_patterns))
    assert t < bound


@pytest.mark.parametrize(("name", "wrong"), TWINS)
def test_simulation_rejects_a_wrong_law(name, wrong):
    t, bound = deviation(trial_errors(name), CLAIMS[name].wrong[wrong]())
    assert t > bound

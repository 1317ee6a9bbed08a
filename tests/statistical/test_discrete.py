"""Does simulation of neurons of several levels err as the exact law says, and can it tell a wrong law?

Bits of one trial share its patterns, so trials are the unit: their mean error is compared with the law by
Student's t. Each test raises a false alarm once in a million seeds; the seed is fixed. Each twin feeds the
same trials a wrong law, and the same bound must reject it.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from hebbcap import theory
from hebbcap.dynamics import Steps
from hebbcap.learning import covariance, parse
from hebbcap.measurement.trial import run_trial
from hebbcap.memories import Hopfield
from hebbcap.patterns import Biased, Discrete, Rademacher, Sparse, ternary
from hebbcap.question import MIDPOINT, Experiment

FALSE_ALARM = 1e-6
SEED = 20260802

TERNARY = Experiment(Hopfield(), ternary(0.3), 60, threshold=MIDPOINT)
TIES = Experiment(Hopfield(), ternary(0.3), 40, threshold=Steps((-4.0, 4.0)))
FLIPPED = replace(TERNARY, flips=0.1)
GRADED = Experiment(Hopfield(covariance(0.5)), Discrete((0, 1, 2), (0.6, 0.3, 0.1)), 60, threshold=MIDPOINT)
PARTS = Experiment(
    Hopfield(parse("post*pre - 0.3*post + 0.2*post^2")), ternary(0.6), 50, flips=0.04, threshold=MIDPOINT
)
FIVE = Experiment(Hopfield(), Discrete((-2, -1, 0, 1, 2), (0.1, 0.2, 0.4, 0.2, 0.1)), 60, threshold=MIDPOINT)
BIASED_POST = Experiment(Hopfield(parse("post*pre - 0.3*post")), Rademacher(), 60, threshold=MIDPOINT)
NO_UNIT = Experiment(Hopfield(parse(f"post*pre - {0.3 * 2**0.5}*post")), Biased(0.4), 60, threshold=MIDPOINT)
SPARSE = Experiment(Hopfield(covariance(0.1)), Sparse(0.1), 80, flips=0.1, threshold=MIDPOINT)

# experiment, patterns, trials, wrong experiments
CLAIMS = {
    "ternary": (TERNARY, 9, 1500, {"two levels": replace(TERNARY, ensemble=Rademacher())}),
    "ternary, at thresholds that are met": (
        TIES,
        6,
        2500,
        {"thresholds just off": replace(TIES, threshold=Steps((-4.001, 3.999)))},
    ),
    "ternary, flipped": (FLIPPED, 9, 1500, {"no flips": TERNARY, "fewer": replace(FLIPPED, flips=0.08)}),
    "graded, covariance": (GRADED, 6, 2500, {"hebb": replace(GRADED, memory=Hopfield())}),
    "ternary with parts, flipped": (PARTS, 6, 2500, {"hebb": replace(PARTS, memory=Hopfield())}),
    "five levels": (FIVE, 5, 2500, {"one neuron in ten more": replace(FIVE, dim=66)}),
    "post part": (BIASED_POST, 9, 2500, {"without": replace(BIASED_POST, memory=Hopfield())}),
    "no common unit": (NO_UNIT, 9, 2500, {"without": replace(NO_UNIT, memory=Hopfield())}),
    "sparse, flipped": (SPARSE, 30, 1500, {"no flips": replace(SPARSE, flips=0.0)}),
}
TWINS = [(name, wrong) for name, claim in CLAIMS.items() for wrong in (*claim[3], "load off by a fifth")]


@cache
def trial_errors(name):
    experiment, n_patterns, trials, _ = CLAIMS[name]
    counts = [run_trial(experiment, n_patterns, SEED, block) for block in range(trials)]
    assert len({c.judged for c in counts}) == 1
    return np.array([c.failures / c.judged for c in counts])


def deviation(errors, expected):
    """Student's t of the trials against the expected error, and its bound."""
    t = (errors.mean() - expected) / (errors.std(ddof=1) / np.sqrt(len(errors)))
    return abs(t), stats.t(len(errors) - 1).isf(FALSE_ALARM / 2)


@pytest.mark.parametrize("name", CLAIMS)
def test_simulation_errs_as_often_as_the_exact_law_says(name):
    experiment, n_patterns, *_ = CLAIMS[name]
    t, bound = deviation(trial_errors(name), theory.bit_error("exact", experiment, n_patterns))
    assert t < bound


@pytest.mark.parametrize(("name", "wrong"), TWINS)
def test_simulation_rejects_a_wrong_law(name, wrong):
    experiment, n_patterns, _, others = CLAIMS[name]
    asked, count = (others[wrong], n_patterns) if wrong in others else (experiment, round(1.2 * n_patterns))
    t, bound = deviation(trial_errors(name), theory.bit_error("exact", asked, count))
    assert t > bound


def test_signal_to_noise_is_near_where_fields_are_nearly_normal():
    for experiment, n_patterns in ((TERNARY, 9), (FIVE, 5), (SPARSE, 30)):
        exact, snr = (theory.bit_error(method, experiment, n_patterns) for method in ("exact", "snr"))
        assert snr == pytest.approx(exact, rel=0.35)

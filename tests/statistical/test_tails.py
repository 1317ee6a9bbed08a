"""Do memories with steep, user-given and few-patterned fields err as often as the exact law says?

Bits of one trial share its patterns, so trials are the unit, compared by Student's t. Each test raises a
false alarm once in a million seeds; the seed is fixed. Each twin feeds the same trials a wrong law.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

from hebbcap import theory
from hebbcap.measurement.trial import run_trial
from hebbcap.memories import Dense, memory
from hebbcap.patterns import Biased, Rademacher
from hebbcap.question import Experiment
from hebbcap.separation import CustomSeparation, Exponential, Polynomial

FALSE_ALARM = 1e-6
SEED = 20260802


def log_cosh(x):
    return np.logaddexp(x, -x) - np.log(2)


def softplus_squared(x):
    return np.logaddexp(0, x) ** 2


R = Rademacher()
STEEP = Experiment(Dense(Exponential()), R, 20, flips=0.1)
ENERGY = Experiment(memory("energy:x^3/3 + 0.1*x^5"), R, 21, flips=1 / 21)
CUSTOM = Experiment(Dense(CustomSeparation(softplus_squared, "softplus^2")), R, 41, flips=2 / 41)
SHALLOW = Experiment(Dense(CustomSeparation(log_cosh, "log-cosh")), R, 40)
FEW = Experiment(Dense(Polynomial(10)), Biased(0.4), 12, flips=2 / 12)

CLAIMS = {
    "exponential from flipped cues": (
        STEEP,
        300,
        2000,
        {
            "no flips": replace(STEEP, flips=0.0),
            "flatter": replace(STEEP, memory=Dense(Exponential(0.5))),
            "one neuron more": replace(STEEP, dim=21),
        },
    ),
    "energy from a formula": (
        ENERGY,
        150,
        1500,
        {
            "without its fifth power": replace(ENERGY, memory=memory("energy:x^3/3")),
            "of order three": replace(ENERGY, memory=memory("energy:x^3")),
        },
    ),
    "function that rectifies softly": (
        CUSTOM,
        200,
        600,
        {
            "rectified sharply": replace(CUSTOM, memory=memory("rectified:3")),
            "not rectified": replace(CUSTOM, memory=memory("dense:2")),
        },
    ),
    "function with fields of one size": (
        SHALLOW,
        4,
        3000,
        {"of order two": replace(SHALLOW, memory=memory("dense:2"))},
    ),
    "few patterns of high order": (
        FEW,
        6,
        6000,
        {"no flips": replace(FEW, flips=0.0), "more biased": replace(FEW, ensemble=Biased(0.2))},
    ),
}
TWINS = [(name, wrong) for name, made in CLAIMS.items() for wrong in made[3]]


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
    experiment, n_patterns, _, _ = CLAIMS[name]
    t, bound = deviation(trial_errors(name), theory.bit_error("exact", experiment, n_patterns))
    assert t < bound


@pytest.mark.parametrize(("name", "wrong"), TWINS)
def test_simulation_rejects_a_wrong_law(name, wrong):
    _, n_patterns, _, twins = CLAIMS[name]
    t, bound = deviation(trial_errors(name), theory.bit_error("exact", twins[wrong], n_patterns))
    assert t > bound

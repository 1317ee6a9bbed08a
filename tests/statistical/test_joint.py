"""Do whole patterns fail as often as the joint theory says, and can simulation tell independent bits from it?

Patterns of one trial share their overlaps, so trials are the unit: their mean failure is compared by
Student's t, at a false alarm once in a million seeds. The theory is an approximation that states the size
of its error, which is allowed for on top; the twin is given the same allowance, and must be rejected.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy import stats

from hebbcap import theory
from hebbcap.criteria import Criterion
from hebbcap.learning import covariance
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Biased, Rademacher, Sparse
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.separation import Exponential, Polynomial
from hebbcap.theory.joint import joint_failure

FALSE_ALARM = 1e-6
SEED = 20260801
ONE, ALL = Criterion("pattern-error", 0.1), Criterion("all-patterns", 0.1)


@dataclass(frozen=True)
class Claim:
    """An experiment with so many patterns, and how many trials of how many cues tell about it."""

    experiment: Experiment
    n_patterns: int
    trials: int
    cues: int


HEBB = Experiment(Hopfield(), Rademacher(), 200, ONE)
SPARSE = Experiment(Hopfield(covariance(0.1)), Sparse(0.1), 200, ONE, threshold=MIDPOINT)
BIASED = Experiment(Hopfield(covariance(-0.4)), Biased(0.3), 100, ONE, threshold=MIDPOINT)

CLAIMS = {
    "hebb": Claim(HEBB, 20, 20_000, 20),
    "hebb, heavy load": Claim(HEBB, 30, 4_000, 30),
    "hebb, flipped cues": Claim(Experiment(Hopfield(), Rademacher(), 200, ONE, flips=0.1), 15, 8_000, 15),
    "hebb, few neurons": Claim(Experiment(Hopfield(), Rademacher(), 50, ONE), 8, 40_000, 8),
    "cubic": Claim(Experiment(Dense(Polynomial(3)), Rademacher(), 50, ONE), 80, 8_000, 32),
    "quartic": Claim(Experiment(Dense(Polynomial(4)), Rademacher(), 40, ONE), 600, 400, 64),
    "covariance, biased": Claim(BIASED, 10, 20_000, 10),
    "covariance, sparse": Claim(SPARSE, 25, 6_000, 25),
    "exponential, flipped cues": Claim(
        Experiment(Dense(Exponential()), Rademacher(), 20, ONE, flips=0.1), 300, 1_500, 64
    ),
    "hebb, all patterns": Claim(Experiment(Hopfield(), Rademacher(), 100, ALL), 10, 30_000, 10),
    "cubic, all patterns": Claim(Experiment(Dense(Polynomial(3)), Rademacher(), 40, ALL), 45, 3_000, 45),
    "exponential, all patterns": Claim(
        Experiment(Dense(Exponential()), Rademacher(), 16, ALL), 60, 8_000, 60
    ),
}
INDISTINCT = {
    "quartic": "so many patterns leave all cues alike, and the product is within the allowance",
    "cubic, all patterns": "at this load the product is within the allowance",
    "exponential, all patterns": "from intact cues single bits are spoiled, one at a time",
}


@cache
def trial_failures(name):
    """Share of failing patterns, or whether any failed, of each trial; from the definitions alone."""
    made = CLAIMS[name]
    experiment, count = made.experiment, made.n_patterns
    rng = np.random.default_rng(SEED)
    batch = max(1, int(2e6 // (count * experiment.dim)))
    level = theory.midpoint(experiment, count) if experiment.threshold == MIDPOINT else 0.0
    shares = []
    for start in range(0, made.trials, batch):
        size = min(batch, made.trials - start), count, experiment.dim
        high = rng.random(size, dtype=np.float32) < experiment.ensemble.p_high
        low_level, high_level = experiment.ensemble.levels
        patterns = np.where(high, np.float32(high_level), np.float32(low_level))
        wanted = patterns[:, : made.cues]
        states = flipped(wanted, experiment, rng)
        excess = fields(experiment, patterns, states) - level
        tie = np.abs(excess) <= 1e-10 * np.abs(excess).mean(axis=2, keepdims=True)
        now = np.where(tie, states, np.where(excess > 0, high_level, low_level))
        failed = (now != wanted).any(axis=2)
        shares.append(failed.any(axis=1) if experiment.criterion == ALL else failed.mean(axis=1))
    return np.concatenate(shares).astype(float)


def flipped(wanted, experiment, rng):
    states = wanted.copy()
    if experiment.n_flipped:
        order = rng.random(wanted.shape).argpartition(experiment.n_flipped - 1, axis=2)
        order = order[:, :, : experiment.n_flipped]
        old = np.take_along_axis(wanted, order, axis=2)
        np.put_along_axis(states, order, sum(experiment.ensemble.levels) - old, axis=2)
    return states


def fields(experiment, patterns, states):
    if isinstance(experiment.memory, Dense):
        table = experiment.memory.separation.table(experiment.dim)
        overlap = np.rint(states @ patterns.transpose(0, 2, 1)).astype(np.int64)
        agreeing, opposed = table.values[overlap - 1 + table.reach], table.values[overlap + 1 + table.reach]
        even = (0.5 * (agreeing + opposed)) @ patterns.astype(float)
        return even + 0.5 * (agreeing - opposed).sum(axis=2)[..., None] * states
    mean = experiment.memory.rule.table((0.0, 1.0))  # (post - mean)(pre - mean), or post * pre
    offset = (mean[0, 0]) ** 0.5 * np.sign(-mean[0, 1]) if mean[0, 0] else 0.0
    centred = patterns.astype(float) - offset
    return (states @ centred.transpose(0, 2, 1)) @ centred - (centred**2).sum(axis=1)[:, None, :] * states


def deviation(shares, expected):
    """Student's t of the trials against the expected failure, and its bound."""
    t = (shares.mean() - expected) / (shares.std(ddof=1) / np.sqrt(len(shares)))
    return abs(t), stats.t(len(shares) - 1).isf(FALSE_ALARM / 2)


def accepted(shares, value, error):
    """Whether some number within the stated error of the value passes the test."""
    nearest = np.clip(shares.mean(), (1 - error) * value, (1 + error) * value)
    t, bound = deviation(shares, nearest)
    return t < bound


def independent_bits(made):
    bits = made.experiment.dim * (made.n_patterns if made.experiment.criterion == ALL else 1)
    return -np.expm1(bits * np.log1p(-theory.bit_error("exact", made.experiment, made.n_patterns)))


@pytest.mark.parametrize("name", CLAIMS)
def test_patterns_fail_as_often_as_the_theory_says(name):
    made = CLAIMS[name]
    found = joint_failure(made.experiment, made.n_patterns)
    assert accepted(trial_failures(name), found.value, found.error)


def test_two_hundred_neurons_need_no_allowance():
    t, bound = deviation(trial_failures("hebb"), joint_failure(HEBB, 20).value)
    assert t < bound


@pytest.mark.parametrize("name", CLAIMS.keys() - INDISTINCT.keys())
def test_simulation_rejects_independent_bits(name):
    made = CLAIMS[name]
    error = joint_failure(made.experiment, made.n_patterns).error
    assert not accepted(trial_failures(name), independent_bits(made), error)


@pytest.mark.parametrize("name", CLAIMS)
def test_simulation_rejects_another_load(name):
    made = CLAIMS[name]
    rough = joint_failure(made.experiment, made.n_patterns).error > 0.09
    more = joint_failure(made.experiment, round((1.5 if rough else 1.1) * made.n_patterns) + 1)
    assert not accepted(trial_failures(name), more.value, more.error)


@pytest.mark.parametrize("name", CLAIMS)
def test_bounds_are_never_violated(name):
    made = CLAIMS[name]
    found, shares = joint_failure(made.experiment, made.n_patterns), trial_failures(name)
    nearest = np.clip(shares.mean(), found.low, found.high)
    t, bound = deviation(shares, nearest)
    assert t < bound


@pytest.mark.parametrize("name", ["hebb", "hebb, flipped cues", "cubic"])
def test_simulation_rejects_the_bounds_of_another_load(name):
    made = CLAIMS[name]
    shares = trial_failures(name)
    for other, side in ((1.5, "low"), (0.7, "high")):
        found = joint_failure(made.experiment, round(other * made.n_patterns))
        wrong = getattr(found, side)
        t, bound = deviation(shares, wrong)
        assert t > bound
        assert (shares.mean() < wrong) == (side == "low")

"""Do printed intervals hold the truth as often as they say?

Each is made with many seeds, and those that hold the truth are counted (`printed_intervals.py`): within what
a binomial allows once in a million to both sides. Intervals of whole numbers hold more, and are asked to hold
no less. Two twins: a wrong truth, and the right one in intervals of half the width, must be held too rarely.
"""

from functools import cache

import numpy as np
import pytest
from scipy.special import ndtri

from hebbcap.measurement import proportion

from .printed_intervals import (
    AT_LEAST,
    CASES,
    CROSSING,
    NOMINAL,
    SEEDS,
    Truth,
    allowed,
    as_said,
    ask,
    covered,
)

FEWER = 100
"""Seeds for those that take ten times as long and more; docs/statistics.md has 1000 of each, and of all."""

QUICK = (
    "hopfield",
    "hopfield, ties",
    "hopfield, flips",
    "dense",
    "hopfield, patterns",
    "dense, patterns",
    "error of hopfield",
    "error of dense",
    "exponent of dense",
)
SLOWER = (
    "covariance",
    "willshaw",
    "dense, overlap",
    "hopfield, all",
    "error of covariance",
    "error of willshaw",
    "exponent of hopfield",
    "radius of dense",
    "lifetime",
)


@cache
def counted(name):
    asked = ask(CASES[name], SEEDS if name in QUICK else FEWER)
    return {of: covered(asked.spans(of), truth) for of, truth in CASES[name].truths().items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK + SLOWER)
def test_intervals_hold_the_truth_as_often_as_they_say(name):
    for of, seen in counted(name).items():
        assert as_said(of, seen), (of, seen)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK + SLOWER)
def test_wrong_truths_and_narrowed_intervals_are_told(name):
    for of, seen in counted(name).items():
        low, _ = allowed(seen.seeds)
        assert seen.wrong < low, (of, seen)
        assert of in AT_LEAST or seen.narrowed < low, (of, seen)


def test_a_hundred_intervals_hold_the_exact_capacity_and_a_hundred_half_as_wide_do_not():
    case = CASES["hopfield"]
    seen = covered(ask(case, 100).spans(CROSSING), case.truths()[CROSSING])
    assert as_said(CROSSING, seen)
    assert max(seen.wrong, seen.narrowed) < allowed(100)[0]


def intervals_of_few_trials(draws, trials=8, judged=2000, chance=0.1, common=0.01):
    """95 % intervals of a chance, from trials whose chances to fail correlate."""
    rng = np.random.default_rng(20261122)
    pulled = rng.beta(chance * (1 / common - 1), (1 - chance) * (1 / common - 1), (draws, trials))
    counts = rng.binomial(judged, pulled)
    scale = np.array([proportion.dispersion(c.sum(), (c**2).sum(), trials, judged) for c in counts])
    low, high = proportion.clopper_pearson(counts.sum(axis=1) / scale, trials * judged / scale, NOMINAL)
    return covered(list(zip(low, high, strict=True)), Truth((chance,), 2 * chance))


def test_intervals_know_that_the_dispersion_of_few_trials_is_an_estimate(monkeypatch):
    seen = intervals_of_few_trials(4000)
    assert as_said("", seen)
    monkeypatch.setattr(proportion, "stdtrit", lambda freedom, chance: ndtri(chance))
    assert intervals_of_few_trials(4000).held < allowed(4000)[0]

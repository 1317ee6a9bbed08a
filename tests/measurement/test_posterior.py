"""Is the crossing found, and is the interval as sure as it says?"""

import numpy as np
import pytest
from scipy.stats import binom, norm

from hebbcap.measurement.posterior import Crossing, crossing, dispersion
from hebbcap.measurement.trial import Counts

BOUND = 0.01
FALSE_ALARM = 1e-6


def synthetic(rng, true, *, slope=4.0, judged=1000, spread=0.0, trials=10, bound=BOUND):
    """Trials whose failure rate follows the posterior's own law; `spread` is common to a trial's chances."""
    found = {}
    for k in (60, 85, 115, 160):
        quantile = norm.ppf(bound) + slope * np.log(k / true)
        # Wider chances are shifted so that their mean over trials is the law's.
        shift = spread * rng.standard_normal(trials)
        rate = norm.cdf(quantile * np.sqrt(1 + spread**2) + shift)
        found[k] = [Counts(int(f), judged) for f in rng.binomial(judged, rate)]
    return found


CASES = {
    "independent": {},
    "dispersed": {"spread": 0.15},
    "single": {"judged": 1, "trials": 60, "bound": 0.3},
    "flat": {"slope": 1.0},
    "far finer than the prior": {"judged": 200_000},
}


def covered(case, true, claimed, n_seeds):
    settings = CASES[case]
    hits = 0
    for seed in range(n_seeds):
        data = synthetic(np.random.default_rng(seed), true, **settings)
        found = crossing(data, settings.get("bound", BOUND), 0.95, centre=100.0, reach=2.0)
        hits += found.low <= claimed <= found.high
    return hits


@pytest.mark.parametrize("case", CASES)
def test_intervals_hold_the_true_crossing_as_often_as_they_say(case):
    n_seeds = 400 if case == "independent" else 200
    hits = covered(case, 100.0, 100.0, n_seeds)
    low, high = binom.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], n_seeds, 0.95)
    assert low <= hits <= high


def test_intervals_of_shifted_data_are_rejected():
    hits = covered("independent", 112.0, 100.0, 100)
    assert hits < binom.ppf(FALSE_ALARM / 2, 100, 0.95)


def test_intervals_that_ignore_the_dispersion_are_rejected(monkeypatch):
    monkeypatch.setattr("hebbcap.measurement.posterior.dispersion", lambda trials: (1.0, 10**6))
    hits = covered("dispersed", 100.0, 100.0, 200)
    assert hits < binom.ppf(FALSE_ALARM / 2, 200, 0.95)


def test_the_crossing_is_found_from_many_trials():
    data = synthetic(np.random.default_rng(0), 100.0, judged=100_000, trials=50)
    found = crossing(data, BOUND, 0.95, centre=90.0, reach=2.0)
    assert found.median == pytest.approx(100.0, rel=2e-3)
    assert found.low < 100.0 < found.high
    assert found.spread < 2e-3


def test_a_surer_interval_is_wider():
    data = synthetic(np.random.default_rng(1), 100.0)
    narrow, wide = (crossing(data, BOUND, c, centre=100.0, reach=2.0) for c in (0.5, 0.999))
    assert wide.low < narrow.low < narrow.median < narrow.high < wide.high
    assert narrow.median == wide.median


def test_more_trials_narrow_the_interval():
    # As one over the root of their number, on average: the dispersion of few trials is uncertain.
    spreads = []
    for trials in (10, 40, 160):
        each = [synthetic(np.random.default_rng(seed), 100.0, trials=trials) for seed in range(12)]
        found = [crossing(data, BOUND, 0.95, centre=100.0, reach=2.0).spread for data in each]
        spreads.append(np.mean(found))
    assert spreads[0] / spreads[1] == pytest.approx(2.0, rel=0.25)
    assert spreads[1] / spreads[2] == pytest.approx(2.0, rel=0.1)


def test_spread_is_half_the_interval_in_logarithms():
    assert Crossing(10.0, 10 / np.e, 10 * np.e).spread == pytest.approx(1.0)


def test_nothing_but_successes_puts_the_crossing_above_them():
    found = crossing({10: [Counts(0, 100)] * 5}, BOUND, 0.95, centre=10.0, reach=2.0)
    assert found.median > 10


def test_dispersion_of_independent_chances_is_one():
    # 4,000 trials: the estimate has a standard deviation of sqrt(2 / 4000) = 0.022; 5 sigma.
    failures = np.random.default_rng(3).binomial(200, 0.1, size=4000)
    scale, freedom = dispersion({10: [Counts(int(f), 200) for f in failures]})
    assert scale == pytest.approx(1.0, abs=0.112)
    assert freedom == 3999


def test_dispersion_of_chances_that_go_together_is_their_number():
    # Ten bits that fail together: ten times the variance.
    failures = 10 * np.random.default_rng(4).binomial(20, 0.1, size=4000)
    scale, _ = dispersion({10: [Counts(int(f), 200) for f in failures]})
    assert scale == pytest.approx(10.0, abs=1.2)


def test_dispersion_is_pooled_over_the_numbers_of_patterns():
    rng = np.random.default_rng(5)
    trials = {k: [Counts(int(f), 200) for f in rng.binomial(200, p, 500)] for k, p in ((5, 0.05), (9, 0.4))}
    scale, freedom = dispersion(trials)
    assert freedom == 998
    assert scale == pytest.approx(1.0, abs=0.23)


@pytest.mark.parametrize("failures", [0, 100])
def test_dispersion_without_any_variation_is_that_of_independent_chances(failures):
    assert dispersion({10: [Counts(failures, 100)] * 4}) == (1.0, 3)


def test_dispersion_does_not_trust_trials_that_are_too_much_alike():
    assert dispersion({10: [Counts(10, 100)] * 4}) == (0.2, 3)

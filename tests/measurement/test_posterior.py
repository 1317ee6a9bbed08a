"""Is the crossing found, and is the interval as sure as it says?"""

import numpy as np
import pytest
from scipy.stats import binom, norm

from hebbcap.measurement import posterior as posterior_module
from hebbcap.measurement.fit import Line, Trust, dispersion, fit, pool, trust
from hebbcap.measurement.posterior import Crossing, FromGrid, FromLine, crossing, posterior
from hebbcap.measurement.tally import Tally

BOUND = 0.01
FALSE_ALARM = 1e-6
PLACES = (60, 85, 115, 160)
NEAR = (91, 92, 97, 98, 103, 104, 109, 110)


def apart(rng, true, *, slope=4.0, judged=1000, spread=0.0, trials=10, bound=BOUND, places=PLACES):
    """Trials at one place each, by the posterior's own law; `spread` is common to a trial's chances."""
    found = []
    for k in places:
        quantile = norm.ppf(bound) + slope * np.log(k / true)
        # Wider chances are shifted so that their mean over trials is the law's.
        shift = spread * rng.standard_normal(trials)
        rate = norm.cdf(quantile * np.sqrt(1 + spread**2) + shift)
        found.append(Tally.of((k,), rng.binomial(judged, rate)[:, None], judged))
    return found


def streams(rng, true, *, slope=1.2, judged=1000, spread=0.0, trials=40, bound=BOUND, places=NEAR):
    """Trials judged at all places: each chance fails from some place on, the same for all."""
    quantile = norm.ppf(bound) + slope * np.log(np.array(places) / true)
    drawn = rng.standard_normal((trials, judged)) + spread * rng.standard_normal((trials, 1))
    failed = (drawn / np.sqrt(1 + spread**2))[:, :, None] < quantile
    return [Tally.of(places, failed.sum(axis=1), judged)]


CASES = {
    "independent": (apart, {}),
    "dispersed": (apart, {"spread": 0.15}),
    "single": (apart, {"judged": 1, "trials": 60, "bound": 0.3}),
    "flat": (apart, {"slope": 1.0}),
    "far finer than the prior": (apart, {"judged": 200_000}),
    "streams": (streams, {}),
    "dispersed streams": (streams, {"spread": 0.1}),
    "steep streams": (streams, {"spread": 0.1, "slope": 6.0, "bound": 0.4, "judged": 100}),
}


def covered(case, true, claimed, n_seeds):
    make, settings = CASES[case]
    hits = 0
    for seed in range(n_seeds):
        data = make(np.random.default_rng(seed), true, **settings)
        found = crossing(data, settings.get("bound", BOUND), 0.95, centre=100.0, reach=2.0)
        hits += found.low <= claimed <= found.high
    return hits


@pytest.mark.parametrize("case", CASES)
def test_intervals_hold_the_true_crossing_as_often_as_they_say(case):
    n_seeds = 400 if case == "independent" else 200
    hits = covered(case, 100.0, 100.0, n_seeds)
    low, high = binom.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], n_seeds, 0.95)
    assert low <= hits <= high


@pytest.mark.parametrize("case", ["independent", "dispersed streams"])
def test_intervals_of_shifted_data_are_rejected(case):
    hits = covered(case, 115.0, 100.0, 100)
    assert hits < binom.ppf(FALSE_ALARM / 2, 100, 0.95)


@pytest.mark.parametrize("case", ["dispersed", "streams", "dispersed streams"])
def test_intervals_that_take_all_chances_for_independent_are_rejected(monkeypatch, case):
    def naive(tallies, line):
        found = trust(tallies, line)
        return found and Trust(found.independent, found.independent, 1e6)

    monkeypatch.setattr(posterior_module, "trust", naive)
    hits = covered(case, 100.0, 100.0, 200)
    assert hits < binom.ppf(FALSE_ALARM / 2, 200, 0.95)


def test_the_crossing_is_found_from_many_trials():
    data = apart(np.random.default_rng(0), 100.0, judged=100_000, trials=50)
    found = crossing(data, BOUND, 0.95, centre=90.0, reach=2.0)
    assert found.median == pytest.approx(100.0, rel=2e-3)
    assert found.low < 100.0 < found.high
    assert found.spread < 2e-3


def test_a_surer_interval_is_wider():
    data = apart(np.random.default_rng(1), 100.0)
    narrow, wide = (crossing(data, BOUND, c, centre=100.0, reach=2.0) for c in (0.5, 0.999))
    assert wide.low < narrow.low < narrow.median < narrow.high < wide.high
    assert narrow.median == wide.median


def test_more_trials_narrow_the_interval():
    # As one over the root of their number, on average: the dispersion of few trials is uncertain.
    spreads = []
    for trials in (10, 40, 160):
        each = [apart(np.random.default_rng(seed), 100.0, trials=trials) for seed in range(12)]
        found = [crossing(data, BOUND, 0.95, centre=100.0, reach=2.0).spread for data in each]
        spreads.append(np.mean(found))
    assert spreads[0] / spreads[1] == pytest.approx(2.0, rel=0.25)
    assert spreads[1] / spreads[2] == pytest.approx(2.0, rel=0.1)


def test_many_counts_are_read_from_the_line_and_few_from_the_grid():
    rng = np.random.default_rng(0)
    many, few = apart(rng, 100.0), apart(rng, 100.0, judged=30, trials=2)
    assert isinstance(posterior(many, BOUND, centre=100.0, reach=2.0), FromLine)
    assert isinstance(posterior(few, BOUND, centre=100.0, reach=2.0), FromGrid)


def test_line_and_grid_agree_where_counts_are_independent_and_many(monkeypatch):
    data = apart(np.random.default_rng(2), 100.0, judged=20_000, trials=100)
    line = crossing(data, BOUND, 0.95, centre=100.0, reach=2.0)
    monkeypatch.setattr(posterior_module, "fit", lambda pooled: None)
    grid = crossing(data, BOUND, 0.95, centre=100.0, reach=2.0)
    assert line.median == pytest.approx(grid.median, rel=1e-3)
    assert line.spread == pytest.approx(grid.spread, rel=0.1)


def test_spread_is_half_the_interval_in_logarithms():
    assert Crossing(10.0, 10 / np.e, 10 * np.e).spread == pytest.approx(1.0)


def test_nothing_but_successes_puts_the_crossing_above_them():
    data = [Tally.of((10,), np.zeros((5, 1)), 100)]
    assert crossing(data, BOUND, 0.95, centre=10.0, reach=2.0).median > 10


def test_the_line_is_that_of_highest_likelihood():
    data = apart(np.random.default_rng(3), 100.0)
    pooled = pool(data)
    line = fit(pooled)

    def log_likelihood(level, slope):
        quantile = level + slope * (pooled.log_k - line.middle)
        missed = pooled.chances - pooled.failures
        return (pooled.failures * norm.logcdf(quantile) + missed * norm.logcdf(-quantile)).sum()

    best = log_likelihood(line.level, line.slope)
    for level, slope in ((1e-3, 0), (-1e-3, 0), (0, 1e-2), (0, -1e-2)):
        assert log_likelihood(line.level + level, line.slope + slope) < best


def test_counts_that_say_nothing_of_the_slope_give_no_line():
    assert fit(pool([Tally.of((10,), [[3], [5]], 100)])) is None
    assert fit(pool([Tally.of((10, 20), [[0, 100], [0, 100]], 100)])) is None


def test_trust_is_the_covariance_between_trials():
    # Of 1,000 data sets, fitted one by one; 5 standard errors of their variance are 22 %.
    rng = np.random.default_rng(4)
    levels, claimed = [], []
    for _ in range(1000):
        data = streams(rng, 100.0, judged=200, spread=0.2, trials=60)
        line = fit(pool(data))
        levels.append(line.level)
        claimed.append(trust(data, line).covariance[0])
    assert np.mean(claimed) == pytest.approx(np.var(levels), rel=0.22)
    # The twin: independent chances would claim a fraction of it.
    independent = trust(data, line).independent[0]
    assert independent < 0.4 * np.var(levels)


def test_trials_that_are_single_chances_have_nothing_to_estimate():
    data = apart(np.random.default_rng(5), 100.0, judged=1, trials=60, bound=0.3)
    found = trust(data, fit(pool(data)))
    assert found.covariance == found.independent
    assert found.freedom == 1e6


def test_freedom_is_the_number_of_trials_less_two():
    data = streams(np.random.default_rng(6), 100.0)
    assert trust(data, fit(pool(data))).freedom == pytest.approx(38)
    # Trials far from the others, where hardly anything fails, add next to none.
    far = Tally.of((60,), np.zeros((1000, 1)), 10)
    assert trust([*data, far], fit(pool([*data, far]))).freedom < 45


def test_trials_too_much_alike_are_not_trusted():
    same = Tally.of((90, 110), [[10, 20]] * 30, 1000)
    line = fit(pool([same]))
    found = trust([same], line)
    assert found.covariance[0] == pytest.approx(0.2 * found.independent[0])


def one_telling_place(rng, common):
    """Trials around a steep step, of which one place alone has some failures and not all."""
    rates = rng.beta(0.4 * (1 / common - 1), 0.6 * (1 / common - 1), 400)
    counts = (np.zeros(400), rng.binomial(200, rates), np.full(400, 200))
    return [Tally.of((k,), each[:, None], 200) for k, each in zip((80, 100, 125), counts, strict=True)]


def test_dispersion_is_that_of_the_place_that_tells():
    # Counts whose chances correlate by 0.02 vary 1 + 199 * 0.02 = 4.98 times as much; 6 standard errors.
    data = one_telling_place(np.random.default_rng(7), 0.02)
    line = Line(np.log(100 * np.exp((norm.ppf(BOUND) - norm.ppf(0.4)) / 60)), norm.ppf(BOUND), 60.0)
    scale, freedom = dispersion(data, line)
    assert scale == pytest.approx(4.98, rel=6 * np.sqrt(2 / 400))
    assert freedom == pytest.approx(398, abs=1)
    # The twin: told by the level at the crossing, where nothing fails, trials would seem to be all alike.
    borne = trust(data, line)
    assert borne is None or borne.covariance[0] / borne.independent[0] < 1.5


def test_dispersion_of_independent_chances_is_1():
    data = apart(np.random.default_rng(8), 100.0, trials=200)
    assert dispersion(data, fit(pool(data)))[0] == pytest.approx(1.0, rel=6 * np.sqrt(2 / 800))
    singles = apart(np.random.default_rng(8), 100.0, judged=1, trials=60, bound=0.3)
    assert dispersion(singles, Line(np.log(100.0), norm.ppf(0.3), 4.0)) == (1.0, 1e6)


def test_nothing_is_known_of_the_dispersion_of_a_step():
    step = [Tally.of((k,), np.full((10, 1), n), 50) for k, n in ((90, 0), (110, 50))]
    assert dispersion(step, Line(np.log(100.0), norm.ppf(BOUND), 200.0)) == (1.0, 18.0)

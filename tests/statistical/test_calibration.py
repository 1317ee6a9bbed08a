"""Is the posterior of the crossing calibrated?

Ranks of true crossings within their posteriors are uniform (`calibration.py`), by chi-square at a false alarm
in a million seeds; the seeds are fixed. Twins must be rejected by the same: a posterior that is asked for the
crossing of half as large a bound again, and one that takes all chances for independent.
"""

from dataclasses import replace

import numpy as np
import pytest

from .calibration import BINS, GRID, LINE, SETTINGS, ranks, uniform

FALSE_ALARM = 1e-6
DRAWS, TWIN_DRAWS, FEWER = 1000, 400, 200
SHIFTED = 1.5
ENOUGH = 3 * BINS
"""Ranks from which chi-square is about what it is said to be."""

STREAMS = replace(SETTINGS["streams"], slopes=(0.5, 20.0))
"""Whose slopes are such that nearly all are read from the line."""


def found(name, **twin):
    return ranks(SETTINGS[name], TWIN_DRAWS if twin else DRAWS, 20261122, **twin)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_true_crossings_are_spread_evenly_over_their_posteriors(name):
    for kind, each in found(name).items():
        assert len(each) < ENOUGH or uniform(each).p > FALSE_ALARM, (kind, uniform(each))


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_a_shifted_bound_is_told(name):
    for kind, each in found(name, shifted=SHIFTED).items():
        assert len(each) < ENOUGH or uniform(each).p < FALSE_ALARM, (kind, uniform(each))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dispersed trials", LINE),
        ("dispersed trials, many counts", LINE),
        ("streams", LINE),
        ("streams, few counts", LINE),
        ("streams, few counts", GRID),
    ],
)
def test_dispersion_ignored_is_told(name, kind):
    assert uniform(found(name, naive=True)[kind]).p < FALSE_ALARM


def test_few_crossings_are_spread_evenly_where_counts_are_many():
    assert uniform(ranks(STREAMS, FEWER, 1)[LINE]).p > FALSE_ALARM
    assert uniform(ranks(STREAMS, FEWER, 1, shifted=SHIFTED)[LINE]).p < FALSE_ALARM
    assert uniform(ranks(STREAMS, FEWER, 1, naive=True)[LINE]).p < FALSE_ALARM


def test_few_crossings_are_spread_evenly_where_counts_are_few():
    setting = SETTINGS["single chances, few"]
    assert uniform(ranks(setting, FEWER, 2)[GRID]).p > FALSE_ALARM
    assert uniform(ranks(setting, FEWER // 2, 2, shifted=SHIFTED)[GRID]).p < FALSE_ALARM


def test_uniform_ranks_are_taken_for_such_and_others_are_not():
    rng = np.random.default_rng(0)
    assert uniform(rng.integers(BINS, size=1000)).p > FALSE_ALARM
    assert uniform(rng.integers(BINS, size=1000) ** 2 // BINS).p < FALSE_ALARM
    assert uniform(np.full(1000, 3)).farthest == pytest.approx(0.9)

"""Do streams of one pass follow the exact law, and would they tell a wrong one?

The crosstalk on a neuron of the Hebb rule is a sum of (K - 1) (D - 1) independent signs; that of a dense
memory one of K - 1 independent numbers, whose law is a power of a Fourier transform. Standard errors are
those between streams, which are independent. Each claim raises a false alarm once in a million seeds; the
seed is fixed.
"""

import math

import numpy as np
import pytest
from scipy import stats

from hebbcap.criteria import Criterion
from hebbcap.kernels.one_pass import Setting, count_wrong
from hebbcap.measurement.curve import error_curve
from hebbcap.measurement.trial import run_trial
from hebbcap.memories import Hopfield
from hebbcap.patterns import Rademacher
from hebbcap.question import Experiment

SEED = 20261122
SIGMAS = 4.9
"""Two-sided, once in a million."""


def rate_and_error(wrong, judged):
    rates = wrong / judged
    return rates.mean(), rates.std(ddof=1) / math.sqrt(len(rates))


def hebb_law(dim, n_patterns, flipped=0, n_signs=None):
    """Chance of a wrong bit, which keeps its state at field 0: right if it was, wrong if it is flipped."""
    n = (n_patterns - 1) * (dim - 1) if n_signs is None else n_signs
    # The field towards the pattern is own + n - 2 B with B binomial; wrong below 0, if flipped also at 0.
    own = dim - 1 - 2 * flipped
    kept = stats.binom.sf(math.floor((n + own) / 2), n, 0.5)
    own_flipped = dim + 1 - 2 * flipped
    left = stats.binom.sf(math.ceil((n + own_flipped) / 2) - 1, n, 0.5)
    return (flipped * left + (dim - flipped) * kept) / dim


def dense_law(order, dim, n_patterns, flipped=0):
    """The same for F(x) = x^order, by the Fourier transform of one pattern's crosstalk."""

    def difference(m):
        return (m + 1) ** order - (m - 1) ** order

    overlaps = range(-dim + 1, dim, 2)
    values = [difference(m) for m in overlaps]
    unit = math.gcd(*values)
    own = difference(dim - 1 - 2 * flipped), difference(dim + 1 - 2 * flipped)
    unit = math.gcd(unit, *own)
    reach = (n_patterns - 1) * max(map(abs, values)) // unit
    size = 1 << (2 * reach + 1).bit_length()
    law = np.zeros(size)
    for down, value in enumerate(values):
        chance = stats.binom.pmf(down, dim - 1, 0.5) / 2
        law[value // unit % size] += chance
        law[-value // unit % size] += chance
    crosstalk = np.fft.irfft(np.fft.rfft(law) ** (n_patterns - 1), size)
    crosstalk = np.concatenate([crosstalk[-reach:], crosstalk[: reach + 1]]) if reach else crosstalk[:1]
    sums = np.arange(-reach, reach + 1)
    kept = crosstalk[sums + own[0] // unit < 0].sum()
    left = crosstalk[sums + own[1] // unit <= 0].sum()
    return (flipped * left + (dim - flipped) * kept) / dim


def pairwise(dim):
    return np.arange(-dim - 1, dim + 2)


@pytest.mark.parametrize(
    ("setting", "grid", "streams"),
    [
        (Setting(pairwise(1000), 1000, 1000), [105, 185, 256], 600),
        (Setting(pairwise(200), 200, 200), [17, 33, 73], 2000),
        (Setting(pairwise(201), 201, 201, flipped=20), [8, 30, 50], 2000),
        (Setting(pairwise(3000), 3000, 64, cues=8), [400, 555], 800),
        (Setting(pairwise(301), 301, 64, flipped=30), [30, 60], 3000),
    ],
)
def test_hebb_errors_follow_the_binomial_law(setting, grid, streams):
    counts = count_wrong(setting, grid, streams, SEED, "binomial law")
    for at, k in enumerate(grid):
        judged = min(k, setting.cues) * setting.judged
        rate, error = rate_and_error(counts.wrong[:, at], judged)
        assert abs(rate - hebb_law(setting.dim, k, setting.flipped)) < SIGMAS * error


def test_one_pattern_more_or_less_would_be_told():
    setting, k = Setting(pairwise(200), 200, 200), 33
    counts = count_wrong(setting, [k], 6000, SEED, "binomial law")
    rate, error = rate_and_error(counts.wrong[:, 0], 32 * 200)
    assert abs(rate - hebb_law(200, k)) < SIGMAS * error
    for wrong_twin in (hebb_law(200, k - 1), hebb_law(200, k + 1), hebb_law(200, k, n_signs=k * 199)):
        assert abs(rate - wrong_twin) > SIGMAS * error


def test_judging_some_neurons_without_the_others_would_be_told():
    setting, k = Setting(pairwise(301), 301, 64, flipped=30), 60
    rate, error = rate_and_error(count_wrong(setting, [k], 3000, SEED, "rest").wrong[:, 0], 32 * 64)
    assert abs(rate - hebb_law(301, k, 30)) < SIGMAS * error
    for flipped in (29, 31, 0):
        assert abs(rate - hebb_law(301, k, flipped)) > SIGMAS * error


@pytest.mark.parametrize(("order", "dim", "flipped", "grid"), [(3, 30, 0, [20, 40]), (3, 31, 4, [9, 20])])
def test_dense_errors_follow_the_exact_law(order, dim, flipped, grid):
    overlaps = range(-dim - 1, dim + 2)
    differences = np.array([(m + 1) ** order - (m - 1) ** order for m in overlaps])
    setting, streams = Setting(differences, dim, dim, flipped=flipped), 8000
    counts = count_wrong(setting, grid, streams, SEED, "exact law")
    for at, k in enumerate(grid):
        rate, error = rate_and_error(counts.wrong[:, at], min(k, 32) * dim)
        assert abs(rate - dense_law(order, dim, k, flipped)) < SIGMAS * error
        assert abs(rate - dense_law(order, dim, k + 1, flipped)) > SIGMAS * error


def test_the_two_laws_of_this_file_agree_at_order_2():
    for k, flipped in ((5, 0), (9, 3)):
        assert dense_law(2, 20, k, flipped) == pytest.approx(hebb_law(20, k, flipped), rel=1e-9)


def test_failed_cues_are_as_many_as_in_trials_of_stored_patterns():
    asked = Experiment(Hopfield(), Rademacher(), 64, Criterion("pattern-error", 0.4), flips=0.05)
    curve = error_curve(asked, [8, 9], streams=4000, seed=SEED)
    trials = [run_trial(asked, 8, SEED, block) for block in range(3000)]
    rates = np.array([counts.failures / counts.judged for counts in trials])
    rate, error = rate_and_error(curve.failed[:, 0], curve.judged_cues[0])
    apart = math.hypot(error, rates.std(ddof=1) / math.sqrt(len(rates)))
    assert abs(rate - rates.mean()) < SIGMAS * apart
    assert abs(curve.failed[:, 1].mean() / curve.judged_cues[1] - rates.mean()) > SIGMAS * apart

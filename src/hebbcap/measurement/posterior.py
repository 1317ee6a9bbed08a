"""Where does the failure rate cross its bound, and how sure is that?

Near the crossing K*, the failure rate is taken to follow

.. math:: p(K) = \\Phi(\\Phi^{-1}(p^*) + s\\, (\\log K - \\log K^*)), \\quad s > 0,

straight in normal quantiles against log K, which all crosstalk laws are over a narrow window. Failures
within a trial share its patterns, so their counts are over-dispersed: the dispersion is estimated between
trials and its uncertainty widens the posterior as in Student's t. Flat priors on log K* and log s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri

from hebbcap.measurement.trial import Counts

Floats = NDArray[np.float64]

_LOG_SLOPES = (math.log(0.05), math.log(200.0))
"""Logarithms of the flattest and the steepest slope s of the prior."""

_CELLS = (48, 121)
"""Grid over log s and log K*: 3 and more cells to a standard deviation, once it has closed in."""

_NEGLIGIBLE = 30.0
"""Posterior weights below exp(-30) of the largest are left out as the grid closes in."""

_MARGIN = 0.15
"""Share of the grid kept on either side of them, in case the coarser grid missed the peak a little."""


@dataclass(frozen=True)
class Crossing:
    """The crossing of the bound: median and interval of K*, real numbers."""

    median: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """Half the interval, in log K."""
        return 0.5 * float(np.log(self.high / self.low))


def dispersion(trials: Mapping[int, Sequence[Counts]]) -> tuple[float, int]:
    """Return how much more the counts of trials vary than independent chances would, and its freedom.

    Parameters
    ----------
    trials : mapping of int to sequence of Counts
        The trials at each K.

    Returns
    -------
    dispersion : float
        1 for independent chances; not below 0.2, so that few trials alike don't promise too much.
    freedom : int
        Degrees of freedom of the estimate.
    """
    squares, expected, freedom = 0.0, 0.0, 0
    for counts in trials.values():
        failures = np.array([c.failures for c in counts], dtype=np.float64)
        judged = np.array([c.judged for c in counts], dtype=np.float64)
        rate = failures.sum() / judged.sum()
        squares += float(((failures - judged * rate) ** 2 / judged).sum())
        expected += (len(counts) - 1) * rate * (1 - rate)
        freedom += len(counts) - 1
    if expected <= 0:
        return 1.0, freedom
    return max(float(squares / expected), 0.2), freedom


def _closer(axis: Floats, counts: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Return the axis closed in on the cells that count, and its share of the old one."""
    whole = axis[-1] - axis[0]
    first, last = axis[counts][[0, -1]]
    low, high = max(first - _MARGIN * whole, axis[0]), min(last + _MARGIN * whole, axis[-1])
    share = float((high - low) / whole)
    return (axis, 1.0) if share > 1 - 2 * _MARGIN else (np.linspace(low, high, len(axis)), share)


def crossing(
    trials: Mapping[int, Sequence[Counts]], bound: float, confidence: float, *, centre: float, reach: float
) -> Crossing:
    """Return the posterior of the crossing K* from the trials given.

    Parameters
    ----------
    trials : mapping of int to sequence of Counts
        The trials at each K; at least one failure and one success among them for a useful answer.
    bound : float
        p*, the largest failure rate allowed.
    confidence : float
        Probability of the interval, equal tails.
    centre, reach : float
        The prior of K* is flat in log K over `centre * exp(+-reach)`.
    """
    log_k = np.log(np.array(sorted(trials), dtype=np.float64))
    failures = np.array([sum(c.failures for c in trials[k]) for k in sorted(trials)], dtype=np.float64)
    judged = np.array([sum(c.judged for c in trials[k]) for k in sorted(trials)], dtype=np.float64)
    single = all(c.judged == 1 for counts in trials.values() for c in counts)
    scale, freedom = (1.0, 10**6) if single else dispersion(trials)
    freedom = max(freedom, 1)
    slope = np.linspace(_LOG_SLOPES[0], _LOG_SLOPES[1], _CELLS[0])
    place = np.log(centre) + np.linspace(-reach, reach, _CELLS[1])
    while True:
        quantile = ndtri(bound) + np.exp(slope)[:, None, None] * (log_k - place[:, None])
        fit = (failures * log_ndtr(quantile) + (judged - failures) * log_ndtr(-quantile)).sum(axis=2) / scale
        log_weight = -0.5 * (freedom + 1) * np.log1p(2 * (fit.max() - fit) / freedom)
        counts = log_weight > -_NEGLIGIBLE
        slope, slope_share = _closer(slope, counts.any(axis=1))
        place, place_share = _closer(place, counts.any(axis=0))
        if min(slope_share, place_share) > 1 - 2 * _MARGIN:
            break
    weight = np.exp(log_weight).sum(axis=0)
    mass = np.cumsum(weight) - 0.5 * weight
    low, median, high = np.interp(
        np.array([0.5 - confidence / 2, 0.5, 0.5 + confidence / 2]) * weight.sum(), mass, place
    )
    return Crossing(float(np.exp(median)), float(np.exp(low)), float(np.exp(high)))

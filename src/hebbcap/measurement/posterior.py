"""Where does the failure rate cross its bound, and how sure is that?

The posterior of log K*, under flat priors, for the line of `fit`. With enough counts, level and slope of
the line are as in Student's t, so that

.. math:: P(K^* \\le K) = P(q(K) \\ge \\Phi^{-1}(p^*)) = T_\\nu\\!\\left(\\frac{q(K) - \\Phi^{-1}(p^*)}
   {\\sqrt{(1, x)\\, V\\, (1, x)^T}}\\right),

with x = log K and V and the freedom those between trials; its quantiles are Fieller's (1954). With few
counts, the log likelihood itself is put on a grid, divided by its dispersion between trials, the
uncertainty of which widens it as in Student's t (the vertical adjustment of Chandler & Bate 2007).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri, stdtrit

from hebbcap.measurement.fit import (
    FLATTEST,
    KNOWN,
    STEEPEST,
    Line,
    Pooled,
    Trust,
    dispersion,
    fit,
    pool,
    trust,
)
from hebbcap.measurement.tally import Tally

Floats = NDArray[np.float64]

_LOG_SLOPES = (math.log(FLATTEST), math.log(STEEPEST))

_CELLS = (48, 121)
"""Grid over log s and log K*: 3 and more cells to a standard deviation, once it has closed in."""

_NEGLIGIBLE = 30.0
"""Posterior weights below exp(-30) of the largest are left out as the grid closes in."""

_MARGIN = 0.15
"""Share of the grid kept on either side of them, in case the coarser grid missed the peak a little."""

_MANY = 40.0
"""Failures, and successes, from which counts are taken to be many."""

_FREE_ENOUGH = 6.0
"""Degrees of freedom from which, likewise."""

_NORMAL = float(ndtri(0.975))

_SLOPE_KNOWN = 0.9999
"""Confidence at which the slope must differ from 0, so that every interval asked for is bounded."""


@dataclass(frozen=True)
class Crossing:
    """The crossing of the bound: median and interval of K*, real numbers."""

    median: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """Half the interval, in log K."""
        return 0.5 * math.log(self.high / self.low)


class FromLine(NamedTuple):
    """The posterior of the crossing from many counts."""

    line: Line
    trust: Trust
    goal: float

    def interval(self, confidence: float) -> Crossing:
        """Return the median and the interval with equal tails."""
        middle, level, slope = self.line
        v00, v01, v11 = self.trust.covariance
        t = float(stdtrit(self.trust.freedom, 0.5 + confidence / 2)) ** 2
        gap = level - self.goal
        a, b, c = slope * slope - t * v11, gap * slope - t * v01, gap * gap - t * v00
        root = math.sqrt(max(b * b - a * c, 0.0))
        median, low, high = -gap / slope, (-b - root) / a, (-b + root) / a
        return Crossing(*(math.exp(middle + x) for x in (median, low, high)))

    @property
    def excess(self) -> float:
        """How much wider the 95 % interval is than if the dispersion between trials were known."""
        return float(stdtrit(self.trust.freedom, 0.975)) / _NORMAL


class FromGrid(NamedTuple):
    """The posterior of the crossing from few counts: weights (n,) of evenly spaced values of log K*."""

    places: Floats
    weights: Floats

    def interval(self, confidence: float) -> Crossing:
        """Return the median and the interval with equal tails."""
        mass = np.cumsum(self.weights) - 0.5 * self.weights
        wanted = np.array([0.5, 0.5 - confidence / 2, 0.5 + confidence / 2]) * self.weights.sum()
        return Crossing(*(math.exp(x) for x in np.interp(wanted, mass, self.places)))

    @property
    def excess(self) -> float:
        """How much wider the 95 % interval is than if the dispersion between trials were known: not told."""
        return 1.0


Posterior: TypeAlias = FromLine | FromGrid


def crossing(
    tallies: Sequence[Tally], bound: float, confidence: float, *, centre: float, reach: float
) -> Crossing:
    """Return median and interval of the crossing K*; see `posterior`."""
    return posterior(tallies, bound, centre=centre, reach=reach).interval(confidence)


def posterior(tallies: Sequence[Tally], bound: float, *, centre: float, reach: float) -> Posterior:
    """Return the posterior of the crossing K* from what was counted.

    Parameters
    ----------
    tallies : sequence of Tally
        At least one failure and one success among them for a useful answer.
    bound : float
        p*, the largest failure rate allowed.
    centre, reach : float
        The prior of K* is flat in log K over `centre * exp(+-reach)`.

    Returns
    -------
    FromLine or FromGrid
        The posterior, whatever the slope.
    """
    pooled = pool(tallies)
    place, goal = math.log(centre), float(ndtri(bound))
    found = fit(pooled)
    if found is not None and min(pooled.failures.sum(), (pooled.chances - pooled.failures).sum()) >= _MANY:
        borne = trust(tallies, found)
        far = abs(found.middle + (goal - found.level) / found.slope - place)
        if borne is not None and borne.freedom >= _FREE_ENOUGH and far < reach:
            t = float(stdtrit(borne.freedom, 0.5 + _SLOPE_KNOWN / 2))
            if found.slope > t * math.sqrt(max(borne.covariance[2], 0.0)):
                return FromLine(found, borne, goal)
    return _closed_in(tallies, pooled, bound, place - reach, place + reach)


def _log_weights(
    pooled: Pooled, bound: float, slopes: Floats, places: Floats, scale: float, freedom: float
) -> Floats:
    """Logarithms of the posterior weights, (slopes, places), the largest 0."""
    log_k, failures, chances = pooled
    quantile = ndtri(bound) + np.exp(slopes)[:, None, None] * (log_k - places[:, None])
    fits = (log_ndtr(quantile) @ failures + log_ndtr(-quantile) @ (chances - failures)) / scale
    return np.asarray(-0.5 * (freedom + 1) * np.log1p(2 * (fits.max() - fits) / freedom))


def _closed_in(tallies: Sequence[Tally], pooled: Pooled, bound: float, low: float, high: float) -> FromGrid:
    """Return the posterior by a grid that starts from all that is thought possible."""
    slopes = np.linspace(_LOG_SLOPES[0], _LOG_SLOPES[1], _CELLS[0])
    places = np.linspace(low, high, _CELLS[1])
    scale, freedom = 1.0, KNOWN
    while True:
        log_weight = _log_weights(pooled, bound, slopes, places, scale, freedom)
        best = np.unravel_index(log_weight.argmax(), log_weight.shape)
        likeliest = Line(float(places[best[1]]), float(ndtri(bound)), math.exp(slopes[best[0]]))
        scale, freedom = dispersion(tallies, likeliest)
        # The dispersion hangs on where the peak is seen: weighed once more with it.
        log_weight = _log_weights(pooled, bound, slopes, places, scale, freedom)
        counts = log_weight > -_NEGLIGIBLE
        slopes, slope_share = _closer(slopes, np.asarray(counts.any(axis=1)))
        places, place_share = _closer(places, np.asarray(counts.any(axis=0)))
        if min(slope_share, place_share) > 1 - 2 * _MARGIN:
            return FromGrid(places, np.exp(log_weight).sum(axis=0))


def _closer(axis: Floats, counts: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Return the axis closed in on the cells that count, and its share of the old one."""
    whole = axis[-1] - axis[0]
    first, last = axis[counts][[0, -1]]
    low, high = max(first - _MARGIN * whole, axis[0]), min(last + _MARGIN * whole, axis[-1])
    share = float((high - low) / whole)
    return (axis, 1.0) if share > 1 - 2 * _MARGIN else (np.linspace(low, high, len(axis)), share)

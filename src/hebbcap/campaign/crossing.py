"""Where do the cells of a line cross the bound, and how sure is that?

The line of `hebbcap.measurement.fit` is straight in log K, and failure rates are only nearly so. Crosstalk
grows with the square root of K, so that its normal quantile bends away from a line: at a distance x in
log K by what a shift of :math:`x^2 / 4` would do. Cells too far from the crossing would pull it aside, while
those next to it may tell its slope badly. So the cells taken are the nearest two and then as many more as
lie within :math:`\\sqrt{3 s}`, where s is half of the interval that they give.

What the cells can't tell is added to the interval. Where they scatter about the line by more than their
counts allow, it is scaled up by that (as measured constants are averaged: Birge 1932). Between two cells a
and b the crossing may be shifted by :math:`(x - a)(b - x) / 4`. And even and odd numbers of patterns fail
differently where fields can tie, by about a third of a pattern, so that a quarter is added at each end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from hebbcap.measurement.fit import fit, pool
from hebbcap.measurement.measured import CONFIDENCE
from hebbcap.measurement.posterior import Crossing, crossing
from hebbcap.measurement.proportion import dispersion
from hebbcap.measurement.tally import Tally

_REACH: Final = 3.0
"""Square of the distance in log K at which cells are taken, in halves of the interval."""

_TOOTH: Final = 0.25
"""Patterns added at each end."""

_FEWEST: Final = 0.5
"""Failures and successes expected of a cell below which it says nothing of how well the line fits."""

_NARROWEST = 0.05


def find_crossing(tallies: Sequence[Tally], bound: float) -> Crossing | None:
    """Return where the failure rate crosses the bound, from the counts of cells at rising K.

    Parameters
    ----------
    tallies : sequence of Tally
        One a cell, each judged at one number of patterns.
    bound : float
        The largest failure rate allowed.

    Returns
    -------
    Crossing or None
        Median and 95 % interval of K*, real numbers; None where the cells lie on one side of it.

    Examples
    --------
    >>> cells = [Tally.of([k], [[f]] * 30, 1000) for k, f in ((10, 1), (15, 4), (20, 11), (25, 22))]
    >>> found = find_crossing(cells, 0.01)
    >>> round(found.low, 1), round(found.median, 1), round(found.high, 1)
    (18.9, 19.4, 20.0)
    """
    if not tallies:
        return None
    log_k = np.log([tally.at[0] for tally in tallies])
    first = _first_above(tallies, bound)
    if first in (0, len(tallies)):
        return None
    low, high = first - 1, first
    centre = 0.5 * float(log_k[low] + log_k[high])
    while True:
        reach = 2 * max(float(log_k[high]) - centre, centre - float(log_k[low]), _NARROWEST)
        taken = tallies[low : high + 1]
        found = crossing(taken, bound, CONFIDENCE, centre=math.exp(centre), reach=reach)
        middle = math.log(found.median)
        below = middle - float(log_k[low - 1]) if low > 0 else math.inf
        above = float(log_k[high + 1]) - middle if high + 1 < len(tallies) else math.inf
        if min(below, above) > math.sqrt(_REACH * found.spread):
            break
        low, high = (low - 1, high) if below <= above else (low, high + 1)
    place = min(max(int(np.searchsorted(log_k, middle)), 1), len(log_k) - 1)
    bend = max(float((middle - log_k[place - 1]) * (log_k[place] - middle)), 0.0) / 4
    scale = _scatter(taken)
    return Crossing(
        found.median,
        max(math.exp(middle - scale * (middle - math.log(found.low)) - bend) - _TOOTH, 0.0),
        math.exp(middle + scale * (math.log(found.high) - middle) + bend) + _TOOTH,
    )


def _first_above(tallies: Sequence[Tally], bound: float) -> int:
    """Return the first cell whose rate is above the bound, if rates rise with K as well as they may."""
    from scipy.optimize import isotonic_regression

    chances = np.array([tally.trials * tally.judged[0] for tally in tallies])
    rates = np.array([tally.failures[0] for tally in tallies]) / chances
    rising: NDArray[np.float64] = isotonic_regression(rates, weights=chances).x
    return int((rising <= bound).sum())


def _scatter(tallies: Sequence[Tally]) -> float:
    """Return how many times farther the cells lie from their line than their counts allow; at least 1."""
    pooled = pool(tallies)
    line = fit(pooled)
    if line is None or len(tallies) <= 2:
        return 1.0
    rate = ndtr(line.level + line.slope * (pooled.log_k - line.middle))
    expected = pooled.chances * rate
    scale = np.array([_dispersion(tally) for tally in tallies])
    told = np.minimum(expected, pooled.chances - expected) > _FEWEST
    misfit = float((((pooled.failures - expected) ** 2 / (expected * (1 - rate) * scale))[told]).sum())
    return math.sqrt(max(misfit / (len(tallies) - 2), 1.0))


def _dispersion(tally: Tally) -> float:
    if tally.single:
        return 1.0
    return max(dispersion(tally.failures, np.diag(tally.products), tally.trials, tally.judged), 1.0)

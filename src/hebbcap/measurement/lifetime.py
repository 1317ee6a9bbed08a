"""At which age do failures cross their bound, and how sure is that?

Near the crossing a*, the failure rate is taken to be straight in normal quantiles against age,

.. math:: p(a) = \\Phi(\\Phi^{-1}(p^*) + s (a - a^*))

fitted by maximum likelihood to the ages near it. Patterns of one network share its weights, so the
interval comes from leaving out one network after the other (the jackknife).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.special import betaincinv, ndtr, ndtri, stdtrit

Floats = NDArray[np.float64]

_CONFIDENCE: Final = 0.95
_SURE = 1e-3
_REACH = (0.5, 1.5)
"""Normal quantiles to each side of the bound within which failure rates are used: where each pattern
gives many bits, and where it gives one."""

_FEWEST_AGES = 4
_STEPS = 50


class LifetimeFit(NamedTuple):
    """The crossing, as a number of patterns: a* + 1, the newest being the first.

    `complete` says whether the crossing lies within the ages that were looked at.
    """

    middle: float
    low: float
    high: float
    complete: bool

    @property
    def half_width(self) -> float:
        """Half the interval."""
        return 0.5 * (self.high - self.low)


def fit_lifetime(failures: NDArray[np.int64], judged: int, bound: float) -> LifetimeFit:
    """Return the age at which the failure rate crosses its bound.

    Parameters
    ----------
    failures : ndarray, shape (networks, ages)
        Failures of the pattern of each age, 0 being the newest.
    judged : int
        Chances to fail in each.
    bound : float
        p*, the largest failure rate allowed.

    Examples
    --------
    >>> ages = np.arange(60)
    >>> expected = 10000 * ndtr(ndtri(0.01) + 0.05 * (ages - 20.5))
    >>> counts = np.random.default_rng(0).poisson(expected, (8, 60))
    >>> found = fit_lifetime(counts, 10000, 0.01)
    >>> found.low < 21.5 < found.high, found.half_width < 0.3
    (True, True)
    """
    networks, n_ages = failures.shape
    total = failures.sum(axis=0)
    reach = _REACH[judged == 1]
    bottom, top = (float(ndtr(ndtri(bound) + step)) for step in (-reach, reach))
    # The first age that is beyond doubt past the window ends it: traces need not be monotone. Bits of one
    # pattern share its cue, so that their counts are worth fewer than they are.
    worth = 1 / _dispersion(failures, judged)
    lower = betaincinv(np.maximum(total * worth, 0.5), (networks * judged - total) * worth + 1.0, _SURE)
    past = np.flatnonzero((total > 0) & (lower > top))
    end = int(past[0]) + 1 if past.size else n_ages
    rising = isotonic_regression(total[:end] / (networks * judged)).x
    if rising[-1] <= bound and not past.size:
        return LifetimeFit(float(n_ages), float(n_ages), float("inf"), False)
    if rising[0] > top:
        return LifetimeFit(0.0, 0.0, 0.0, True)
    first = int(np.searchsorted(rising, bottom))
    last = int(np.searchsorted(rising, top, side="right"))
    missing = max(_FEWEST_AGES - (last - first), 0)
    first, last = max(first - (missing + 1) // 2, 0), min(last + (missing + 1) // 2, end)
    ages, used = np.arange(first, last, dtype=np.float64), failures[:, first:last]
    whole = _crossing(ages, used.sum(axis=0), networks * judged, bound)
    without = np.array(
        [_crossing(ages, used.sum(axis=0) - one, (networks - 1) * judged, bound) for one in used]
    )
    spread = np.sqrt((networks - 1) / networks * ((without - without.mean()) ** 2).sum())
    half = float(stdtrit(networks - 1, 0.5 + _CONFIDENCE / 2) * spread)
    complete = bool(past.size or whole < n_ages - 1)
    return LifetimeFit(whole + 1, whole + 1 - half, whole + 1 + half, complete)


def _crossing(ages: Floats, failures: Floats, chances: float, bound: float) -> float:
    """Return the crossing of a line in normal quantiles, by maximum likelihood (Fisher scoring)."""
    centre = float(ages.mean())
    design = np.stack([np.ones(len(ages)), ages - centre], axis=1)
    rate = np.clip((failures + 0.5) / (chances + 1), 1e-9, 1 - 1e-9)
    line = ndtri(rate)
    for _ in range(_STEPS):
        p = np.clip(ndtr(line), 1e-12, 1 - 1e-12)
        density = np.exp(-0.5 * line**2) / np.sqrt(2 * np.pi)
        weight = chances * density**2 / (p * (1 - p))
        target = line + (failures / chances - p) / np.maximum(density, 1e-12)
        scaled = design * weight[:, None]
        solved = np.linalg.lstsq(scaled.T @ design, scaled.T @ target, rcond=None)[0]
        new = design @ solved
        if np.abs(new - line).max() < 1e-9:
            break
        line = np.clip(new, -8, 8)
    # A slope that is not rising doesn't say where the crossing lies: the end of the room stands for it.
    slope = max(float(solved[1]), 1e-6)
    room = len(ages)
    return float(np.clip(centre + (ndtri(bound) - solved[0]) / slope, ages[0] - room, ages[-1] + room))


def _dispersion(failures: NDArray[np.int64], judged: int) -> float:
    """Return how much more the counts vary between networks than independent chances would; at least 1."""
    networks, rate = len(failures), failures.mean(axis=0) / judged
    expected = (networks - 1) * judged * (rate * (1 - rate)).sum()
    return max(float(((failures - judged * rate) ** 2).sum() / expected), 1.0) if expected else 1.0

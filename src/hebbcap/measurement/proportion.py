"""Between which limits does a chance lie, of which so many cases were counted?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri, stdtrit

_LEAST = 0.2
"""Dispersion below which counts are taken to be alike by luck, so that few of them don't promise too much."""

_UPPER = 0.975
"""Upper end of the intervals that are reported, as a chance."""


def clopper_pearson(
    failures: Any, judged: Any, confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and the upper end of the exact interval of a chance; arrays broadcast.

    Counts need not be whole: overdispersed ones are made smaller. Clopper & Pearson (1934).

    >>> low, high = clopper_pearson([0, 5], 10, 0.95)
    >>> low.round(3), high.round(3)
    (array([0.   , 0.187]), array([0.308, 0.813]))
    """
    k, n = np.asarray(failures, dtype=np.float64), np.asarray(judged, dtype=np.float64)
    tail = 0.5 * (1 - confidence)
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, betaincinv(k, n - k + 1, tail), 0.0)
        high = np.where(k < n, betaincinv(k + 1, n - k, 1 - tail), 1.0)
    return low, high


def dispersion(failures: Any, squares: Any, trials: Any, judged: Any) -> float:
    """Return how much more the counts of trials vary than independent chances would.

    Failures within a trial share its patterns, and may come together. One number for all the rates given;
    arrays broadcast. It is enlarged by as much as Student's t is wider than a normal law at 95 %, since it
    is itself an estimate: without, intervals from 24 trials would hold 93.8 % instead of 95.

    Parameters
    ----------
    failures, squares : array-like, shape (G,)
        Failures and their squares, each summed over the trials at one rate.
    trials, judged : array-like
        How many trials, and the chances to fail of each. Trials at several rates are taken to be others at
        each, but for a single number of them: the same at all.

    Returns
    -------
    float
        1 for independent chances; not below 0.2.

    Examples
    --------
    Failures that come in tens vary ten times as much:

    >>> counts = 10 * np.random.default_rng(0).binomial(20, 0.1, size=4000)
    >>> round(dispersion(counts.sum(), (counts**2).sum(), 4000, 200), 1)
    9.9
    """
    total, n, m = (np.asarray(x, dtype=np.float64) for x in (failures, trials, judged))
    rate = total / (n * m)
    expected = float(((n - 1) * rate * (1 - rate)).sum())
    if expected <= 0:
        return 1.0
    seen = float(((np.asarray(squares, dtype=np.float64) - total**2 / n) / m).sum())
    wider = float(stdtrit((n - 1).sum(), _UPPER)) / float(ndtri(_UPPER))
    return max(wider**2 * seen / expected, _LEAST)

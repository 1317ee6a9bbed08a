"""What is the largest number of patterns whose failures are still allowed?

Failures rise with the number of patterns, all but evenly: where fields can tie, odd and even K differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from scipy.optimize import brentq
from scipy.special import ndtri, ndtri_exp

from hebbcap import _checks
from hebbcap._checks import NoTheory

_SCAN = 4
"""Whole numbers looked at past the crossing: where fields can tie, the error of even and odd K differs."""


_COUNTED = 10**12
"""Beyond so many patterns one more changes failures by less than their rounding."""


def largest_held(failures: Callable[[int], float], allowed: float, guess: float) -> int:
    """Return the largest K with failures within what is allowed; 0 if there is none.

    Parameters
    ----------
    failures : callable
        Expected share of failures at a whole number of patterns, at least 1.
    allowed : float
        Largest share allowed, between 0 and 1.
    guess : float
        Where to start, at least 1; the nearer, the fewer evaluations.

    Returns
    -------
    int
        K; `_checks.MAX_PATTERNS` where even so many are held.

    Examples
    --------
    >>> largest_held(lambda k: 1 - 0.999**k, 0.5, 10.0)
    692
    """
    goal = float(ndtri(allowed))
    seen = cache(failures)

    def excess(log_count: float) -> float:
        """How far the failures lie above what is allowed, in units in which they rise evenly."""
        share = min(seen(max(round(math.exp(log_count)), 1)), 1 - 1e-16)
        return float(ndtri_exp(math.log(share))) - goal if share > 0 else -40.0

    if seen(1) > allowed:
        return 0
    step, ceiling = math.log(1.3), math.log(_checks.MAX_PATTERNS)
    low = high = math.log(guess)
    while high < ceiling and excess(high) <= 0:
        low, high, step = high, min(high + step, ceiling), 2 * step
    while low > 0 and excess(low) > 0:
        low, high, step = max(low - step, 0.0), low, 2 * step
    if excess(high) <= 0:
        return _checks.MAX_PATTERNS
    best = max(round(math.exp(brentq(excess, low, high, xtol=0.3 * math.exp(-high), rtol=1e-15))), 1)
    if best > _COUNTED:
        return best
    while best > 1 and seen(best) > allowed:
        best -= 1
    ahead = [k for k in range(best + 1, best + 1 + _SCAN) if seen(k) <= allowed]
    return ahead[-1] if ahead else best


def check_counted(found: int) -> int:
    """Return the number of patterns, or refuse one at the end of what is counted.

    Raises
    ------
    NoTheory
        If there are `_checks.MAX_PATTERNS`.
    """
    if found >= _checks.MAX_PATTERNS:
        raise NoTheory(f"more than {_checks.MAX_PATTERNS:.0e} patterns, past what is counted here")
    return found

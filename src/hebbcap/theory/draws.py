"""How likely are so many marked ones among those drawn without putting back?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln


def hypergeometric(found: Any, total: int, marked: Any, drawn: int) -> NDArray[np.float64]:
    """Return the chance of `found` marked ones among `drawn` of `total`; arrays broadcast.

    The same as `scipy.stats.hypergeom.pmf`, without half a second to import it.

    Examples
    --------
    >>> hypergeometric(np.arange(3), 4, 2, 2) * 6
    array([1., 4., 1.])
    """
    k, m = np.asarray(found, dtype=np.float64), np.asarray(marked, dtype=np.float64)
    possible = (k >= 0) & (k <= m) & (k <= drawn) & (drawn - k <= total - m)
    chosen = np.where(possible, k, np.clip(k, np.maximum(0, drawn - total + m), np.minimum(m, drawn)))
    return np.where(possible, np.exp(log_hypergeometric(chosen, total, m, drawn)), 0.0)


def log_hypergeometric(found: Any, total: int, marked: Any, drawn: int) -> NDArray[np.float64]:
    """Return the log of that chance, for numbers that are possible."""
    log_ways = _log_choose(marked, found) + _log_choose(total - marked, drawn - found)
    return np.asarray(log_ways - _log_choose(float(total), float(drawn)))


def _log_choose(n: Any, k: Any) -> Any:
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

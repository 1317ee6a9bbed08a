"""Between which limits does a chance lie, of which so many cases were counted?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv


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

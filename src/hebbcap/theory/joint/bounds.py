r"""Between which bounds must a joint failure lie?

With :math:`S_1` the expected number of n events and :math:`S_2` the expected number of pairs of them,

.. math:: P \le S_1 - \frac{2 S_2}{n}, \qquad P \ge \frac{\theta S_1^2}{2 S_2 + (2 - \theta) S_1}
          + \frac{(1 - \theta) S_1^2}{2 S_2 + (1 - \theta) S_1}

with :math:`\theta` the fractional part of :math:`2 S_2 / S_1`: no better bounds can be had from the two sums.
Dawson & Sankoff (1967), Proc. Am. Math. Soc. 18, 504; Kwerel (1975), J. Am. Stat. Assoc. 70, 472.
"""

from __future__ import annotations

import math


def most(single: float, pairs: float, count: float) -> float:
    """Return the upper bound from S_1, S_2 and the number of events; with no pairs, the union bound.

    >>> round(most(0.1, 0.002, 50), 5)
    0.09992
    """
    return min(max(single - 2 * pairs / count, 0.0), 1.0)


def least(single: float, pairs: float) -> float:
    """Return the lower bound from S_1 and S_2.

    Two coins, each heads with chance 1/2: at least one is, with chance 3/4.

    >>> least(1.0, 0.25)
    0.75
    """
    if single <= 0:
        return 0.0
    theta = math.fmod(2 * pairs / single, 1.0)
    rest = 1 - theta
    above = theta / (2 * pairs + (2 - theta) * single)
    below = rest / (2 * pairs + rest * single)
    return min(single**2 * (above + below), 1.0)

r"""How large is the crosstalk of a dense memory of order n >= 3, F(x) = x^n / n?

At load :math:`a = K (2n-3)!! / D^{n-1}` the fields that two states of mutual overlap q feel share the
covariance

.. math:: s^2 = a\, R(q), \qquad R(q) = \frac{\mathrm E[x^{n-1} y^{n-1}]}{(2n-3)!!}

with x, y normal of correlation q. Unlike for pairwise weights the other patterns don't answer the state:
each holds too small a part of the field. At T = 0 states have q = 1, R = 1, and
:math:`m = \mathrm{erf}(m^{n-1} / \sqrt{2a})`.

Gardner (1987) has R = q^(n-1), for energies that sum over *different* neurons only. Powers of the overlap
contain repeated neurons as well, which leave lower powers of q: even a constant for odd n, a field that is
frozen on each neuron. The two agree at T = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from numpy.polynomial import Polynomial as Series
from numpy.polynomial import hermite_e

from hebbcap.theory.attractors.curve import Crosstalk


@final
@dataclass(frozen=True)
class DenseCrosstalk(Crosstalk):
    """Crosstalk of a dense memory on unbiased +-1 patterns.

    Attributes
    ----------
    order : int
        n, at least 3.
    static_noise : float
        Delta^2, variance of noise frozen on the fields over that of the crosstalk.

    >>> DenseCrosstalk(3).per_load(1.0, 0.3), round(DenseCrosstalk(3).per_load(0.5, 0.3), 3)
    (1.0, 0.5)
    """

    order: int = 3
    static_noise: float = 0.0

    def per_load(self, q: float, susceptibility: float) -> float:
        """Return R(q) + Delta^2 q^(n-1); the susceptibility has no part in it."""
        return float(covariance_series(self.order)(q)) + self.static_noise * float(q ** (self.order - 1))


@lru_cache
def covariance_series(order: int) -> Series:
    r"""Return R(q) as a polynomial, from the Hermite coefficients of x^(n-1).

    .. math:: \mathrm E[x^{n-1} y^{n-1}] = \sum_k k!\, c_k^2\, q^k, \qquad x^{n-1} = \sum_k c_k He_k(x)

    >>> covariance_series(3).coef.round(4).tolist(), covariance_series(4).coef.round(4).tolist()
    ([0.3333, 0.0, 0.6667], [0.0, 0.6, 0.0, 0.4])
    """
    power = np.zeros(order)
    power[-1] = 1.0
    coefficients = hermite_e.poly2herme(power)
    terms = [math.factorial(k) * c * c for k, c in enumerate(coefficients)]
    return Series(np.array(terms) / double_factorial(order))


def double_factorial(order: int) -> float:
    """Return (2n-3)!!, the moment of order 2n - 2 of a normal variable.

    >>> [double_factorial(n) for n in (2, 3, 4, 5)]
    [1.0, 3.0, 15.0, 105.0]
    """
    return float(math.prod(range(1, 2 * order - 2, 2)))

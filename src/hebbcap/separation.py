"""How strongly does a dense memory separate patterns by their overlap?

A dense memory has energy :math:`E(s) = -\\sum_\\mu F(\\xi^\\mu \\cdot s)`. For +-1 patterns the local field,
the energy difference between the two states of a neuron, needs only

.. math:: d(m) = F(m + 1) - F(m - 1)

at the overlaps m of the other neurons, which are whole numbers between -D and D: a table.
Notation as in Krotov & Hopfield (2016), arXiv:1606.01164.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks

_SAFE_LOG = 600.0
"""Natural logarithms up to this size leave room for sums of 1e15 terms in double precision."""


@dataclass(frozen=True)
class DifferenceTable:
    """The field differences d(m) = F(m + 1) - F(m - 1) for whole m from -reach to reach.

    Attributes
    ----------
    sign : ndarray of float, shape (2 * reach + 1,)
        Sign of d(m), in -1, 0, 1.
    log_size : ndarray of float, shape (2 * reach + 1,)
        Natural logarithm of the size of d(m) in units of `unit`; -inf where d(m) is 0.
    values : ndarray of float or None
        d(m) in units of `unit`, or None where that would leave the range of double precision.
    unit : float
        What one of the values is worth: polynomials are kept as whole numbers, in units of 1 / n.
    reach : int
        Largest m of the table.
    whole : bool
        Whether the values are whole numbers, held exactly.
    """

    sign: NDArray[np.float64]
    log_size: NDArray[np.float64]
    values: NDArray[np.float64] | None
    unit: float
    reach: int
    whole: bool

    @property
    def contrast(self) -> float:
        """Largest ratio between d(m + 1) and d(m - 1) in size, whichever is larger; zeros do not count."""
        below, above = self.log_size[:-2], self.log_size[2:]
        both = np.isfinite(below) & np.isfinite(above)
        steepest = np.abs(above[both] - below[both]).max(initial=0.0)
        return float(np.exp(min(steepest, _SAFE_LOG)))


class Separation(ABC):
    """A separation function F; subclasses are final and frozen."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The spelling that the command line uses."""

    @abstractmethod
    def value(self, overlap: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return F at the overlaps given; may overflow to inf where F does."""

    @abstractmethod
    def table(self, dim: int) -> DifferenceTable:
        """Return the field differences for patterns of `dim` neurons."""

    @property
    def steep(self) -> bool:
        """Whether single nearby patterns, not the variance, decide the noise."""
        return False


@final
@dataclass(frozen=True)
class Polynomial(Separation):
    """F(x) = x^n / n, Krotov & Hopfield (2016).

    Parameters
    ----------
    order : int
        n, from 2 to 100. Order 2 is the pairwise Hebb rule.
    rectified : bool
        Use max(x, 0)^n / n, which gives no weight to a pattern's negative.

    Raises
    ------
    InvalidArgument
        If `order` is not a whole number from 2 to 100.

    Examples
    --------
    >>> Polynomial(3).value(np.array([-3.0, 3.0]))
    array([-9.,  9.])
    >>> Polynomial(3, rectified=True).value(np.array([-3.0, 3.0]))
    array([0., 9.])
    """

    order: int
    rectified: bool = False

    def __post_init__(self) -> None:
        # A plain int: powers of a NumPy one would overflow in the table.
        order = _checks.integer(
            "order", self.order, low=2, high=100, meaning="order is the power n of F(x) = x^n / n"
        )
        object.__setattr__(self, "order", order)

    @property
    def name(self) -> str:
        """The spelling that the command line uses."""
        return f"{'rectified' if self.rectified else 'dense'}:{self.order}"

    def value(self, overlap: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return F at the overlaps given."""
        base = np.maximum(overlap, 0.0) if self.rectified else np.asarray(overlap, dtype=np.float64)
        with np.errstate(over="ignore"):
            return np.asarray(base**self.order / self.order)

    def table(self, dim: int) -> DifferenceTable:
        """Return the field differences for patterns of `dim` neurons."""
        return _polynomial_table(self.order, self.rectified, dim)


@final
@dataclass(frozen=True)
class Exponential(Separation):
    """F(x) = exp(beta x), Demircigil et al. (2017).

    Parameters
    ----------
    beta : float
        Steepness, > 0; dimensionless.

    Raises
    ------
    InvalidArgument
        If `beta` is not a positive number.

    Examples
    --------
    >>> Exponential().value(np.array([0.0, 1.0])).round(4)
    array([1.    , 2.7183])
    """

    beta: float = 1.0

    def __post_init__(self) -> None:
        beta = _checks.real(
            "beta", self.beta, low=0, open_low=True, high=100, meaning="beta is the steepness of exp(beta x)"
        )
        object.__setattr__(self, "beta", beta)

    @property
    def name(self) -> str:
        """The spelling that the command line uses."""
        return "exponential" if self.beta == 1 else f"exponential:{_checks.short(self.beta)}"

    @property
    def steep(self) -> bool:
        """Single nearby patterns decide: the nearest weigh exp(2 beta) times more than the next."""
        return True

    def value(self, overlap: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return F at the overlaps given."""
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(self.beta * np.asarray(overlap, dtype=np.float64)))

    def table(self, dim: int) -> DifferenceTable:
        """Return the field differences for patterns of `dim` neurons."""
        reach = dim + 1
        log_size = self.beta * np.arange(-reach, reach + 1) + np.log(2 * np.sinh(self.beta))
        values = np.exp(log_size) if np.abs(log_size).max() < _SAFE_LOG else None
        return DifferenceTable(np.ones_like(log_size), log_size, values, 1.0, reach, whole=False)


@lru_cache(maxsize=8)
def _polynomial_table(order: int, rectified: bool, dim: int) -> DifferenceTable:
    reach = dim + 1
    points = [max(x, 0) if rectified else x for x in range(-reach - 1, reach + 2)]
    powers = [x**order for x in points]
    exact = [after - before for before, after in zip(powers[:-2], powers[2:], strict=True)]
    largest = max(abs(d) for d in exact)
    sign = np.array([(d > 0) - (d < 0) for d in exact], dtype=np.float64)
    log_size = np.array([_log(abs(d)) for d in exact])
    values = np.array([float(d) for d in exact]) if _log(largest) < _SAFE_LOG else None
    return DifferenceTable(sign, log_size, values, 1.0 / order, reach, whole=largest < 2**53)


def _log(whole: int) -> float:
    """Natural logarithm of a whole number of any size."""
    if whole == 0:
        return -np.inf
    shift = max(whole.bit_length() - 60, 0)
    return float(np.log(float(whole >> shift)) + shift * np.log(2.0))

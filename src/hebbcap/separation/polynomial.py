"""F(x) = x^n / n, and its rectified form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.separation.table import DifferenceTable, Separation, whole_table


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

    def log_value(self, overlap: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the sign of F and the logarithm of its size."""
        base = np.maximum(overlap, 0.0) if self.rectified else np.asarray(overlap, dtype=np.float64)
        with np.errstate(divide="ignore"):
            return np.sign(base) ** self.order, self.order * np.log(np.abs(base)) - np.log(self.order)

    def table(self, dim: int) -> DifferenceTable:
        """Return the field differences for patterns of `dim` neurons."""
        return _polynomial_table(self.order, self.rectified, dim)


@lru_cache(maxsize=8)
def _polynomial_table(order: int, rectified: bool, dim: int) -> DifferenceTable:
    reach = dim + 1
    n_bytes = 2 * (reach + 1) * (150.0 + 0.3 * order * reach.bit_length())
    _checks.check_fits(n_bytes, f"the powers of dim={dim:,} overlaps", "use a smaller dim")
    points = [max(x, 0) if rectified else x for x in range(-reach - 1, reach + 2)]
    powers = [x**order for x in points]
    exact = [after - before for before, after in zip(powers[:-2], powers[2:], strict=True)]
    return whole_table(exact, 1.0 / order)

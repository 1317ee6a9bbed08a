"""F(x) = exp(beta x)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.separation.table import SAFE_LOG, DifferenceTable, Separation


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

    def log_value(self, overlap: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the sign of F and the logarithm of its size."""
        log_size = self.beta * np.asarray(overlap, dtype=np.float64)
        return np.ones_like(log_size), log_size

    def table(self, dim: int) -> DifferenceTable:
        """Return the field differences for patterns of `dim` neurons."""
        return _exponential_table(self.beta, dim)


@lru_cache(maxsize=8)
def _exponential_table(beta: float, dim: int) -> DifferenceTable:
    reach = dim + 1
    _checks.check_fits(64.0 * (2 * reach + 1), f"the energies of dim={dim:,}", "use a smaller dim")
    log_size = beta * np.arange(-reach, reach + 1) + np.log(2 * np.sinh(beta))
    values = np.exp(log_size) if np.abs(log_size).max() < SAFE_LOG else None
    return DifferenceTable(np.ones_like(log_size), log_size, values, 1.0, reach, whole=False)

"""What must a device know of a separation function?

The overlap of a state with a pattern is :math:`m = 2a - D`, with a the number of entries in which they agree,
0 to D. A neuron that agrees sees :math:`d(m - 1)` from the others (below), one that does not :math:`d(m + 1)`
(above), with d of `hebbcap.separation`. So a table has D + 1 rows, and its field is

.. math:: 2 h_i = \\sum_\\mu \\xi_i^\\mu\\, (\\text{below}_\\mu + \\text{above}_\\mu)
          + s_i \\sum_\\mu (\\text{below}_\\mu - \\text{above}_\\mu)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray

from hebbcap.engines.reference import FINE
from hebbcap.engines.torch.products import digits
from hebbcap.separation.table import DifferenceTable

WHOLE = 2**62
"""Sums of whole numbers are kept in int64 while a bound proves that they stay below this."""


@final
@dataclass(frozen=True, eq=False)
class WholeTable:
    """A function of the agreement a whose values are whole numbers.

    Attributes
    ----------
    digits : Tensor of int8, shape (n_digits, D + 1)
        The values divided by `step`, in digits of base 256.
    step : int
        A factor of all values, at least 1.
    bound : int
        Largest size of a value.
    """

    digits: torch.Tensor
    step: int
    bound: int

    @classmethod
    def of(cls, values: NDArray[np.int64], device: torch.device) -> WholeTable:
        """Bring values (D + 1,) to a device."""
        step = max(int(np.gcd.reduce(values)), 1)
        return cls(
            torch.from_numpy(digits(values // step)).to(device), step, int(np.abs(values).max(initial=0))
        )

    def at(self, agreements: torch.Tensor) -> torch.Tensor:
        """Return the digits at agreements (B, T), shape (n_digits * B, T)."""
        place = agreements.reshape(-1)
        looked_up = torch.cat([row.index_select(0, place) for row in self.digits])
        return looked_up.view(-1, agreements.shape[1])


@final
@dataclass(frozen=True, eq=False)
class RealTable:
    """The differences below and above of any separation function, in double precision.

    Attributes
    ----------
    values : Tensor of float64, shape (2, D + 1), or None
        Below and above, or None where they leave double precision.
    sign, log_size : Tensor of float64, shape (2, D + 1)
        Their signs and the natural logarithms of their sizes.
    largest, least : Tensor of float64, shape (D + 1,)
        Log of the larger and of the smaller of the two.
    log_step : float
        Log of what one of the values is worth.
    is_steep : bool
        Whether above and below are too far apart to be added.
    """

    values: torch.Tensor | None
    sign: torch.Tensor
    log_size: torch.Tensor
    largest: torch.Tensor
    least: torch.Tensor
    log_step: float
    is_steep: bool

    def at(self, agreements: torch.Tensor, log_unit: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return below and above at agreements (B, T), in the unit of each state."""
        if self.values is not None:
            return look_up(self.values[0], agreements), look_up(self.values[1], agreements)
        below, above = (
            look_up(sign, agreements) * torch.exp(look_up(log_size, agreements) - log_unit[:, None])
            for sign, log_size in zip(self.sign, self.log_size, strict=True)
        )
        return below, above

    @property
    def reach(self) -> float:
        """How many e-folds lie between the largest term a neuron is sure of and the smallest there is."""
        return float(self.least.max() - self.largest.min())


@final
@dataclass(frozen=True, eq=False)
class Prepared:
    """A separation function's table, on a device.

    Attributes
    ----------
    both, own : WholeTable and Tensor of int64 (D + 1,), or None
        Below + above and below - above, if they are whole numbers.
    real : RealTable
        The same in double precision.
    bound : int
        Largest size of |below + above| + |below - above|, 0 if they are not whole numbers.
    """

    both: WholeTable | None
    own: torch.Tensor | None
    real: RealTable
    bound: int


def look_up(table: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Return the entries of a table (n,) at an array of places, faster than by indexing."""
    return table.index_select(0, place.reshape(-1)).view(place.shape)


@lru_cache(maxsize=8)
def overlap_table(dim: int, device: torch.device) -> WholeTable:
    """Return the overlap itself, m = 2 a - D, as a function of the agreement a."""
    return WholeTable.of(np.arange(-dim, dim + 1, 2, dtype=np.int64), device)


def prepare(table: DifferenceTable, dim: int, device: torch.device) -> Prepared:
    """Return a table of differences on a device; the last few are kept there."""
    return _prepare(_Same(table), dim, device)


@dataclass(frozen=True, eq=False)
class _Same:
    """A table as a key: equal to itself alone, as comparing arrays would cost more than it saves."""

    table: DifferenceTable

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.table is self.table

    def __hash__(self) -> int:
        return id(self.table)


@lru_cache(maxsize=8)
def _prepare(same: _Same, dim: int, device: torch.device) -> Prepared:
    table = same.table
    overlaps = np.arange(-dim, dim + 1, 2) + table.reach
    pair = np.stack([overlaps - 1, overlaps + 1])
    log_size = table.log_size[pair]
    real = RealTable(
        None if table.values is None else _to(table.values[pair], device),
        _to(table.sign[pair], device),
        _to(log_size, device),
        _to(log_size.max(axis=0), device),
        _to(log_size.min(axis=0), device),
        float(np.log(table.unit)),
        not table.whole and table.contrast > FINE,
    )
    if not table.whole or table.values is None:
        return Prepared(None, None, real, 0)
    below, above = table.values[pair].astype(np.int64)
    both = WholeTable.of(below + above, device)
    bound = int((np.abs(below + above) + np.abs(below - above)).max())
    return Prepared(both, _to(below - above, device), real, bound)


def _to(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)

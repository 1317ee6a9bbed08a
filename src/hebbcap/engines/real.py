"""How are sums over patterns of real numbers found?

Through BLAS, a tile of patterns at a time: while a tile is still in cache its overlaps are found, weighed and
summed, so that the patterns are read once and no array of all states by all patterns is ever held.

.. math:: m_\\mu = \\sum_j \\xi_j^\\mu s_j, \\quad H_i = \\sum_\\mu f(m_\\mu)\\, \\xi_i^\\mu
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks

Reals = NDArray[np.floating[Any]]
Weigh = Callable[[Reals], Reals]

_STATES = 1024
"""States worked on at a time: enough for BLAS to be at full speed."""


@final
@dataclass(frozen=True, eq=False)
class RealHeld:
    """Patterns of real numbers.

    Products are taken in the precision of the patterns, and tiles are added up in double.

    Parameters
    ----------
    patterns : ndarray of float32 or float64, shape (K, D)
        Finite, K >= 1 and D >= 1; kept as it is, not copied.
    tile : int
        About how many numbers of patterns, or of their overlaps, are worked on at a time, in cache.

    Examples
    --------
    >>> held = RealHeld(np.array([[1.0, 0.0], [0.5, 0.5]]))
    >>> held.overlaps([[2.0, 4.0]])
    array([[2., 3.]])
    >>> held.weighted([[2.0, 4.0]], np.square)
    array([[8.5, 4.5]])
    """

    patterns: Reals
    tile: int = 2**21

    def __post_init__(self) -> None:
        given = self.patterns
        if not isinstance(given, np.ndarray) or given.dtype not in (np.float32, np.float64):
            kind = getattr(given, "dtype", type(given).__name__)
            raise _checks.fail("patterns", kind, "must be an array of float32 or float64", "use astype")
        if given.ndim != 2 or not given.size:
            raise _checks.fail("patterns.shape", given.shape, "must be (K, D) with K >= 1 and D >= 1")
        _checks.integer("tile", self.tile, low=1)

    def __len__(self) -> int:
        return len(self.patterns)

    @property
    def dim(self) -> int:
        """D, the number of neurons."""
        return int(self.patterns.shape[1])

    def overlaps(self, states: ArrayLike) -> Reals:
        """Return the overlap of each state (B, D) with each pattern, shape (B, K)."""
        return np.asarray(self._checked(states) @ self.patterns.T)

    def weighted(self, states: ArrayLike, weigh: Weigh) -> Reals:
        """Return the sums over patterns of each pattern by its weight, shape (B, D).

        `weigh` turns an array of overlaps into their weights, each from its own overlap alone.
        """
        cues = self._checked(states)
        result = np.empty_like(cues)
        for run in _runs(len(cues), _STATES):
            some, total = cues[run], np.zeros(cues[run].shape)
            for tile in self._tiles(len(some)):
                total += np.asarray(weigh(some @ tile.T), dtype=tile.dtype) @ tile
            result[run] = total
        return result

    def softmax(self, states: ArrayLike, beta: float) -> Reals:
        r"""Return the mean of the patterns under the softmax of their overlaps, shape (B, D).

        .. math:: \sum_\mu \frac{e^{\beta m_\mu}}{\sum_\nu e^{\beta m_\nu}}\, \xi^\mu

        One pass, relative to the largest overlap seen so far: no `beta` overflows. Weights have a relative
        error of `beta` times the rounding error of an overlap in the precision of the patterns.

        Parameters
        ----------
        states : array-like, shape (B, D)
            As real numbers.
        beta : float
            Inverse temperature, >= 0.

        Raises
        ------
        InvalidArgument
            If `beta` is not a number >= 0, or the states are of another dimension.

        Notes
        -----
        Ramsauer et al. (2021), arXiv:2008.02217.

        Examples
        --------
        >>> RealHeld(np.array([[1.0, 0.0], [0.0, 1.0]])).softmax([[3.0, 0.0]], 1e4)
        array([[1., 0.]])
        """
        cues = self._checked(states)
        sharpness = min(_checks.real("beta", beta, low=0), float(np.finfo(cues.dtype).max))
        result = np.empty_like(cues)
        for run in _runs(len(cues), _STATES):
            result[run] = self._softmax(cues[run], sharpness)
        return result

    def _softmax(self, cues: Reals, beta: float) -> NDArray[np.float64]:
        largest = cues @ self.patterns[0]
        norm, total = np.zeros(len(cues)), np.zeros(cues.shape)
        for tile in self._tiles(len(cues)):
            overlaps = cues @ tile.T
            before, largest = largest, np.maximum(largest, overlaps.max(axis=1))
            with np.errstate(over="ignore"):  # beta times a difference below 0 may be -inf
                kept = np.exp(beta * (before - largest))
                weights = np.exp(beta * (overlaps - largest[:, None]))
            norm = norm * kept + weights.sum(axis=1, dtype=np.float64)
            total = total * kept[:, None] + weights @ tile
        return np.asarray(total / norm[:, None])

    def _checked(self, states: ArrayLike) -> Reals:
        cues = np.atleast_2d(np.asarray(states, dtype=self.patterns.dtype))
        if cues.ndim != 2 or cues.shape[1] != self.dim:
            raise _checks.fail("states.shape", np.shape(states), f"must be (B, {self.dim})")
        return cues

    def _tiles(self, n_states: int) -> Iterator[Reals]:
        step = max(self.tile // max(self.dim, n_states), 1)
        return (self.patterns[run] for run in _runs(len(self), step))


def _runs(n: int, step: int) -> Iterator[slice]:
    return (slice(start, start + step) for start in range(0, n, step))

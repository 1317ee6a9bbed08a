r"""How often do the other patterns have a neuron at each level, and how likely is that?

.. math:: P(k) = \frac{K!}{\prod_y k_y!} \prod_y p_y^{k_y}

Few patterns are listed completely. For many, a grid of whole numbers does: what is summed over it is smooth,
and the trapezoid rule is then exact far below 1e-15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LISTED = 200
"""Compositions up to this number are listed completely."""

_FINE = 0.6
"""Stride of a grid in standard deviations."""

_REACH = (35.0, 35.0, 12.0)
"""Reach of a grid of one, two and three dimensions in standard deviations; 35 make 1e-266."""

_MOST = 3 * 10**5
"""Points of a grid after which it is given up."""

_PHASES = 1.5
"""Standard deviations that each residue class of an echo's phases must span in points."""


@dataclass(frozen=True)
class Counts:
    """Compositions of K patterns.

    Attributes
    ----------
    k : ndarray, shape (R, Y)
        Patterns with each post.
    deviation : ndarray, shape (R, Y)
        How far that is from the expected number, computed without loss.
    log_weight : ndarray, shape (R,)
        Log of the probability, times the volume that the point stands for.
    stride : int
        Distance of two points.
    """

    k: Floats
    deviation: Floats
    log_weight: Floats
    stride: int

    @cached_property
    def even(self) -> Bools:
        """Every other point in each direction: a grid of twice the stride."""
        free = self.k[:, 1:]
        return np.asarray((np.rint((free - free[:1]) / self.stride) % 2 == 0).all(axis=1))

    def thinned(self) -> Counts:
        """Return the grid of twice the stride, each point of which stands for more."""
        thin, free = self.only(self.even), self.k.shape[1] - 1
        return Counts(thin.k, thin.deviation, thin.log_weight + free * math.log(2), 2 * self.stride)

    def only(self, chosen: Any) -> Counts:
        """Return some of the rows."""
        return Counts(self.k[chosen], self.deviation[chosen], self.log_weight[chosen], self.stride)


def all_or_likely(total: int, chances: Floats) -> Counts | None:
    """Return every composition of few patterns, a wide grid for many, or None if that has too many points.

    >>> counts = all_or_likely(2, np.array([0.5, 0.5]))
    >>> counts.k.tolist(), np.exp(counts.log_weight).round(9).tolist()
    ([[2.0, 0.0], [1.0, 1.0], [0.0, 2.0]], [0.25, 0.5, 0.25])
    """
    free = len(chances) - 1
    if math.comb(total + free, free) <= _LISTED:
        return _grid(total, chances, [np.arange(total + 1.0)] * free, 1)
    if free > len(_REACH):
        return None
    spread = np.sqrt(total * chances * (1 - chances))
    stride = max(int(_FINE * spread[1:].min()), 1)
    reach = _REACH[free - 1] * spread[1:] + 40
    axes = [_axis(total * p, r, total, stride) for p, r in zip(chances[1:], reach, strict=True)]
    if math.prod(len(axis) for axis in axes) > 4 * _MOST:
        return None
    found = _grid(total, chances, axes, stride)
    if free > 1:
        size = ((found.deviation / np.maximum(spread, 1e-9)) ** 2).max(axis=1)
        found = found.only(size < _REACH[free - 1] ** 2 + 40)
    return found if len(found.k) <= _MOST else None


def around(likely: Counts, total: int, chances: Floats, period: int) -> Counts | None:
    """Return a grid over the same region that meets all residues modulo `period` alike, or None."""
    if likely.stride == 1:
        return likely
    spread = np.sqrt(total * chances * (1 - chances))[1:].min()
    stride = max(int(min(spread / (_PHASES * period), likely.stride)), 1)
    while math.gcd(stride, period) > 1:
        stride -= 1
    return finer(likely, total, chances, stride)


def finer(likely: Counts, total: int, chances: Floats, stride: int) -> Counts | None:
    """Return a grid of another stride over the same region, or None if that has too many points."""
    low, high = likely.k.min(axis=0) - likely.stride, likely.k.max(axis=0) + likely.stride
    first, last = np.maximum(low[1:], 0.0), np.minimum(high[1:], total)
    if np.prod((last - first) // stride + 1) > _MOST:
        return None
    axes = [np.arange(a, b + 1, stride) for a, b in zip(first, last, strict=True)]
    return _grid(total, chances, axes, stride)


def _axis(middle: float, reach: float, total: int, stride: int) -> Floats:
    first, last = max(math.floor(middle - reach), 0), min(math.ceil(middle + reach), total)
    return np.arange(first, last + 1, stride, dtype=np.float64)


def _grid(total: int, chances: Floats, axes: list[Floats], stride: int) -> Counts:
    if not axes:
        columns = np.empty((1, 0))
    else:
        columns = np.stack([part.ravel() for part in np.meshgrid(*axes, indexing="ij")], axis=1)
    rest = total - columns.sum(axis=1)
    columns, rest = columns[rest >= 0], rest[rest >= 0]
    k = np.concatenate([rest[:, None], columns], axis=1)
    deviation = k - total * chances
    weight = _log_multinomial(total, chances, k, deviation) + len(axes) * math.log(stride)
    return Counts(k, deviation, weight, stride)


def _log_multinomial(total: int, chances: Floats, k: Floats, deviation: Floats) -> Floats:
    """Log of the probability, by deviances: gammaln alone loses all digits at 1e15 patterns."""
    expected = total * chances
    if total == 0:
        return np.zeros(len(k))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = deviation / expected
        deviance = np.where(k > 0, expected * ((1 + r) * np.log1p(r) - r), expected)
    return np.asarray(_stirling(np.array(float(total))) - (_stirling(k) + deviance).sum(axis=1))


def _stirling(n: Floats) -> Floats:
    """Log of n! less n log n - n."""
    small = np.minimum(n, 1e4)
    exact = gammaln(small + 1) - small * np.log(np.maximum(small, 1)) + small
    large = np.maximum(n, 1.0)
    return np.asarray(np.where(n < 1e4, exact, 0.5 * np.log(2 * np.pi * large) + 1 / (12 * large)))

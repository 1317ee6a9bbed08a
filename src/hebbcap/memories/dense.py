"""What does a dense (higher-order) memory hold, and which fields does it give?

.. math:: E(s) = -\\sum_\\mu F(\\xi^\\mu \\cdot s)

The local field is the energy difference between the two states of a neuron, so its own contribution
is left out: :math:`h_i = \\sum_\\mu \\xi_i^\\mu\\, d(m'_\\mu)`, with d of `hebbcap.separation` and
:math:`m'_\\mu = \\sum_{j \\ne i} \\xi_j^\\mu s_j`. Krotov & Hopfield (2016).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap.memories.protocol import Floats, LocalField, Memory, Patterns, Tracker
from hebbcap.separation import DifferenceTable, Polynomial, Separation

_FINE = 1e4
"""Contrast between neighbouring overlaps up to which one sum holds both without losing the smaller."""


@final
@dataclass(frozen=True)
class Dense(Memory):
    """A dense associative memory of +-1 patterns with separation function F.

    Parameters
    ----------
    separation : Separation
        `Polynomial(3)` if left out; `Exponential()` for the memory of Demircigil et al. (2017).

    Examples
    --------
    With F(x) = x^2 / 2 the field is exactly twice that of the Hebb rule:

    >>> memory = Dense(Polynomial(2)).store([[1, 1, -1, -1], [1, -1, 1, -1]])
    >>> memory.field([1, 1, -1, -1])
    array([[ 4.,  4., -4., -4.]])
    >>> memory.energy([1, 1, -1, -1])
    array([-8.])
    """

    separation: Separation = field(default_factory=lambda: Polynomial(3))
    _patterns: Patterns | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.separation, Separation):
            raise _checks.fail(
                "separation", self.separation, "must be a Separation", "as hebbcap.Polynomial(3)"
            )

    @property
    def name(self) -> str:
        """The spelling that the command line uses."""
        return self.separation.name

    @property
    def patterns(self) -> Patterns | None:
        """The stored patterns (K, D), or None while nothing is stored."""
        return self._patterns

    def holding(self, patterns: Patterns | None, levels: tuple[float, ...] | None = None) -> Dense:
        """Return this memory holding exactly these patterns, which must be +-1."""
        if patterns is not None and not patterns.all():
            raise _checks.fail(
                "patterns", "array", "must be +-1 for a dense memory, 0 was given", "use 2 * x - 1"
            )
        return Dense(self.separation, patterns)

    def scaled_field(self, states: ArrayLike) -> tuple[Floats, Floats]:
        """Return the local fields (B, D) in units of exp(log unit), and that log unit (B,)."""
        patterns, cues = self._states(states)
        table = self.separation.table(patterns.shape[1])
        if table.values is not None:
            log_unit = np.full(len(cues), np.log(table.unit))
        else:
            log_unit = np.full(len(cues), -np.inf)
            for tile in self._tiles(len(cues)):
                overlaps = _overlaps(cues, tile)
                largest = np.maximum(
                    table.log_size[overlaps - 1 + table.reach], table.log_size[overlaps + 1 + table.reach]
                )
                log_unit = np.maximum(log_unit, largest.max(axis=1, initial=-np.inf))
            log_unit = np.where(np.isneginf(log_unit), 0.0, log_unit)
        result = np.zeros(cues.shape)
        kept = np.zeros(len(cues))
        contrast = 1.0 if table.whole else table.contrast
        for tile in self._tiles(len(cues)):
            below, above = _differences(table, _overlaps(cues, tile), log_unit)
            if contrast > _FINE:
                result += _separate(cues, below, above, tile)
                continue
            result += (0.5 * (below + above)) @ tile.astype(np.float64)
            kept += 0.5 * (below - above).sum(axis=1)
        if table.values is None:
            log_unit = log_unit + np.log(table.unit)
        return result + kept[:, None] * cues, log_unit

    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy -sum F(overlap) of each state, shape (B,); -inf where it overflows."""
        _, cues = self._states(states)
        total = np.zeros(len(cues))
        for tile in self._tiles(len(cues)):
            total -= self.separation.value(_overlaps(cues, tile).astype(np.float64)).sum(axis=1)
        return total

    def tracker(self, states: Floats) -> Tracker:
        """Return a tracker that starts at these states (B, D)."""
        patterns, cues = self._states(states)
        return _OverlapTracker(patterns, self.separation.table(patterns.shape[1]), cues)


def _overlaps(states: Floats, patterns: Patterns) -> NDArray[np.int32]:
    """Whole-number overlaps (B, K); single precision holds them exactly while D < 2^24."""
    real = np.float32 if patterns.shape[1] < 2**24 else np.float64
    product = states.astype(real) @ patterns.T.astype(real)
    overlaps: NDArray[np.int32] = product.astype(np.int32)
    return overlaps


def _separate(cues: Floats, below: Floats, above: Floats, tile: Patterns) -> Floats:
    """Fields where above dwarfs below, and would swallow it in a sum: four products instead of one."""
    high, low = (tile > 0).astype(np.float64), (tile < 0).astype(np.float64)
    on, off = below @ high - above @ low, above @ high - below @ low
    return np.where(cues > 0, on, off)


def _differences(
    table: DifferenceTable, overlaps: NDArray[np.int32], log_unit: Floats
) -> tuple[Floats, Floats]:
    """d(m - 1) and d(m + 1) at the overlaps m with the neuron's own term included, in those units."""
    below, above = overlaps - 1 + table.reach, overlaps + 1 + table.reach
    if table.values is not None:
        return table.values[below], table.values[above]
    unit = log_unit.reshape(-1, *(1,) * (overlaps.ndim - 1))
    return (
        table.sign[below] * np.exp(table.log_size[below] - unit),
        table.sign[above] * np.exp(table.log_size[above] - unit),
    )


class _OverlapTracker(Tracker):
    """Holds the overlaps with every pattern, up to date."""

    def __init__(self, patterns: Patterns, table: DifferenceTable, states: Floats) -> None:
        _checks.check_fits(
            8.0 * len(states) * len(patterns) + 8.0 * patterns.size,
            f"asynchronous recall of {len(states)} states among {len(patterns)} patterns",
            "recall fewer states at a time",
        )
        self._columns = np.ascontiguousarray(patterns.T, dtype=np.int32)
        self._table = table
        self._overlaps = _overlaps(states, patterns)
        self._states = states.copy()

    def field(self, neuron: int) -> LocalField:
        column, table = self._columns[neuron], self._table
        own = self._states[:, neuron].astype(np.int32)
        at = self._overlaps - own[:, None] * column + table.reach
        if table.values is not None:
            terms, unit = table.values[at], np.zeros(len(at))
        else:
            unit = table.log_size[at].max(axis=1)
            unit = np.where(np.isneginf(unit), 0.0, unit)
            terms = table.sign[at] * np.exp(table.log_size[at] - unit[:, None])
        return LocalField(terms @ column, unit + np.log(table.unit), np.abs(terms).max(axis=1))

    def change(self, neuron: int, states: Floats, new: Floats) -> None:
        step = (new - states[:, neuron]).astype(np.int32)
        moved = np.flatnonzero(step)
        self._overlaps[moved] += step[moved, None] * self._columns[neuron]
        self._states[moved, neuron] = new[moved]

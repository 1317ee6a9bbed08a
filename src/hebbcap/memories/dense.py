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
from hebbcap.engines import Held
from hebbcap.kernels.bits import Bits
from hebbcap.memories.protocol import Floats, LocalField, Patterns, Tracker
from hebbcap.memories.stored import StoredPatterns
from hebbcap.separation import DifferenceTable, Polynomial, Separation

_OVERLAPS = 2**24
"""Overlaps that are held at a time for energies."""


@final
@dataclass(frozen=True)
class Dense(StoredPatterns):
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
    _patterns: Patterns | Held | None = field(default=None, repr=False, compare=False)
    _levels: tuple[float, ...] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.separation, Separation):
            raise _checks.fail(
                "separation", self.separation, "must be a Separation", "as hebbcap.Polynomial(3)"
            )

    @property
    def name(self) -> str:
        """The spelling that the command line uses."""
        return self.separation.name

    def holding(self, patterns: Patterns | Held | None, levels: tuple[float, ...] | None = None) -> Dense:
        """Return this memory holding exactly these patterns, which must be +-1."""
        zeros = (
            levels == (0.0, 1.0)
            if isinstance(patterns, Held)
            else patterns is not None and not patterns.all()
        )
        if zeros:
            raise _checks.fail(
                "patterns", "array", "must be +-1 for a dense memory, 0 was given", "use 2 * x - 1"
            )
        return Dense(self.separation, patterns)

    def scaled_field(self, states: ArrayLike) -> tuple[Floats, Floats]:
        """Return the local fields (B, D) in units of exp(log unit), and that log unit (B,)."""
        cues = self.checked_states(states)
        return self.held.separated_field(self._pack_states(cues), self._table)

    def next_bits(self, states: Bits, threshold: float) -> Bits | None:
        """Return packed states after one update at threshold 0."""
        return None if threshold else self.held.separated_step(states, self._table)

    def settled_bits(
        self, states: Bits, threshold: float, max_steps: int
    ) -> tuple[Bits, NDArray[np.int64], NDArray[np.str_]] | None:
        """Return where packed states come to rest at threshold 0."""
        return None if threshold else self.held.separated_settled(states, self._table, max_steps)

    @property
    def _table(self) -> DifferenceTable:
        assert self.dim is not None
        return self.separation.table(self.dim)

    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy -sum F(overlap) of each state, shape (B,); -inf where it overflows."""
        packed = self._pack_states(self.checked_states(states))
        at_once = max(_OVERLAPS // self.n_patterns, 1)
        energies = [
            -self.separation.value(self.held.overlaps(packed[i : i + at_once]).astype(np.float64)).sum(axis=1)
            for i in range(0, len(packed), at_once)
        ]
        return np.concatenate(energies)

    def tracker(self, states: Floats) -> Tracker:
        """Return a tracker that starts at these states (B, D)."""
        cues = self.checked_states(states)
        _checks.check_fits(
            8.0 * len(cues) * self.n_patterns + 8.0 * self.n_patterns * cues.shape[1],
            f"asynchronous recall of {len(cues)} states among {self.n_patterns} patterns",
            "recall fewer states at a time",
        )
        overlaps = self.held.overlaps(self._pack_states(cues)).astype(np.int32)
        assert self.patterns is not None
        return _OverlapTracker(self.patterns, overlaps, self._table, cues)


class _OverlapTracker(Tracker):
    """Holds the overlaps with every pattern, up to date."""

    def __init__(
        self, patterns: Patterns, overlaps: NDArray[np.int32], table: DifferenceTable, states: Floats
    ) -> None:
        self._columns = np.ascontiguousarray(patterns.T, dtype=np.int32)
        self._table, self._overlaps, self._states = table, overlaps, states.copy()

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

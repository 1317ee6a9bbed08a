"""Which weights does an additive Hebbian rule write, and which fields do they give?

.. math:: W_{ij} = \\sum_\\mu g(\\xi_i^\\mu, \\xi_j^\\mu), \\quad W_{ii} = 0, \\quad h_i = \\sum_j W_{ij} s_j

with g(post, pre) a polynomial. Hopfield (1982) for g = post * pre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap.learning import Rule, hebb
from hebbcap.memories.protocol import Array, Floats, LocalField, Memory, Patterns, Tracker, in_words
from hebbcap.patterns.discrete import checked_levels

_FLOAT32_EXACT = 2**24
"""Whole numbers below this are exact in single precision, which is twice as fast."""


@final
@dataclass(frozen=True)
class Hopfield(Memory):
    """A pairwise memory: one weight for each ordered pair of neurons, written by a local rule.

    The patterns themselves are held, not the weights: fields are computed through them at a cost of
    K D for each state, which is less than D^2 whenever the memory is not overloaded, and needs no
    D x D array. `weights` builds that array when asked.

    Parameters
    ----------
    rule : Rule
        Additive local rule g(post, pre); the activity product (Hebb) if left out.

    Raises
    ------
    InvalidArgument
        If the rule's increment depends on the present weight.

    Examples
    --------
    >>> memory = Hopfield().store([[1, 1, -1, -1], [1, -1, 1, -1]])
    >>> memory.weights
    array([[ 0.,  0.,  0., -2.],
           [ 0.,  0., -2.,  0.],
           [ 0., -2.,  0.,  0.],
           [-2.,  0.,  0.,  0.]])
    >>> memory.field([1, 1, -1, -1])
    array([[ 2.,  2., -2., -2.]])
    >>> memory.energy([1, 1, -1, -1])
    array([-4.])
    """

    rule: Rule = field(default_factory=hebb)
    _patterns: Patterns | None = field(default=None, repr=False, compare=False)
    _levels: tuple[float, ...] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Rule):
            raise _checks.fail("rule", self.rule, "must be a Rule", "hebbcap.parse turns a formula into one")
        if not self.rule.terms:
            raise _checks.fail("rule", "0", "must not be zero", "it would write no weights")
        if not self.rule.is_additive:
            raise _checks.fail(
                "rule", self.rule.formula, "must not depend on w", "patterns are added independently here"
            )

    @property
    def name(self) -> str:
        """The spelling that the command line uses."""
        if self.rule == hebb():
            return "hopfield"
        return f"hopfield:{self.rule.formula}"

    @property
    def patterns(self) -> Patterns | None:
        """The stored patterns (K, D), or None while nothing is stored."""
        return self._patterns

    def holding(self, patterns: Patterns | None, levels: tuple[float, ...] | None = None) -> Hopfield:
        """Return this memory holding exactly these patterns."""
        return Hopfield(self.rule, patterns, levels)

    @property
    def levels(self) -> tuple[float, ...]:
        """The values that neurons take."""
        return self._levels or super().levels

    def _named_levels(self, levels: Sequence[float]) -> tuple[float, ...]:
        named = checked_levels(levels)
        if self.patterns is not None and named != self.levels:
            raise _checks.fail("levels", named, f"must be {in_words(self.levels)}", "as stored before")
        return named

    @property
    def weights(self) -> Floats:
        """The weights (D, D), index order (post, pre), zero on the diagonal.

        Raises
        ------
        InvalidArgument
            If nothing is stored.
        TooLarge
            If D x D numbers don't fit in memory.
        """
        if self.patterns is None or self.dim is None:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "store patterns first")
        _checks.check_fits(
            24.0 * self.dim**2, f"weights of dim={self.dim}", "field works without the weights"
        )
        values = self.patterns.astype(np.float64)
        result = np.zeros((self.dim, self.dim))
        for post_power, pre_terms in self.rule.by_post_power().items():
            written: Floats = sum(c * values**p for p, c in pre_terms)  # type: ignore[assignment]
            result += (values**post_power).T @ written
        np.fill_diagonal(result, 0.0)
        return result

    def scaled_field(self, states: ArrayLike) -> tuple[Floats, Floats]:
        """Return the local fields (B, D) and the log of their unit, which is always 0 here."""
        patterns, cues = self._states(states)
        real = self._dtype(patterns)
        s: Array = cues.astype(real)
        result = np.zeros(cues.shape)
        for tile in self._tiles(len(cues)):
            values: Array = tile.astype(real)
            projections = {p: s @ (values**p if p != 1 else values).T for p in self._pre_powers()}
            for post_power, pre_terms in self.rule.by_post_power().items():
                received: Array = sum(projections[p] * real(c) for p, c in pre_terms)
                if post_power:
                    result += received @ (values**post_power if post_power != 1 else values)
                else:
                    result += received.sum(axis=1)[:, None]
        result -= cues * self._self_coupling(patterns)
        return result, np.zeros(len(cues))

    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy -1/2 s W s of each state, shape (B,).

        It never rises under asynchronous recall at threshold 0 where the weights are symmetric.
        """
        values, _ = self.scaled_field(states)
        return np.asarray(-0.5 * np.sum(values * np.atleast_2d(states), axis=1))

    def tracker(self, states: Floats) -> Tracker:
        """Return a tracker that starts at these states (B, D)."""
        return _WeightTracker(self.weights, self.field(states))

    def _pre_powers(self) -> set[int]:
        return {p for pre_terms in self.rule.by_post_power().values() for p, _ in pre_terms}

    def _self_coupling(self, patterns: Patterns) -> Floats:
        """Sum of g(xi_i, xi_i) over the patterns: what the zero diagonal leaves out, shape (D,)."""
        diagonal = np.diagonal(self.rule.table(self.levels))
        counts = ((patterns == level).sum(axis=0) for level in self.levels)
        return np.asarray(sum(g * count for g, count in zip(diagonal, counts, strict=True)))

    def _dtype(self, patterns: Patterns) -> type:
        """Single precision where every sum is a whole number that it holds exactly."""
        largest = max(abs(level) for level in self.levels)
        # A term of powers a and b, times the state: at most |c| largest^(a + b + 1) for each entry.
        bound = sum(abs(c) * largest ** (post + pre + 1) for (_, post, pre), c in self.rule.terms)
        bound *= patterns.size
        whole = all(float(c).is_integer() for _, c in self.rule.terms)
        return np.float32 if whole and bound < _FLOAT32_EXACT else np.float64


class _WeightTracker(Tracker):
    """Holds the weights, and every field up to date."""

    def __init__(self, weights: Floats, fields: Floats) -> None:
        self._columns = np.ascontiguousarray(weights.T)
        self._fields = fields
        self._size = np.abs(fields).mean(axis=1)

    def field(self, neuron: int) -> LocalField:
        return LocalField(self._fields[:, neuron], np.zeros(len(self._fields)), self._size)

    def change(self, neuron: int, states: Floats, new: Floats) -> None:
        step = new - states[:, neuron]
        moved = np.flatnonzero(step)
        self._fields[moved] += step[moved, None] * self._columns[neuron]

"""Which weights does an additive Hebbian rule write, and which fields do they give?

.. math:: W_{ij} = \\sum_\\mu g(\\xi_i^\\mu, \\xi_j^\\mu), \\quad W_{ii} = 0, \\quad h_i = \\sum_j W_{ij} s_j

with g(post, pre) a polynomial. Hopfield (1982) for g = post * pre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap.engines import Held
from hebbcap.kernels.bits import Bits
from hebbcap.learning import Rule, hebb
from hebbcap.learning.two_levels import Parts, two_level_parts
from hebbcap.memories.neurons import Tracker
from hebbcap.memories.pairwise.weights import WeightTracker
from hebbcap.memories.protocol import REAL_BITS, SIGNS, Floats, Patterns, Storage, in_words
from hebbcap.memories.stored import StoredPatterns
from hebbcap.patterns.discrete import checked_levels


@final
@dataclass(frozen=True)
class Hopfield(StoredPatterns):
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
    _patterns: Patterns | Held | None = field(default=None, repr=False, compare=False)
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

    def holding(self, patterns: Patterns | Held | None, levels: tuple[float, ...] | None = None) -> Hopfield:
        """Return this memory holding exactly these patterns."""
        return Hopfield(self.rule, patterns, levels)

    def _named_levels(self, levels: Sequence[float]) -> tuple[float, ...]:
        named = checked_levels(levels)
        if self.n_patterns and named != self.levels:
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
        if self.dim is None:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "store patterns first")
        _checks.check_fits(
            24.0 * self.dim**2, f"weights of dim={self.dim}", "field works without the weights"
        )
        result = self._packed_weights() if len(self.levels) == 2 else self._product_weights()
        np.fill_diagonal(result, 0.0)
        return result

    def scaled_field(self, states: ArrayLike) -> tuple[Floats, Floats]:
        """Return the local fields (B, D) and the log of their unit, which is always 0 here."""
        cues = self.checked_states(states)
        result = self._packed_field(cues) if len(self.levels) == 2 else self._product_field(cues)
        return result, np.zeros(len(cues))

    def next_bits(self, states: Bits, threshold: float) -> Bits | None:
        """Return packed states after one update at a fixed threshold, for rules c * post * pre with c > 0."""
        if not self._is_plain:
            return None
        return self.held.pairwise_step(states, self.n_patterns, threshold / self._parts.corr)

    def settled_bits(
        self, states: Bits, threshold: float, max_steps: int
    ) -> tuple[Bits, NDArray[np.int64], NDArray[np.str_]] | None:
        """Return where packed states come to rest, for rules c * post * pre with c > 0."""
        if not self._is_plain:
            return None
        return self.held.pairwise_settled(states, self.n_patterns, threshold / self._parts.corr, max_steps)

    @cached_property
    def _is_plain(self) -> bool:
        parts = self._parts
        only = not (parts.const or parts.post or parts.pre) and parts.corr > 0
        return self.levels == SIGNS and only

    @cached_property
    def _parts(self) -> Parts:
        return two_level_parts(self.rule, self.levels)

    @cached_property
    def _column_sums(self) -> Floats:
        """Sum over patterns of each neuron's entry as -1 and +1, shape (D,)."""
        high = self.held.column_counts()
        return np.asarray(2.0 * high - self.n_patterns)

    @cached_property
    def _activity_sums(self) -> Floats:
        """Sum over patterns of entry times the pattern's own sum, both as -1 and +1, shape (D,)."""
        return np.asarray(self.held.pairwise_field(Bits.pack(np.ones((1, self.dim or 0))))[0], dtype=float)

    def _packed_field(self, cues: Floats) -> Floats:
        """Return the fields from whole-number sums over patterns written as -1 and +1.

        With entries and states u + v x for x = +-1, and the rule const + post x_i + pre x_j + corr x_i x_j,
        all sums over patterns are of overlaps times entries, or of entries alone, which no state changes.
        """
        parts, (low, high), n = self._parts, self.levels, self.n_patterns
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        packed = self._pack_states(cues)
        result = np.asarray(parts.corr * half * self.held.pairwise_field(packed), dtype=float)
        own = n * (parts.const + parts.corr)
        if not (parts.const or parts.post or parts.pre or middle):
            result -= own * cues
            return result
        totals, sums = cues.sum(axis=1), self._column_sums
        result += parts.post * totals[:, None] * sums
        if middle:
            result += parts.corr * middle * self._activity_sums
        received = middle * sums.sum() + half * ((cues - middle) / half) @ sums
        result += (parts.const * n * totals + parts.pre * received)[:, None]
        return np.asarray(result - cues * (own + (parts.post + parts.pre) * sums))

    def _product_field(self, cues: Floats) -> Floats:
        """Return the fields of neurons of more than two levels, by products of matrices."""
        assert self.patterns is not None
        values = self.patterns.astype(np.float64)
        projections = {p: cues @ (values**p).T for p in self._pre_powers()}
        result = np.zeros(cues.shape)
        for post_power, pre_terms in self.rule.by_post_power().items():
            received: Floats = sum(projections[p] * c for p, c in pre_terms)  # type: ignore[assignment]
            result += received @ values**post_power
        return np.asarray(result - cues * self._self_coupling(self.patterns))

    def _packed_weights(self) -> Floats:
        parts = self._parts
        result = parts.corr * self.held.weights().astype(np.float64)
        if parts.const or parts.post or parts.pre:
            sums = self._column_sums
            result += parts.const * self.n_patterns + parts.post * sums[:, None] + parts.pre * sums
        return np.asarray(result)

    def _product_weights(self) -> Floats:
        assert self.patterns is not None
        values = self.patterns.astype(np.float64)
        result = np.zeros((values.shape[1], values.shape[1]))
        for post_power, pre_terms in self.rule.by_post_power().items():
            written: Floats = sum(c * values**p for p, c in pre_terms)  # type: ignore[assignment]
            result += (values**post_power).T @ written
        return result

    @property
    def has_energy(self) -> bool:
        """Whether the rule writes the same weight in both directions."""
        table = self.rule.table(self.levels)
        return bool((table == table.T).all())

    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy -1/2 s W s of each state, shape (B,).

        It never rises under asynchronous recall at threshold 0 where the weights are symmetric.
        """
        values, _ = self.scaled_field(states)
        return np.asarray(-0.5 * np.sum(values * np.atleast_2d(states), axis=1))

    def storage(self, dim: int, n_patterns: int) -> Storage:
        """Return the weights, as many as differ, each a sum of K increments.

        With two levels and a multiple of post * pre, a weight has K + 1 possible values; else it is counted
        as a real number.
        """
        pairs = 0.5 * dim * (dim - 1)
        if len(self.levels) == 2 and self._is_plain:
            what = f"{pairs:,.0f} symmetric weights, {n_patterns + 1:,} values each"
            return Storage(pairs, pairs * np.log2(n_patterns + 1.0), what)
        return Storage(2 * pairs, REAL_BITS * 2 * pairs, f"{2 * pairs:,.0f} weights, real numbers")

    def tracker(self, states: Floats) -> Tracker:
        """Return a tracker that starts at these states (B, D)."""
        return WeightTracker(self.weights, self.field(states))

    def _pre_powers(self) -> set[int]:
        return {p for pre_terms in self.rule.by_post_power().values() for p, _ in pre_terms}

    def _self_coupling(self, patterns: Patterns) -> Floats:
        """Sum of g(xi_i, xi_i) over the patterns: what the zero diagonal leaves out, shape (D,)."""
        diagonal = np.diagonal(self.rule.table(self.levels))
        counts = ((patterns == level).sum(axis=0) for level in self.levels)
        return np.asarray(sum(g * count for g, count in zip(diagonal, counts, strict=True)))

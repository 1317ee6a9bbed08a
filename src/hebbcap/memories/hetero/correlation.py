r"""What does a correlation matrix between two layers recall?

.. math:: W_{ij} = \sum_\mu g(y_i^\mu, x_j^\mu), \quad h_i = \sum_{j=1}^{D_{in}} W_{ij} s_j, \quad
          y_i = \text{high where } h_i > \theta \text{, else low}

Source: T. Kohonen, Correlation matrix memories, IEEE Trans. Comput. C-21 (1972), and Self-Organization and
Associative Memory (1988), with keys x and data y, for g(y, x) = y x without the threshold; any other local
rule that adds up here. Post and pre are neurons of different layers, so no self-coupling is there to be
left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self, final

import numpy as np
from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap.engines import Held, engine
from hebbcap.engines.protocol import TIE
from hebbcap.kernels.bits import Bits
from hebbcap.learning import Rule, hebb
from hebbcap.learning.two_levels import two_level_parts
from hebbcap.memories.hetero.layers import MIDPOINT, TILE, LayeredMemory, read_pair_options, spelt_options
from hebbcap.memories.options import count
from hebbcap.memories.protocol import Floats, Patterns

_MEASURED = 256
"""Stored pairs, evenly spaced, over which the midpoint is measured."""

_EXACT_SINGLE = 2**24
"""Whole numbers below this are exact in single precision, which is twice as fast."""


@final
@dataclass(frozen=True)
class CorrelationMatrix(LayeredMemory):
    r"""A hetero-associative memory: one weight for each pair of an input and an output neuron.

    The pairs themselves are held, not the weights: the fields are sums over the pairs of overlap times
    output, at a cost of K (D_in + D_out) for each cue; `weights` builds the D_out x D_in table when asked. An
    output neuron has no state before its first field, so at a field **exactly at threshold it takes its low
    level**, and there, and only there, the tie rule differs from that of one-layer memories.

    Stored are pairs of patterns, +-1 or 0 and 1. They cost D_in D_out weights, each log2(K + 1) bits where
    the rule is a multiple of post * pre. A synapse writes itself from its two neurons: the rule is local.
    The crosstalk theory applies (methods `snr` and `exact`) with N = D_in and K - 1 terms.

    Parameters
    ----------
    dim_out : int
        D_out, the number of output neurons, at least 2; D_in is that of the patterns.
    rule : Rule
        Additive local rule g(post, pre), post an output and pre an input; the activity product (Hebb) if
        left out.
    threshold : float or "midpoint", optional
        The field above which an output neuron is high. "midpoint" is halfway between the mean fields of the
        output neurons that should be high and low, measured over the stored pairs (at most 256 of them,
        evenly spaced). If left out, 0 for neurons of -1 and +1, and the midpoint for those of 0 and 1.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range, or the rule reads the weight.

    Examples
    --------
    >>> memory = CorrelationMatrix(3).store([[1, 1, -1, -1], [1, -1, 1, -1]], [[1, 1, -1], [-1, 1, 1]])
    >>> memory.weights
    array([[ 0.,  2., -2.,  0.],
           [ 2.,  0.,  0., -2.],
           [ 0., -2.,  2.,  0.]])
    >>> memory.step([1, 1, -1, -1])
    array([[ 1.,  1., -1.]])
    """

    dim_out: int
    rule: Rule = field(default_factory=hebb)
    threshold: float | str | None = None
    _inputs: Patterns | None = field(default=None, repr=False, compare=False)
    _outputs: Patterns | None = field(default=None, repr=False, compare=False)
    _levels: tuple[float, ...] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def parse(cls, tail: str) -> Self:
        """Return the memory spelled OUT,rule=RULE,threshold=NUMBER or midpoint,mean=MEAN.

        The rule is a name, named coefficients or a formula; named rules subtract `mean`.

        Examples
        --------
        >>> CorrelationMatrix.parse("100,rule=covariance,mean=0.5").name
        'hetero:100,rule=post*pre - 0.5*post - 0.5*pre + 0.25'
        """
        return cls(**read_pair_options("hetero", tail, {"dim_out": count}))

    @property
    def name(self) -> str:
        """The spelling that the command line uses."""
        return f"hetero:{self.dim_out}{spelt_options(self.rule, self.threshold)}"

    @property
    def weights(self) -> Floats:
        """The weights (D_out, D_in), index order (post, pre).

        Raises
        ------
        InvalidArgument
            If nothing is stored.
        TooLarge
            If D_out x D_in numbers don't fit in memory.
        """
        inputs, outputs = self._pairs()
        shape = outputs.shape[1], inputs.shape[1]
        _checks.check_fits(
            24.0 * shape[0] * shape[1], f"{shape[0]} x {shape[1]} weights", "step works without the weights"
        )
        parts, (low, high) = two_level_parts(self.rule, self.levels), self.levels
        scale, middle = 2 / (high - low), 0.5 * (low + high)
        result = np.zeros(shape)
        rows = max(TILE // max(shape), 1)
        for start in range(0, len(inputs), rows):
            x, y = (scale * (side[start : start + rows] - middle) for side in (inputs, outputs))
            result += parts.corr * (y.T @ x) + parts.const * len(x)
            result += parts.post * y.sum(axis=0)[:, None] + parts.pre * x.sum(axis=0)
        return result

    def field(self, cues: ArrayLike) -> Floats:
        """Return the fields of the output neurons, shape (B, D_out), for cues (B, D_in) or (D_in,).

        Raises
        ------
        InvalidArgument
            If nothing is stored, or the cues don't fit.
        """
        states = self.checked_states(cues)
        at_once = max(TILE // self.n_patterns, 1)
        parts = [self._field(states[i : i + at_once]) for i in range(0, len(states), at_once)]
        return np.concatenate(parts)

    def excess(self, cues: ArrayLike) -> Floats:
        """Return how far the fields lie above threshold, exactly 0 where that is within rounding."""
        found = self.field(cues)
        above = found - self.level
        above[np.abs(above) <= TIE * np.abs(found).mean(axis=1, keepdims=True)] = 0.0
        return np.asarray(above)

    def step(self, cues: ArrayLike) -> Floats:
        """Return the outputs (B, D_out) for the cues (B, D_in), by one pass through the weights.

        Raises
        ------
        InvalidArgument
            If nothing is stored, or the cues don't fit.
        """
        low, high = self.levels
        return np.where(self.excess(cues) > 0, high, low)

    @cached_property
    def level(self) -> float:
        """The field above which an output neuron is high, with the pairs that are stored now.

        The midpoint is 0 where no output neuron should be high, or none low.
        """
        if self.threshold not in (None, MIDPOINT):
            return float(self.threshold)
        if self.threshold is None and self.levels[0] == -1:
            return 0.0
        inputs, outputs = self._pairs()
        chosen = np.unique(np.linspace(0, len(inputs) - 1, _MEASURED).astype(np.int64))
        found, high = self.field(inputs[chosen]), outputs[chosen] == 1
        if high.all() or not high.any():
            return 0.0
        return float(0.5 * (found[high].mean() + found[~high].mean()))

    def tables(self, dim: int) -> list[tuple[int, int]]:
        """Return the one table, from the inputs to the outputs."""
        return [(dim, self.dim_out)]

    def _field(self, states: Floats) -> Floats:
        """Sum over pairs, from whole-number overlaps of patterns and states written as -1 and +1.

        With entries u + v x for x = +-1 and the rule const + post y_i + pre x_j + corr y_i x_j, the sum over
        inputs leaves of each pair what it receives, sum_j x_j s_j, and of the cue its sum.
        """
        _, outputs = self._pairs()
        parts, (low, high) = two_level_parts(self.rule, self.levels), self.levels
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        received = self._held.overlaps(Bits.pack(states == high))
        if middle:  # x s = (x + x s') / 2 for states s = (1 + s') / 2, summed over inputs
            received = received + self._own_sums
        total = states.sum(axis=1)
        single = np.abs(received).sum(axis=1, dtype=np.int64).max() < _EXACT_SINGLE
        real: Any = np.float32 if single else np.float64
        needed = 24.0 * (len(states) + 1) * self.dim_out
        _checks.check_fits(needed, f"fields of {self.dim_out:,} outputs", "use fewer outputs or cues")
        result, sums = np.zeros((len(states), self.dim_out)), np.zeros(self.dim_out)
        rows = max(TILE // self.dim_out, 1)
        for start in range(0, len(outputs), rows):
            tile = np.where(outputs[start : start + rows] == high, real(1), real(-1))
            result += received[:, start : start + rows].astype(real) @ tile
            sums += tile.sum(axis=0, dtype=np.float64)
        result *= parts.corr * half
        result += parts.post * total[:, None] * sums
        shift = parts.const * len(outputs) * total + parts.pre * half * received.sum(axis=1, dtype=np.int64)
        return np.asarray(result + shift[:, None])

    @property
    def _held(self) -> Held:
        """The inputs in the form of the engine in use."""
        chosen = engine()
        forms: dict[str, Held] = self.__dict__.setdefault("_forms", {})
        if chosen.name not in forms:
            forms[chosen.name] = chosen.hold(Bits.pack(self._pairs()[0]))
        return forms[chosen.name]

    @cached_property
    def _own_sums(self) -> Any:
        """Sum of each input pattern written as -1 and +1, shape (K,)."""
        inputs, _ = self._pairs()
        return 2 * (inputs == 1).sum(axis=1, dtype=np.int64) - inputs.shape[1]

    def _pairs(self) -> tuple[Patterns, Patterns]:
        """Return the stored pairs, or say that there are none."""
        if self._inputs is None or self._outputs is None:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "store patterns first")
        return self._inputs, self._outputs

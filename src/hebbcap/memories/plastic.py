"""Which weights do patterns leave when each is written over those before it?

.. math:: W_{ij} \\leftarrow f(W_{ij}; \\xi_i^\\mu, \\xi_j^\\mu), \\quad \\mu = 1, 2, \\dots, \\quad
          W_{ii} = 0, \\quad h_i = \\sum_j W_{ij} s_j

Order matters: the last pattern is the newest, and the ones before it fade.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap.engines import Held
from hebbcap.learning import Synapse
from hebbcap.learning.plasticity import picked
from hebbcap.memories.hopfield import _WeightTracker
from hebbcap.memories.protocol import Array, Floats, Memory, Patterns, Tracker

_CHUNK = 512
"""Patterns written by one matrix product, where the weights allow it."""


@final
@dataclass(frozen=True)
class Plastic(Memory):
    """A pairwise memory whose synapses read their present weight.

    Patterns are presented in the order in which they are stored, each once, to weights that start blank.
    The D x D weights are formed when they are first needed, and kept.

    Parameters
    ----------
    synapse : Synapse
        What one synapse does when its two neurons show (post, pre).
    seed : int
        Non-negative; of the chances of synapses that switch at random.

    Examples
    --------
    >>> from hebbcap.learning import synapse
    >>> memory = Plastic(synapse("post*pre - 0.5*w", mean=0)).store([[1, 1, -1], [1, -1, 1]])
    >>> memory.weights
    array([[ 0. , -0.5,  0.5],
           [-0.5,  0. , -1.5],
           [ 0.5, -1.5,  0. ]])
    >>> memory.field([1, -1, 1])
    array([[ 1., -2.,  2.]])
    """

    synapse: Synapse
    seed: int = 0
    _patterns: Patterns | None = field(default=None, repr=False, compare=False)
    _levels: tuple[float, ...] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.synapse, Synapse):
            raise _checks.fail(
                "synapse", self.synapse, "must be a Synapse", "hebbcap.learning.synapse turns text into one"
            )
        _checks.integer("seed", self.seed, low=0, meaning="seed starts the random streams")

    @property
    def name(self) -> str:
        """The spelling that the command line uses."""
        return f"hopfield:{self.synapse.name}"

    @property
    def patterns(self) -> Patterns | None:
        """The presented patterns (K, D), oldest first, or None while there are none."""
        return self._patterns

    def holding(self, patterns: Patterns | Held | None, levels: tuple[float, ...] | None = None) -> Plastic:
        """Return this memory after exactly these patterns (K, D), oldest first, from blank weights."""
        if isinstance(patterns, Held):
            patterns = patterns.bits.unpack(*(levels or self.levels))
        return Plastic(self.synapse, self.seed, patterns, levels)

    @property
    def levels(self) -> tuple[float, ...]:
        """The values that neurons take."""
        return self._levels or super().levels

    @cached_property
    def weights(self) -> Floats:
        """The weights (D, D), index order (post, pre), zero on the diagonal, read-only.

        Raises
        ------
        InvalidArgument
            If nothing is stored, or the weights grow past double precision.
        TooLarge
            If D x D numbers don't fit in memory.
        """
        if self.patterns is None or self.dim is None:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "store patterns first")
        rng = np.random.default_rng(self.seed)
        _checks.check_fits(48.0 * self.dim**2, f"weights of dim={self.dim}", "use a smaller dim")
        with np.errstate(over="ignore", invalid="ignore"):
            if follows_post(self.synapse, self.levels):
                result = _written_in_products(self.synapse, self.patterns, self.levels)
            else:
                result = _written_in_turn(self.synapse, self.patterns, self.levels, rng)
        if not np.isfinite(result).all():
            raise _checks.fail(
                "rule", self.synapse.name, "drives weights past double precision", "use a lower rate"
            )
        np.fill_diagonal(result, 0.0)
        result.setflags(write=False)
        return result

    def scaled_field(self, states: ArrayLike) -> tuple[Floats, Floats]:
        """Return the local fields (B, D) and the log of their unit, which is always 0 here."""
        cues = self.checked_states(states)
        return cues @ self.weights.T, np.zeros(len(cues))

    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy -1/2 s W s of each state, shape (B,).

        It never rises under asynchronous recall at threshold 0 where the weights are symmetric.
        """
        values, _ = self.scaled_field(states)
        return np.asarray(-0.5 * np.sum(values * np.atleast_2d(states), axis=1))

    def tracker(self, states: Floats) -> Tracker:
        """Return a tracker that starts at these states (B, D)."""
        return _WeightTracker(self.weights, self.field(states))


def follows_post(synapse: Synapse, levels: tuple[float, ...]) -> bool:
    """Whether a step is A(post) w + B(post, pre) without chance, so that products of matrices write it."""
    if synapse.is_random or not synapse.is_affine or len(levels) != 2:
        return False
    post, pre = np.array(levels)[:, None], np.array(levels)[None, :]
    kept = synapse.step(1.0, post, pre, synapse.first_trace) - synapse.step(
        0.0, post, pre, synapse.first_trace
    )
    return bool(np.allclose(kept[:, 0], kept[:, 1], rtol=1e-14, atol=1e-14))


def _written_in_products(synapse: Synapse, patterns: Patterns, levels: tuple[float, ...]) -> Floats:
    """Return sum over t of (prod of A after t) B_t, row by row of post: one product of matrices a chunk."""
    low, high = levels
    dim = patterns.shape[1]
    trace = None if synapse.first_trace is None else np.full(dim, synapse.first_trace)
    result = np.full((dim, dim), synapse.start)
    for first in range(0, len(patterns), _CHUNK):
        chunk = patterns[first : first + _CHUNK].astype(np.float64)
        at_low, at_high, kept = (np.empty(chunk.shape) for _ in range(3))
        for t, post in enumerate(chunk):
            at_low[t] = synapse.step(0.0, post, low, trace)
            at_high[t] = synapse.step(0.0, post, high, trace)
            kept[t] = synapse.step(1.0, post, high, trace) - at_high[t]
            trace = synapse.follow(trace, post)
        # What is left, at the end of the chunk, of a weight written at each of its times.
        left = np.concatenate([np.cumprod(kept[::-1], axis=0)[::-1][1:], np.ones((1, dim))])
        result *= (left[0] * kept[0])[:, None]
        result += ((at_high - at_low) * left).T @ (chunk == high).astype(np.float64)
        result += (at_low * left).sum(axis=0)[:, None]
    return result


def _written_in_turn(
    synapse: Synapse, patterns: Patterns, levels: tuple[float, ...], rng: np.random.Generator
) -> Floats:
    """Return the weights written one pattern after the other, rows of one postsynaptic level together."""
    dim = patterns.shape[1]
    trace = None if synapse.first_trace is None else np.full((dim, 1), synapse.first_trace)
    result = np.full((dim, dim), synapse.start)
    for pattern in patterns.astype(np.float64):
        for level in levels:
            rows = np.flatnonzero(pattern == level)
            own_trace = None if trace is None else trace[rows]
            options = synapse.outcomes(result[rows], level, pattern[None, :], own_trace)
            result[rows] = picked(options, partial(_chances, rng, (len(rows), dim)))
        trace = synapse.follow(trace, pattern[:, None])
    return result


def _chances(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Draw numbers even in [0, 1): single precision is twice as quick, and fine to 1 in 16 million."""
    return rng.random(shape, dtype=np.float32)

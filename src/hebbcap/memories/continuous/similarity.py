r"""What does a memory give back that compares, separates and projects?

.. math:: z = P^\top \, \mathrm{sep}\big(\beta \, \mathrm{sim}(\Xi, s)\big)

The universal Hopfield network of Millidge et al. (2022), arXiv:2202.04557. Similarities are those of
`hebbcap.memories.continuous.similarities`, separations those of `hebbcap.memories.continuous.separations`.
The projection P is the patterns themselves, or what was stored with them.

Named memories are special cases:

==========================  ==================================================================================
`dot,identity`              the linear memory, Hopfield (1982) with self-coupling before its threshold
`dot,polynomial:N`          dense, Krotov & Hopfield (2016): the derivative of x^(N + 1) / (N + 1), own bit in
`dot,softmax`               modern, Ramsauer et al. (2021): attention
`dot,sparsemax`             sparse modern, Hu et al. (2023)
`euclidean,softmax`         the kernel memory, log-sum-exp of squared distances: its mean shift
`manhattan,threshold:T`     on +-1, sparse distributed memory, Kanerva (1988): all within a Hamming distance
==========================  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self, final

import numpy as np
from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap.engines.real import RealHeld, Reals
from hebbcap.memories.continuous import similarities
from hebbcap.memories.continuous.separations import Custom, separation
from hebbcap.memories.continuous.simplex import SOFTMAX
from hebbcap.memories.continuous.weighing import Separation
from hebbcap.memories.options import read_options, spell
from hebbcap.memories.protocol import REAL_BITS, Array, Floats, Rest, Storage, Work, as_reals, without
from hebbcap.memories.reals import RealMemory, come_to_rest, moved

_MULTIPLIED = 6e-11
"""Seconds of a multiplication in a product of matrices."""

_COMPARED = 1e-9
_WEIGHED = 8e-9
"""Seconds of one entry in a distance that is no product of matrices, and of one pattern's weight."""


@final
@dataclass(frozen=True)
class Universal(RealMemory):
    r"""A single-shot memory: similarity to each pattern, separation into weights, projection onto values.

    .. math:: z = \sum_\mu p_\mu \, \zeta^\mu, \qquad
              p = \mathrm{sep}(\beta \, \mathrm{sim}(\xi^1, s), \dots, \beta \, \mathrm{sim}(\xi^K, s))

    **What is stored**: the patterns as they are, one vector of D real numbers each, and the values
    :math:`\zeta` where these are others: 64 bits a number; one bit would do where all are of two levels.

    **Energy**: two families have one, in which the weights p are the gradient of a convex potential
    :math:`\Omega^*` (`hebbcap.memories.continuous.weighing`) and every step is one of the concave-convex
    procedure:

    .. math:: E_\mathrm{dot}(s) = \tfrac12 |s|^2 - \tfrac1\beta \Omega^*(\beta\, \Xi s) + c, \qquad
              E_\mathrm{euclidean}(s) = - \tfrac1\beta \Omega^*(-\tfrac\beta2 |\xi^\mu - s|^2) + c'

    They are for `dot` with any separation that is convex (an even power is not), and for `euclidean` with
    weights that add up to one. A step lowers the first by at least :math:`\tfrac12 |z - s|^2`. With such
    weights the constants make both at least 0 (Martins et al. 2024, arXiv:2402.13725), and equal on
    patterns of one length. Other combinations, and memories of pairs, have none.

    **Theories**: none for the family; `hebbcap.memories.continuous.modern` says which apply to `dot`.

    Parameters
    ----------
    similarity : str or callable
        "dot", "cosine", "euclidean" (minus half the squared distance), "distance" (minus the plain one),
        "manhattan" (minus the sum of absolute differences); or a function of states (B, D) and patterns
        (K, D) that returns (B, K), larger for more alike.
    separation : str, Separation or callable
        "softmax", "sparsemax", "entmax:ALPHA", "max", "identity", "polynomial:N", "exponential",
        "threshold:LEVEL"; or a function of beta times the similarities (B, K) that returns weights (B, K).
    beta : float
        What similarities are multiplied with, > 0, in units of one over a similarity.

    Raises
    ------
    InvalidArgument
        If a name is unknown or `beta` is not a positive number.

    Examples
    --------
    >>> memory = Universal("manhattan", "max").store([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    >>> memory.step([0.9, 0.4, 0.1])
    array([[1., 0., 0.]])
    >>> Universal("dot", "softmax", 8.0).store([[1.0, 0.0]], [[5.0, 6.0, 7.0]]).step([1.0, 0.2])
    array([[5., 6., 7.]])
    """

    similarity: str | Callable[..., object] = similarities.DOT
    separation: str | Separation | Callable[..., object] = SOFTMAX
    beta: float = 1.0
    _patterns: Array | None = field(default=None, repr=False, compare=False)
    _values: Array | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        similarities.similarity(self.similarity)
        chosen = separation(self.separation)
        if not isinstance(chosen, Custom):
            object.__setattr__(self, "separation", chosen.name)
        beta = _checks.real(
            "beta", self.beta, low=0, open_low=True, meaning="beta multiplies the similarities"
        )
        object.__setattr__(self, "beta", beta)

    @classmethod
    def parse(cls, tail: str) -> Self:
        """Return the memory that the text after `similarity:` stands for.

        >>> Universal.parse("manhattan,softmax,8")
        Universal(similarity='manhattan', separation='softmax', beta=8.0)
        """
        return cls(**read_options("similarity", tail, {"similarity": str, "separation": str, "beta": float}))

    @property
    def name(self) -> str:
        """The spelling that the command line uses; a function of the user's own is not found by its name."""
        compared = self.similarity
        if callable(compared):
            compared = getattr(compared, "__name__", "function")
        return spell(
            "similarity",
            "similarity",
            "separation",
            "beta",
            similarity=compared,
            separation=self._separation.name,
            beta=self.beta,
        )

    @property
    def values(self) -> Array | None:
        """What stands for each pattern in the projection, (K, D_out); None where the patterns do."""
        return self._values

    def holding(self, patterns: Any, levels: tuple[float, ...] | None = None) -> Self:
        """Return this memory holding exactly these patterns (K, D), which are what it gives back."""
        return replace(self, _patterns=patterns, _values=None)

    def store(self, patterns: ArrayLike, values: ArrayLike | None = None) -> Self:
        """Return this memory with patterns (K, D) added, and what it should give back for them.

        Parameters
        ----------
        patterns : array-like, shape (K, D) or (D,)
            Real numbers.
        values : array-like, shape (K, D_out) or (D_out,), optional
            What is given back; the patterns themselves if left out.

        Raises
        ------
        InvalidArgument
            If they are not finite numbers, are empty, are not as many of both, or don't match what was stored
            before.
        """
        if values is None and self._values is None:
            return super().store(patterns)
        if values is None or (self._values is None and self.n_patterns):
            raise _checks.fail(
                "values", values, "must be given for all patterns or none", "store(patterns, values)"
            )
        new = as_reals("patterns", patterns, self.dim)
        size = None if self._values is None else self._values.shape[1]
        given = as_reals("values", values, size)
        if len(given) != len(new):
            raise _checks.fail(
                "values.shape", given.shape, f"must have {len(new)} rows, one for each pattern"
            )
        if self._values is not None:
            new, given = np.concatenate([self._held(), new]), np.concatenate([self._values, given])
        for array in (new, given):
            array.setflags(write=False)
        return replace(self, _patterns=new, _values=given)

    def forget(self, pattern: ArrayLike) -> Self:
        """Return this memory without one stored copy of `pattern` (D,), and its values.

        Raises
        ------
        InvalidArgument
            If that pattern is not stored.
        """
        if self._values is None or self.n_patterns == 1:
            return super().forget(pattern)
        place = self._place_of(pattern)
        return replace(self, _patterns=without(self._held(), place), _values=without(self._values, place))

    @cached_property
    def _separation(self) -> Separation:
        return separation(self.separation)

    @cached_property
    def _score(self) -> Callable[[Reals, Reals], Reals]:
        return similarities.similarity(self.similarity)

    @cached_property
    def _real(self) -> RealHeld:
        return RealHeld(np.asarray(self._held(), dtype=np.float64))

    @property
    def largest_state(self) -> float:
        """States may grow while double precision lasts where weights don't add up to 1."""
        return super().largest_state if self._separation.normalised else np.inf

    def step(self, states: ArrayLike) -> Floats:
        """Return what is projected for each state, (B, D); (B, D_out) with values of their own.

        Raises
        ------
        InvalidArgument
            If the states don't fit, or the result is too large for double precision.
        TooLarge
            If weights that depend on one another don't fit in memory.
        """
        return _finite("step", self._next(self.checked_states(states)))

    def _next(self, states: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            found = self._separation.projected(self._real, states, self._score, self.beta, self._values)
        return np.asarray(found, dtype=np.float64)

    def rest(self, states: ArrayLike, max_steps: int) -> Rest:
        """Return where the states come to rest, or are after `max_steps` steps; with values, after one.

        Weights that don't add up to 1 can drive a state past double precision: it is left, and not at rest,
        where it was before.
        """
        start = self.checked_states(states)
        if self._values is not None:
            once = np.ones(len(start), dtype=np.int64)
            return Rest(self.step(start), once, once.astype(bool))
        if self._separation.normalised:
            return super().rest(start, max_steps)

        def advance(before: Floats, _: Floats) -> tuple[Array, ...]:
            after = self._next(before)
            lost = ~np.isfinite(after).all(axis=1, keepdims=True)
            now: Array = np.where(lost, before, after)
            return now, np.asarray(lost), moved(before, now)

        lost = np.zeros((len(start), 1))
        found = come_to_rest(advance, (start, lost), max_steps)
        return found._replace(rests=found.rests & (lost[:, 0] == 0))

    @property
    def has_energy(self) -> bool:
        """Whether similarity and separation are of the two families that have one."""
        kind = self._separation
        if self._values is not None or not kind.convex:
            return False
        return self.similarity == similarities.DOT or (
            self.similarity == similarities.EUCLIDEAN and kind.normalised
        )

    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy of each state, shape (B,); never below 0 where weights add up to 1.

        Raises
        ------
        InvalidArgument
            If this combination has none, or it is too large for double precision, as it can be where weights
            don't add up to 1.

        Examples
        --------
        >>> memory = Universal("dot", "softmax", 2.0).store([[1.0, 1.0], [-1.0, 1.0]])
        >>> memory.energy([[1.0, 1.0], [0.0, 1.0]]).round(4)
        array([0.3375, 0.5   ])
        """
        if not self.has_energy:
            return super().energy(states)
        cues, kind = self.checked_states(states), self._separation
        with np.errstate(over="ignore", invalid="ignore"):
            result = -_finite("energy", kind.potentials(self._real, cues, self._score, self.beta))
        if kind.normalised:
            result += kind.entropy_of_equals(self.n_patterns) / self.beta
        if self.similarity == similarities.DOT:
            result += 0.5 * np.einsum("ij,ij->i", cues, cues)
            if kind.normalised:
                result += 0.5 * self._largest_square
        return np.asarray(result)

    @cached_property
    def _largest_square(self) -> float:
        held = self._real.patterns
        return float(np.einsum("ij,ij->i", held, held).max())

    def storage(self, dim: int, n_patterns: int) -> Storage:
        """Return the entries of the patterns, which are kept as real numbers, and of their values."""
        width = dim + (0 if self._values is None else self._values.shape[1])
        entries = float(n_patterns) * width
        return Storage(entries, REAL_BITS * entries, f"{entries:,.0f} entries of patterns, real numbers")

    def work(self, dim: int, n_patterns: int) -> Work | None:
        """Return what storing and recalling is reckoned to take."""
        entries = float(n_patterns) * dim
        products = self.similarity in (similarities.DOT, "cosine", similarities.EUCLIDEAN)
        compare = _MULTIPLIED if products else _COMPARED
        recall = entries * (compare + _MULTIPLIED) + _WEIGHED * n_patterns
        return Work(_COMPARED * entries, recall, 16.0 * entries)


def _finite(what: str, found: Floats) -> Floats:
    if not np.isfinite(found).all():
        raise _checks.fail(what, "array", "is too large for double precision", "lower beta, or use softmax")
    return found

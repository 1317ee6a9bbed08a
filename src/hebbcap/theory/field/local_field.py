r"""Which law does the local field of a pairwise memory follow?

Given which levels the neuron itself has in the other patterns, how often is all that matters, the field is
a sum over the N other neurons, which are independent and alike:

.. math:: h = \sum_{j \ne i} Z_j, \quad
          Z_j = s_j \Big[ g(\xi_i, \xi_j) + \sum_{\mu} g(\xi_i^\mu, \xi_j^\mu) \Big]

so with k_y of the K - 1 other patterns having the neuron at level y, and M_{ya} the transform of
:math:`x_a g(y, x)` over x,

.. math:: E e^{zh} = \sum_k P(k) \Big[ \sum_a u_a(z) \prod_y M_{ya}(z)^{k_y} \Big]^N

where :math:`u_a = E[e^{z s g(\xi_i, \xi_j)}; s = x_a]` is the cued pattern's own part, noise and all. Flipped
neurons have a u_a of their own. This is exact for entries that are independent and alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbcap._checks import NoTheory
from hebbcap.patterns import Ensemble

Floats = NDArray[np.float64]

_EXTREME = 200.0
"""Rules whose values are larger or smaller than exp(this) are scaled."""

_SERIES = 0.5
_TERMS = 18
"""Exponents up to this have exp(u) - 1 - u summed by so many terms of its series."""


class Kind(NamedTuple):
    """One kind of neuron: its level in the pattern and in the cue, by number, how likely, and its fellows."""

    level: int
    cued: int
    weight: float
    n_kept: int
    n_flipped: int


@dataclass(frozen=True)
class PairwiseField:
    """The law of the field of a neuron in a memory of pairwise weights.

    Attributes
    ----------
    table : ndarray, shape (L, L)
        g(post, pre) at the levels.
    ensemble : Ensemble
        What the patterns are drawn from.
    dim : int
        D, the number of neurons.
    n_flipped : int
        How many neurons of the cue are moved to another level, drawn uniformly.
    log_unit : float
        Log of what one of the table's numbers is worth in field.
    """

    table: Floats
    ensemble: Ensemble
    dim: int
    n_flipped: int
    log_unit: float

    @cached_property
    def levels(self) -> Floats:
        """The values x_a of a neuron, (L,)."""
        return np.array(self.ensemble.levels)

    @cached_property
    def chances(self) -> Floats:
        """Their probabilities p_a, (L,)."""
        return np.array(self.ensemble.chances)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of neuron that there are; their weights add up to 1."""
        count, share, found = len(self.levels), self.n_flipped / self.dim, []
        for level, chance in enumerate(self.chances):
            for cued in range(count):
                flipped = cued != level
                weight = float(chance) * (share / (count - 1) if flipped else 1 - share)
                if weight > 0:
                    others = self.n_flipped - flipped
                    found.append(Kind(level, cued, weight, self.dim - 1 - others, others))
        return tuple(found)

    def moments(self, kind: Kind, n_others: int) -> tuple[float, float]:
        """Return mean and variance of the field of such a neuron with `n_others` other patterns.

        Exact: own pattern, the independent noise of the others, the bias that their posts share, and
        the shift that all neurons share.
        """
        x, p, g = self.levels, self.chances, self.table
        given_post, within = g @ p, self.within
        total = float(p @ given_post)
        between = float(p @ (given_post - total) ** 2)
        mean = variance = activity = activity_variance = square = 0.0
        for n, joint in ((kind.n_kept, self.kept), (kind.n_flipped, self.moved)):
            # What one neuron adds: to the field, with K - 1 average patterns; and to the cue's activity.
            added = x[:, None] * (g[kind.level] + n_others * total)
            one = float((joint * added).sum())
            mean += n * one
            variance += n * float((joint * (added - one) ** 2).sum())
            active = float(joint.sum(axis=1) @ x)
            activity += n * active
            activity_variance += n * float(joint.sum(axis=1) @ (x - active) ** 2)
            square += n * float(joint.sum(axis=1) @ x**2)
        variance += n_others * (within * square + between * (activity_variance + activity**2))
        return mean, variance

    @property
    def within(self) -> float:
        """Variance of g that is left when post is given, on average over posts."""
        p, g = self.chances, self.table
        return float(p @ ((g - (g @ p)[:, None]) ** 2 @ p))

    @cached_property
    def kept(self) -> Floats:
        """Chance that a neuron that is not flipped is cued at a and has level b in the pattern, (L, L)."""
        return np.diag(self.chances)

    @cached_property
    def moved(self) -> Floats:
        """The same for a flipped neuron."""
        away = np.tile(self.chances, (len(self.chances), 1)) / (len(self.chances) - 1)
        np.fill_diagonal(away, 0.0)
        return away

    @cached_property
    def posts(self) -> tuple[NDArray[np.int64], Floats]:
        """Levels of post that differ in the law of what they write: their numbers and their chances."""
        scale = np.abs(self.table).max()
        laws: dict[Any, list[int]] = {}
        for post, row in enumerate(self.table):
            pushes = np.round(np.multiply.outer(self.levels, row) / scale, 13) + 0.0  # no -0
            key = tuple(tuple(sorted(zip(push, self.chances, strict=True))) for push in pushes.tolist())
            laws.setdefault(key, []).append(post)
        chosen = [members[0] for members in laws.values()]
        chances = [self.chances[members].sum() for members in laws.values()]
        return np.array(chosen), np.array(chances)


def pairwise_field(table: Floats, ensemble: Ensemble, dim: int, n_flipped: int) -> PairwiseField:
    """Return the law for the rule with values g(post, pre) in `table`, in the order of the levels.

    Raises
    ------
    NoTheory
        If the rule's values are all 0, or beyond double precision.
    """
    table, log_unit = scaled(table)
    return PairwiseField(table, ensemble, dim, n_flipped, log_unit)


def scaled(table: Floats) -> tuple[Floats, float]:
    """Return a table whose squares are numbers in double precision, and the log of its unit."""
    scale = float(np.abs(table).max())
    if not np.isfinite(scale) or scale == 0:
        raise NoTheory("the rule's values are all 0, or beyond double precision")
    if abs(math.log(scale)) <= _EXTREME:
        return np.asarray(table), 0.0
    power = round(math.log2(scale))  # a power of 2 rounds nothing
    return np.ldexp(table, -power), power * math.log(2)


def log_expectation(z: Any, values: Floats, chances: Floats) -> Any:
    """Return log E exp(z (v - E v)) for z (M,) and values (V,), relatively accurate near 0.

    >>> float(log_expectation(np.array([1e-9]), np.array([-1.0, 1.0]), np.array([0.5, 0.5]))[0])
    5e-19
    """
    centred = values - chances @ values
    u = np.multiply.outer(z, centred)
    largest = np.abs(u).max(axis=1)
    near = largest < _SERIES
    if near.all():
        return log1p(_excess(u) @ chances)
    top = np.real(u).max(axis=1)
    far = top + np.log(np.exp(u - top[:, None]) @ chances)
    if not near.any():
        return far
    return np.where(near, log1p(_excess(np.where(near[:, None], u, 0.0)) @ chances), far)


def _excess(u: Any) -> Any:
    """exp(u) - 1 - u for small u."""
    total = np.zeros_like(u)
    for n in range(_TERMS, 1, -1):
        total = (total + 1.0) * u / n
    return total * u


def log1p(z: Any) -> Any:
    """log(1 + z) for complex z; NumPy's own forms 1 + z first, and loses a small z in it."""
    if not np.iscomplexobj(z):
        return np.log1p(z)
    real, imag = np.real(z), np.imag(z)
    return 0.5 * np.log1p(real * (2 + real) + imag * imag) + 1j * np.arctan2(imag, 1 + real)

r"""What is the transform of the local field of a pairwise memory along a line, and in its echoes?

.. math:: \sum_k P(k)\, e^{-(c+it)a} E[e^{(c+it)h} \mid k]

with k the posts of the other patterns. Everything is measured against its value where the line crosses the
real axis, so that nothing overflows; and what the patterns of one post add depends on how many they are
alone, so that few exponentials are taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbcap.theory.crosstalk import Bools
from hebbcap.theory.field.local_field import Floats, Kind, PairwiseField, log_expectation
from hebbcap.theory.field.post_counts import Counts

_SUNK = 60.0
"""Parts of the integrand smaller than the largest by so many nats are 0."""

_WORK = 2**17
_BLOCK = 256
"""Complex numbers held at once, and places of the line taken together."""


class Line(NamedTuple):
    """The integrand where its line crosses the real axis: logs of the posts' terms, shares of the levels."""

    tilt: float
    heights: Floats
    shares: tuple[Floats, ...]


@dataclass(frozen=True)
class Echo:
    """The m-th return of the integrand: which posts come back, and turned by how much of n."""

    m: int
    n: int
    kept: Bools
    across: NDArray[np.int64]
    along: NDArray[np.int64]

    def phases(self, rows: Any) -> Any:
        """Turns of the levels of the cue, (R, L)."""
        return np.exp(2j * np.pi / self.n * (self.m * self.across[rows] % self.n)) if self.m else 1.0

    def lead(self, rows: Any) -> Any:
        """Turn of the whole, (R,)."""
        return np.exp(2j * np.pi / self.n * (self.m * self.along[rows] % self.n)) if self.m else 1.0 + 0j


@dataclass(frozen=True)
class FieldTransform:
    """The transform of sign * h - limit for one kind of neuron, and the kernel that makes a tail of it.

    Attributes
    ----------
    law : PairwiseField
        The memory.
    kind : Kind
        Which of its neurons.
    n_others : int
        K - 1.
    sign : int
        1 or -1.
    limit : float
        A point of the lattice, where there is one.
    step : float
        Spacing of the lattice, or 0.
    """

    law: PairwiseField
    kind: Kind
    n_others: int
    sign: int
    limit: float
    step: float

    @cached_property
    def drift(self) -> tuple[Floats, float]:
        """Mean of sign * g given post (Y,), and over all posts."""
        given_post = self.sign * (self.law.table @ self.law.chances)
        return given_post[self.law.posts[0]], float(self.law.chances @ given_post)

    @property
    def narrowest(self) -> float:
        """Width of the field given cue and posts: how far the transform can reach."""
        law = self.law
        square = (law.dim - 1) * float(law.chances @ law.levels**2)
        inner = math.sqrt(self.n_others * law.within * square)
        return inner or math.sqrt(law.moments(self.kind, self.n_others)[1])

    def heights(self, tilt: float, counts: Counts) -> Floats:
        """Log of the integrand at a real tilt, post by post."""
        return self.line(tilt, counts).heights

    def kernel(self, z: Any) -> Any:
        """What turns the transform into a tail."""
        return self.step / -np.expm1(z * self.step) if self.step else -1 / z

    def line(self, tilt: float, counts: Counts) -> Line:
        """Return all that is real: the line's sums at the tilt, against which it is measured elsewhere."""
        z = np.array([tilt])
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            crosstalk = np.stack([self.exponent(z, level, counts)[:, 0] for level in self.law.levels], axis=1)
            heights = counts.log_weight - tilt * self.limit + np.log(self.kernel(z))
            shares = []
            for n, own in self.own(z):
                terms = crosstalk + own[:, 0]
                top = terms.max(axis=1, keepdims=True)
                size = np.exp(terms - top)
                total = size.sum(axis=1, keepdims=True)
                heights = heights + n * (top + np.log(total))[:, 0]
                shares.append(size / total)
        return Line(tilt, heights, tuple(shares))

    def exponent(self, z: Any, level: float, counts: Counts) -> Any:
        """Log of what the crosstalk on one neuron cued at a level adds, (R, M)."""
        total = np.zeros((len(counts.k), len(z)), dtype=z.dtype)
        for y in range(counts.k.shape[1]):
            total += self._of_post(z, level, y, counts.k[:, y], counts.deviation[:, y])
        return total + z * (level * self.n_others * self.drift[1])

    def _of_post(self, z: Any, level: float, y: int, k: Floats, deviation: Floats) -> Any:
        """The part of the patterns of one post: the drift of a deviation, and what is not linear in z."""
        push = self.sign * level * self.law.table[self.law.posts[0][y]]
        drift = np.multiply.outer(deviation, z * (level * self.drift[0][y]))
        return drift + np.multiply.outer(k, log_expectation(z, push, self.law.chances))

    def own(self, z: Any) -> list[tuple[int, Any]]:
        """For kept and for flipped neurons: how many there are, and log u_a(z) as (L, M)."""
        law, found = self.law, []
        for n, joint in ((self.kind.n_kept, law.kept), (self.kind.n_flipped, law.moved)):
            if n:
                push = self.sign * np.outer(law.levels, law.table[self.kind.level])
                rows = zip(push, joint, strict=True)
                found.append(
                    (n, np.stack([_log_mean(np.multiply.outer(z, g[p > 0]), p[p > 0]) for g, p in rows]))
                )
        return found

    def turns(self, line: Line, t: Floats, counts: Counts) -> tuple[list[Any], list[tuple[int, Any]]]:
        """Return exp of `exponent` and `own` at tilt + i t, in units of their values at the tilt.

        A post's part depends on how often it occurs alone, so that few exponentials are taken.
        """
        z, real = line.tilt + 1j * t, np.array([line.tilt])
        turns = []
        for level in self.law.levels:
            turn = np.exp(1j * t * (level * self.n_others * self.drift[1]))[None, :]
            for y in range(counts.k.shape[1]) if level else ():
                k, first, place = np.unique(counts.k[:, y], return_index=True, return_inverse=True)
                deviation = counts.deviation[first, y]
                table = self._of_post(z, level, y, k, deviation) - self._of_post(real, level, y, k, deviation)
                turn = turn * np.exp(table)[place.ravel()]
            turns.append(np.broadcast_to(turn, (len(counts.k), len(t))))
        own = [
            (n, np.exp(at - at_real))
            for (n, at), (_, at_real) in zip(self.own(z), self.own(real), strict=True)
        ]
        return turns, own

    def summed(self, line: Line, t: Floats, counts: Counts, peak: float, echoes: list[Echo]) -> Any:
        """Sum the integrand less its kernel over the posts, at tilt + i t in each echo: (E, M)."""
        total = np.zeros((len(echoes), len(t)), dtype=np.complex128)
        weight = np.exp(line.heights - peak)
        for start in range(0, len(t), _BLOCK):
            at = t[start : start + _BLOCK]
            rows = max(_WORK // (len(at) * len(self.law.levels)), 1)
            for first in range(0, len(counts.k), rows):
                chosen = slice(first, first + rows)
                turns, own = self.turns(line, at, counts.only(chosen))
                for e, echo in enumerate(echoes):
                    kept = np.flatnonzero(echo.kept[chosen]) + first
                    if len(kept):
                        shares = [share[kept] * echo.phases(kept) for share in line.shares]
                        found = product([turn[kept - first] for turn in turns], own, shares)
                        turned = weight[kept] * echo.lead(kept)
                        # Not a BLAS product: these are small, and its threads fight with others.
                        total[e, start : start + _BLOCK] += np.einsum("r,rm->m", turned, found)
        return total * np.exp(-1j * t * self.limit) / self.kernel(np.array([line.tilt]))

    def first_peak(self, line: Line, t: Floats, counts: Counts, peak: float) -> Any:
        """The integrand at tilt + i t, t (M,), in units of its peak."""
        every = np.ones(len(counts.k), dtype=bool)
        itself = Echo(0, 1, every, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
        return self.summed(line, t, counts, peak, [itself])[0] * self.kernel(line.tilt + 1j * t)


def _log_mean(exponents: Any, chances: Floats) -> Any:
    """Log of the sum of chances times exponentials, over the last axis."""
    top = np.real(exponents).max(axis=-1)
    return top + np.log(np.exp(exponents - top[..., None]) @ chances)


def product(turns: list[Any], own: list[tuple[int, Any]], shares: Any) -> Any:
    """The transform given the posts, (R, M), in units of its value at the tilt."""
    result: Any = 1.0
    for (n, own_turn), share in zip(own, shares, strict=True):
        one = sum(share[:, a, None] * (own_turn[a] * turn) for a, turn in enumerate(turns))
        result = result * _power(one, n)
    return result


def _power(base: Any, n: int) -> Any:
    """base**n by repeated squaring: logs and exponentials of complex numbers cost ten times as much."""
    # Nothing may sink into denormal numbers, which are slow.
    base = np.where(np.abs(base) > math.exp(-_SUNK / n), base, 0.0)
    result: Any = None
    while n:
        if n & 1:
            result = base if result is None else result * base
        n >>= 1
        if n:
            base = base * base
    return result

r"""On which lattice does the local field of a pairwise memory lie, and on which once its posts are given?

With :math:`G^a_{yb} = x_a g(y, x_b)` a neuron cued at a adds to the field of one at level t

.. math:: v_a(k) + \text{a multiple of the inner spacing}, \quad v_a(k) = G^a_{t0} + \sum_y k_y G^a_{y0}

where the inner spacing divides all differences of :math:`G^a_{yb}` over b. What divides it and all
differences of v is the spacing of the field itself. All of it is reckoned in whole numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hebbcap.theory.field.local_field import Floats, Kind, PairwiseField

_DENOMINATOR = 10**6
"""Coefficients that are fractions with denominators up to this are taken for decimal numbers."""

_MOST_ECHOES = 10**6
"""An inner lattice this many times coarser than the field's own is no help, and theirs is none."""

_REVIVALS = 3e5
"""Most places that are looked at for steps that nearly agree."""


@dataclass(frozen=True)
class Lattice:
    """The lattice of sign * h, and its range.

    Attributes
    ----------
    spacing : Fraction
        sign * h is `offset` plus a multiple of this; 0 where it is on no lattice.
    offset : Fraction
        One of its points.
    inner : float
        Spacing once the posts and the cue are given; 0 where the entries' steps share none.
    n_echoes : int
        How many times the inner spacing is as large.
    least, most : float
        Range of sign * h.
    steps : ndarray
        Sizes of the steps of single entries.
    across : ndarray of int, shape (Y + 1, L)
        By how many spacings each post, and the own pattern, move v_a against v_0, modulo `n_echoes`.
    along : ndarray of int, shape (Y,)
        By how many each post moves N v_0.
    """

    spacing: Fraction
    offset: Fraction
    inner: float
    n_echoes: int
    least: float
    most: float
    steps: Floats
    across: NDArray[np.int64]
    along: NDArray[np.int64]

    def snap(self, limit: float, inclusive: bool) -> int:
        """Return the number of the largest point that counts: at the limit itself only where inclusive."""
        steps = (Fraction(limit) - self.offset) / self.spacing
        nearest = round(steps)
        rounding = 4e-16 * max(abs(limit), abs(self.least), abs(self.most)) / float(self.spacing)
        if abs(steps - nearest) <= min(max(1e-9, rounding), 1e-3):
            return nearest - (not inclusive)
        return math.floor(steps)

    def residues(self, k: Floats, point: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, modulo `n_echoes`, v_a - v_0 (R, L) and N v_0 less a point (R,), in spacings."""
        n = self.n_echoes
        posts = k.astype(np.int64) % n
        return (posts @ self.across[:-1] + self.across[-1]) % n, (posts @ self.along - point % n) % n

    def revivals(self, reach: float, end: float) -> Floats | None:
        """Return places from `reach` to `end`, or the end of a cell, where some step is back where it began.

        None where there are too many of them.
        """
        if self.inner:
            end = min(end, math.pi / self.inner * (1 + 1e-12))
        if end * self.steps.max(initial=0.0) * len(self.steps) > 2 * math.pi * _REVIVALS:
            return None
        found = [np.arange(2 * math.pi / step, end, 2 * math.pi / step) for step in self.steps]
        places = np.unique(np.concatenate([*found, np.empty(0)]))
        return places[places > reach]


def lattice_of(law: PairwiseField, kind: Kind, n_others: int, sign: int) -> Lattice:
    """Return the lattice of sign * h for this kind of neuron with so many other patterns."""
    x, posts = law.levels, law.posts[0]
    # (a, y, b); the neuron's own post comes last.
    pushes = sign * x[:, None, None] * law.table[[*posts, kind.level]]
    least = [_extreme(law, kind, n_others, pushes, post, np.min) for post in range(len(posts))]
    most = [_extreme(law, kind, n_others, pushes, post, np.max) for post in range(len(posts))]
    sizes = np.unique(np.abs(pushes[:, :, :, None] - pushes[:, :, None, :]))
    sizes = sizes[sizes > 1e-13 * np.abs(pushes).max()]
    none = np.zeros((len(posts) + 1, len(x)), dtype=np.int64)
    bare = Lattice(Fraction(0), Fraction(0), 0.0, 1, min(least), max(most), sizes, none, none[:-1, 0])
    unit = rational_unit(pushes.ravel())
    if not unit:
        shared = rational_unit(sizes) if len(sizes) else Fraction(0)
        return _with(bare, inner=float(shared))
    whole = np.array([round(Fraction(v) / unit) for v in pushes.ravel()], dtype=object).reshape(pushes.shape)
    n = law.dim - 1
    first, own = whole[:, :-1, 0], whole[:, -1, 0]
    inner = math.gcd(*(whole - whole[:, :, :1]).ravel())
    across = first - first[:1]  # (a, y)
    base = own - own[0] + n_others * across[:, 0]
    turns = across - across[:, :1]
    along = n * (first[0] - first[0, 0])
    spacing = math.gcd(inner, *base, *turns.ravel(), *along)
    offset = n * (own[0] + n_others * first[0, 0]) * unit
    inner = inner or spacing
    if spacing == 0 or inner // spacing > _MOST_ECHOES:
        return _with(bare, inner=float(inner * unit))
    n_echoes = inner // spacing
    table = np.concatenate([turns.T, base[None, :]]) // spacing % n_echoes
    return Lattice(
        spacing=spacing * unit,
        offset=offset,
        inner=float(inner * unit),
        n_echoes=n_echoes,
        least=min(least),
        most=max(most),
        steps=sizes,
        across=table.astype(np.int64),
        along=(along // spacing % n_echoes).astype(np.int64),
    )


def _with(lattice: Lattice, inner: float) -> Lattice:
    return Lattice(**(vars(lattice) | {"inner": inner}))


def _extreme(law: PairwiseField, kind: Kind, n_others: int, pushes: Floats, post: int, extreme: Any) -> float:
    """Least or most field with all other patterns at one post: one of these is that of all."""
    crosstalk = n_others * extreme(pushes[:, post, :], axis=1)
    total = kind.n_kept * extreme(np.diagonal(pushes[:, -1, :]) + crosstalk)
    if kind.n_flipped:
        away = ~np.eye(len(crosstalk), dtype=bool)
        total += kind.n_flipped * extreme((pushes[:, -1, :] + crosstalk[:, None])[away])
    return float(total)


def rational_unit(values: Floats) -> Fraction:
    """Return the largest unit of which all values are whole multiples, or 0 if there is none.

    >>> rational_unit(np.array([0.25, -0.1]))
    Fraction(1, 20)
    >>> rational_unit(np.array([1.0, np.sqrt(2)]))
    Fraction(0, 1)
    """
    present = values[np.abs(values) > 1e-13 * np.abs(values).max(initial=0.0)]
    if not len(present):
        return Fraction(0)
    for measure in (Fraction(1), Fraction(float(np.abs(present).min()))):
        fractions = [(Fraction(float(v)) / measure).limit_denominator(_DENOMINATOR) for v in present]
        largest = 1e-13 * float(np.abs(present).max())
        if all(abs(float(f * measure) - v) <= largest for f, v in zip(fractions, present, strict=True)):
            denominator = math.lcm(*(f.denominator for f in fractions))
            if denominator <= 10**12:
                return Fraction(math.gcd(*(int(f * denominator) for f in fractions)), denominator) * measure
    return Fraction(0)

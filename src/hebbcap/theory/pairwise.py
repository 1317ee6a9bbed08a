r"""What is the crosstalk law of a pairwise memory, given the cue?

.. math:: X = \sum_{j \ne i} g(\xi_i, \xi_j) s_j

for a rule g(post, pre) on patterns of independent entries: given its post, X is a sum of independent
terms, of which only the level of the cue matters. `hebbcap.theory.field.local_field` has the law of the
whole field, cue and all, which is what the readings take.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hebbcap._checks import NoTheory
from hebbcap.patterns import Ensemble
from hebbcap.theory.cases import neuron_cases
from hebbcap.theory.crosstalk import Bools, Crosstalk, Floats
from hebbcap.theory.field.lattice import rational_unit
from hebbcap.theory.field.local_field import log1p, log_expectation, scaled
from hebbcap.theory.field.post_counts import all_or_likely


@dataclass(frozen=True)
class PairwiseCrosstalk(Crosstalk):
    """X for a pairwise rule: a mixture over post of products over pre.

    Attributes
    ----------
    level : ndarray of int, shape (C,)
        Number of the level at which the neuron should be, from the lowest.
    table : ndarray, shape (L, L)
        g(post, pre) at the levels.
    levels, chances : ndarray, shape (L,)
        The values of a neuron and their chances.
    n_others : int
        N = D - 1.
    slots : ndarray, shape (L, C)
        How many of the N other neurons the cue has at each level.
    """

    level: NDArray[np.int64]
    table: Floats
    levels: Floats
    chances: Floats
    n_others: int
    slots: Floats

    @property
    def atoms_per_case(self) -> int:
        """An exponential for each pair of levels, and one for each post."""
        return len(self.levels) * (len(self.levels) + 1)

    @property
    def multiplicity(self) -> int:
        """X is itself a sum over N neurons."""
        return self.n_others

    def log_mgf(self, z: Any, cases: NDArray[np.int64], *, near_zero: bool) -> Any:
        """Return log E exp(z X), relatively accurate near 0 whatever `near_zero` says."""
        slots, flat = self.slots[:, cases], z.ravel()
        given_post = []
        for row in self.table:
            total = z * (self.levels @ slots * (row @ self.chances))[:, None]
            for level, slot in zip(self.levels, slots, strict=True):
                if level:
                    total = total + slot[:, None] * log_expectation(flat, level * row, self.chances).reshape(
                        z.shape
                    )
            given_post.append(total)
        # Log of the sum over posts of chances times exponentials, about the mean of the logs.
        return _log_mix(np.stack(given_post, axis=-1), self.chances)


def pairwise_law(
    table: Floats, ensemble: Ensemble, dim: int, n_flipped: int, *, every_cue: bool = False
) -> PairwiseCrosstalk:
    """Return the law for the rule with values g(post, pre) in `table`, in the order of the levels.

    With `every_cue` no composition of the cue is stepped over, which matters where the tail is not a smooth
    function of it.

    Raises
    ------
    NoTheory
        If the rule's values are all 0, or flipped neurons have more than one level to go to: the own field
        then varies among cues that X can't tell apart.
    """
    table, log_unit = scaled(table)
    levels, chances = np.array(ensemble.levels), np.array(ensemble.chances)
    if len(levels) == 2:
        weight, own, slots, level, right, alike = _of_two_levels(table, ensemble, dim, n_flipped, every_cue)
    elif n_flipped:
        raise NoTheory("with flips to several levels, X and the own field are not independent given the cue")
    else:
        weight, own, slots, level = _of_more(table, levels, chances, dim - 1, every_cue)
        right, alike = np.ones(len(own), dtype=bool), False
    push = np.multiply.outer(levels, table)  # (cue level, post, pre): one neuron's s_j g
    pre_mean = push @ chances
    pre_variance = (push - pre_mean[:, :, None]) ** 2 @ chances
    given_post = np.einsum("lc,ly->yc", slots, pre_mean)
    mean = chances @ given_post
    variance = chances @ np.einsum("lc,ly->yc", slots, pre_variance) + chances @ (given_post - mean) ** 2
    spacing, offset = _lattice(push, slots)
    return PairwiseCrosstalk(
        weight=weight,
        own=own,
        high=level == len(levels) - 1,
        cued_right=right,
        mean=mean,
        variance=variance,
        least=np.einsum("lc,ly->yc", slots, push.min(axis=2)).min(axis=0),
        most=np.einsum("lc,ly->yc", slots, push.max(axis=2)).max(axis=0),
        spacing=spacing,
        offset=offset,
        mirrored=alike,
        log_unit=log_unit,
        level=level,
        table=table,
        levels=levels,
        chances=chances,
        n_others=dim - 1,
        slots=slots,
    )


def _of_two_levels(
    table: Floats, ensemble: Ensemble, dim: int, n_flipped: int, every_cue: bool
) -> tuple[Floats, Floats, Floats, NDArray[np.int64], Bools, bool]:
    """The cases of a neuron and its cue: weight, own field, slots, level, cued right; are all cues alike?"""
    n, (low, high) = dim - 1, ensemble.levels
    # With a rule odd in pre on symmetric +-1 patterns, a cue and its mirror image act alike.
    alike = ensemble.p_high == 0.5 and low == -high and bool((table[:, 0] == -table[:, 1]).all())

    def own_field(is_high: bool, flipped: int, n_high: Floats, flipped_high: Floats) -> Floats:
        to_high, to_low = table[int(is_high), 1], table[int(is_high), 0]
        flipped_low = flipped - flipped_high
        from_high = to_high * ((n_high - flipped_high) * high + flipped_high * low)
        return np.asarray(from_high + to_low * ((n - n_high - flipped_low) * low + flipped_low * high))

    weight, own, cue_high, is_high, right = neuron_cases(
        ensemble, dim, n_flipped, own_field, alike, every_cue
    )
    return weight, own, np.stack([n - cue_high, cue_high]), is_high.astype(np.int64), right, alike


def _of_more(
    table: Floats, levels: Floats, chances: Floats, n: int, every_cue: bool
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """The same for any levels and an intact cue."""
    cues = all_or_likely(n, chances)
    if cues is None or (every_cue and cues.stride > 1):
        raise NoTheory(f"cues of {len(levels)} levels and {n} neurons are too many to list")
    weight = np.exp(cues.log_weight)
    kept = weight > 0
    k, weight = cues.k[kept], weight[kept] / weight.sum()
    own = np.concatenate([k @ (levels * row) for row in table])
    level = np.repeat(np.arange(len(levels)), len(k))
    return np.outer(chances, weight).ravel(), own, np.tile(k, (len(levels), 1)).T, level


def _lattice(push: Floats, slots: Floats) -> tuple[Floats, Floats]:
    """Spacing and offset of X in each case, or spacing 0 where the rule's values share no unit."""
    unit = common_unit(push.ravel())
    base = np.einsum("lc,ly->yc", slots, push[:, :, 0])  # X when every pre is the lowest, (L, C)
    if not unit or np.abs(base).max() > 2.0**53 * unit:
        return np.zeros(slots.shape[1]), base[0]
    steps = np.rint((push - push[:, :, :1]) / unit).astype(np.int64)
    spacing: NDArray[np.int64] = np.gcd.reduce(np.rint((base - base[0]) / unit).astype(np.int64), axis=0)
    for level, slot in enumerate(slots):
        spacing = np.gcd(spacing, np.where(slot > 0, math.gcd(*map(int, steps[level].ravel())), 0))
    return np.where(spacing == 0, 1, spacing) * unit, base[0]


def _log_mix(logs: Any, chances: Floats) -> Any:
    """Log of the sum of chances times exp(logs) over the last axis, relatively accurate near 0."""
    mean = logs @ chances
    flat = (logs - mean[..., None]).reshape(-1, logs.shape[-1])
    near = np.abs(flat).max(axis=1) < 1.0
    top = np.real(flat).max(axis=1)
    with np.errstate(divide="ignore"):
        mixed = top + np.log(np.exp(flat - top[:, None]) @ chances)
    if near.any():
        mixed[near] = log1p(np.expm1(flat[near]) @ chances)
    return mean + mixed.reshape(mean.shape)


def common_unit(values: Floats) -> float:
    """Return the largest unit of which all values are whole multiples, or 0.0 if there is none.

    >>> common_unit(np.array([0.25, -0.1]))
    0.05
    >>> common_unit(np.array([1.0, np.sqrt(2)]))
    0.0
    """
    return float(rational_unit(values))

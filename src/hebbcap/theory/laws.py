"""What is the crosstalk law of each kind of memory?

One function a memory, registered by type: a memory whose law nobody registered is measured all the same,
and the report says that no theory applies.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, singledispatch

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Ensemble
from hebbcap.theory.crosstalk import (
    AtomCrosstalk,
    Bools,
    Crosstalk,
    Floats,
    PairwiseCrosstalk,
    cue_cases,
    log_binomial,
    merge_cases,
)

_DENOMINATOR = 10**6
"""Coefficients that are fractions with denominators up to this are taken for decimal numbers."""


_EXTREME = 200.0
"""Rules whose values are larger or smaller than exp(this) are scaled."""

_NEVER = 1e-290
"""Overlaps rarer than this can't matter to a probability above 1e-250 at up to 1e15 patterns."""


class NoTheory(_checks.HebbcapError, ValueError):
    """No theory applies; the message says why."""


def crosstalk(memory: object, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    """Return the law of the field of a neuron.

    Parameters
    ----------
    memory : Hopfield or Dense
        The kind of memory; patterns that it holds are ignored.
    ensemble : Ensemble
        What the patterns are drawn from; its entries must be independent.
    dim : int
        D, the number of neurons.
    n_flipped : int
        How many of the D bits of the cue are flipped.

    Raises
    ------
    NoTheory
        If the ensemble is not one of independent entries, or no law is known for this memory.
    """
    if not ensemble.independent:
        raise NoTheory(
            f"the entries of {ensemble.name} are correlated, and this theory is for independent ones"
        )
    if type(memory).__hash__ is None:
        raise NoTheory(f"no crosstalk law is known for {type(memory).__name__}")
    return _cached_law(memory, ensemble, dim, n_flipped)


@lru_cache(maxsize=32)
def _cached_law(memory: object, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    law = _law(memory, ensemble, dim, n_flipped)
    for value in vars(law).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)  # one law serves many callers
    return law


@singledispatch
def _law(memory: object, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    raise NoTheory(f"no crosstalk law is known for {type(memory).__name__}")


@_law.register
def _pairwise(memory: Hopfield, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    return pairwise_law(memory.rule.table(ensemble.levels), ensemble, dim, n_flipped)


def pairwise_law(table: Floats, ensemble: Ensemble, dim: int, n_flipped: int) -> PairwiseCrosstalk:
    """Return the law for the rule with values g(post, pre) in `table`, rows and columns (low, high)."""
    n, p, (low, high) = dim - 1, ensemble.p_high, ensemble.levels
    scale = float(np.abs(table).max())
    if not np.isfinite(scale) or scale == 0:
        raise NoTheory("the rule's values are all 0, or beyond double precision")
    log_unit = 0.0
    if abs(math.log(scale)) > _EXTREME:  # squares would leave double precision; a power of 2 rounds nothing
        power = round(math.log2(scale))
        table, log_unit = np.ldexp(table, -power), power * math.log(2)
    # With a rule odd in pre on symmetric +-1 patterns, a cue and its mirror image act alike.
    same_for_all_cues = p == 0.5 and low == -high and bool((table[:, 0] == -table[:, 1]).all())

    def own_field(is_high: bool, flipped: int, n_high: Floats, flipped_high: Floats) -> Floats:
        to_high, to_low = table[int(is_high), 1], table[int(is_high), 0]
        flipped_low = flipped - flipped_high
        from_high = to_high * ((n_high - flipped_high) * high + flipped_high * low)
        return np.asarray(from_high + to_low * ((n - n_high - flipped_low) * low + flipped_low * high))

    weight, own, cue_high, is_high, right = _cases(ensemble, dim, n_flipped, own_field, same_for_all_cues)
    push = np.multiply.outer(np.array([low, high]), table)  # (cue level, post, pre): one neuron's s_j g
    slots = np.stack([n - cue_high, cue_high])  # neurons at each cue level, (2, C)
    pre_mean = (1 - p) * push[:, :, 0] + p * push[:, :, 1]
    pre_variance = p * (1 - p) * (push[:, :, 1] - push[:, :, 0]) ** 2
    given_post = np.einsum("lc,ly->yc", slots, pre_mean)
    mean = (1 - p) * given_post[0] + p * given_post[1]
    variance = np.array([1 - p, p]) @ np.einsum("lc,ly->yc", slots, pre_variance)
    variance = variance + p * (1 - p) * (given_post[1] - given_post[0]) ** 2
    spacing, offset = _pairwise_lattice(push, slots)
    return PairwiseCrosstalk(
        weight=weight,
        own=own,
        high=is_high,
        cued_right=right,
        mean=mean,
        variance=variance,
        least=np.einsum("lc,ly->yc", slots, push.min(axis=2)).min(axis=0),
        most=np.einsum("lc,ly->yc", slots, push.max(axis=2)).max(axis=0),
        spacing=spacing,
        offset=offset,
        mirrored=same_for_all_cues,
        log_unit=log_unit,
        table=table,
        levels=(low, high),
        p_high=p,
        n_others=n,
        cue_high=cue_high,
    )


@_law.register
def _dense(memory: Dense, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    if ensemble.levels != (-1.0, 1.0):
        raise _checks.fail("patterns", ensemble.name, "must be +-1 for a dense memory", "use biased:p")
    n, p = dim - 1, ensemble.p_high
    table = memory.separation.table(dim)
    if table.whole and table.values is not None:
        difference, log_unit = table.values * table.unit, 0.0
    else:  # in units of the largest: squares of what they are would overflow
        largest = float(table.log_size.max())
        difference, log_unit = table.sign * np.exp(table.log_size - largest), largest + math.log(table.unit)

    def own_field(is_high: bool, flipped: int, n_high: Floats, flipped_high: Floats) -> Floats:
        size = float(difference[n - 2 * flipped + table.reach])
        return np.full_like(n_high, size if is_high else -size)

    # Symmetric patterns meet a cue of any composition alike.
    weight, own, cue_high, is_high, right = _cases(ensemble, dim, n_flipped, own_field, p == 0.5)

    compositions, law = np.unique(cue_high, return_inverse=True)
    overlap = np.arange(-n, n + 1, 2)
    size = difference[overlap + table.reach]
    _checks.check_fits(32.0 * len(compositions) * len(size), "the exact law", "use a smaller dim")
    chances = np.stack([_overlap_chances(n, p, int(c)) for c in compositions])
    values, where = np.unique(np.concatenate([size, -size]), return_inverse=True)
    both = np.concatenate([p * chances, (1 - p) * chances], axis=1)
    probabilities: Floats = np.stack([np.bincount(where, row, len(values)) for row in both]).astype(
        np.float64
    )
    kept = (probabilities > _NEVER).any(axis=0)
    values, probabilities = values[kept], probabilities[:, kept]
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    mean = probabilities @ values
    variance = probabilities @ values**2 - mean**2
    spacing = 0.0
    if table.whole:
        steps = np.rint((values - values[0]) / table.unit)
        spacing = math.gcd(*(int(v) for v in steps)) * table.unit
    count = len(law)
    return AtomCrosstalk(
        weight=weight,
        own=own,
        high=is_high,
        cued_right=right,
        mean=mean[law],
        variance=variance[law],
        least=np.full(count, values[0]),
        most=np.full(count, values[-1]),
        spacing=np.full(count, spacing),
        offset=np.full(count, values[0]),
        log_unit=log_unit,
        mirrored=p == 0.5 and bool((values == -values[::-1]).all()),
        values=values,
        law=law,
        probabilities=probabilities,
    )


def _cases(
    ensemble: Ensemble,
    dim: int,
    n_flipped: int,
    own_field: Callable[[bool, int, Floats, Floats], Floats],
    same_for_all_cues: bool,
) -> tuple[Floats, Floats, Floats, Bools, Bools]:
    """List the cases of a neuron and its cue: weight, own field, high neurons of the cue, and two labels.

    Cases that agree in all but their weight are merged; where the crosstalk is the same for all cues,
    every cue is taken for one with all neurons high.
    """
    n, parts = dim - 1, []
    for is_high, right, chance, flipped in _classes(ensemble, dim, n_flipped):
        n_high, flipped_high, weight = cue_cases(n, ensemble.p_high, flipped)
        own = own_field(is_high, flipped, n_high, flipped_high)
        cue_high = np.full_like(own, n) if same_for_all_cues else n_high + flipped - 2 * flipped_high
        labels = np.full_like(own, is_high), np.full_like(own, right)
        parts.append((chance * weight, own, cue_high, *labels))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    total, (own, cue_high, high, right_) = merge_cases(*columns)
    return total, own, cue_high, high > 0, right_ > 0


def _classes(ensemble: Ensemble, dim: int, n_flipped: int) -> list[tuple[bool, bool, float, int]]:
    """Kinds of neuron: (should be high, cued right, probability, flipped bits among the others)."""
    share = n_flipped / dim
    found = []
    for is_high, chance in ((True, ensemble.p_high), (False, 1 - ensemble.p_high)):
        if n_flipped < dim:
            found.append((is_high, True, chance * (1 - share), n_flipped))
        if n_flipped:
            found.append((is_high, False, chance * share, n_flipped - 1))
    return found


def _overlap_chances(n: int, p: float, cue_high: int) -> Floats:
    """Chances of the overlaps -n, -n + 2, ..., n of a cue with a fresh pattern.

    All terms are positive, so the sum loses no accuracy in the tails.
    """
    if p == 0.5:
        return np.exp(log_binomial(n, 0.5, np.arange(n + 1.0)))
    agree_high = np.exp(log_binomial(cue_high, p, np.arange(cue_high + 1.0)))
    agree_low = np.exp(log_binomial(n - cue_high, 1 - p, np.arange(n - cue_high + 1.0)))
    return np.convolve(agree_high, agree_low)


def _pairwise_lattice(push: Floats, slots: Floats) -> tuple[Floats, Floats]:
    """Spacing and offset of X in each case, or spacing 0 where the rule's values share no unit."""
    unit = common_unit(push.ravel())
    base = np.einsum("lc,ly->yc", slots, push[:, :, 0])  # X when every pre is low, (2, C)
    if unit == 0.0 or np.abs(base).max() > 2.0**53 * unit:
        return np.zeros(slots.shape[1]), base[0]
    steps = np.rint((push[:, :, 1] - push[:, :, 0]) / unit).astype(np.int64)
    used = slots > 0
    spacing: NDArray[np.int64] = np.abs(np.rint((base[1] - base[0]) / unit).astype(np.int64))
    for level in range(2):
        for post in range(2):
            spacing = np.gcd(spacing, np.where(used[level], abs(steps[level, post]), 0))
    return np.where(spacing == 0, 1, spacing) * unit, base[0]


def common_unit(values: Floats) -> float:
    """Return the largest unit of which all values are whole multiples, or 0.0 if there is none.

    >>> common_unit(np.array([0.25, -0.1]))
    0.05
    >>> common_unit(np.array([1.0, np.sqrt(2)]))
    0.0
    """
    fractions = [Fraction(float(v)).limit_denominator(_DENOMINATOR) for v in values]
    scale = max(float(np.abs(values).max()), 1e-300)
    if any(abs(float(f) - v) > 1e-13 * scale for f, v in zip(fractions, values, strict=True)):
        return 0.0
    denominator = math.lcm(*(f.denominator for f in fractions))
    numerator = math.gcd(*(int(f * denominator) for f in fractions))
    return 0.0 if numerator == 0 or denominator > 10**12 else float(Fraction(numerator, denominator))

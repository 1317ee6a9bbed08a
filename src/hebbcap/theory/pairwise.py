r"""What is the crosstalk law of a pairwise memory?

.. math:: X = \sum_{j \ne i} g(\xi_i, \xi_j) s_j

for a rule g(post, pre) on patterns of independent entries.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from hebbcap._checks import NoTheory
from hebbcap.patterns import Ensemble
from hebbcap.theory.cases import neuron_cases
from hebbcap.theory.crosstalk import Floats, PairwiseCrosstalk

_DENOMINATOR = 10**6
"""Coefficients that are fractions with denominators up to this are taken for decimal numbers."""


_EXTREME = 200.0
"""Rules whose values are larger or smaller than exp(this) are scaled."""


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

    weight, own, cue_high, is_high, right = neuron_cases(
        ensemble, dim, n_flipped, own_field, same_for_all_cues
    )
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

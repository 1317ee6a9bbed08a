"""What do mean and variance of the local field say?

The signal-to-noise reading takes the field of each kind of neuron for normal; the midpoint threshold needs
the means alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.special import log_ndtr

from hebbcap._checks import NoTheory
from hebbcap.theory.crosstalk import Crosstalk
from hebbcap.theory.field.local_field import PairwiseField
from hebbcap.theory.units import rescaled


class Field(NamedTuple):
    """Mean and variance of the field of one kind of neuron: its level, its level in the cue, its share."""

    level: int
    cued: int
    weight: float
    mean: float
    variance: float


def fields(law: Crosstalk | PairwiseField, n_others: int) -> list[Field]:
    """Return the moments of the field of every kind of neuron, with so many other patterns."""
    if isinstance(law, PairwiseField):
        return [Field(k.level, k.cued, k.weight, *law.moments(k, n_others)) for k in law.kinds]
    found = []
    for high in (True, False):
        for right in (True, False):
            kind = (law.high == high) & (law.cued_right == right)
            weight = law.weight[kind]
            if not weight.sum():
                continue
            field = law.own[kind] + n_others * law.mean[kind]
            mean = float(np.average(field, weights=weight))
            variance = float(np.average(n_others * law.variance[kind] + (field - mean) ** 2, weights=weight))
            found.append(Field(int(high), int(high == right), float(weight.sum()), mean, variance))
    return found


def signal_and_noise(law: Crosstalk | PairwiseField) -> tuple[float, float]:
    """Return half the distance of the extreme levels' mean own fields, and the variance a pattern adds."""
    alone, two = fields(law, 0), fields(law, 1)
    lowest, highest = (_mean(alone, level) for level in (0, max(f.level for f in alone)))
    noise = sum(f.weight * (f.variance - g.variance) for f, g in zip(two, alone, strict=True))
    return 0.5 * (highest - lowest), noise


def midpoints_of(law: Crosstalk | PairwiseField, n_others: int) -> tuple[float, ...]:
    """Return the fields halfway between the means of adjacent levels, in field.

    Raises
    ------
    NoTheory
        If they are beyond double precision, or the means of more than two levels are not in their order.
    """
    found = fields(law, n_others)
    means = [_mean(found, level) for level in range(max(f.level for f in found) + 1)]
    if len(means) > 2 and any(a >= b for a, b in pairwise(means)):
        raise NoTheory(
            "the mean fields of the levels are not in the order of the levels, so that no thresholds between "
            "them tell the levels apart"
        )
    return tuple(_between(low, high, law.log_unit) for low, high in pairwise(means))


def normal_error(law: Crosstalk | PairwiseField, n_others: int, steps: Sequence[float]) -> float:
    """Return the bit error by normal tails, for thresholds in the units of the law.

    A neuron is wrong where its field is outside of the interval of its level; at a threshold it takes that of
    the two levels which is nearer to its state.
    """
    edges = [-math.inf, *steps, math.inf]
    total = 0.0
    for kind in fields(law, n_others):
        low, high = edges[kind.level], edges[kind.level + 1]
        if kind.variance > 0:
            spread = math.sqrt(kind.variance)
            outside = np.exp(log_ndtr((low - kind.mean) / spread)) + np.exp(
                log_ndtr((kind.mean - high) / spread)
            )
            total += kind.weight * float(outside)
        else:
            below = kind.mean < low or (kind.mean == low and kind.cued < kind.level)
            above = kind.mean > high or (kind.mean == high and kind.cued > kind.level)
            total += kind.weight * float(below or above)
    return total


def _mean(found: list[Field], level: int) -> float:
    kinds = [f for f in found if f.level == level]
    return sum(f.weight * f.mean for f in kinds) / sum(f.weight for f in kinds)


def _between(low: float, high: float, log_unit: float) -> float:
    middle = 0.5 * (high + low)
    # Means that cancel exactly on paper leave rounding, which would break every tie one way.
    if abs(middle) <= 1e-12 * (abs(high) + abs(low)):
        return 0.0
    return rescaled(middle, log_unit, "the midpoint of the fields is beyond double precision")

"""How likely is a neuron to be wrong after one update, exactly, at this size?

A neuron is wrong where its field is outside of the interval of its level. At a threshold it takes that of the
two levels it touches which is nearer to its state in the cue.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hebbcap._checks import NoTheory
from hebbcap.patterns import Ensemble
from hebbcap.theory.crosstalk import Bools, Crosstalk, Floats
from hebbcap.theory.field.few import listed_tail
from hebbcap.theory.field.local_field import Kind, PairwiseField
from hebbcap.theory.field.tail import Limit, field_tail
from hebbcap.theory.pairwise import PairwiseCrosstalk, pairwise_law
from hebbcap.theory.sums.tail import lower_tail

_BATCH = 16
_REST = 1e-9
"""Share of the result that the cases left out may weigh, and how many are worked out at once."""

_MANY = 10**4
"""Patterns beyond which the fields of different cues may lie apart, each of them smooth."""

_SURE = 690.0
"""Events less likely than exp(-this), 1e-299, are taken never to occur."""

_SHARE = 1e-6
"""Share of the result that may rest on tails that did not reach their accuracy."""


def exact_error(
    law: Crosstalk | PairwiseField, n_others: int, steps: Sequence[float], *, floor: float = 0.0
) -> float:
    """Return the expected share of wrong bits with `n_others` patterns beside the cued one.

    Parameters
    ----------
    law : Crosstalk or PairwiseField
        The law of the field.
    n_others : int
        K - 1.
    steps : sequence of float
        The thresholds, one less than there are levels, in the units of the law.
    floor : float
        Below this an upper bound will do.

    Raises
    ------
    NoTheory
        If no method reaches a relative accuracy of 1e-6.
    """
    if isinstance(law, PairwiseField):
        total, unsure = _pairwise(law, n_others, steps)
        why = (
            "neither the integral nor a list reaches its accuracy here: the rule's values share no unit and "
            "the possible fields are too many to list, or neurons have too many levels"
        )
    else:
        total, unsure = _listed_terms(law, n_others, steps[0])
        why = (
            "too few patterns of too many different weights: neither the integral nor a list of the "
            "possible sums reaches its accuracy here"
        )
    if not unsure <= max(_SHARE * total, floor):
        raise NoTheory(why)
    return total


def _pairwise(law: PairwiseField, n_others: int, steps: Sequence[float]) -> tuple[float, float]:
    edges = [-math.inf, *steps, math.inf]
    known: dict[object, tuple[float, bool]] = {}
    total = unsure = 0.0
    for kind in law.kinds:
        # A field below the interval is wrong; at its edge, where the cue has a lower level. So above.
        below = Limit(edges[kind.level], kind.cued < kind.level, 1)
        above = Limit(-edges[kind.level + 1], kind.cued > kind.level, -1)
        for limit in (below, above):
            if math.isinf(limit.value):
                continue
            key = (kind.level, kind.n_kept, limit)
            if key not in known:
                known[key] = kind_tail(law, kind, n_others, limit)
            tail, accurate = known[key]
            total += kind.weight * tail
            unsure += 0.0 if accurate else kind.weight * tail
    return total, unsure


def kind_tail(law: PairwiseField, kind: Kind, n_others: int, limit: Limit) -> tuple[float, bool]:
    """Return the probability of the event for one kind of neuron, by the first way that is accurate.

    The integral over the law of the field; a list, for few patterns on no lattice; or cue by cue, where so
    many patterns are stored that cues of different composition have fields far apart.
    """
    found = field_tail(law, kind, n_others, limit)
    if not found[1]:
        found = listed_tail(law, kind, n_others, limit) or found
    if not found[1] and n_others > _MANY:
        found = _cue_by_cue(law, kind, n_others, limit) or found
    return found


def _cue_by_cue(law: PairwiseField, kind: Kind, n_others: int, limit: Limit) -> tuple[float, bool] | None:
    try:
        given = _given_cue(tuple(map(tuple, law.table.tolist())), law.ensemble, law.dim, law.n_flipped)
    except NoTheory:
        return None
    cases = np.flatnonzero((given.level == kind.level) & (given.cued_right == (kind.cued == kind.level)))
    bound, inclusive = _on_lattice(given, cases, n_others, limit)
    share = given.weight[cases] / given.weight[cases].sum()
    # Bernstein's bound tells the cues that are all but sure from those that need a tail.
    distance = bound - limit.sign * n_others * given.mean[cases]
    widest = (given.most - given.least)[cases]
    with np.errstate(divide="ignore", invalid="ignore"):
        nats = distance**2 / (2 * n_others * given.variance[cases] + widest * np.abs(distance) * (2 / 3))
    chosen = ~(nats >= _SURE)
    total = float(share[~chosen & (distance > 0)].sum())
    one = np.ones(np.count_nonzero(chosen))
    tail = lower_tail(
        given,
        cases[chosen],
        n_others * one,
        bound[chosen],
        inclusive=inclusive[chosen],
        sign=limit.sign * one,
    )
    part = share[chosen] * tail.probability
    total += float(part.sum())
    return total, bool(part[~tail.accurate].sum() <= _SHARE * total)


def _on_lattice(
    given: PairwiseCrosstalk, cases: NDArray[np.int64], n_others: int, limit: Limit
) -> tuple[Floats, Bools]:
    """What the sum of the other patterns must reach: where there is a lattice, its largest point that counts.

    A point is told from its neighbour to the rounding of the numbers alone, however far from 0 they are.
    """
    bound = limit.value - limit.sign * given.own[cases]
    spacing, offset = given.spacing[cases], limit.sign * n_others * given.offset[cases]
    step = np.where(spacing > 0, spacing, 1.0)
    steps = (bound - offset) / step
    rounding = np.clip(4e-16 * np.maximum(np.abs(bound), np.abs(offset)) / step, 1e-9, 1e-3)
    at = np.abs(steps - np.rint(steps)) <= rounding
    point = np.where(at, np.rint(steps) - (not limit.inclusive), np.floor(steps))
    return np.where(spacing > 0, offset + point * step, bound), (spacing > 0) | limit.inclusive


@lru_cache(maxsize=4)
def _given_cue(
    table: tuple[tuple[float, ...], ...], ensemble: Ensemble, dim: int, n_flipped: int
) -> PairwiseCrosstalk:
    return pairwise_law(np.array(table), ensemble, dim, n_flipped, every_cue=True)


def _listed_terms(law: Crosstalk, n_others: int, level: float) -> tuple[float, float]:
    sign = np.where(law.high, 1.0, -1.0)
    limit = sign * (level - law.own)
    inclusive = ~law.cued_right  # a tie keeps the cue's bit, which is wrong where it was flipped
    cases, weight = np.arange(len(law.weight)), law.weight
    if law.mirrored:  # high and low neurons, and many cases, are then one and the same problem
        keys, cases, where = np.unique(
            np.stack([limit, inclusive]), axis=1, return_index=True, return_inverse=True
        )
        limit, inclusive, sign = keys[0], keys[1] > 0, np.ones(len(cases))
        weight = np.bincount(where.ravel(), weights=law.weight).astype(np.float64)

    # The likeliest cases first, until those left can't matter: no tail is more than 1.
    order = np.argsort(-weight, kind="stable")
    left = weight.sum() - np.cumsum(weight[order])
    total = unsure = 0.0
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        count = np.full(len(chosen), float(n_others))
        found = lower_tail(
            law, cases[chosen], count, limit[chosen], inclusive=inclusive[chosen], sign=sign[chosen]
        )
        total += float(weight[chosen] @ found.probability)
        unsure += float(weight[chosen][~found.accurate] @ found.probability[~found.accurate])
        if left[start + len(chosen) - 1] <= _REST * (total - unsure):
            break
    return total, unsure

"""Which tail of a sum is the smaller one, and how likely is it?

Near 1 a probability is known best by what it lacks, so the tail on the limit's own side of the mean is the
one computed. What bounded terms make impossible or certain is said without computing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hebbcap.theory.crosstalk import Bools, Crosstalk, Floats
from hebbcap.theory.sums.line import log_tails
from hebbcap.theory.sums.saddle import Indices, Sums

_SMOOTH = 1e8
"""A lattice finer than the spread by this factor is as good as none."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Sides:
    """The tails of R sums on the limits' sides of their means.

    Attributes
    ----------
    log_tail : ndarray, shape (R,)
        Log of P(S at most the limit), or of P(S beyond it) where `upper`.
    upper : ndarray of bool, shape (R,)
        Which of the two it is.
    accurate : ndarray of bool, shape (R,)
        Whether it is known; else it is an upper bound.
    """

    log_tail: Floats
    upper: Bools
    accurate: Bools

    @property
    def probability(self) -> Floats:
        """P(S at most the limit); an upper bound where not accurate."""
        tail = np.exp(np.minimum(self.log_tail, 0.0))
        return np.asarray(np.where(self.upper, np.where(self.accurate, 1 - tail, 1.0), tail))


def smaller_tails(
    law: Crosstalk,
    cases: Indices,
    count: Floats,
    limit: Floats,
    *,
    inclusive: Bools,
    sign: Floats,
    patient: bool = False,
) -> Sides:
    """Return the smaller tails of sums of `count` copies of sign * X, by integration alone.

    Parameters are those of `hebbcap.theory.sums.tail.lower_tail`, and whether long integrals may be taken.
    """
    least = count * np.where(sign > 0, law.least[cases], -law.most[cases])
    most = count * np.where(sign > 0, law.most[cases], -law.least[cases])
    spacing = law.spacing[cases]
    spread = Sums(law, cases, count, sign, limit, spacing).spread
    spacing = np.where(spread > _SMOOTH * spacing, 0.0, spacing)
    at = on_or_below(limit, sign * count * law.offset[cases], spacing, inclusive)
    problem = Sums(law, cases, count, sign, at, spacing)

    rounding = _ROUNDING * np.maximum(np.abs(most), np.abs(least))
    possible = np.where(inclusive, limit >= least - rounding, limit > least + rounding)
    past_most = np.where(inclusive, limit >= most - rounding, limit > most + rounding)
    certain = possible & np.where(spacing > 0, at >= most - spacing / 2, past_most)
    open_ = possible & ~certain & (least < most)
    upper = np.where(open_, at > problem.mean, possible)
    log_tail, accurate = np.full(len(cases), -np.inf), np.ones(len(cases), dtype=bool)
    for chosen, direction in ((open_ & ~upper, 1.0), (open_ & upper, -1.0)):
        rows = np.flatnonzero(chosen)
        if len(rows):
            bound = at[rows] if direction > 0 else -(at[rows] + spacing[rows])
            part = Sums(law, cases[rows], count[rows], direction * sign[rows], bound, spacing[rows])
            log_tail[rows], accurate[rows] = log_tails(part, patient=patient)
    return Sides(log_tail, upper, accurate)


def on_or_below(limit: Floats, offset: Floats, spacing: Floats, inclusive: Bools) -> Floats:
    """Return the largest lattice point that counts: the limit itself only where inclusive."""
    safe = np.where(spacing > 0, spacing, 1.0)
    steps = (limit - offset) / safe
    nearest = np.rint(steps)
    on_point = np.abs(steps - nearest) <= _ROUNDING * np.maximum(1.0, np.abs(offset / safe))
    whole = np.where(on_point, nearest - ~inclusive, np.floor(steps))
    return np.where(spacing > 0, offset + whole * safe, limit)

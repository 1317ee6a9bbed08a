"""Which curve do the counts follow, and how far can it be trusted?

Near the crossing K*, the failure rate is taken to follow

.. math:: p(K) = \\Phi(\\Phi^{-1}(p^*) + s\\, (\\log K - \\log K^*)), \\quad s > 0,

straight in normal quantiles against log K, which all crosstalk laws are over a narrow window. The line
:math:`q = \\beta \\cdot (1, x)`, with x = log K, is fitted to the counts of all trials as if every chance
to fail were independent. They are not: chances of one trial share its patterns, and one trial judged at
neighbouring K fails at both or at none. So the line is right on average, and the error it claims is not.
The error that counts is that between trials, which are independent.

Write :math:`f_{ik}` for the failures of trial i at :math:`K_k` among :math:`m_k` chances, p and q for the
fitted rate and quantile, and I for the information of independent chances. Trial i moves the line by

.. math:: u_i = I^{-1} \\sum_k \\frac{\\varphi(q_k)}{p_k (1 - p_k)} \\binom{1}{x_k} (f_{ik} - m_k p_k),

and :math:`V = \\sum_i u_i u_i^T` estimates its covariance whatever goes on within a trial (the sandwich of
Huber 1967, between clusters as in Liang & Zeger 1986). It is enlarged by n / (n - 2) for the two
parameters, where n counts the trials, those that say little for less: :math:`(\\sum v_i)^2 / \\sum v_i^2`
with :math:`v_i` the expected squares of what trials add to the level (Satterthwaite 1946). That leaves n - 2
degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from hebbcap.measurement.tally import Tally

Floats = NDArray[np.float64]

FLATTEST, STEEPEST = 0.05, 200.0
"""Slopes s that are thought possible."""

KNOWN = 1e6
"""Degrees of freedom of a dispersion that is known."""

_LEAST = 0.2
"""Dispersion below which trials are taken to be alike by luck, so that few of them don't promise too much."""

_FARTHEST = 30.0
"""Normal quantiles beyond this are cut: nothing fails, or everything."""

_STEPS = 25
_CLOSE = 1e-5


class Pooled(NamedTuple):
    """The counts of all trials: logarithms of K, failures and chances there, each (n,)."""

    log_k: Floats
    failures: Floats
    chances: Floats


_NOTHING = 1e-3
"""Chances, as the information of the counts is worth, below which they say nothing of a slope."""


class Line(NamedTuple):
    """Normal quantile of the failure rate: `level + slope * (log K - middle)`."""

    middle: float
    level: float
    slope: float


class Trust(NamedTuple):
    """How sure a line is: the covariance of level and slope, that of independent chances, and the freedom.

    Each covariance as (level with level, level with slope, slope with slope).
    """

    covariance: tuple[float, float, float]
    independent: tuple[float, float, float]
    freedom: float


def pool(tallies: Sequence[Tally]) -> Pooled:
    """Return the counts of all tallies by place."""
    places = np.array([k for tally in tallies for k in tally.at], dtype=np.float64)
    failures = np.concatenate([tally.failures for tally in tallies])
    chances = np.concatenate([tally.trials * tally.judged for tally in tallies])
    if len(tallies) > 1:
        places, where = np.unique(places, return_inverse=True)
        failures, chances = (np.bincount(where, weights=x) for x in (failures, chances))
    return Pooled(np.log(places), failures, chances)


def _ratio(quantile: Floats) -> Floats:
    """Return phi / Phi."""
    ratio: Floats = np.exp(-0.5 * quantile * quantile) / (math.sqrt(2 * math.pi) * ndtr(quantile))
    return ratio


def fit(pooled: Pooled) -> Line | None:
    """Return the line of highest likelihood by Fisher scoring; None where counts don't determine it."""
    log_k, failures, chances = pooled
    if len(log_k) < 2:
        return None
    middle = float(log_k.mean())
    x = log_k - middle
    rate = (failures + 0.5) / (chances + 1.0)
    line: Floats = ndtri(rate)
    target, weight = line, chances * np.exp(-line * line) / (rate * (1 - rate))
    for step in range(_STEPS):
        s0, s1, s2 = weight.sum(), weight @ x, weight @ (x * x)
        t0, t1 = weight @ target, weight @ (x * target)
        determinant = s0 * s2 - s1 * s1
        if not determinant > 1e-9 * s0 * s2:
            return None
        level, slope = (s2 * t0 - s1 * t1) / determinant, (s0 * t1 - s1 * t0) / determinant
        new = np.clip(level + slope * x, -_FARTHEST, _FARTHEST)
        moved = float(np.abs(new - line).max())
        line = new
        if step and moved < _CLOSE:
            break
        below, above = _ratio(line), _ratio(-line)
        weight = chances * below * above
        target = line + (failures * below - (chances - failures) * above) / np.maximum(weight, 1e-300)
    else:
        return None
    return Line(middle, float(level), float(slope)) if FLATTEST < slope < STEEPEST else None


def dispersion(tallies: Sequence[Tally], line: Line) -> tuple[float, float]:
    """Return how much more trials vary than independent chances would, and the freedom of that.

    In what each adds to the score of the level, so that places count by what they tell: where all but one
    say nothing, that one decides. Where trials can't tell, independent chances are meant: because each is a
    single chance, or because nothing fails that could have failed.
    """
    seen = information = total = squares = 0.0
    for tally in tallies:
        quantile = np.clip(line.level + line.slope * (np.log(tally.at) - line.middle), -_FARTHEST, _FARTHEST)
        below, above = _ratio(quantile), _ratio(-quantile)
        per_failure, rate = below + above, ndtr(quantile)
        expected = tally.judged * rate
        mean = float(per_failure @ expected)
        information += tally.trials * float(tally.judged @ (below * above))
        seen += float(per_failure @ tally.products @ per_failure) + tally.trials * mean * mean
        seen -= 2 * mean * float(per_failure @ tally.failures)
        alone = float(per_failure @ np.sqrt(expected * (1 - rate))) ** 2
        total += tally.trials * alone
        squares += tally.trials * alone**2
    if all(tally.single for tally in tallies):
        return 1.0, KNOWN
    if information < _NOTHING or not squares > 0:
        return 1.0, max(sum(tally.trials for tally in tallies) - 2.0, 1.0)
    freedom = max(total**2 / squares - 2, 1.0)
    return max((1 + 2 / freedom) * seen / information, _LEAST), freedom


def trust(tallies: Sequence[Tally], line: Line) -> Trust | None:
    """Return how far the counts bear the line; None where they say nothing of its slope.

    Trials that are a single chance each are independent chances: nothing is estimated for them.
    """
    parts = []
    s0 = s1 = s2 = 0.0
    for tally in tallies:
        x = np.log(tally.at) - line.middle
        quantile = np.clip(line.level + line.slope * x, -_FARTHEST, _FARTHEST)
        below, above = _ratio(quantile), _ratio(-quantile)
        weight = tally.trials * tally.judged * below * above
        s0, s1, s2 = s0 + float(weight.sum()), s1 + float(weight @ x), s2 + float(weight @ (x * x))
        parts.append((tally, x, below + above, ndtr(quantile)))
    determinant = s0 * s2 - s1 * s1
    if not determinant > 1e-9 * s0 * s2 or s0 < _NOTHING:  # a step: no count lies where the line rises
        return None
    independent = (s2 / determinant, -s1 / determinant, s0 / determinant)
    if all(tally.single for tally in tallies):
        return Trust(independent, independent, KNOWN)
    seen = np.zeros(3)
    total = squares = 0.0
    for tally, x, per_failure, rate in parts:
        levels = (independent[0] + independent[1] * x) * per_failure
        slopes = (independent[1] + independent[2] * x) * per_failure
        expected = tally.judged * rate
        for which, (a, b) in enumerate(((levels, levels), (levels, slopes), (slopes, slopes))):
            products = a @ tally.products @ b + tally.trials * (a @ expected) * (b @ expected)
            seen[which] += products - (a @ expected) * (b @ tally.failures)
            seen[which] -= (b @ expected) * (a @ tally.failures)
        # One trial judged at several places is expected to fail at all of them or at none.
        alone = float(np.abs(levels) @ np.sqrt(expected * (1 - rate))) ** 2
        total += tally.trials * alone
        squares += tally.trials * alone**2
    freedom = max((total**2 / squares if squares > 0 else sum(tally.trials for tally in tallies)) - 2, 1.0)
    seen *= 1 + 2 / freedom
    least = _LEAST * np.array(independent)
    if seen[0] < least[0]:
        seen = seen * (least[0] / seen[0]) if seen[0] > 1e-6 * least[0] else least
    return Trust((float(seen[0]), float(seen[1]), float(seen[2])), independent, freedom)

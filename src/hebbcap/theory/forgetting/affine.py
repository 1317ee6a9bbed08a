r"""What does a synapse remember whose step is affine in its weight, `w <- A(y, x) w + B(y, x)`?

Exactly: with A and B independent of all that came before, the moments of the weights obey linear
recursions from pattern to pattern,

.. math::
    w' &= E[A]\, w + E[B] \\
    q' &= E[A^2]\, q + 2 E[A B]\, w + E[B^2] \\
    r' &= E_y[\bar A(y)^2]\, r + 2 E_y[\bar A(y) \bar B(y)]\, w + E_y[\bar B(y)^2]

for E[w], E[w^2] and E[w_1 w_2] of two synapses on one neuron, which share y, with
:math:`\bar A(y) = E_x A(y, x)`. Started from what one pattern (y, x) leaves of the steady state they give
the trace of that pattern at any age and the noise around it. A and B may themselves be drawn at random, as
for synapses that switch by chance; two synapses draw independently.

Assumptions: independent, identically distributed patterns of independent entries, presented once each for
so long that the weights are in their steady state. Source: derived here; for passive decay Mezard, Nadal
& Toulouse, J. Physique 47, 1457 (1986).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hebbcap._checks import NoTheory
from hebbcap.learning import Synapse
from hebbcap.patterns import Ensemble
from hebbcap.theory.forgetting.moments import Floats, Moments

_SETTLES = 1 - 1e-12
"""A second moment that shrinks by less than this with each pattern never settles, up to rounding."""


@dataclass(frozen=True)
class Maps:
    """The averages of A, A^2, B, AB and B^2 over chance, at [post, pre], low level first."""

    a: Floats
    aa: Floats
    b: Floats
    ab: Floats
    bb: Floats


def maps(synapse: Synapse, levels: tuple[float, ...]) -> Maps:
    """Return the maps of a synapse that is affine in its weight and reads no trace."""
    post, pre = np.array(levels)[:, None], np.array(levels)[None, :]
    return Maps(*(np.broadcast_to(t, (2, 2)).astype(np.float64) for t in averaged(synapse, post, pre)))


def averaged(synapse: Synapse, post: Floats, pre: Floats, trace: Floats | None = None) -> list[Floats]:
    """Return the averages over chance of A, A^2, B, AB and B^2, as broadcast by the activities."""
    at_zero, at_one = (synapse.outcomes(np.float64(w), post, pre, trace) for w in (0.0, 1.0))
    total = [np.zeros(())] * 5
    for (chance, zero), (_, one) in zip(at_zero, at_one, strict=True):
        b = np.asarray(zero, dtype=np.float64)
        a = np.asarray(one, dtype=np.float64) - b
        total = [t + chance * part for t, part in zip(total, (a, a * a, b, a * b, b * b), strict=True)]
    return total


@dataclass(frozen=True)
class AffineTrace:
    """The moments of the synapses of one neuron, for patterns of every age.

    Attributes
    ----------
    steady : tuple of float
        w, q and r of the steady state.
    shrinks : float
        By how much the slowest moment comes nearer to it with each pattern; the time constant is
        -1 / log(shrinks) patterns.
    step : ndarray, shape (8, 8)
        What one more pattern does to (1, w_low, w_high, q_low, q_high, r_low_low, r_low_high, r_high_high),
        the moments given what pre showed.
    newest : ndarray, shape (2, 8)
        These for the pattern just presented, given post low and high.
    follows_history : bool
        Whether a neuron's own history shows in the law of its synapses; if not, they are independent.
    """

    steady: tuple[float, float, float]
    shrinks: float
    step: Floats
    newest: Floats
    follows_history: bool

    def at(self, ages: NDArray[np.int64]) -> Moments:
        """Return the moments at the given ages, first axis of the result."""
        state = np.broadcast_to(self.newest, (len(ages), 2, 8)).copy()
        power = self.step.T
        for bit in range(int(ages.max(initial=0)).bit_length()):
            chosen = (ages >> bit) & 1 == 1
            state[chosen] = state[chosen] @ power
            power = power @ power
        pair = state[..., [5, 6, 6, 7]].reshape(len(ages), 2, 2, 2)
        return Moments(state[..., 1:3], state[..., 3:5], pair)


def affine_trace(synapse: Synapse, ensemble: Ensemble) -> AffineTrace:
    """Return the exact moments of an affine synapse under patterns of an ensemble.

    Parameters
    ----------
    synapse : Synapse
        Affine in its weight, without a trace.
    ensemble : Ensemble
        Of independent entries.

    Raises
    ------
    NoTheory
        If the weights never settle: their second moment grows for ever.

    Examples
    --------
    >>> from hebbcap.learning import synapse
    >>> from hebbcap.patterns import Rademacher
    >>> found = affine_trace(synapse("decay:0.5", mean=0), Rademacher())
    >>> [round(x, 6) for x in found.steady]  # mean 0, variance 1 / (1 - 0.5^2)
    [0.0, 1.333333, 0.0]
    >>> found.at(np.array([0, 3])).mean[:, 1, 1]  # the trace of +1, +1
    array([1.   , 0.125])
    """
    table = maps(synapse, ensemble.levels)
    p = np.array([1 - ensemble.p_high, ensemble.p_high])
    a1, a2, b1, ab, b2 = (float(p @ t @ p) for t in (table.a, table.aa, table.b, table.ab, table.bb))
    if not a2 < _SETTLES:
        raise NoTheory(
            f"the weights never settle: with each pattern their second moment is multiplied by {a2:.6g}, "
            "and only below 1 is there a steady state"
        )
    by_post, pushed = table.a @ p, table.b @ p
    c2, cb, d2 = (float(p @ t) for t in (by_post**2, by_post * pushed, pushed**2))
    w = b1 / (1 - a1)
    q = (2 * ab * w + b2) / (1 - a2)
    r = (2 * cb * w + d2) / (1 - c2)
    step = np.diag([1.0, a1, a1, a2, a2, c2, c2, c2])
    step[1:, 0] = [b1, b1, b2, b2, d2, d2, d2]
    step[3, 1] = step[4, 2] = 2 * ab
    for row, (first, second) in zip((5, 6, 7), ((1, 1), (1, 2), (2, 2)), strict=True):
        step[row, first] += cb
        step[row, second] += cb
    newest = np.ones((2, 8))
    newest[:, 1:3] = table.a * w + table.b
    newest[:, 3:5] = table.aa * q + 2 * table.ab * w + table.bb
    for row, (first, second) in zip((5, 6, 7), ((0, 0), (0, 1), (1, 1)), strict=True):
        one, two = (table.a[:, x] for x in (first, second))
        drawn, other = (table.b[:, x] for x in (first, second))
        newest[:, row] = one * two * r + (one * other + two * drawn) * w + drawn * other
    given_post = np.stack([by_post, pushed, table.aa @ p, table.ab @ p, table.bb @ p])
    differs = np.abs(given_post[:, 0] - given_post[:, 1]) > 1e-12 * np.abs(given_post).max()
    return AffineTrace((w, q, r), max(abs(a1), a2, c2), step, newest, bool(differs.any()))

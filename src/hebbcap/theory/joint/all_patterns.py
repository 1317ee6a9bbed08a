r"""How likely is any bit of any stored pattern to be wrong, with what patterns share taken into account?

Two patterns fail together more often than by chance, because each is the loud neighbour of the other: they
share their overlap T. With F the failure of one pattern and F(T) that beside a pattern of overlap T,

.. math:: P(\mathrm{all\ right}) = (1 - F)^K \Bigl[1 + \frac{F_2 - F^2}{(1 - F)^2}\Bigr]^{K(K-1)/2},
          \quad F_2 = E_T[F(T)^2]

which keeps the chances of one and of two patterns and takes the rest for pairwise. What two patterns share
beyond T is left out, so the result errs upwards: by 10 % at D = 50, 3 % at D = 200, 1 % at D = 500.
"""

from __future__ import annotations

import math

import numpy as np

from hebbcap.theory.crosstalk import Floats
from hebbcap.theory.draws import hypergeometric
from hebbcap.theory.joint.cues import Population
from hebbcap.theory.joint.pattern import interpolated, pattern_failure

_HOPELESS = 8.0
"""With more failing patterns expected than this, what they share no longer matters."""

_REACH, _STRIDE = 7.0, 1.0
"""Overlaps are taken up to so many standard deviations from their mean, and worked out in such steps."""


def all_patterns_failure(shared: Population, n_flipped: int, n_patterns: int, one: float) -> float:
    """Return the chance that any bit of any of the stored patterns is wrong after one step.

    `one` is the failure F of one pattern.
    """
    if n_patterns < 3 or one <= 0 or n_patterns * one > _HOPELESS:
        return -math.expm1(n_patterns * math.log1p(-min(one, 1 - 1e-16)))
    mean, square = _beside_another(shared, n_flipped, n_patterns)
    excess = square - mean**2
    if shared.symmetric and mean > 0:  # F and F(T) are then of one cue, and F is known better
        excess *= (one / mean) ** 2
    together = math.log1p(max(excess / (1 - one) ** 2, -0.5))
    log_right = n_patterns * math.log1p(-one) + 0.5 * n_patterns * (n_patterns - 1.0) * together
    # One pattern alone fails that often already.
    return max(-math.expm1(min(log_right, 0.0)), one)


def _beside_another(shared: Population, n_flipped: int, n_patterns: int) -> tuple[float, float]:
    """Means of F(T) and of its square, for a cue with the mean number of high bits."""
    n_high = shared.dim if shared.symmetric else round(shared.dim * shared.p_high)
    overlap, chance = shared.overlaps(n_high, shared.dim - n_high)
    centre = float(chance @ overlap)
    spread = math.sqrt(float(chance @ (overlap - centre) ** 2))
    steps = np.arange(-_REACH, _REACH + _STRIDE / 2, _STRIDE)
    nodes = np.unique(np.clip(np.rint(centre + spread * steps), overlap[0], overlap[-1]))
    found = np.array([pattern_failure(shared, n_flipped, n_patterns - 2, float(t)) for t in nodes])
    inside = (overlap >= nodes[0]) & (overlap <= nodes[-1])
    overlap, chance = overlap[inside], chance[inside]
    failure = interpolated(nodes, found, overlap)
    mean = float(chance @ failure)
    if shared.symmetric and n_flipped:
        failure, chance = _by_pattern(failure, overlap, shared, n_flipped)
    return mean, float(chance @ failure**2)


def _by_pattern(
    failure: Floats, overlap: Floats, shared: Population, n_flipped: int
) -> tuple[Floats, Floats]:
    """Average over the flips, for each overlap of the two patterns themselves, and the chance of that."""
    own, chance = shared.overlaps(shared.dim, 0)
    average = np.zeros(len(own))
    for flipped in range(n_flipped + 1):  # flips that fall where the patterns differ bring the cue nearer
        differing = shared.dim - own
        ways = hypergeometric(flipped, shared.dim, differing, n_flipped)
        place = np.rint(own - n_flipped + 2 * flipped - overlap[0]).astype(np.int64)
        average += ways * failure[np.clip(place, 0, len(failure) - 1)]
    return average, chance

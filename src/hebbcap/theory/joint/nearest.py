r"""How often does a single near pattern spoil a cue of a steep memory?

Where F is steep (`exp(x)`), one pattern near the cue outweighs all others together. A pattern that agrees
with the cue in T of the D bits spoils, at a bit where cue and wanted bit agree, if

.. math:: d(2T - D + 1) > d(D - 1 - 2R)

and it disagrees there; a tie is decided by the rest of the patterns, either way alike. Such patterns are
rare, so their number is Poisson. They spoil many bits at once, and bits that no single pattern spoils
(which the exact bit error tells by what is left of it) are taken for independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hebbcap.theory.crosstalk import Floats, log_binomial
from hebbcap.theory.draws import hypergeometric
from hebbcap.theory.joint.cues import Population

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Spoilers:
    """What one other pattern does alone.

    Attributes
    ----------
    bits : float
        Expected number of bits that it spoils.
    any : float
        Chance that it spoils any bit.
    both : float
        Chance that two patterns spoil each other.
    """

    bits: float
    any: float
    both: float


def spoilers(shared: Population, n_flipped: int) -> Spoilers:
    """Return how often one pattern spoils a cue of symmetric patterns with R flipped bits."""
    dim = shared.dim
    overlap = np.arange(dim + 1)
    chance = np.exp(log_binomial(dim, 0.5, overlap.astype(np.float64)))
    flipped = np.arange(n_flipped + 1)  # bits, among the flipped ones, that differ between pattern and cue
    differing = dim - overlap
    ways = hypergeometric(flipped[None, :], dim, differing[:, None], n_flipped)
    sure, tied = _spoiled(shared, n_flipped, overlap[:, None], flipped[None, :])
    spoils = np.where(sure > 0, 1.0, -np.expm1(-tied * np.log(2)))
    bits = float(chance @ np.sum(ways * (sure + 0.5 * tied), axis=1))
    # Seen from the two patterns: of the R flips, those outside their difference lead away from the other.
    agree = overlap[:, None] - n_flipped + 2 * (n_flipped - flipped[None, :])
    inside = (agree >= 0) & (agree <= dim)
    met = np.where(inside, spoils[np.clip(agree, 0, dim), flipped[None, :]], 0.0)
    ways_by_pattern = hypergeometric(n_flipped - flipped[None, :], dim, differing[:, None], n_flipped)
    mutual = np.sum(ways_by_pattern * met, axis=1) ** 2
    if not n_flipped:
        # Intact cues that differ in one bit see the same field there, right for one of the two.
        mutual[dim - 1] = 0.0
    return Spoilers(bits, float(chance @ np.sum(ways * spoils, axis=1)), float(chance @ mutual))


def _spoiled(shared: Population, n_flipped: int, overlap: Indices, flipped: Indices) -> tuple[Floats, Floats]:
    """Bits spoiled for sure and bits tied, by agreements with the cue and differences among flipped bits."""
    difference = shared.response.difference
    assert difference is not None
    dim, reach = shared.dim, len(difference) // 2
    sure, tied = np.zeros((2, *np.broadcast_shapes(overlap.shape, flipped.shape)))
    # An intact bit is pushed over by patterns that differ there, a flipped one is held by those that agree.
    for count, own, push in (
        (dim - overlap - flipped, dim - 1 - 2 * n_flipped, 2 * overlap - dim + 1),
        (n_flipped - flipped, dim + 1 - 2 * n_flipped, 2 * overlap - dim - 1),
    ):
        against = difference[np.clip(push, -dim, dim) + reach] / difference[own + reach]
        sure += np.where(against > 1 + 1e-9, count, 0)
        tied += np.where(np.abs(against - 1) <= 1e-9, count, 0)
    return sure, tied

r"""What is the crosstalk law of a dense memory?

.. math:: X = \xi_i \, d(m'), \quad m' = \sum_{j \ne i} \xi_j s_j

with d the field difference of `hebbcap.separation`: a list of values, one for each overlap.
"""

from __future__ import annotations

import math

import numpy as np

from hebbcap import _checks
from hebbcap.patterns import Ensemble
from hebbcap.separation import Separation
from hebbcap.theory.cases import neuron_cases
from hebbcap.theory.crosstalk import AtomCrosstalk, Floats, log_binomial

_NEVER = 1e-290
"""Overlaps rarer than this can't matter to a probability above 1e-250 at up to 1e15 patterns."""


def dense_law(separation: Separation, ensemble: Ensemble, dim: int, n_flipped: int) -> AtomCrosstalk:
    """Return the law for this separation function on +-1 patterns of independent entries."""
    if ensemble.levels != (-1.0, 1.0):
        raise _checks.fail("patterns", ensemble.name, "must be +-1 for a dense memory", "use biased:p")
    n, p = dim - 1, ensemble.p_high
    table = separation.table(dim)
    if table.whole and table.values is not None:
        difference, log_unit = table.values * table.unit, 0.0
    else:  # in units of the largest: squares of what they are would overflow
        largest = float(table.log_size.max())
        difference, log_unit = table.sign * np.exp(table.log_size - largest), largest + math.log(table.unit)

    def own_field(is_high: bool, flipped: int, n_high: Floats, flipped_high: Floats) -> Floats:
        size = float(difference[n - 2 * flipped + table.reach])
        return np.full_like(n_high, size if is_high else -size)

    # Symmetric patterns meet a cue of any composition alike.
    weight, own, cue_high, is_high, right = neuron_cases(ensemble, dim, n_flipped, own_field, p == 0.5)

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


def _overlap_chances(n: int, p: float, cue_high: int) -> Floats:
    """Chances of the overlaps -n, -n + 2, ..., n of a cue with a fresh pattern.

    All terms are positive, so the sum loses no accuracy in the tails.
    """
    if p == 0.5:
        return np.exp(log_binomial(n, 0.5, np.arange(n + 1.0)))
    agree_high = np.exp(log_binomial(cue_high, p, np.arange(cue_high + 1.0)))
    agree_low = np.exp(log_binomial(n - cue_high, 1 - p, np.arange(n - cue_high + 1.0)))
    return np.convolve(agree_high, agree_low)

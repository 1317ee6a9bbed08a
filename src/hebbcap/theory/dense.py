r"""What is the crosstalk law of a dense memory?

.. math:: X = \xi_i \, d(m'), \quad m' = \sum_{j \ne i} \xi_j s_j

with d the field difference of `hebbcap.separation`: a list of values, one for each overlap.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import logsumexp

from hebbcap import _checks
from hebbcap.patterns import Ensemble
from hebbcap.separation import Separation
from hebbcap.theory.cases import neuron_cases
from hebbcap.theory.crosstalk import AtomCrosstalk, Floats, log_binomial

_NEVER = 1e-307
"""Overlaps rarer than this are left out of the list of values, not of the moments."""

_RANGE = 150.0
"""Fields larger than the cued pattern's own by exp(this) are taken for that size: both decide alone."""


def dense_law(separation: Separation, ensemble: Ensemble, dim: int, n_flipped: int) -> AtomCrosstalk:
    """Return the law for this separation function on +-1 patterns of independent entries."""
    if ensemble.levels != (-1.0, 1.0):
        raise _checks.fail("patterns", ensemble.name, "must be +-1 for a dense memory", "use biased:p")
    n, p = dim - 1, ensemble.p_high
    table = separation.table(dim)
    if table.whole and table.values is not None:
        difference, log_unit = table.values * table.unit, 0.0
        log_size = table.log_size + math.log(table.unit)
    else:  # in units of the cued pattern's own field: steep ones leave double precision else
        own_size = table.log_size[[n - 2 * k + table.reach for k in {n_flipped, max(n_flipped - 1, 0)}]].max()
        largest = own_size if np.isfinite(own_size) else float(table.log_size.max())
        log_size = table.log_size - largest
        difference = table.sign * np.exp(np.minimum(log_size, _RANGE))
        log_unit = float(largest) + math.log(table.unit)

    def own_field(is_high: bool, flipped: int, n_high: Floats, flipped_high: Floats) -> Floats:
        size = float(difference[n - 2 * flipped + table.reach])
        return np.full_like(n_high, size if is_high else -size)

    # Symmetric patterns meet a cue of any composition alike.
    weight, own, cue_high, is_high, right = neuron_cases(ensemble, dim, n_flipped, own_field, p == 0.5)

    compositions, law = np.unique(cue_high, return_inverse=True)
    overlap = np.arange(-n, n + 1, 2) + table.reach
    size = difference[overlap]
    _checks.check_fits(48.0 * len(compositions) * len(size), "the exact law", "use a smaller dim")
    log_chances = np.stack([_log_overlap_chances(n, p, int(c)) for c in compositions])
    mean, variance = _moments(log_chances, table.sign[overlap], log_size[overlap], 2 * p - 1)
    chances = np.exp(log_chances)
    values, where = np.unique(np.concatenate([size, -size]), return_inverse=True)
    both = np.concatenate([p * chances, (1 - p) * chances], axis=1)
    probabilities: Floats = np.stack([np.bincount(where, row, len(values)) for row in both]).astype(
        np.float64
    )
    kept = np.flatnonzero((probabilities > _NEVER).any(axis=0))
    values, probabilities = values[kept], probabilities[:, kept]
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
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
        mirrored=p == 0.5,
        values=values,
        law=law,
        probabilities=probabilities,
    )


def _moments(log_chances: Floats, sign: Floats, log_size: Floats, level: float) -> tuple[Floats, Floats]:
    """Mean and variance of X from every overlap, however rare; inf where beyond double precision.

    X is the difference times an entry of mean `level`, whose square is 1.
    """
    log_square = logsumexp(log_chances + 2 * log_size, axis=1)
    with np.errstate(over="ignore", under="ignore"):
        square = np.exp(log_square)
        if level == 0:
            return np.zeros(len(log_chances)), square
        log_mean, mean_sign = logsumexp(log_chances + log_size, b=sign, axis=1, return_sign=True)
        mean = level * mean_sign * np.exp(log_mean)
        share = level**2 * np.exp(2 * log_mean - log_square)
    return mean, np.asarray(square * (1 - share))


def _log_overlap_chances(n: int, p: float, cue_high: int) -> Floats:
    """Logs of the chances of the overlaps -n, -n + 2, ..., n of a cue with a fresh pattern."""
    if p == 0.5:
        return log_binomial(n, 0.5, np.arange(n + 1.0))
    agree_high = log_binomial(cue_high, p, np.arange(cue_high + 1.0))
    agree_low = log_binomial(n - cue_high, 1 - p, np.arange(n - cue_high + 1.0))
    # All terms are positive, so the sum loses no accuracy in the tails.
    with np.errstate(divide="ignore", under="ignore"):
        return np.asarray(np.log(np.convolve(np.exp(agree_high), np.exp(agree_low))))

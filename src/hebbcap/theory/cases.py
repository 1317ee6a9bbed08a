"""Which kinds of neuron and cue are there, and how likely is each?

Given the cue, only how many of its neurons are high matters to the crosstalk, so a law is a mixture over
such cases.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hebbcap.patterns import Ensemble
from hebbcap.theory.crosstalk import Bools, Floats, log_binomial
from hebbcap.theory.draws import log_hypergeometric

_RARE = 60.0
"""Cases less likely than the likeliest one by this many nats (1e-26) are left out of a mixture."""

_FINE = 2
"""A mixture wider than this many cases a standard deviation is summed with a stride: for smooth
bell-shaped terms the trapezoid rule is then exact far below 1e-15."""


def neuron_cases(
    ensemble: Ensemble,
    dim: int,
    n_flipped: int,
    own_field: Callable[[bool, int, Floats, Floats], Floats],
    same_for_all_cues: bool,
    every_cue: bool = False,
) -> tuple[Floats, Floats, Floats, Bools, Bools]:
    """List the cases of a neuron and its cue: weight, own field, high neurons of the cue, and two labels.

    Cases that agree in all but their weight are merged; where the crosstalk is the same for all cues,
    every cue is taken for one with all neurons high. With `every_cue` none is stepped over.
    """
    n, parts = dim - 1, []
    for is_high, right, chance, flipped in _classes(ensemble, dim, n_flipped):
        n_high, flipped_high, weight = cue_cases(n, ensemble.p_high, flipped, every_cue)
        own = own_field(is_high, flipped, n_high, flipped_high)
        cue_high = np.full_like(own, n) if same_for_all_cues else n_high + flipped - 2 * flipped_high
        labels = np.full_like(own, is_high), np.full_like(own, right)
        parts.append((chance * weight, own, cue_high, *labels))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    total, (own, cue_high, high, right_) = merge_cases(*columns)
    return total, own, cue_high, high > 0, right_ > 0


def _classes(ensemble: Ensemble, dim: int, n_flipped: int) -> list[tuple[bool, bool, float, int]]:
    """Kinds of neuron: (should be high, cued right, probability, flipped bits among the others)."""
    share = n_flipped / dim
    found = []
    for is_high, chance in ((True, ensemble.p_high), (False, 1 - ensemble.p_high)):
        if n_flipped < dim:
            found.append((is_high, True, chance * (1 - share), n_flipped))
        if n_flipped:
            found.append((is_high, False, chance * share, n_flipped - 1))
    return found


def cue_cases(
    n_others: int, p_high: float, n_flipped: int, every_cue: bool = False
) -> tuple[Floats, Floats, Floats]:
    """List the cases of a cue: what is left of a pattern when `n_flipped` of N neurons are flipped.

    Parameters
    ----------
    n_others : int
        N, the neurons other than the one considered.
    p_high : float
        Chance that a neuron of the pattern is high.
    n_flipped : int
        How many of the N are flipped, drawn uniformly.
    every_cue : bool
        Whether a stride is ruled out.

    Returns
    -------
    n_high, flipped_high, weight : ndarray, shape (C,)
        High neurons of the pattern, how many of these are flipped, and the probability of the pair.

    >>> n_high, _, weight = cue_cases(4, 0.5, 0)
    >>> n_high, weight * 16
    (array([0., 1., 2., 3., 4.]), array([1., 4., 6., 4., 1.]))
    """
    variance = n_others * p_high * (1 - p_high)
    n_high = _likely(n_others, n_others * p_high, variance, whole=every_cue)
    log_n = log_binomial(n_others, p_high, n_high)
    keep = log_n > log_n.max() - _RARE
    n_high, log_n = n_high[keep], log_n[keep]
    if n_flipped == 0:
        weight = np.exp(log_n)
        return n_high, np.zeros_like(n_high), weight / weight.sum()
    share = n_flipped / n_others
    middle, spread = n_flipped * p_high, variance * max(share * (1 - share), 1e-9)
    flipped = _likely(n_flipped, middle, spread, extra=10 * np.sqrt(variance) * share, whole=every_cue)
    n, a = (grid.ravel() for grid in np.meshgrid(n_high, flipped, indexing="ij"))
    possible = (a <= n) & (n_flipped - a <= n_others - n)
    n, a = n[possible], a[possible]
    log_weight = log_binomial(n_others, p_high, n) + log_hypergeometric(a, n_others, n, n_flipped)
    keep = log_weight > log_weight.max() - _RARE
    weight = np.exp(log_weight[keep])
    return n[keep], a[keep], weight / weight.sum()


def _likely(n: int, middle: float, variance: float, extra: float = 0.0, whole: bool = False) -> Floats:
    """Whole numbers in 0..n around `middle`, with an odd stride where they are many.

    The stride is odd so that even and odd numbers, which can lie on different lattices, share evenly.
    """
    spread = float(np.sqrt(variance))
    stride = max(int(spread / _FINE), 1)
    stride = 1 if whole else stride - (1 - stride % 2)
    reach = 12 * spread + 12 + extra
    first, last = max(int(middle - reach), 0), min(int(middle + reach) + 1, n)
    return np.arange(first, last + 1, stride, dtype=np.float64)


def merge_cases(weight: Floats, *columns: Floats) -> tuple[Floats, list[Floats]]:
    """Add up the weights of cases that agree in every column; return weights and the columns left."""
    rows, where = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    total: Floats = np.bincount(where.ravel(), weights=weight).astype(np.float64)
    return total, list(rows.T)

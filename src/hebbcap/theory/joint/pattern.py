"""How likely is any bit of one pattern to be wrong after one step?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from hebbcap.theory.crosstalk import Floats, log_binomial
from hebbcap.theory.joint.cues import Population, cues
from hebbcap.theory.joint.mixture import beside, mixture

_REACH, _STRIDE = 5.0, 0.35
"""Patterns are taken to have up to so many standard deviations more or fewer high bits than the mean, and
their failures are worked out in such steps and interpolated."""


def pattern_failure(shared: Population, n_flipped: int, n_others: int, overlap: float | None = None) -> float:
    """Return the chance that any bit of one pattern is wrong after one step.

    Parameters
    ----------
    shared : Population
        Memory, patterns and threshold.
    n_flipped : int
        R, flipped bits of the cue.
    n_others : int
        How many further patterns are stored.
    overlap : float, optional
        One more pattern is stored, and this is its overlap T with the cue. Where cues differ, the chance is
        then that for a pattern with the mean number of high bits.
    """
    if shared.symmetric:
        return _failure(shared, shared.dim, n_flipped, n_others, overlap)
    mean = shared.dim * shared.p_high
    if overlap is not None:
        return _failure(shared, round(mean), n_flipped, n_others, overlap)
    spread = math.sqrt(mean * (1 - shared.p_high))
    least = max(math.ceil(mean - _REACH * spread), 0)
    most = min(math.floor(mean + _REACH * spread), shared.dim)
    n_high = np.arange(least, most + 1)
    count = max(math.ceil((most - least) / (_STRIDE * spread)), 2)
    nodes = np.unique(np.rint(np.linspace(least, most, count + 1)).astype(np.int64))
    found = np.array([_failure(shared, int(n), n_flipped, n_others, None) for n in nodes])
    chance = np.exp(log_binomial(shared.dim, shared.p_high, n_high.astype(np.float64)))
    return float(chance @ interpolated(nodes, found, n_high)) / float(chance.sum())


def interpolated(nodes: NDArray[Any], failure: Floats, at: NDArray[Any]) -> Floats:
    """Interpolate failures that range over many orders of magnitude, up to 1."""
    tiny, sure = 1e-300, 1e-16
    hazard = np.log(-np.log1p(-np.clip(failure, tiny, 1 - sure)))
    return np.asarray(-np.expm1(-np.exp(PchipInterpolator(nodes, hazard)(at))))


def _failure(shared: Population, n_high: int, n_flipped: int, n_others: int, overlap: float | None) -> float:
    total = 0.0
    for cue in cues(shared, n_flipped, n_high):
        met = cue if overlap is None else beside(shared, cue, overlap)
        total += cue.weight * mixture(shared, met, n_others, exact=overlap is None).failure
    return total

"""Which second-order rule separates the fields of these patterns best, taken from draws of them?

For patterns of correlated entries signal and noise have no formula. They are measured instead: of the fields
that the constant, pre, post and their product would each give, and Fisher's linear discriminant weighs these.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from hebbcap.learning import Rule
from hebbcap.memories import Hopfield
from hebbcap.patterns import Ensemble

_DRAWS = 24
_CUES = 64
_FLAT = 1e-9
"""Directions of the features with less than this share of the largest variance are left out."""


def discriminant(train: Ensemble, dim: int, n_patterns: int, seed: int) -> tuple[Rule, float]:
    r"""Return Fisher's discriminant of the fields as a rule, and the bit error of its normal law.

    .. math:: c = \Sigma^{-1} s

    Parameters
    ----------
    train : Ensemble
        Two-level patterns, correlated or not.
    dim, n_patterns : int
        D and K.
    seed : int
        Of the draws.

    Returns
    -------
    rule : Rule
        To six digits, the coefficient of post*pre 1 or -1.
    bit_error : float
        With thresholds halfway between the mean fields of each draw.

    Examples
    --------
    >>> from hebbcap.patterns import Rademacher
    >>> rule, bit_error = discriminant(Rademacher(), 300, 50, seed=0)
    >>> rule.coefficient(1, 1), round(bit_error, 3)
    (1.0, 0.007)
    """
    mean = train.mean
    post, pre = Rule({(0, 1, 0): 1, (0, 0, 0): -mean}), Rule({(0, 0, 1): 1, (0, 0, 0): -mean})
    basis = (Rule({(0, 0, 0): 1}), pre, post, post * pre)
    high_level = train.levels[1]
    signal, noise = np.zeros(4), {True: np.zeros((4, 4)), False: np.zeros((4, 4))}
    for draw in np.random.SeedSequence(seed).spawn(_DRAWS):
        patterns = train.sample(n_patterns, dim, np.random.default_rng(draw))
        cues = patterns[:_CUES]
        fields = np.stack(
            [Hopfield(rule).holding(patterns, train.levels).field(cues).ravel() for rule in basis]
        )
        high = (cues == high_level).ravel()
        signal += 0.5 * (fields[:, high].mean(axis=1) - fields[:, ~high].mean(axis=1)) / _DRAWS
        for kind in (True, False):
            noise[kind] += np.cov(fields[:, high == kind], bias=True) / _DRAWS
    share = train.p_high
    pooled = share * noise[True] + (1 - share) * noise[False]
    weights = _solve(pooled, signal)
    gap = float(weights @ signal)
    rule: Rule = reduce(add, (float(w) * one for w, one in zip(weights, basis, strict=True)))
    lead = abs(rule.coefficient(1, 1)) or 1.0
    rounded = Rule({powers: float(f"{c / lead:.6g}") for powers, c in rule.terms})
    error = sum(
        chance * math.exp(log_ndtr(-gap / math.sqrt(float(weights @ noise[kind] @ weights))))
        for kind, chance in ((True, share), (False, 1 - share))
    )
    return rounded, error


def _solve(noise: NDArray[np.float64], signal: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.sqrt(np.diag(noise))
    size = np.where(size > 0, size, 1.0)
    scaled = np.linalg.pinv(noise / np.multiply.outer(size, size), rcond=_FLAT, hermitian=True)
    return np.asarray(scaled @ (signal / size) / size)

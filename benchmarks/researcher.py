"""The scripts that a researcher writes in NumPy to find a capacity: bisection over K, several trials at each.

All work in single precision with one matrix product for all cues. Most are tuned beyond what is usual:
patterns come from packed random bytes instead of draws one by one, no D x D weights are made where patterns
are fewer, and cues that have settled cost nothing. `hebb_by_weights` is the usual script."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Patterns = NDArray[np.float32]
Failing = Callable[[int, np.random.Generator], float]
"""Share of failures at K patterns in one trial."""

_CUES = 100
"""Patterns that are recalled in a trial: more tell little more, since trials differ as a whole."""


def capacity(failing: Failing, bound: float, trials: int, seed: int) -> int:
    """Return the largest K at which the mean share of failures of some trials is at most `bound`."""
    rng = np.random.default_rng(seed)

    def holds(n_patterns: int) -> bool:
        return float(np.mean([failing(n_patterns, rng) for _ in range(trials)])) <= bound

    low, high = 1, 2
    while holds(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def random_patterns(n_patterns: int, dim: int, rng: np.random.Generator) -> Patterns:
    """Return patterns (K, D) of -1 and +1."""
    drawn = np.frombuffer(rng.bytes(n_patterns * dim // 8 + 1), dtype=np.uint8)
    ones = np.unpackbits(drawn, count=n_patterns * dim).reshape(n_patterns, dim)
    return 2 * ones.astype(np.float32) - 1


def hebb_by_weights(dim: int) -> Failing:
    """Wrong bits of the Hebb rule after one step, as the rule is usually written down."""

    def failing(n_patterns: int, rng: np.random.Generator) -> float:
        patterns = rng.choice(np.array([-1, 1], dtype=np.float32), (n_patterns, dim))
        weights = patterns.T @ patterns
        np.fill_diagonal(weights, 0)
        return float(np.mean((patterns @ weights) * patterns < 0))

    return failing


def hebb(dim: int) -> Failing:
    """Wrong bits of the Hebb rule after one step, through overlaps: cheaper while patterns are few."""

    def failing(n_patterns: int, rng: np.random.Generator) -> float:
        patterns = random_patterns(n_patterns, dim, rng)
        fields = (patterns @ patterns.T) @ patterns - n_patterns * patterns
        return float(np.mean(fields * patterns < 0))

    return failing


def dense(dim: int) -> Failing:
    """Wrong bits of a dense memory with n = 3 after one step, the neuron's own term left in."""

    def failing(n_patterns: int, rng: np.random.Generator) -> float:
        patterns = random_patterns(n_patterns, dim, rng)
        overlaps = patterns @ patterns.T
        np.square(overlaps, out=overlaps)
        return float(np.mean((overlaps @ patterns) * patterns < 0))

    return failing


def hebb_recall(dim: int, overlap: float, most_steps: int = 100) -> Failing:
    """Patterns of the Hebb rule that are not recalled to a fixed point with this overlap."""

    def failing(n_patterns: int, rng: np.random.Generator) -> float:
        patterns = random_patterns(n_patterns, dim, rng)
        weights = patterns.T @ patterns
        np.fill_diagonal(weights, 0)
        cued = patterns[:_CUES]
        states, moving = cued.copy(), np.arange(len(cued))
        for _ in range(most_steps):
            before = states[moving]
            fields = before @ weights
            after = np.where(fields == 0, before, np.sign(fields))
            states[moving] = after
            moving = moving[(after != before).any(axis=1)]
            if not len(moving):
                break
        return float(np.mean((states * cued).mean(axis=1) < overlap))

    return failing

"""Patterns and cues in the form that each contender would keep them in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hebbcap.kernels.bits import Bits, n_words

FLIPS = 0.1
"""Share of a cue's bits that are flipped."""

_ROWS = 4096
"""Rows unpacked at a time, so that no second large array is held."""


@dataclass(frozen=True)
class Problem:
    """K random patterns of D neurons and B cues: stored patterns with some bits flipped."""

    dim: int
    n_patterns: int
    n_cues: int
    seed: int = 0

    @property
    def size(self) -> str:
        """The size in a few letters."""
        return f"D={self.dim:,} K={self.n_patterns:,} B={self.n_cues:,}"

    @property
    def products(self) -> float:
        """Products of two entries in one pass over all cues and patterns."""
        return float(self.dim) * self.n_patterns * self.n_cues

    @cached_property
    def patterns(self) -> Bits:
        """The patterns, packed."""
        return random_bits(self.n_patterns, self.dim, np.random.default_rng(self.seed))

    @cached_property
    def targets(self) -> Bits:
        """The patterns that are cued, packed."""
        return self.patterns[np.random.default_rng(self.seed + 1).integers(0, self.n_patterns, self.n_cues)]

    @cached_property
    def cues(self) -> Bits:
        """The cues, packed."""
        states = self.targets.unpack()
        flipped = np.random.default_rng(self.seed + 2).random(states.shape, dtype=np.float32) < FLIPS
        return Bits.pack(np.where(flipped, -states, states))

    @cached_property
    def floats(self) -> NDArray[np.float32]:
        """The patterns as -1 and +1 in single precision, (K, D)."""
        return unpacked(self.patterns, np.float32)

    @cached_property
    def cue_floats(self) -> NDArray[np.float32]:
        """The cues as -1 and +1 in single precision, (B, D)."""
        return unpacked(self.cues, np.float32)

    @cached_property
    def bytes(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Patterns and cues as rows of bytes."""
        return _bytes(self.patterns), _bytes(self.cues)


def random_bits(n: int, dim: int, rng: np.random.Generator) -> Bits:
    """Return n packed rows of fair bits."""
    words = rng.integers(0, 2**32, (n, n_words(dim)), dtype=np.uint32)
    if dim % 32:
        words[:, -1] &= np.uint32((1 << dim % 32) - 1)
    return Bits(words, dim)


def unpacked(bits: Bits, dtype: Any) -> NDArray[Any]:
    """Return packed rows as -1 and +1 of this type."""
    result = np.empty((len(bits), bits.dim), dtype=dtype)
    for start in range(0, len(bits), _ROWS):
        result[start : start + _ROWS] = bits[start : start + _ROWS].unpack()
    return result


def _bytes(bits: Bits) -> NDArray[np.uint8]:
    rows = bits.words.view(np.uint8).reshape(len(bits), -1)
    return np.ascontiguousarray(rows[:, : (bits.dim + 7) // 8])

"""How many bits are wrong after one step, at every number of patterns of a grid?

A stream draws independent +-1 patterns one after another. Its first C patterns are the cues, and the stream
goes on until the largest K of the grid; at each K on the way, every cue judges its neurons by the fields of
the K patterns drawn so far. So one pass over the patterns answers for the whole grid, and the cost of drawing
them is shared by the cues.

With m the overlap of a pattern with the cue, and d the field difference of the memory
(`hebbcap.separation.DifferenceTable`; d(m) = m for the Hebb rule), the field of neuron i in the direction of
its own state is

.. math:: s_i h_i = \\sum_{\\mu: \\xi_i^\\mu = s_i} d(m_\\mu - 1)
   - \\sum_{\\mu: \\xi_i^\\mu \\ne s_i} d(m_\\mu + 1)

Everything is a whole number. The neuron keeps its state where this is 0 or above, and switches below.

**Why a stream may do with less than all there is.** Each cue must be judged by the exact law; what one cue
has to do with another only changes how much a stream tells, and streams are independent.

- Neurons are alike: any permutation of them leaves the law of the patterns unchanged. So for each cue it
  makes no difference which R of its bits are flipped, and a fixed choice replaces the random one.
- With S of D neurons judged, those that aren't judged only enter through the overlaps. Given the cue and the
  judged bits of a fresh pattern, they disagree in Binomial(D - S, 1/2) places, flipped or not, independently
  for each pattern: one draw. The cue's own pattern disagrees in exactly R. These draws are made anew for
  every cue: in truth they would depend on one another a little between the cues of a stream, which each cue's
  law can't tell.
- Of R flipped among D neurons, S R / D are expected among the S judged; the number taken is one of the two
  whole numbers next to it, drawn once for a stream with that mean. So expected counts of wrong bits are
  exact, though with R > 0 and S < D not their spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap.kernels.bits import WORD, Words, n_words
from hebbcap.kernels.random import philox

Whole = NDArray[np.int64]

MOST_CUES: Final = 32
"""Cues of a stream at most: the first block of patterns holds them."""

LARGEST_SUM: Final = 2**60
"""Bound below which sums of field differences are exact."""

REST, ODD_FLIP = 1, 2
"""Purposes of random words, beside 0 for the patterns: neurons that aren't judged; how many flipped bits
are."""

_DIGITS: Final = 512
"""Binary digits of chances on the way."""

PLACE: Final[NDArray[np.intp]] = np.array([4 * (p // 8) + p % 4 + 16 * (p % 8 // 4) for p in range(WORD)])
"""Bit of a word that holds pattern p of its block. A lookup in a kernel takes four bits from each half of a
word, so that eight patterns which follow one another are done by one lookup."""


@final
@dataclass(frozen=True, eq=False)
class Setting:
    """What the cues of a stream are asked.

    Parameters
    ----------
    differences : ndarray of int64, shape (2 * dim + 3,)
        Field differences d(m) for m from -dim - 1 to dim + 1.
    dim : int
        D, the number of neurons.
    judged : int
        S, how many neurons are judged, 1 <= S <= D.
    cues : int
        C, the number of cues of a stream: 8, 16, 24 or 32.
    flipped : int
        R, the number of flipped bits of a cue, 0 <= R < D.
    """

    differences: Whole
    dim: int
    judged: int
    cues: int = MOST_CUES
    flipped: int = 0

    def __post_init__(self) -> None:
        _checks.dimension(self.dim)
        _checks.integer("judged", self.judged, low=1, high=self.dim, meaning="judged neurons are some of dim")
        _checks.integer("flipped", self.flipped, low=0, high=self.dim - 1)
        if self.cues not in (8, 16, 24, 32):
            raise _checks.fail("cues", self.cues, "must be 8, 16, 24 or 32")
        if self.differences.shape != (2 * self.dim + 3,) or self.differences.dtype != np.int64:
            raise _checks.fail(
                "differences",
                f"{self.differences.dtype} {self.differences.shape}",
                f"must be int64 ({2 * self.dim + 3},) for dim={self.dim}",
            )

    @property
    def n_tiles(self) -> int:
        """Tiles of 32 judged neurons."""
        return n_words(self.judged)

    @property
    def agreeing(self) -> Whole:
        """d(m - 1) for patterns that disagree with the cue in 0 to D places: what one gives to a neuron."""
        return self.differences[:-2:2][::-1]

    @property
    def disagreeing(self) -> Whole:
        """d(m + 1) likewise: what one takes from a neuron whose state it doesn't share."""
        return self.differences[2::2][::-1]

    @property
    def most_patterns(self) -> int:
        """Largest K at which every sum is exact."""
        return int((LARGEST_SUM - 1) // max(int(np.abs(self.differences).max()), 1))


class Counts(NamedTuple):
    """Wrong bits, and cues with any of them, for each stream and each K; shapes (streams, len(grid))."""

    wrong: Whole
    failed: Whole


def count_wrong(
    setting: Setting, grid: ArrayLike, streams: int, seed: int, experiment: str, *, first: int = 0
) -> Counts:
    """Count the wrong bits after one step at each number of patterns.

    Parameters
    ----------
    setting : Setting
        What is asked.
    grid : array_like of int, shape (G,)
        Numbers of patterns K, ascending, at least 1. At a K below C, only the first K cues are judged.
    streams : int
        How many streams are drawn, >= 1.
    seed : int
        Non-negative; the user's seed.
    experiment : str
        Text that defines the experiment completely.
    first : int
        Number of the first stream: later ones are independent of earlier ones.

    Returns
    -------
    Counts
        The same for the same arguments, on any machine and number of threads.

    Raises
    ------
    InvalidArgument
        If the grid is not ascending, or holds a K at which sums may be inexact.

    Examples
    --------
    >>> hebb = Setting(np.arange(-65, 66), dim=64, judged=64, cues=8)
    >>> counts = count_wrong(hebb, [1, 8, 32], streams=2, seed=0, experiment="hebb")
    >>> counts.wrong.shape
    (2, 3)
    >>> counts.failed[:, 0].tolist()
    [0, 0]
    """
    ks = checked_grid(grid, setting.most_patterns)
    streams = _checks.integer("streams", streams, low=1)
    if not _has_kernel():
        return plain(setting, ks, streams, seed, experiment, first=first)
    from hebbcap.kernels.one_pass.run import run

    return run(setting, ks, streams, seed, experiment, first=first)


@cache
def _has_kernel() -> bool:
    """Whether LLVM can be loaded, and this processor has the instructions."""
    try:
        from hebbcap.kernels.machine import features
        from hebbcap.kernels.one_pass.lookup_sums import Lookup16, Lookup32
    except (ImportError, OSError, RuntimeError):
        return False
    return features() >= Lookup16.NEEDS | Lookup32.NEEDS


def checked_grid(grid: ArrayLike, most: int) -> Whole:
    """Return the numbers of patterns, checked."""
    ks = np.atleast_1d(np.asarray(grid))
    if ks.ndim != 1 or not len(ks) or ks.dtype.kind not in "iu":
        raise _checks.fail("grid", grid, "must be whole numbers", "they are the numbers of patterns K")
    _checks.integer("grid[0]", int(ks[0]), low=1, meaning="K is a number of patterns")
    _checks.integer("grid[-1]", int(ks[-1]), low=1, high=most, meaning="beyond it sums may be inexact")
    if (np.diff(ks) <= 0).any():
        raise _checks.fail("grid", ks.tolist(), "must be ascending")
    return ks.astype(np.int64)


def flips(setting: Setting, n_flipped: int) -> NDArray[np.bool_]:
    """Return which judged neurons of each cue are flipped, (C, S): evenly spread, another set for each."""
    chosen = np.zeros((setting.cues, setting.judged), dtype=np.bool_)
    if n_flipped:
        spread = np.arange(n_flipped) * setting.judged // n_flipped
        for cue, row in enumerate(chosen):
            row[(spread + cue) % setting.judged] = True
    return chosen


def n_flipped_judged(setting: Setting, streams: Sequence[int] | Whole, seed: int, experiment: str) -> Whole:
    """Return how many flipped neurons each stream judges, (streams,): S R / D on average, and next to it."""
    fewest, part = divmod(setting.judged * setting.flipped, setting.dim)
    if part == 0:
        return np.full(len(streams), fewest)
    key, uppers = philox.key(seed, experiment, 0, ODD_FLIP), np.asarray(streams, dtype=np.uint64)
    low, high = philox.philox((0, 0, *philox.halves(key.upper + uppers)), philox.halves(np.uint64(key.key)))[
        :2
    ]
    # The product of a random word of 64 bits and D, in two parts, to see what lies above the word.
    dim, half = np.uint64(setting.dim), np.uint64(philox.HALF)
    top = (high.astype(np.uint64) * dim + (low.astype(np.uint64) * dim >> half)) >> half
    return fewest + (top < part).astype(np.int64)


def binomial_table(n: int) -> NDArray[np.uint64]:
    """Return the chances, times 2^64, that Binomial(n, 1/2) is at most 0, 1, ... n - 1: (n,), rounded down.

    A random word of 64 bits is turned into the number of chances that do not exceed it, so that every
    probability is right to 2^-64.

    >>> binomial_table(2).tolist() == [2**62, 3 * 2**62]
    True
    """
    first = max(
        n // 2 - 10 * math.isqrt(n) - 8, 0
    )  # twenty standard deviations: less than 2^-256 lies beyond
    terms = [1 << _DIGITS]  # in a unit that their sum tells
    for k in range(first, n - first):
        terms.append(terms[-1] * (n - k) // (k + 1))
    whole, total = sum(terms), 0
    result = np.full(n, 2**64 - 1, dtype=np.uint64)
    result[:first] = 0
    for k, term in zip(range(first, n - first), terms, strict=False):
        total += term
        # The 1 is more than all roundings together: a chance of exactly 1/2 stays one.
        result[k] = min(((total << 192) // whole + 1) >> 128, 2**64 - 1)
    return result


def plain(
    setting: Setting, grid: Whole, streams: int, seed: int, experiment: str, *, first: int = 0
) -> Counts:
    """Count in plain NumPy: what `count_wrong` means."""
    numbers = range(first, first + streams)
    flipped = n_flipped_judged(setting, numbers, seed, experiment)
    rest = binomial_table(setting.dim - setting.judged)
    counts = [
        _plain_stream(setting, grid, seed, experiment, number, flips(setting, int(n)), rest)
        for number, n in zip(numbers, flipped, strict=True)
    ]
    return Counts(*(np.array(each) for each in zip(*counts, strict=True)))


def _plain_stream(
    setting: Setting,
    grid: Whole,
    seed: int,
    experiment: str,
    number: int,
    flipped: NDArray[np.bool_],
    rest: NDArray[np.uint64],
) -> tuple[Whole, Whole]:
    n_blocks = -(-int(grid[-1]) // WORD)
    drawn = philox.words(philox.key(seed, experiment, number), 0, n_blocks * setting.n_tiles)
    patterns = _in_order(drawn.reshape(n_blocks, -1))[:, : setting.judged]
    states = patterns[: setting.cues] ^ flipped[: len(patterns[: setting.cues])]
    apart = np.array([(patterns != state).sum(axis=1) for state in states])
    if len(rest):
        draws = philox.words(philox.key(seed, experiment, number, REST), 0, n_blocks * setting.cues * 2)
        pairs = draws.reshape(n_blocks, setting.cues, WORD, 2).astype(np.uint64)
        long = pairs[..., 0] + (pairs[..., 1] << np.uint64(32))
        outside = np.searchsorted(rest, long, side="right")[:, :, PLACE]
        apart += outside.transpose(1, 0, 2).reshape(setting.cues, -1)
    np.fill_diagonal(apart, setting.flipped)
    wrong, failed = [], []
    fields, counted = np.zeros(states.shape, dtype=np.int64), 0
    for k in grid.tolist():
        for field, state, n in zip(fields, states, apart[:, counted:k], strict=True):
            same = patterns[counted:k] == state
            gives, takes = setting.agreeing[n], setting.disagreeing[n]
            field += np.where(same, gives[:, None], -takes[:, None]).sum(axis=0)
        counted = k
        results = states ^ (fields < 0)
        bad = (results != patterns[: setting.cues]).sum(axis=1)[:k]
        wrong.append(int(bad.sum()))
        failed.append(int((bad > 0).sum()))
    return np.array(wrong), np.array(failed)


def _in_order(columns: Words) -> NDArray[np.bool_]:
    """Return patterns (32 * blocks, neurons) from words (blocks, neurons) of which each bit is a pattern."""
    bits = columns[:, None, :] >> PLACE.astype(np.uint32)[:, None] & np.uint32(1)
    return bits.reshape(-1, columns.shape[1]).astype(np.bool_)

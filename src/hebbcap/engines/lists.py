"""What if almost all entries are at the low level?

Then a pattern is kept as the list of its few high entries. With x = (xi + 1) / 2 and its sums

.. math:: A_\\mu = \\sum_j x_j^\\mu, \\quad S = \\sum_j x_j, \\quad c_i = \\sum_\\mu x_i^\\mu, \\quad
    n_\\mu = \\sum_j x_j^\\mu x_j

over pattern, state, neuron and both, the whole numbers of the definition are

.. math:: m_\\mu = D - 2 A_\\mu - 2 S + 4 n_\\mu, \\quad
    \\sum_\\mu m_\\mu \\xi_i^\\mu = 2 \\sum_\\mu m_\\mu x_i^\\mu - \\sum_\\mu m_\\mu .

All that a state changes are S and the n, which are 0 for most patterns: those cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.engines.protocol import Floats, Held, Whole
from hebbcap.engines.reference import EXACT_SINGLE, NumpyHeld
from hebbcap.kernels.bits import WORD, Bits, n_words
from hebbcap.kernels.threads import count, share
from hebbcap.separation.table import DifferenceTable

Lists = Any
"""A sparse array of SciPy, which has no types: rows of the places of ones."""

_WORDS: Final = 2**20
"""Words looked through at a time."""

_ROWS: Final = 16
"""Most states that share a pass over the patterns: the sums of one neuron fill a cache line."""

_SUMS: Final = 2**20
"""Most entries of a (states x neurons) tile of sums: they stay in cache."""

_SHARED: Final = 2**24
"""Most entries of a (states x patterns) tile of n."""

# Processor time of a pairwise field through packed bits over that through lists, by the share of high
# entries, on a Zen 4, for states like the patterns; `benchmarks/sparse.py` measures it anew. Lists lose from
# 1 or 2 % on, and where SciPy's calls alone, 0.2 ms, take longer than packed bits. The limit lies a little
# above half a percent, so that draws of that mean are all held alike.
#
#                         1 state                     32 states
#       D        K     0.1%   0.5%    1%    2%     0.1%   0.5%    1%    2%
#   1,000   10,000      0.8    0.8   0.8   0.5      4.4    2.0   1.4   0.8
#   1,000   20,000      1.3    1.2   0.9   0.4      7.9    2.4   1.6   0.8
#   1,000  100,000      3.9    2.2   0.9   0.7     21      2.9   1.8   0.8
#  10,000   10,000      3.5    1.4   0.9   0.6      8.5    3.7   1.7   1.0
#  10,000  100,000     14      1.8   1.0   0.6     19      4.9   2.0   1.0
# 100,000   10,000      5.0    1.8   1.1   0.5      8.9    2.4   1.2   0.7
# 100,000  100,000     11      2.1                 13      1.8
_SPARSE: Final = 0.006
_MANY: Final = 2**24
"""Up to this share of high entries, and from so many entries K D, lists are preferred."""


def prefers_lists(patterns: Bits) -> bool:
    """Return whether fields of such patterns are found faster through lists than through packed bits.

    >>> few = np.zeros((1, 2**24), dtype=bool)
    >>> few[0, :1000] = True
    >>> prefers_lists(Bits.pack(few)), prefers_lists(Bits.pack(~few))
    (True, False)
    """
    entries = len(patterns) * patterns.dim
    if entries < _MANY:
        return False
    room = _SPARSE * entries
    step = max(_WORDS // n_words(patterns.dim), 1)
    for start in range(0, len(patterns), step):
        room -= int(np.bitwise_count(patterns.words[start : start + step]).sum(dtype=np.int64))
        if room < 0:  # seen early, where there are many
            return False
    return True


@final
@dataclass(frozen=True, eq=False)
class ListsHeld(Held):
    """Patterns held as lists of their high entries; answers are those of the reference for any patterns.

    Parameters
    ----------
    ones : scipy.sparse.csr_array of float32, shape (K, D)
        The patterns as 0 and 1.
    otherwise : callable
        Holds the patterns for dense memories, which lists don't serve.

    Examples
    --------
    >>> held = ListsHeld.of(Bits.pack([[1, -1, -1, -1], [-1, -1, 1, -1]]))
    >>> held.overlaps(Bits.pack([1, -1, -1, -1])).tolist()
    [[4, 0]]
    >>> held.pairwise_field(Bits.pack([1, -1, -1, -1])).tolist()
    [[4, -4, -4, -4]]
    """

    ones: Lists
    otherwise: Callable[[Bits], Held] = NumpyHeld

    @classmethod
    def of(cls, patterns: Bits, otherwise: Callable[[Bits], Held] = NumpyHeld) -> ListsHeld:
        """Return packed patterns in this form."""
        return cls(_lists(patterns), otherwise)

    def __len__(self) -> int:
        return int(self.ones.shape[0])

    @property
    def dim(self) -> int:
        """D, the number of neurons."""
        return int(self.ones.shape[1])

    @property
    def bits(self) -> Bits:
        """The patterns, packed."""
        words = np.zeros((len(self), n_words(self.dim)), dtype=np.uint32)
        rows, places = np.repeat(np.arange(len(self)), self._lengths), self.ones.indices
        np.bitwise_or.at(words, (rows, places // WORD), np.uint32(1) << (places % WORD).astype(np.uint32))
        return Bits(words, self.dim)

    @cached_property
    def _neurons(self) -> Lists:
        """The same by neuron: the patterns in which it is high, (D, K)."""
        return self.ones.T.tocsr()

    @cached_property
    def _lengths(self) -> Whole:
        """A, the number of ones of each pattern, (K,)."""
        return _ones_of_rows(self.ones)

    @cached_property
    def _counts(self) -> Whole:
        """The number of patterns in which each neuron is high, c, (D,)."""
        return _ones_of_rows(self._neurons)

    @cached_property
    def _weighted_counts(self) -> Whole:
        """The same, each pattern counted as often as it has ones, (D,)."""
        return np.asarray(self.ones.T.astype(np.int64) @ self._lengths)

    @cached_property
    def _full(self) -> Held:
        return self.otherwise(self.bits)

    def overlaps(self, states: Bits) -> NDArray[np.int32]:
        """Return the overlaps (B, K)."""
        cues, neurons = _lists(states).astype(_exact(self.dim), copy=False), self._neurons
        shifts = (self.dim - 2 * _ones_of_rows(cues)).astype(np.int32)
        result: NDArray[np.int32] = np.subtract.outer(shifts, (2 * self._lengths).astype(np.int32))

        def add(run: slice) -> None:
            result[run] += 4 * (cues[run] @ neurons).toarray().astype(np.int32)

        _in_runs(add, len(states), self.ones.shape)
        return result

    def pairwise_field(self, states: Bits) -> Whole:
        """Return the sums over patterns of overlap times entry, shape (B, D)."""
        cues = _lists(states)
        shifts = self.dim - 2 * _ones_of_rows(cues)
        met = np.asarray(cues.astype(np.int64) @ self._counts)  # ones that all patterns share with the state
        totals = shifts * len(self) - 2 * int(self._lengths.sum()) + 4 * met
        result: Whole = (
            np.multiply.outer(2 * shifts, self._counts) - 4 * self._weighted_counts - totals[:, None]
        )
        # No sum of n x over patterns is larger than that of n.
        real = _exact(met.max(initial=0))
        cues, ones, neurons = (lists.astype(real, copy=False) for lists in (cues, self.ones, self._neurons))

        def add(run: slice) -> None:
            result[run] += 8 * _shared_sums(cues[run] @ neurons, ones)

        _in_runs(add, len(states), self.ones.shape)
        return result

    def separated_field(self, states: Bits, table: DifferenceTable) -> tuple[Floats, Floats]:
        """Return a dense memory's local fields and the log of their unit, shapes (B, D) and (B,)."""
        return self._full.separated_field(states, table)

    def separated_step(self, states: Bits, table: DifferenceTable) -> Bits:
        """Return the states of a dense memory after one update at threshold 0."""
        return self._full.separated_step(states, table)

    def weights(self) -> NDArray[np.int32]:
        """Return the sums over patterns of entry times entry, shape (D, D)."""
        neurons = self._neurons.astype(_exact(len(self)), copy=False)
        twice = (2 * self._counts).astype(np.int32)
        result: NDArray[np.int32] = np.subtract.outer(np.int32(len(self)) - twice, twice)

        def add(run: slice) -> None:
            result[run] += 4 * (neurons[run] @ self.ones).toarray().astype(np.int32)

        _in_runs(add, self.dim, self.ones.shape)
        return result

    def added(self, patterns: Bits) -> ListsHeld:
        """Return the same with these patterns behind the others."""
        from scipy.sparse import vstack

        if patterns.dim != self.dim:
            raise _checks.fail("patterns.dim", patterns.dim, f"must be {self.dim}, as of those held")
        return ListsHeld(vstack([self.ones, _lists(patterns)], format="csr"), self.otherwise)

    def without(self, index: int) -> ListsHeld:
        """Return the same without the pattern at this place."""
        return ListsHeld(self.ones[np.delete(np.arange(len(self)), index)], self.otherwise)


def _lists(rows: Bits) -> Lists:
    """Return the places of ones in packed rows."""
    from scipy.sparse import csr_array

    lengths, places = [np.zeros(1, dtype=np.int64)], [np.zeros(0, dtype=np.int32)]
    step = max(_WORDS // n_words(rows.dim), 1)
    for start in range(0, len(rows), step):
        words = rows.words[start : start + step]
        filled = np.flatnonzero(words != 0)
        bytes_ = words.ravel()[filled].astype("<u4", copy=False).view(np.uint8)
        found = np.flatnonzero(np.unpackbits(bytes_, bitorder="little").view(np.bool_))
        lengths.append(np.bitwise_count(words).sum(axis=1, dtype=np.int64))
        places.append((WORD * (filled % words.shape[1])[found // WORD] + found % WORD).astype(np.int32))
    indices, ends = np.concatenate(places), np.cumsum(np.concatenate(lengths))
    ones = np.ones(len(indices), dtype=np.float32)
    return csr_array((ones, indices, ends), shape=(len(rows), rows.dim))


def _ones_of_rows(lists: Lists) -> Whole:
    return np.asarray(np.diff(lists.indptr), dtype=np.int64)


def _shared_sums(shared: Lists, ones: Lists) -> Whole:
    """Return the sums over patterns of n x, (B, D), from n (B, K) and x (K, D)."""
    if 8 * shared.nnz < shared.shape[1]:  # most patterns share nothing with any of the states
        return np.asarray((shared @ ones).toarray(), dtype=np.int64)
    return np.asarray(ones.T @ shared.T.toarray(), dtype=np.int64).T


def _exact(largest: int) -> Any:
    """Return the real numbers in which whole numbers up to this one are exact."""
    return np.float32 if largest < EXACT_SINGLE else np.float64


def _in_runs(work: Callable[[slice], None], n: int, shape: tuple[int, int]) -> None:
    """Do the work on runs of n rows against patterns of this shape, shared between threads."""
    n_patterns, dim = shape
    step = max(min(_ROWS, _SUMS // dim, _SHARED // n_patterns, -(-n // count())), 1)

    def some(start: int, stop: int, worker: int) -> None:
        for piece in range(start, stop):
            work(slice(piece * step, (piece + 1) * step))

    share(some, -(-n // step))

"""How are patterns of two levels packed?

One bit for each entry, 32 to a word, the lowest bit first: sixteen times smaller than half precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks

Words = NDArray[np.uint32]

WORD = 32
"""Bits of a word."""


_MOST = 2**31 - 1
"""Largest number of rows, and of bits of a row: overlaps of two rows, and of two columns, have 32 bits."""


@final
@dataclass(frozen=True, eq=False)
class Bits:
    """Patterns or states of two levels, packed.

    Parameters
    ----------
    words : ndarray of uint32, shape (n, ceil(dim / 32))
        Bit j % 32 of word j // 32 is 1 where entry j is at the high level; bits beyond `dim` are 0.
    dim : int
        D, the number of entries of each.

    Examples
    --------
    >>> packed = Bits.pack([[1, -1, 1], [-1, -1, 1]])
    >>> packed
    Bits(n=2, dim=3)
    >>> packed.words.ravel().tolist()
    [5, 4]
    >>> packed.unpack().tolist()
    [[1, -1, 1], [-1, -1, 1]]
    """

    words: Words
    dim: int

    def __post_init__(self) -> None:
        for name, value in (("dim", self.dim), ("n", len(self.words))):
            _checks.integer(name, value, low=0, high=_MOST, meaning="sums over bits are of 32 bits")
        shape = (len(self.words), n_words(self.dim))
        if self.words.dtype != np.uint32 or self.words.shape != shape:
            raise _checks.fail(
                "words",
                f"{self.words.dtype} {self.words.shape}",
                f"must be uint32 {shape} for dim={self.dim}",
            )
        spare = -self.dim % WORD
        if spare and len(self.words) and int(self.words[:, -1].max()) >> (WORD - spare):
            raise _checks.fail("words", "array", f"must hold 0 in the last {spare} bits of each row")

    @classmethod
    def pack(cls, array: ArrayLike) -> Bits:
        """Pack an array (n, D) or (D,): what is above 0 is high, all else low."""
        values: NDArray[Any] = np.atleast_2d(np.asarray(array))
        n, dim = values.shape
        _checks.check_fits(1.5 * values.size, f"packing {n:,} rows of dim={dim:,}", "pack fewer at a time")
        high = values if values.dtype == np.bool_ else values > 0
        rows = np.zeros((n, 4 * n_words(dim)), dtype=np.uint8)
        rows[:, : (dim + 7) // 8] = np.packbits(high, axis=1, bitorder="little")
        return cls(rows.view("<u4").astype(np.uint32, copy=False), dim)

    def unpack(self, low: float = -1, high: float = 1, dtype: Any = np.int8) -> NDArray[Any]:
        """Return the array (n, D) with these two levels."""
        n_bytes = (1.25 + np.dtype(dtype).itemsize) * len(self) * self.dim
        _checks.check_fits(n_bytes, f"unpacking {len(self):,} rows of dim={self.dim:,}", "unpack fewer rows")
        bytes_ = np.ascontiguousarray(self.words).astype("<u4", copy=False).view(np.uint8)
        ones = np.unpackbits(bytes_, axis=1, count=self.dim, bitorder="little")
        if dtype is not np.int8:
            return np.array([low, high], dtype=dtype)[ones]
        result = ones.view(np.int8)  # in place, several times as quick
        result *= np.int8(high - low)
        result += np.int8(low)
        return result

    def column_counts(self) -> NDArray[np.int64]:
        """Return how many rows are high at each entry, shape (D,).

        >>> Bits.pack([[1, -1, 1], [-1, -1, 1]]).column_counts()
        array([1, 0, 2])
        """
        total = np.zeros(self.dim, dtype=np.int64)
        step = max(2**24 // self.dim, 1)
        for start in range(0, len(self), step):
            total += self[start : start + step].unpack(0, 1).sum(axis=0, dtype=np.int64)
        return total

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, rows: Any) -> Bits:
        """Return some of the rows, chosen as with NumPy by a slice or a list."""
        return Bits(np.atleast_2d(self.words[rows]), self.dim)

    def __repr__(self) -> str:
        return f"Bits(n={len(self)}, dim={self.dim})"


def n_words(dim: int) -> int:
    """Return how many words hold so many bits."""
    return -(-dim // WORD)

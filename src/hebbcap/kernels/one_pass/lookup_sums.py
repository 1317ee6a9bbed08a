"""How are weighted sums of bits taken, four patterns at a time?

The sum over patterns of weight times bit, for sixteen neurons at once: the sums over all subsets of four
patterns stand in a table of sixteen entries in one register, and four bits of a neuron's word are the index
into it.

A block is 32 patterns: bit b of a word of a neuron is pattern b. `Lookup16` does with 16-bit entries what
`Lookup32` does with 32-bit ones, in half the time: a lookup takes four bits from each half of each word, and
finds the sums for the lower half in entries 0 to 15, those for the upper half in entries 16 to 31.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from operator import add
from typing import Final, final

from llvmlite import ir

from hebbcap.kernels.language import I16X32, I32, I32X16, Code, Value

REGISTER: Final = 64
"""Bytes of a register."""


class Lookup(ABC):
    """Tables of a block's weights, and sums by them."""

    GROUPS: int
    """Lookups of a block; each takes one register of table."""

    NEEDS: frozenset[str]
    """Instructions that it can't do without, by LLVM's names."""

    TABLE: ir.Type
    """Type of a table."""

    def __init__(self, k: Code) -> None:
        self.k = k

    @abstractmethod
    def tables(self, low: Value, high: Value) -> list[Value]:
        """Return the tables for the weights of patterns 0 to 15 and 16 to 31 (I32X16 each)."""

    @abstractmethod
    def index(self, words: Value, group: int | Value) -> Value:
        """Return the index into a group's table for the words of sixteen neurons (I32X16)."""

    @abstractmethod
    def add(self, total: Value, tables: Sequence[Value], indices: Sequence[Value]) -> Value:
        """Return the totals (I32X16) with the sums of some groups added."""


@final
class Lookup16(Lookup):
    """Sums of 16-bit weights: 32 entries of a table, for both halves of a word at once.

    Parameters
    ----------
    together : int
        Lookups whose results are added up in 16 bits, 1 to 4: the fewer, the larger weights may be.
    """

    GROUPS = 4
    NEEDS = frozenset({"avx512bw"})
    TABLE = I16X32

    def __init__(self, k: Code, together: int) -> None:
        super().__init__(k)
        self.together = together

    @staticmethod
    def largest(together: int) -> int:
        """Return the size up to which weights are exact in any combination.

        >>> Lookup16.largest(4)
        2047
        """
        return (2**15 - 1) // (4 * together)

    def tables(self, low: Value, high: Value) -> list[Value]:
        """Return the tables: group g holds patterns 4 g to 4 g + 3, and those 16 further on."""
        k = self.k
        weights = k.cast(k.shuffle(low, high, range(32)), I16X32)
        return _tables(k, weights, [[[0, 4], [16, 20]], [[8, 12], [24, 28]]])

    def index(self, words: Value, group: int | Value) -> Value:
        """Return the index: four bits of each half, those of the upper half raised by 16."""
        k = self.k
        shift = group * 4 if isinstance(group, int) else k.splat(k.cast(group * 4, I32), 16)
        return k.same_bits(((words >> shift) & 0x000F000F) | 0x00100000, I16X32)

    def add(self, total: Value, tables: Sequence[Value], indices: Sequence[Value]) -> Value:
        """Return the totals with the sums of some groups added: 16-bit sums of halves, then of both."""
        k = self.k
        for first in range(0, len(tables), self.together):
            some = slice(first, first + self.together)
            parts = [
                k.call("llvm.x86.avx512.permvar.hi.512", I16X32, table, index)
                for table, index in zip(tables[some], indices[some], strict=True)
            ]
            while len(parts) > 1:
                parts = [*map(add, parts[::2], parts[1::2])]
            total = total + k.call("llvm.x86.avx512.pmaddw.d.512", I32X16, parts[0], k.number(I16X32, 1))
        return total


@final
class Lookup32(Lookup):
    """Sums of 32-bit weights: 16 entries of a table."""

    GROUPS = 8
    NEEDS = frozenset({"avx512f"})
    TABLE = I32X16

    def tables(self, low: Value, high: Value) -> list[Value]:
        """Return the tables: group g holds patterns 4 g to 4 g + 3."""
        return [table for half in (low, high) for table in _tables(self.k, half, [[[0, 4]], [[8, 12]]])]

    def index(self, words: Value, group: int | Value) -> Value:
        """Return the index: a lookup reads no more than the lowest four bits."""
        k = self.k
        shift = group * 4 if isinstance(group, int) else k.splat(k.cast(group * 4, I32), 16)
        return words >> shift

    def add(self, total: Value, tables: Sequence[Value], indices: Sequence[Value]) -> Value:
        """Return the totals with the sums of some groups added."""
        for table, index in zip(tables, indices, strict=True):
            total = total + self.k.call("llvm.x86.avx512.permvar.si.512", I32X16, table, index)
        return total


def _tables(k: Code, weights: Value, pairs_of_groups: Sequence[Sequence[Sequence[int]]]) -> list[Value]:
    """Return tables of the sums of all subsets of four weights that stand side by side.

    For each register of sums of two, shared by the two tables made from it: the lanes at which the groups of
    the one and the other table begin, once for each 16 lanes.
    """
    zero, lanes = k.zero(weights.type), weights.type.count
    result = []
    for parts in pairs_of_groups:
        firsts = [start + pair for part in parts for start in part for pair in (0, 2)]
        by_bit = [
            k.shuffle(
                weights,
                zero,
                [at + bit if entry >> bit & 1 else lanes for at in firsts for entry in range(4)],
            )
            for bit in (0, 1)
        ]
        twos = by_bit[0] + by_bit[1]
        for table in (0, 1):
            low, high = (
                k.shuffle(
                    twos,
                    twos,
                    [
                        16 * part + 8 * table + 4 * pair + (entry >> 2 * pair & 3)
                        for part in range(len(parts))
                        for entry in range(16)
                    ],
                )
                for pair in (0, 1)
            )
            result.append(low + high)
    return result

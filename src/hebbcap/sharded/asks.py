"""What is asked of each shard, and how do two answers make one?

Every answer is made of whole numbers, and adding them, or taking the larger, knows no order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from hebbcap.engines.packed import PackedHeld
from hebbcap.engines.protocol import Whole
from hebbcap.kernels.bits import Bits
from hebbcap.kernels.fields.sums import Tables
from hebbcap.sharded import cache
from hebbcap.sharded.shards import Shard


class Ask(ABC):
    """A question to each shard; asks are final, and go to workers as they are."""

    merge: Any = np.add
    """Makes one answer of two."""

    @abstractmethod
    def of(self, shard: PackedHeld) -> Whole:
        """Return a shard's answer."""


@final
@dataclass(frozen=True)
class PairwiseSums(Ask):
    """The sums over patterns of overlap times entry, (B, D)."""

    states: Bits

    def of(self, shard: PackedHeld) -> Whole:
        """Return a shard's answer."""
        return shard.pairwise_field(self.states)


@final
@dataclass(frozen=True)
class Reaches(Ask):
    """The fewest places that differ from each state, as what is left of D, and the most, (B, 2)."""

    states: Bits
    merge = np.maximum

    def of(self, shard: PackedHeld) -> Whole:
        """Return a shard's answer."""
        fewest, most = shard.reach(self.states).T
        return np.stack([shard.dim - fewest, most], axis=1)


@final
@dataclass(frozen=True)
class TableSums(Ask):
    """The sums over patterns by tables, (tables, B, D + 1); see `hebbcap.engines.partial.Part`.

    Most entries of a steep table are 0: what travels is the rest.
    """

    states: Bits
    tables: Sequence[Tables]

    def of(self, shard: PackedHeld) -> Whole:
        """Return a shard's answer."""
        return shard.table_sums(self.states, self.tables)

    def __getstate__(self) -> Any:
        """Return the states, and of each table the part that is not 0, its place and the length of all."""
        return self.states, [([_cut(table) for table in t.tables], t.which) for t in self.tables]

    def __setstate__(self, state: Any) -> None:
        """Take what `__getstate__` returned."""
        tables = [Tables([_padded(*part) for part in parts], which) for parts, which in state[1]]
        self.__dict__.update(states=state[0], tables=tables)


@final
@dataclass(frozen=True)
class ColumnCounts(Ask):
    """In how many patterns each neuron is high, (D,)."""

    def of(self, shard: PackedHeld) -> Whole:
        """Return a shard's answer."""
        return shard.bits.column_counts()


@final
@dataclass(frozen=True)
class Weights(Ask):
    """The sums over patterns of entry times entry, (D, D)."""

    def of(self, shard: PackedHeld) -> Whole:
        """Return a shard's answer."""
        return shard.weights().astype(np.int64)


def answer(ask: Ask, folder: Path, shards: Sequence[Shard], dim: int) -> Whole:
    """Return what these shards answer together, read from the folder where they are not in memory."""
    total: Whole | None = None
    for held in cache.each(folder, shards, dim):
        found = ask.of(held)
        total = found if total is None else ask.merge(total, found)
    assert total is not None
    return total


def merged(ask: Ask, answers: Sequence[Whole]) -> Whole:
    """Return one answer for several."""
    total = answers[0]
    for one in answers[1:]:
        total = ask.merge(total, one)
    return total


def _cut(table: NDArray[Any]) -> tuple[int, NDArray[Any], int]:
    some = np.flatnonzero(table.any(axis=1))
    start, stop = (int(some[0]), int(some[-1]) + 1) if len(some) else (0, 0)
    return start, table[start:stop], len(table)


def _padded(start: int, rows: NDArray[Any], length: int) -> NDArray[Any]:
    table = np.zeros((length, *rows.shape[1:]), dtype=rows.dtype)
    table[start : start + len(rows)] = rows
    return table

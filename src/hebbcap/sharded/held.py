"""How does a memory take its sums over patterns that lie in shards?

As from any engine: the sums over all patterns are those over the shards, added up. They are whole numbers,
and what follows from them is worked out in one place, here, so that the answer is the packed engine's to the
last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.engines import partial
from hebbcap.engines.fixed_point import Reach, level
from hebbcap.engines.protocol import Floats, Held, Whole
from hebbcap.kernels.bits import Bits, n_words
from hebbcap.kernels.fields.sums import Tables
from hebbcap.separation.table import DifferenceTable
from hebbcap.sharded import asks, cache
from hebbcap.sharded.reduction import reduced
from hebbcap.sharded.shards import Shard, read

_MESSAGE: Final = 2**23
"""Bytes of tables that go with one ask."""


@final
@dataclass(frozen=True, eq=False)
class ShardedHeld(Held):
    """Patterns in shards.

    Parameters
    ----------
    folder : Path
        Where they are, for this process and for every worker.
    shards : tuple of Shard
        At least one.
    n_neurons : int
        D.
    client : distributed.Client, Executor or None
        Who asks them.
    """

    folder: Path
    shards: tuple[Shard, ...]
    n_neurons: int
    client: Any

    def __len__(self) -> int:
        return sum(shard.n_patterns for shard in self.shards)

    @property
    def dim(self) -> int:
        """D, the number of neurons."""
        return self.n_neurons

    @property
    def bits(self) -> Bits:
        """The patterns, packed, all of them in this process.

        Raises
        ------
        TooLarge
            If they don't fit.
        """
        what = f"{len(self):,} patterns of dim={self.dim:,} from shards"
        _checks.check_fits(8.0 * len(self) * n_words(self.dim), what, _WAY_OUT)
        words = [read(self.folder, shard, self.dim).words for shard in self.shards]
        return Bits(np.concatenate(words), self.dim)

    def _all(self, ask: asks.Ask) -> Whole:
        return reduced(ask, self.client, self.folder, self.shards, self.dim)

    def overlaps(self, states: Bits) -> NDArray[Any]:
        """Return the overlaps (B, K), taken in this process.

        Raises
        ------
        TooLarge
            If they don't fit.
        """
        what = f"overlaps of {len(states):,} states with {len(self):,} patterns"
        _checks.check_fits(8.0 * len(states) * len(self), what, _WAY_OUT)
        found = [cache.held(self.folder, shard, self.dim).overlaps(states) for shard in self.shards]
        return np.concatenate(found, axis=1)

    def pairwise_field(self, states: Bits) -> Whole:
        """Return the sums over patterns of overlap times entry, shape (B, D)."""
        return self._all(asks.PairwiseSums(states))

    def pairwise_step(self, states: Bits, own: int, threshold: float = 0.0) -> Bits:
        """Return the states after one update, less `own` times each neuron's state in its field."""
        high = states.unpack(0, 1).astype(bool)
        above = 2 * (self.pairwise_field(states) - np.where(high, own, -own)) - level(threshold)
        return Bits.pack(np.where(above == 0, high, above > 0))

    def reach(self, states: Bits) -> Reach:
        """Return the fewest and the most places where a pattern differs from each state, (B, 2)."""
        near, most = self._all(asks.Reaches(states)).T
        return np.stack([self.dim - near, most], axis=1)

    def table_sums(self, states: Bits, tables: Sequence[Tables]) -> Whole:
        """Return sums over patterns by each of the tables; see `hebbcap.engines.partial.Part`."""
        n_bytes = sum(table.nbytes for several in tables for table in several.tables)
        found = [
            self._all(asks.TableSums(states[run], [_some(several, run) for several in tables]))
            for run in np.array_split(np.arange(len(states)), min(-(-n_bytes // _MESSAGE), len(states)))
        ]
        return np.concatenate(found, axis=1)

    def separated_field(self, states: Bits, table: DifferenceTable) -> tuple[Floats, Floats]:
        """Return a dense memory's local fields and the log of their unit, shapes (B, D) and (B,)."""
        return partial.separated_field(self, states, table)

    def separated_step(self, states: Bits, table: DifferenceTable) -> Bits:
        """Return the states of a dense memory after one update at threshold 0."""
        return partial.separated_step(self, states, table)

    def column_counts(self) -> Whole:
        """Return in how many patterns each neuron is high, shape (D,)."""
        return self._all(asks.ColumnCounts())

    def weights(self) -> Whole:
        """Return the sums over patterns of entry times entry, shape (D, D), with K on the diagonal."""
        return self._all(asks.Weights())

    def added(self, patterns: Bits) -> Held:
        """Refuse: patterns in shards are appended to their folder."""
        raise _checks.fail("patterns", patterns, "can't be stored here", "append them to the sharded memory")

    def without(self, index: int) -> Held:
        """Refuse: shards never change."""
        raise _checks.fail("index", index, "can't be forgotten", "shards never change")


_WAY_OUT = "recall and field take sums over shards, which need no more than one shard's room"


def _some(tables: Tables, run: NDArray[np.intp]) -> Tables:
    """Return the tables that some of the states use."""
    used, which = np.unique(tables.which[run], return_inverse=True)
    return Tables([tables.tables[i] for i in used], which)

"""The engine on packed bits, with kernels compiled for the processor at hand."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.engines import partial
from hebbcap.engines.fixed_point import Reach, coarse_bits, counted, level, rounded_terms, whole_terms
from hebbcap.engines.lists import ListsHeld, prefers_lists
from hebbcap.engines.protocol import Engine, Floats, Held, Whole
from hebbcap.engines.reference import NumpyHeld
from hebbcap.kernels.bits import Bits, n_words
from hebbcap.kernels.fields import sums
from hebbcap.kernels.fields.columns import Columns, write_columns
from hebbcap.kernels.fields.decide import decide, fields, scaled_fields
from hebbcap.kernels.fields.nearest import nearest
from hebbcap.kernels.fields.overlaps import GROUPS, LANES, interleave, new_overlaps, overlaps, put, separate
from hebbcap.kernels.fields.settle import MOST_WORK, settle
from hebbcap.kernels.machine import processor
from hebbcap.kernels.threads import count
from hebbcap.separation.table import DifferenceTable

_OUTCOMES: Final = np.array(["step limit", "fixed point", "cycle"])
"""By the numbers that the kernel gives them."""


@final
@dataclass(frozen=True)
class PackedEngine(Engine):
    """Whole-number arithmetic on packed bits."""

    @property
    def name(self) -> str:
        """The spelling by which it is chosen."""
        return "packed"

    @property
    def description(self) -> str:
        """A line that says what it runs on."""
        fields = "AVX-512" if sums.available() else "overlaps packed, sums over patterns by NumPy"
        return f"packed bits, compiled for {processor()} ({fields}), {count()} threads"

    def hold(self, patterns: Bits) -> Held:
        """Return the patterns in the faster of this engine's forms: packed, or lists of few high entries."""
        return ListsHeld.of(patterns, PackedHeld.of) if prefers_lists(patterns) else PackedHeld.of(patterns)


class _Room:
    """Patterns side by side, with room for more: what is written once never changes."""

    def __init__(self, capacity: int, dim: int) -> None:
        self.dim, self.used = dim, 0
        groups = -(-max(capacity, 1) // (LANES * GROUPS)) * GROUPS
        self.rows = np.zeros((groups, n_words(dim), LANES), dtype=np.uint32)
        self._columns: Columns | None = None
        self._lock = threading.Lock()

    def append(self, patterns: Bits, after: int = 0) -> bool:
        """Write patterns behind the first `after`; False if others stand there, or there is no room."""
        with self._lock:
            if self.used != after or after + len(patterns) > len(self.rows) * LANES:
                return False
            put(self.rows, after, patterns.words)
            if self._columns is not None:
                last = -(-(after + len(patterns)) // LANES)
                write_columns(self.rows[:last], self._columns, after // LANES)
            self.used += len(patterns)
        return True

    @property
    def columns(self) -> Columns:
        """The same along the neurons, made when first needed."""
        with self._lock:
            if self._columns is None:
                made = np.empty((len(self.rows), 32 * self.rows.shape[1]), dtype=np.uint16)
                write_columns(self.rows, made)
                self._columns = made
        return self._columns


class _Terms(NamedTuple):
    """A separation function as whole numbers by the places that differ, and what they are worth, (B,)."""

    tables: sums.Tables
    worth: Floats
    log_unit: Floats
    live: NDArray[np.bool_] | None
    reach: Reach | None


@final
@dataclass(frozen=True, eq=False)
class PackedHeld(Held):
    """Patterns held side by side in room that they may share with later ones; those removed are passed over.

    Parameters
    ----------
    room : _Room
        Where the patterns stand.
    n_used : int
        Places that are this memory's: the first so many.
    removed : ndarray of int
        Those of them that don't count, ascending.
    """

    room: _Room
    n_used: int
    removed: NDArray[np.int64]

    @classmethod
    def of(cls, patterns: Bits) -> PackedHeld:
        """Return packed patterns in this form."""
        room = _Room(len(patterns), patterns.dim)
        room.append(patterns)
        return cls(room, len(patterns), np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return self.n_used - len(self.removed)

    @property
    def dim(self) -> int:
        """D, the number of neurons."""
        return self.room.dim

    @property
    def bits(self) -> Bits:
        """The patterns, packed."""
        words = separate(self.room.rows, self.n_used)
        return Bits(np.delete(words, self.removed, axis=0) if len(self.removed) else words, self.dim)

    @cached_property
    def _alive(self) -> sums.Alive:
        bits = np.zeros(len(self.room.rows) * LANES, dtype=np.uint8)
        bits[: self.n_used] = 1
        bits[self.removed] = 0
        mask = np.packbits(bits, bitorder="little").view("<u2").astype(np.uint16)
        return sums.Alive(self.room.rows, self.room.columns, mask, -(-self.n_used // LANES), self.dim)

    @cached_property
    def _plain(self) -> NumpyHeld:
        return NumpyHeld(self.bits)

    @cached_property
    def _neurons(self) -> tuple[Bits, NDArray[np.uint32]]:
        """The patterns along the neurons: D rows of K bits, plain and side by side."""
        alive = self._alive
        columns = alive.columns[: alive.groups] & alive.mask[: alive.groups, None]
        rows = np.zeros((columns.shape[1], -(-alive.groups // 2) * 2), dtype="<u2")
        rows[:, : alive.groups] = columns.T
        bits = Bits(rows[: self.dim].view("<u4").astype(np.uint32, copy=False), rows.shape[1] * LANES)
        return bits, interleave(bits.words)

    def overlaps(self, states: Bits, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return the overlaps (B, K), 16-bit numbers while they fit; `out` from an earlier call saves
        room.
        """
        groups = -(-self.n_used // (LANES * GROUPS)) * GROUPS
        base = out.base if out is not None else None
        room = base if isinstance(base, np.ndarray) else new_overlaps(len(states), groups, self.dim)
        if room.shape != (len(states), groups * LANES):
            raise _checks.fail("out", "array", "must come from a call with as many states and patterns")
        overlaps(self.room.rows[:groups], self.dim, states, room)
        found = room[:, : self.n_used]
        return np.delete(found, self.removed, axis=1) if len(self.removed) else found

    def pairwise_field(self, states: Bits) -> Whole:
        """Return the sums over patterns of overlap times entry, shape (B, D)."""
        if not sums.available(self.dim):
            return self._plain.pairwise_field(states)
        return fields(sums.pairwise_sums(self._alive, states), self.dim)

    def pairwise_step(self, states: Bits, own: int, threshold: float = 0.0) -> Bits:
        """Return the states after one update, of whose fields `own` times the neuron's state is taken
        away.
        """
        if not sums.available(self.dim):
            return self._plain.pairwise_step(states, own, threshold)
        found = sums.pairwise_sums(self._alive, states)
        limit = 2 * found.weights + level(threshold)
        return decide(found, np.stack([limit - 2 * own, limit + 2 * own], axis=1), states)

    def pairwise_settled(
        self, states: Bits, own: int, threshold: float, max_steps: int
    ) -> tuple[Bits, Whole, NDArray[np.str_]] | None:
        """Return what repeated `pairwise_step` comes to rest at; see `Held.pairwise_settled`."""
        limit = level(threshold)
        return self._settled(states, (limit - 2 * own, limit + 2 * own), max_steps, None)

    def separated_settled(
        self, states: Bits, table: DifferenceTable, max_steps: int
    ) -> tuple[Bits, Whole, NDArray[np.str_]] | None:
        """Return what repeated `separated_step` comes to rest at; see `Held.pairwise_settled`."""
        whole = whole_terms(table, len(self))
        if whole is None or whole.tables.tables[0].dtype != np.int32:
            return None
        return self._settled(states, (0, 0), max_steps, whole.tables.tables[0])

    def _settled(
        self, states: Bits, limits: tuple[int, int], max_steps: int, table: NDArray[np.int32] | Whole | None
    ) -> tuple[Bits, Whole, NDArray[np.str_]] | None:
        if not sums.available(self.dim) or float(len(self)) * self.dim * max_steps > MOST_WORK:
            return None
        found = settle(self._alive, states, limits, max_steps, table)
        return found.states, found.steps, _OUTCOMES[found.outcomes]

    def separated_field(self, states: Bits, table: DifferenceTable) -> tuple[Floats, Floats]:
        """Return a dense memory's local fields and the log of their unit, shapes (B, D) and (B,)."""
        terms = self._terms(states, table)
        if terms is None:
            return partial.separated_field(self, states, table)
        found = sums.table_sums(self._alive, states, terms.tables, terms.live)
        return scaled_fields(found, states, terms.worth), terms.log_unit

    def separated_step(self, states: Bits, table: DifferenceTable) -> Bits:
        """Return the states of a dense memory after one update at threshold 0."""
        terms = self._terms(states, table)
        if terms is None:
            return partial.separated_step(self, states, table)
        found = sums.table_sums(self._alive, states, terms.tables, terms.live)
        limits = np.stack([found.weights + found.kept, found.weights - found.kept], axis=1)
        after = decide(found, 2 * limits, states)
        if terms.reach is None:
            return after
        # Where rounding could have decided, a finer fixed point decides.
        near = partial.unsure(fields(found, self.dim), found.kept[:, None], len(self))
        if near.any():
            words = after.words.copy()
            words[near] = partial.fine_step(self, states[near], table, terms.reach[near]).words
            return Bits(words, self.dim)
        return after

    def reach(self, states: Bits) -> Reach:
        """Return the fewest and the most places where a pattern differs from each state, (B, 2)."""
        if not sums.available(self.dim):
            return self._plain.reach(states)
        return _ends(nearest(self._alive, states))

    def table_sums(self, states: Bits, tables: Sequence[sums.Tables]) -> Whole:
        """Return sums over patterns by each of the tables; see `hebbcap.engines.partial.Part`."""
        if not sums.available(self.dim):
            return self._plain.table_sums(states, tables)
        out = np.empty((len(tables), len(states), self.dim + 1), dtype=np.int64)
        near: NDArray[np.int32] | None = None
        for one, which in zip(out, tables, strict=True):
            live = None
            some = [counted(table[:, 0], table[:, 1]) for table in which.tables]
            if max(int(before[-1]) for before in some) < self.dim // 2:  # most terms are 0, and tiles of them
                near = nearest(self._alive, states) if near is None else near
                live = _live(near, np.stack(some)[which.which])
            found = sums.table_sums(self._alive, states, which, live)
            one[:, :-1], one[:, -1] = fields(found, self.dim), found.kept
        return out

    def weights(self) -> NDArray[Any]:
        """Return the sums over patterns of entry times entry, shape (D, D), with K on the diagonal."""
        bits, rows = self._neurons
        room = new_overlaps(self.dim, len(rows), bits.dim)
        overlaps(rows, len(self), bits, room)
        return room[:, : self.dim]

    def added(self, patterns: Bits) -> PackedHeld:
        """Return the same with these patterns behind the others; room is shared while there is some."""
        if patterns.dim != self.dim:
            raise _checks.fail("patterns.dim", patterns.dim, f"must be {self.dim}, as of those held")
        total, room = self.n_used + len(patterns), self.room
        if not room.append(patterns, self.n_used):
            room = _Room(max(total, 2 * self.n_used), self.dim)
            room.append(Bits(separate(self.room.rows, self.n_used), self.dim))
            room.append(patterns, self.n_used)
        return PackedHeld(room, total, self.removed)

    def without(self, index: int) -> PackedHeld:
        """Return the same without the pattern at this place, which is passed over from now on."""
        places = np.delete(np.arange(self.n_used), self.removed)
        removed = np.sort(np.append(self.removed, places[index]))
        if 2 * len(removed) > self.n_used:
            kept = Bits(np.delete(separate(self.room.rows, self.n_used), removed, axis=0), self.dim)
            return PackedHeld.of(kept)
        return PackedHeld(self.room, self.n_used, removed)

    def _terms(self, states: Bits, table: DifferenceTable) -> _Terms | None:
        """Return the separation function in whole numbers, or None where `partial` sees to it."""
        if not sums.available(self.dim):
            return None
        whole, n = whole_terms(table, len(self)), len(states)
        if whole is not None:
            worth, log_unit = np.full(n, 0.5 * whole.common), np.full(n, math.log(table.unit))
            return _Terms(whole.tables.for_all(n), worth, log_unit, None, None)
        bits = coarse_bits(len(self))
        if bits is None or partial.is_steep(table):
            return None
        near = nearest(self._alive, states)
        reach = _ends(near)
        tables, worth, log_unit, made = rounded_terms(table, reach, bits)
        live = _live(near, np.stack([rounded.some for rounded in made])[tables.which])
        return _Terms(tables, worth, log_unit, live, reach)


def _ends(near: NDArray[np.int32]) -> Reach:
    """Return the fewest and the most places that differ, (B, 2), from those of each tile."""
    return np.stack([near[..., 0].min(axis=1), near[..., 1].max(axis=1)], axis=1).astype(np.int64)


def _live(near: NDArray[np.int32], some: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which tiles (B, tiles) have a term but 0; `some` (B, D + 2) counts those before each place."""
    low, high = np.minimum(near[..., 0], some.shape[1] - 1), np.maximum(near[..., 1] + 1, 0)
    return np.asarray(np.take_along_axis(some, high, axis=1) > np.take_along_axis(some, low, axis=1))
